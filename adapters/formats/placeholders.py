"""What senders write where nothing is known: kept as sent, worthless as evidence."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.legacy_text import fold

SEPARATORS = re.compile(r"[\s:.,;()\[\]/\\\-–_*+?!'\"]+")

FACILITY_PHRASES = (
    "bệnh viện",
    "trung tâm y tế",
    "trạm y tế",
    "nhà hộ sinh",
    "phòng khám",
    "bệnh xá",
    "cơ sở y tế",
    "trung tâm chăm sóc sức khỏe",
)
FACILITY_ABBREVIATION = r"(?:bv|ttyt|tyt|pkđk|pkdk|nhs)[a-zđ]{0,4}"
"""No Vietnamese syllable begins like these."""

MOTHER_PHRASES = (
    "con của bà",
    "con của chị",
    "con của mẹ",
    "con bà",
    "con chị",
    "con mẹ",
    "con sản phụ",
    "con sp",
    "con của",
    "cb",
)
FATHER_PHRASES = ("con của ông", "con của anh", "con của bố", "con ông", "con anh", "con bố")
"""How a newborn is named after a parent."""
JUST_CHILD = "con"
""""Con Nguyễn Thị A": no family name, so the mother's name follows."""
BABY_WORDS = ("trẻ", "bé", "em", "cháu", "sơ sinh", "ss")
SEX_WORDS = ("trai", "gái", "nam", "nữ")
WHICH_BABY = ("bé", "con", "trai", "gái", "nam", "nữ", "thứ", "lần", "số", "a", "b")
"""After a parent's name: "bé 2", "(con trai)" tell twins apart."""

NAMELESS_PHRASES = (
    "vô danh",
    "chưa đặt tên",
    "chưa có tên",
    "chưa rõ",
    "chưa biết",
    "không",
    "không rõ",
    "không tên",
    "không có tên",
    "không có",
    "không biết",
    "không xác định",
    "chưa xác định",
)
NAMELESS_WORDS = (*BABY_WORDS, "số", "k", "x", "unknown", "n", "a")
"""A name of nothing but these words, phrases and numbers names nobody ("bé gái", "bé 2", "36")."""
ABANDONED = "bỏ rơi"


def _either(*phrases: str) -> str:
    """A pattern for phrases; a word matches with its marks or with none: "Võ" is never "vô"."""
    spelt = (
        r"\ ".join(f"(?:{word}|{fold(word)})" for word in phrase.split())
        for phrase in sorted(phrases, key=len, reverse=True)
    )
    return f"(?:{'|'.join(spelt)})"


_FACILITY = re.compile(f" (?:{_either(*FACILITY_PHRASES)}|{FACILITY_ABBREVIATION}) ")
_ABANDONED = re.compile(
    f"(?P<denied> {_either('không', 'chưa')}(?: (?:bị|bi))?)? {_either(ABANDONED)} "
)
_NOBODY = f" (?:{_either(*NAMELESS_PHRASES, *NAMELESS_WORDS)}|\\d+)(?= )"
_NAMELESS = re.compile(f"{_NOBODY}(?:{_NOBODY}| {_either(*SEX_WORDS)}(?= ))* ")
_PARENT = re.compile(
    f" (?:{_either(*BABY_WORDS)} )*"
    f"(?:(?P<father>{_either(*FATHER_PHRASES)})|(?P<mother>{_either(*MOTHER_PHRASES)})"
    f"|(?P<child>{JUST_CHILD})(?= \\S+ \\S)) "
)
_WHICH = re.compile(f"(?:{_either(*WHICH_BABY)})")
_FOUND_AT = re.compile(
    r"b[ỏo]\s+r[ơo]i\b.{0,40}?\b(?:tại|tai|ở|trước|truoc)\s+(?P<place>[^;]+)", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NameReading:
    """Why a name is not the child's own, and the parent it names, if any."""

    reason: str
    relation: str | None = None
    parent: str | None = field(default=None, repr=False)


def read_name(name: str, parents: Iterable[str] = ()) -> NameReading | None:
    """What is behind a name that is no name; None for a name. Rules: vn_domain.md 4.2, 8.3, A.1.

    `parents` are names that the same document states for mother, father or guardian.
    """
    words = _words(name)
    if _FACILITY.search(words):
        return NameReading(reason="facility-name")
    if _ABANDONED.search(words) or _says_nobody(words):
        return NameReading(reason="nameless")
    if any(fold(name) == fold(parent) for parent in parents):
        return NameReading(reason="parent-name")
    return _named_after_parent(name)


def names_facility(text: str) -> bool:
    """Whether a name or an address is, or holds, the name of a health facility."""
    return _FACILITY.search(_words(text)) is not None


def says_abandoned(text: str) -> bool:
    """Whether a text says "bỏ rơi" and does not deny it ("không bị bỏ rơi")."""
    return any(not found["denied"] for found in _ABANDONED.finditer(_words(text)))


def found_at(text: str) -> str | None:
    """The place in "trẻ bị bỏ rơi tại <place>" (QĐ 4750, NOI_SINH_CON)."""
    match = _FOUND_AT.search(text)
    return match["place"].strip(" .") if match and says_abandoned(text) else None


def all_zero(number: str) -> bool:
    """Whether a card's own ten digits, or a whole number, are zeros (vn_domain.md 3.2)."""
    digits = re.sub(r"\D", "", number)
    own = digits[-10:] if len(number) == 15 else digits
    return bool(own) and not own.strip("0")


def _words(text: str) -> str:
    """Lower-case words between single spaces, one before the first and one after the last."""
    return f" {SEPARATORS.sub(' ', text.lower()).strip()} "


def _says_nobody(words: str) -> bool:
    return not words.strip() or _NAMELESS.fullmatch(words) is not None


def _named_after_parent(name: str) -> NameReading | None:
    words = _words(name)
    match = _PARENT.match(words)
    if match is None:
        return None
    # The words before the parent's name are counted, to cut the name as it is written.
    before = len(match[0].split())
    written = SEPARATORS.sub(" ", name).split()[before:]
    return NameReading(
        reason="parent-name",
        relation="father" if match["father"] else "mother",
        parent=" ".join(_without_which(written)) or None,
    )


def _without_which(words: list[str]) -> list[str]:
    """A given name may sound like a qualifier ("Nguyễn Thị Bé"): only after three words."""
    kept = list(words)
    while kept and (kept[-1].isdigit() or (len(kept) > 3 and _WHICH.fullmatch(kept[-1].lower()))):
        kept.pop()
    return kept
