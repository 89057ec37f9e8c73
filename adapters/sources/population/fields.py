"""What a citizen's element holds: fields of QCVN 109:2017, how each is read, and code lists."""

import re
from typing import Any

from adapters.errors import Problem
from adapters.formats.citizens import NAME_PARTS, WHOLE_NAME, full_name
from adapters.formats.codes import SEXES
from adapters.formats.fields import Field
from adapters.formats.values import WrongValueError, coded, commune, day, digits, text

PLACES = ("NoiDangKyKhaiSinh", "QueQuan", "ThuongTru", "NoiOHienTai")
PEOPLE = ("Cha", "Me", "NguoiDaiDien")
BARE = {
    "HoVaTen": WHOLE_NAME,
    "NgayThangNamSinh": "NgayThangNam",
    **dict.fromkeys(PLACES, "ChiTiet"),
    **dict.fromkeys(PEOPLE, "HoVaTen"),
}
"""Element → the member that its text is, where a sender writes plain text in place of members."""
PERSONAL_ID, ID_CARD = digits(12), digits(9)
_SHORT_UNIT = re.compile(r"0\d{1,3}|\d{1,2}")


def unit(value: Any) -> str | None:
    """A commune code. What is too short to be one with lost zeros is a province's or a district's.

    Raises WRONG_IDENTIFIER.
    """
    if _SHORT_UNIT.fullmatch(text(value) or ""):
        raise WrongValueError(Problem.WRONG_IDENTIFIER)
    return commune(value)


def _place(name: str) -> tuple[Field, ...]:
    return (
        Field(name=f"{name}.MaDonViHanhChinh", read=unit, aliases=(f"{name}.MaPhuongXa",)),
        Field(name=f"{name}.ChiTiet"),
        Field(name=f"{name}.QuocGia"),
    )


CITIZEN = (
    Field(name="SoDinhDanh", read=PERSONAL_ID),
    Field(name="HoVaTen.DayDu"),
    Field(name="HoVaTen.Ho"),
    Field(name="HoVaTen.ChuDem", aliases=("HoVaTen.Dem", "HoVaTen.TenDem")),
    Field(name="HoVaTen.Ten"),
    Field(name="GioiTinh", read=coded(SEXES)),
    Field(name="DanToc", read=digits(2, lost=1)),
    Field(name="QuocTich"),
    Field(name="NgayThangNamSinh.NgayThangNam", read=day),
    Field(name="NgayThangNamSinh.Nam", read=day),
    *(field for name in PLACES for field in _place(name)),
    Field(name="Cha.SoDinhDanh", read=PERSONAL_ID),
    Field(name="Cha.SoCMND", read=ID_CARD),
    Field(name="Cha.HoVaTen", read=full_name),
    Field(name="Me.SoDinhDanh", read=PERSONAL_ID),
    Field(name="Me.SoCMND", read=ID_CARD),
    Field(name="Me.HoVaTen", read=full_name),
)
"""What cannot be read is noted and left out; nothing here rejects a child."""

REPRESENTATIVE = (
    Field(name="SoDinhDanh", read=PERSONAL_ID),
    Field(name="SoCMND", read=ID_CARD),
    Field(name="HoVaTen", read=full_name),
)
"""One of NguoiDaiDien: a child may have several."""
CANCELLED = (
    Field(name="SoDinhDanh", read=PERSONAL_ID, aliases=("So",)),
    Field(name="TuNgay", read=day, aliases=("NgayCap",)),
    Field(name="DenNgay", read=day, aliases=("NgayHuy",)),
)
"""A cancelled number with its days, where the sender tells them (assumed)."""
LISTS = ("SoDinhDanhCu", "NguoiDaiDien")

NOT_MAPPED = (
    "SoCMND",
    "TonGiao",
    "TinhTrangHonNhan",
    "NhomMau",
    "VoChong",
    "ChuHo",
    "ChuHo.QuanHe",
    "SoSoHoKhau",
    *(f"{name}.QuocTich" for name in ("Cha", "Me")),
    *(f"{name}.HoVaTen.{part}" for name in ("Cha", "Me") for part in NAME_PARTS),
)
"""Known and kept in the message only: nothing of it tells who the child is."""
