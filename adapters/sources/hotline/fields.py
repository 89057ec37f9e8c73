"""What an intake report holds: fields, how each is read and spelt, and its code lists."""

from typing import Any

from adapters.formats.codes import SEXES, UNITS
from adapters.formats.fields import Field
from adapters.formats.values import coded, commune, day, digits, grams, instant, long_text, number

KINDS = {"BAO_CAO_TIEP_NHAN": "BAO_CAO_TIEP_NHAN"}
CHANNELS = {
    "111": "111",
    "TONG_DAI_111": "111",
    "DUONG_DAY_TINH": "DUONG_DAY_TINH",
    "CONG_TAC_VIEN": "CONG_TAC_VIEN",
    "TRUC_TIEP": "TRUC_TIEP",
}
CHANNEL_TEXTS = {
    "111": "Tổng đài 111",
    "DUONG_DAY_TINH": "Đường dây nóng của tỉnh",
    "CONG_TAC_VIEN": "Cộng tác viên bảo vệ trẻ em",
    "TRUC_TIEP": "Báo trực tiếp",
}
ANSWERS = {"Có": "yes", "true": "yes", "1": "yes", "Không": "no", "false": "no", "0": "no"}
_ANSWERS = coded(ANSWERS)


def yes_or_no(value: Any) -> bool | None:
    """True or false, or the words and digits for them. Raises WRONG_CODE."""
    if isinstance(value, bool):
        return value
    answer = _ANSWERS(value)
    return None if answer is None else answer == "yes"


def _person(name: str) -> tuple[Field, ...]:
    """Fields of father (cha), mother (me) or present carer (nguoiDangChamSoc)."""
    return (
        Field(name=f"{name}.hoTen"),
        Field(name=f"{name}.tuoi", read=number),
        Field(name=f"{name}.soGiayTo", read=digits(12)),
    )


PEOPLE = {"cha": "father", "me": "mother", "nguoiDangChamSoc": "carer"}
"""Members that may be a name only, or an object → relation."""
REPORT = (
    Field(name="loai", read=coded(KINDS), required=True),
    Field(name="maVuViec", required=True),
    Field(name="kenh", read=coded(CHANNELS)),
    Field(name="thoiGian", read=instant),
    Field(name="noiXayRa.maXa", read=commune),
    Field(name="noiXayRa.diaDiem"),
    Field(name="tre.hoTen"),
    Field(name="tre.ngaySinh", read=day),
    Field(name="tre.tuoiUocLuong.giaTri", read=number),
    Field(name="tre.tuoiUocLuong.donVi", read=coded(UNITS)),
    Field(name="tre.gioiTinh", read=coded(SEXES)),
    Field(name="tre.canNangGram", read=grams, aliases=("tre.canNang",)),
    Field(name="tre.dacDiem", read=long_text),
    *(field for name in PEOPLE for field in _person(name)),
    Field(name="khanCap", read=yes_or_no),
    Field(name="nguoiBao.hoTen"),
    Field(name="nguoiBao.dienThoai"),
    Field(name="nguoiBao.diaChi"),
    Field(name="soBienBan"),
)
"""Only kind and case number reject a report when unreadable: all else about a child is accepted."""

GROUPS, ACTIONS = "nhom", "hanhDong"
LISTS = (GROUPS, ACTIONS)
BARE = {**dict.fromkeys(PEOPLE, "hoTen"), "nguoiBao": "hoTen", "noiXayRa": "diaDiem"}
"""Objects that may be one text → the member which that text is."""
NOT_MAPPED = (*(f"{name}.ngheNghiep" for name in PEOPLE), "ghiChu")
"""Known and kept in the message only."""
