"""What HT_KHAISINH holds: fields, how each is read and spelt, and their code lists."""

from adapters.formats.fields import Field
from adapters.formats.values import coded, commune, day, digits

SEXES = {
    "1": "male",
    "nam": "male",
    "2": "female",
    "nữ": "female",
    "0": "unknown",
    "3": "unknown",
    "không rõ": "unknown",
    "chưa xác định": "unknown",
}
REGISTRATIONS = {
    "DANG_KY_MOI": "DANG_KY_MOI",
    "Đăng ký mới": "DANG_KY_MOI",
    "DANG_KY_LAI": "DANG_KY_LAI",
    "Đăng ký lại": "DANG_KY_LAI",
    "CAI_CHINH": "CAI_CHINH",
    "Cải chính": "CAI_CHINH",
    "NHAN_CON_NUOI": "NHAN_CON_NUOI",
    "Nhận con nuôi": "NHAN_CON_NUOI",
    "Nuôi con nuôi": "NHAN_CON_NUOI",
}
OFFICE = digits(5, lost=4)
"""A part of the key: kept as sent where it is no commune code."""
PERSONAL_ID = digits(12)


def _person(prefix: str) -> tuple[Field, ...]:
    """Fields of mother (me), father (cha) or requester (nyc)."""
    return (
        Field(name=f"{prefix}HoTen"),
        Field(name=f"{prefix}NgaySinh", read=day),
        Field(name=f"{prefix}LoaiGiayToTuyThan"),
        Field(name=f"{prefix}SoGiayToTuyThan", read=PERSONAL_ID, aliases=(f"{prefix}SoDinhDanh",)),
        Field(name=f"{prefix}NoiCuTru"),
    )


REGISTRATION = (
    Field(name="so", required=True),
    Field(name="quyenSo", required=True),
    Field(name="ngayDangKy", read=day),
    Field(name="loaiDangKy", read=coded(REGISTRATIONS)),
    Field(name="noiDangKy.maXa", read=OFFICE, required=True, aliases=("noiDangKyMaXa",)),
    Field(name="noiDangKy.ten", aliases=("noiDangKyTen", "noiDangKy")),
    Field(name="ghiChu"),
    Field(name="nksHoTen"),
    Field(name="nksGioiTinh", read=coded(SEXES)),
    Field(name="nksNgaySinh", read=day),
    Field(name="nksNoiSinh"),
    Field(name="nksNoiSinhDVHC", read=commune),
    Field(name="nksNoiCuTru"),
    Field(name="nksDanToc"),
    Field(name="nksQuocTich"),
    Field(name="nksLoaiKhaiSinh"),
    Field(name="nksSoDinhDanh", read=PERSONAL_ID),
    Field(name="nksSoGiayChungSinh"),
    *_person("me"),
    *_person("cha"),
    *_person("nyc"),
    Field(name="nycQuanHe"),
    Field(name="nycTenCoSo"),
    Field(name="bbSo"),
    Field(name="bbMaXa", read=commune),
    Field(name="bbNgay", read=day),
)
"""The key's parts reject when unreadable, the rest is noted."""

NOT_MAPPED = (
    "loai",
    "trangSo",
    "nguoiKy",
    "chucVuNguoiKy",
    "nguoiThucHien",
    "nksNgaySinhBangChu",
    "nksQueQuan",
    "nksQuocTichKhac",
    "nksMatTich",
    *(f"{who}{what}" for who in ("me", "cha") for what in ("DanToc", "QuocTich", "LoaiCuTru")),
    "nycNgayCapGiayToTuyThan",
    "nycNoiCapGiayToTuyThan",
)
"""Known and kept in the message only."""
