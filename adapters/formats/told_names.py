"""Which unknown names of members, columns and elements are told: never one that may be a value."""

import re

UNTOLD = "?"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
_NUMBER = re.compile(r"\d{5}")
"""So many digits may be somebody's number."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SURNAMES = frozenset({"nguyen", "tran", "hoang", "bui"})
"""Frequent, and no word of a field's name: pham (phạm vi), ly (lý do), ho (hồ sơ) are."""
_PHRASES = """
    số, ngày, tháng, năm, giờ, lần, mã, loại, nơi, tên, họ tên, họ và tên, mẹ, cha, bố, trẻ, trẻ em,
    con, người, xã, phường, tỉnh, của, và, khi, theo, từ, đến, mới, cũ, khác, lạ, khối, lớp, học kỳ,
    học sinh, giới tính, dân tộc, tôn giáo, quốc tịch, quê quán, địa chỉ, địa điểm, thời gian,
    thường trú, tạm trú, hiện tại, điện thoại, liên hệ, ghi chú, lý do, kết quả, trạng thái,
    tình trạng, tình hình, sức khỏe, hồ sơ, quyết định, giấy tờ, giấy khai sinh, khai sinh, chứng sinh,
    căn cước, định danh, bảo hiểm, bảo hiểm y tế, thẻ, tiếp nhận, bàn giao, chuyển, chuyển đi,
    chuyển đến, vào, ra, rời, đơn vị, cơ sở, trường học, phụ huynh, giám hộ, giám hộ viên, nuôi dưỡng,
    người nuôi dưỡng, nhận nuôi, cán bộ, phụ trách, chức vụ, nghề nghiệp, trình độ, khuyết tật,
    hoàn cảnh, đối tượng, nhóm, chế độ, trợ cấp, cân nặng, chiều cao, đặc điểm, nhận dạng, ảnh, stt, tt
"""
_PHRASE = "|".join(
    sorted((re.escape(p.strip()) for p in _PHRASES.split(",")), key=len, reverse=True)
)
_HEADING = re.compile(rf"(?:{_PHRASE}|\d{{1,2}})(?:[ /()-]+(?:{_PHRASE}|\d{{1,2}}))*[ )]*")
"""Words of forms, spelt right, of which no person's name is made; at most two digits together."""


def told(name: str) -> str:
    """The name where it is an identifier or made of words of forms; else `?`.

    It goes into reports and answers, and whoever writes a child's name or number into the place of
    a field's name must not find it there.
    """
    if _IDENTIFIER.fullmatch(name):
        words = {word.lower() for word in _WORDS.findall(name)}
        return UNTOLD if words & _SURNAMES or _NUMBER.search(name) else name
    return name if len(name) <= 60 and _HEADING.fullmatch(name.lower()) else UNTOLD
