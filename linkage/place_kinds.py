"""What kind of place a child was found at: from the list of the minutes, or from the words."""

import re
from collections.abc import Iterator

from linkage.normalise import fold

WORDS = (
    ("pagoda", r"chua|thien vien|tinh xa|tinh that|niem phat duong|dinh|den tho|mieu"),
    ("church", r"nha tho|giao xu|giao duong|nha dong|dong nu|nu tu|thanh that"),
    ("health", r"benh vien|bv|tram y te|tram xa|trung tam y te|phong kham|nha ho sinh|tram xa"),
    ("home", r"co so bao tro|bao tro xa hoi|mai am|nha mo|trai tre|lang tre|lang sos|co nhi|nha tinh thuong"),
    ("market", r"cho(?! (?:thue|o|an|nguoi|con|tre|em|be)\b)|sieu thi"),
    ("street", r"via he|le duong|ven duong|ngoai duong|duong pho|quoc lo|tinh lo|nga (?:ba|tu)|ben xe|ben tau|hem|ngo"),
    ("house", r"nha dan|nha (?:ong|ba|anh|chi|chu|co|bac)|(?:cua|cong|truoc|hien) nha(?! (?:tho|truong|van hoa|dong|mo|tinh)\b)|nha tro|phong tro"),
    ("school", r"truong hoc|mam non|mau giao|truong (?:tieu hoc|thcs|thpt)"),
    ("outdoors", r"bui (?:cay|ram|chuoi|tre)|bai rac|thung rac|vuon|ruong|ray|rung|bo (?:song|kenh|ho|bien)|muong|nghia trang|gam cau|chan cau"),
)  # fmt: skip
"""Kind → the folded words that tell it. A market (chợ) is not "cho", to or for somebody."""
PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in WORDS)
CODES = {
    "BENH_VIEN": "health",
    "TRAM_Y_TE": "health",
    "CHUA": "pagoda",
    "CHO": "market",
    "DUONG_PHO": "street",
    "NHA_DAN": "house",
    "CO_SO_BTXH": "home",
}
"""`loaiNoi` of the minutes (formats.md) → kind. KHAC says nothing."""


def of_text(text: str) -> Iterator[str]:
    """The kinds of place that a description names: none, or several (the gate of a market's pagoda)."""
    folded = fold(text)
    return (kind for kind, pattern in PATTERNS if pattern.search(folded))


def of_code(code: str) -> str | None:
    """The kind of a place type of the minutes; None where it tells none."""
    return CODES.get(code.upper())
