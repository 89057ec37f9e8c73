"""What a student list holds: columns of csdl.moet.gov.vn, how each is read and spelt, code lists."""

from typing import Any

from adapters.formats.codes import SEXES
from adapters.formats.fields import Field
from adapters.formats.values import coded, commune, digits, plain, sheet_day, text

STATUSES = {
    "Đang học": "DANG_HOC",
    "Chuyển đến kỳ 1": "CHUYEN_DEN",
    "Chuyển đến kỳ 2": "CHUYEN_DEN",
    "Chuyển đến trong hè": "CHUYEN_DEN",
    "Chuyển đến": "CHUYEN_DEN",
    "Chuyển đi": "CHUYEN_DI",
    "Chuyển đi kỳ 1": "CHUYEN_DI",
    "Chuyển đi kỳ 2": "CHUYEN_DI",
    "Chuyển đi trong hè": "CHUYEN_DI",
    "Thôi học": "THOI_HOC",
    "Bỏ học": "BO_HOC",
    "Tạm nghỉ": "TAM_NGHI",
    "Tạm nghỉ học": "TAM_NGHI",
    "Nghỉ học xin học lại": "HOC_LAI",
}
_NO_DISABILITY = frozenset({"khong", "khongkhuyettat", "khongco", "binhthuong", "0", "k"})

STUDENT_ID, PERSONAL_ID, CARD = "Mã định danh Bộ GD&ĐT", "Số ĐDCN", "Số CCCD"
SCHOOL, SCHOOL_CODE, CLASS = "Trường", "Mã trường", "Lớp"
NAME, BORN, STATUS = "Họ tên", "Ngày sinh", "Trạng thái"


def student_id(value: Any) -> str | None:
    """A number of ten digits, or in newer lists the personal ID of twelve, lost zeros restored.

    Eleven digits lost one zero of twelve. Ten are as sent: the row's own Số ĐDCN may tell otherwise.
    """
    restored = digits(12, lost=1)(digits(10)(value))
    return restored if isinstance(restored, str) else None


def disability(value: Any) -> str | None:
    """The kind of disability; an explicit "không" states none."""
    stated = text(value)
    return None if stated is None or plain(stated) in _NO_DISABILITY else stated


def _of_parent(parts: tuple[str, ...], *words: str) -> tuple[str, ...]:
    """Spellings of a parent's column: "Tên bố", or a part below a merged "Cha", "Thông tin cha"."""
    joined = [f"{part} {word}" for part in parts for word in words]
    groups = [*words, *(f"Thông tin {word}" for word in words)]
    return (*joined, *(f"{group} {part}" for group in groups for part in parts))


_NAMES, _YEARS = ("Họ tên", "Họ và tên", "Tên"), ("Năm sinh", "Ngày sinh")

KEPT_OUT: dict[str, tuple[str, ...]] = {
    "STT": ("TT", "Số thứ tự"),
    "Mã lớp": (),
    "Khối": (),
    "Mã tỉnh": (),
    "Mã huyện": (),
    "SĐT liên hệ": ("Số điện thoại", "Điện thoại"),
    "Tôn giáo": (),
    "Nghề nghiệp cha": ("Nghề cha", "Nghề nghiệp bố", "Cha Nghề", "Cha Nghề nghiệp"),
    "Nghề nghiệp mẹ": ("Nghề mẹ", "Mẹ Nghề", "Mẹ Nghề nghiệp"),
}
"""Known and kept in the message only: an order of arrival, or nothing that tells who a child is."""

COLUMNS = (
    Field(name="Trường", aliases=("Tên trường", "Cơ sở giáo dục", "Đơn vị")),
    Field(name="Mã trường", aliases=("Mã đơn vị", "Mã cơ sở giáo dục")),
    Field(name="Lớp", aliases=("Tên lớp", "Nhóm/Lớp", "Nhóm lớp", "Nhóm/Lớp Lớp")),
    Field(
        name="Mã định danh Bộ GD&ĐT",
        read=student_id,
        aliases=(
            "Mã định danh Bộ",
            "Mã định danh Bộ GDĐT",
            "Mã định danh Bộ Giáo dục và Đào tạo",
            "Mã định danh MOET",
            "Mã MOET",
            "Mã học sinh",
        ),
    ),
    Field(
        name="Họ tên",
        aliases=("Họ và tên", "Họ tên học sinh", "Họ và tên học sinh", "Tên học sinh"),
    ),
    Field(name="Ngày sinh", read=sheet_day, aliases=("Ngày tháng năm sinh", "Năm sinh")),
    Field(name="Giới tính", read=coded(SEXES), aliases=("Giới", "Phái")),
    Field(name="Dân tộc", aliases=("Tên dân tộc",)),
    Field(name="Mã dân tộc", read=digits(2, lost=1)),
    Field(name="Quốc tịch"),
    Field(name="Trạng thái", read=coded(STATUSES), aliases=("Trạng thái học sinh", "Tình trạng")),
    Field(name="Tỉnh/TP", aliases=("Tỉnh", "Tỉnh/Thành phố", "Tỉnh thành")),
    Field(name="Huyện", aliases=("Quận/Huyện", "Quận/Huyện/TX")),
    Field(name="Xã/Phường", aliases=("Xã", "Phường/Xã", "Xã/Phường/Thị trấn", "Xã/Phường/Đặc khu")),
    Field(name="Mã xã", read=commune, aliases=("Mã xã/phường", "Mã phường/xã")),
    Field(name="Thôn/Xóm", aliases=("Thôn", "Tổ/Thôn/Xóm", "Tổ dân phố")),
    Field(name="Nơi sinh"),
    Field(name="Chỗ ở hiện nay", aliases=("Nơi ở hiện nay", "Chỗ ở")),
    Field(name="Loại khuyết tật", read=disability, aliases=("Khuyết tật", "Dạng khuyết tật")),
    Field(
        name="Số ĐDCN",
        read=digits(12),
        aliases=("Số định danh cá nhân", "Mã định danh cá nhân", "Số định danh", "ĐDCN"),
    ),
    Field(name="Số CCCD", read=digits(12), aliases=("CCCD", "Số CCCD/CMND", "Số căn cước")),
    Field(name="Tên cha", aliases=_of_parent(_NAMES, "cha", "bố")),
    Field(name="Năm sinh cha", read=sheet_day, aliases=_of_parent(_YEARS, "cha", "bố")),
    Field(name="Tên mẹ", aliases=_of_parent(_NAMES, "mẹ")),
    Field(name="Năm sinh mẹ", read=sheet_day, aliases=_of_parent(_YEARS, "mẹ")),
    *(Field(name=name, aliases=aliases) for name, aliases in KEPT_OUT.items()),
)
"""A cell that cannot be read is noted and left out; nothing here rejects a child."""
