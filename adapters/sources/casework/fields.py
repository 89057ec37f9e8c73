"""What a step report holds: fields and columns, how each is read and spelt, and its code lists."""

from adapters.formats.codes import SEXES
from adapters.formats.fields import Field
from adapters.formats.values import (
    Reader,
    card,
    coded,
    commune,
    digits,
    sheet_day,
    sheet_instant,
    text,
)
from adapters.profile import PlaceKind
from adapters.sources.casework.steps import SPELLINGS

KINDS = {"PHIEU_BUOC": "PHIEU_BUOC"}
BODIES: dict[str, PlaceKind | None] = {
    "UBND_XA": PlaceKind.COMMUNE,
    "CONG_AN_XA": PlaceKind.COMMUNE,
    "CO_SO_Y_TE": PlaceKind.HOSPITAL,
    "BENH_VIEN": PlaceKind.HOSPITAL,
    "TRAM_Y_TE": PlaceKind.HOSPITAL,
    "CO_SO_BTXH": PlaceKind.HOME,
    "TRUONG_HOC": PlaceKind.SCHOOL,
    "SO_Y_TE": None,
    "SO_TU_PHAP": None,
    "TO_CHUC": None,
    "CA_NHAN": None,
    "KHAC": None,
}
"""Kind of a body as reported → whose code it has; UBND_XA is in formats.md, the rest assumed."""
BODY = coded({code: code for code in BODIES})

STEP = (
    Field(name="loai", read=coded(KINDS), required=True, aliases=("Loại phiếu",)),
    Field(name="soPhieu", required=True, aliases=("Số phiếu",)),
    Field(name="maDonVi", read=digits(5, lost=4), required=True, aliases=("Mã đơn vị",)),
    Field(name="tenDonVi", aliases=("Tên đơn vị", "Đơn vị")),
    Field(name="loaiDonVi", read=BODY, aliases=("Loại đơn vị",)),
    Field(name="buoc", read=coded(SPELLINGS), required=True, aliases=("Bước",)),
    Field(name="thoiGian", read=sheet_instant, aliases=("Thời gian", "Ngày thực hiện")),
    Field(name="ky.tuNgay", read=sheet_day, aliases=("tuNgay", "Từ ngày")),
    Field(name="ky.denNgay", read=sheet_day, aliases=("denNgay", "Đến ngày")),
    Field(name="tre.hoTen", aliases=("Họ tên trẻ", "Họ và tên trẻ")),
    Field(name="tre.ngaySinh", read=sheet_day, aliases=("Ngày sinh",)),
    Field(name="tre.gioiTinh", read=coded(SEXES), aliases=("Giới tính",)),
    Field(name="ketQua", aliases=("Kết quả",)),
    Field(name="chuongTrinh", aliases=("Chương trình",)),
    Field(name="benNhan.ten", aliases=("Bên nhận",)),
    Field(name="benNhan.loai", read=BODY, aliases=("Loại bên nhận",)),
    Field(name="benNhan.maCoSo", read=digits(5), aliases=("Mã bên nhận",)),
    Field(name="benNhan.maHoSo", aliases=("Mã hồ sơ bên nhận",)),
    Field(name="canCu", aliases=("Căn cứ",)),
)
"""Kind, key and step reject a report when unreadable; the rest is noted."""

KEYS: dict[str, Reader] = {
    "GCS": text,
    "SO_DINH_DANH": digits(12),
    "BIEN_BAN": text,
    "HO_SO": text,
    "KHAI_SINH": text,
    "THE_BHYT": card,
    "VU_VIEC": text,
    "MOTEM": text,
}
"""Systems of keys → how a number of each is read."""
KEY = (
    Field(name="he", read=coded({system: system for system in KEYS}), required=True),
    Field(name="giaTri", required=True),
    Field(name="maXa", read=commune),
    Field(name="ngay", read=sheet_day),
    Field(name="maCoSo", read=digits(5)),
    Field(name="tenCoSo"),
)
KEY_PARTS = ("maXa", "ngay", "maCoSo", "tenCoSo")

_HEADINGS = {
    "GCS": ("Số giấy chứng sinh",),
    "SO_DINH_DANH": ("Số định danh", "Số định danh cá nhân", "Số ĐDCN"),
    "BIEN_BAN": ("Số biên bản",),
    "BIEN_BAN.maXa": ("Mã xã lập biên bản",),
    "BIEN_BAN.ngay": ("Ngày lập biên bản", "Ngày biên bản"),
    "HO_SO": ("Số hồ sơ của trẻ",),
    "HO_SO.maCoSo": ("Mã cơ sở giữ hồ sơ",),
    "HO_SO.tenCoSo": ("Tên cơ sở giữ hồ sơ",),
    "KHAI_SINH": ("Số đăng ký khai sinh",),
    "KHAI_SINH.maXa": ("Mã xã đăng ký khai sinh",),
    "THE_BHYT": ("Số thẻ BHYT",),
    "VU_VIEC": ("Mã vụ việc",),
    "MOTEM": ("Mã Motem",),
}
"""A sheet has a column for each system; none is spelt like a roster's key (Mã cơ sở, Số hồ sơ)."""
_PART_READERS = {field.name: field.read for field in KEY}
KEY_COLUMNS = tuple(
    Field(
        name=f"tre.khoa.{name}",
        read=KEYS[name] if name in KEYS else _PART_READERS[name.partition(".")[2]],
        aliases=(f"khoa.{name}", *headings),
    )
    for name, headings in _HEADINGS.items()
)
NOT_MAPPED = ("ghiChu", "nguoiLap")
"""Known and kept in the message only: free remarks and signatures."""
ONLY_KNOWN = (
    Field(name="ghiChu", aliases=("Ghi chú",)),
    Field(name="nguoiLap", aliases=("Người lập",)),
    Field(name="STT", aliases=("TT", "Số thứ tự")),
)
"""Columns that are known and not mapped."""
COLUMNS = (*STEP, *KEY_COLUMNS, *ONLY_KNOWN)
