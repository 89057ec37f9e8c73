"""What a roster holds: columns, how each is read and spelt, and their code lists."""

from typing import Any

from adapters.formats.codes import SEXES
from adapters.formats.fields import Field
from adapters.formats.values import (
    card,
    coded,
    commune,
    digits,
    grams,
    plain,
    sheet_day,
    text,
    whole,
)

_DENIED = frozenset({"", "khong", "0", "false", "no", "k"})

SENDER = digits(5, lost=4)


def mark(value: Any) -> bool | None:
    """A ticked box: anything but an explicit no ("x", "có", "1")."""
    stated = text(value)
    return True if stated and plain(stated) not in _DENIED else None


COLUMNS = (
    Field(name="Mã cơ sở", required=True, aliases=("Mã CS", "Mã cơ sở BTXH")),
    Field(name="Tên cơ sở", aliases=("Cơ sở", "Tên cơ sở BTXH")),
    Field(name="Số hồ sơ", required=True, aliases=("Mã hồ sơ", "Số HS")),
    Field(name="Họ và tên", aliases=("Họ tên", "Họ và tên trẻ", "Họ tên trẻ", "Tên trẻ")),
    Field(name="Tên gọi khác", aliases=("Tên khác", "Bí danh", "Tên thường gọi")),
    Field(name="Ngày sinh", read=sheet_day, aliases=("Ngày tháng năm sinh", "Năm sinh")),
    Field(name="Ngày sinh ước tính", read=mark, aliases=("Ước tính",)),
    Field(name="Giới tính", read=coded(SEXES), aliases=("Giới",)),
    Field(name="Dân tộc"),
    Field(
        name="Ngày tiếp nhận",
        read=sheet_day,
        aliases=("Ngày vào", "Ngày nhận", "Ngày vào cơ sở", "Ngày tiếp nhận vào cơ sở"),
    ),
    Field(name="Nơi chuyển đến", aliases=("Nơi chuyển", "Đơn vị chuyển", "Nơi bàn giao")),
    Field(name="Mã nơi chuyển", read=SENDER, aliases=("Mã nơi chuyển đến", "Mã đơn vị chuyển")),
    Field(name="Mã hồ sơ nơi chuyển", aliases=("Số hồ sơ nơi chuyển",)),
    Field(name="Số biên bản", aliases=("Số biên bản bỏ rơi",)),
    Field(name="Mã xã lập biên bản", read=commune, aliases=("Mã xã biên bản",)),
    Field(name="Số giấy chứng sinh", aliases=("Số GCS", "Giấy chứng sinh")),
    Field(
        name="Số ĐDCN",
        read=digits(12),
        aliases=("Số định danh cá nhân", "Số định danh", "Mã định danh", "ĐDCN", "Số CCCD"),
    ),
    Field(name="Số thẻ BHYT", read=card, aliases=("Mã thẻ BHYT", "Thẻ BHYT", "BHYT")),
    Field(name="Nhóm hoàn cảnh", aliases=("Hoàn cảnh", "Nhóm đối tượng")),
    Field(
        name="Cân nặng khi tiếp nhận",
        read=grams,
        aliases=("Cân nặng khi tiếp nhận (g)", "Cân nặng", "Cân nặng tiếp nhận"),
    ),
    Field(name="Đặc điểm nhận dạng", aliases=("Đặc điểm",)),
    Field(name="Nhóm chăm sóc"),
    Field(name="Người chăm sóc chính", aliases=("Người chăm sóc",)),
    Field(name="Ngày rời", read=sheet_day, aliases=("Ngày ra", "Ngày rời cơ sở")),
    Field(name="Nơi đến"),
    Field(name="Sức chứa cơ sở", read=whole, aliases=("Sức chứa",)),
    Field(name="STT", aliases=("TT", "Số thứ tự")),
)
"""Cells that cannot be read are noted, except the key's parts."""
