"""Makes two spellings of one Vietnamese value equal. Pure functions."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

TONES = "\u0300\u0301\u0303\u0309\u0323"
OPEN_RIME = re.compile(r"(?P<onset>[^aeiouy]*)(?P<vowels>oa|oe|uy)")
SURNAME_VARIANTS = {"huinh": "hoang", "vo": "vu"}
"""Regional forms of one surname (vn_domain.md 8.4), as folded names spell them (y is i)."""
MARKED_VARIANTS = {"huình": "hoàng", "võ": "vũ"}
"""The same as `name_key` spells them."""
LEGACY_D = str.maketrans(
    {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "Ɖ": "D", "ɖ": "d", "ƀ": "b", "Ƀ": "B"}
)
"""Letters that Unicode does not decompose; ð and Ð are frequent mistypings of đ and Đ, ƀ is Ê Đê."""
APOSTROPHES = "'`´‘’ʼ"
LETTERS_BEFORE_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
PREFIX = re.compile(rf"\b([hk])[{APOSTROPHES}]\s*|^(h)(?=[bcdđfghjklmnpqrstvwxzƀčñ])")
"""H' and K' before a name, with or without a space; H without apostrophe before a consonant, which
no Vietnamese syllable has: H'Hen, H’ Hen, H' hen, Hbia. M'Lô and N'Trang are syllables."""
NO_SYLLABLES = frozenset({"h", "k"})
MARKERS = frozenset({"i", "h", "k", "a", "ka"})
"""Words that say only of which sex or people somebody is, where they stand before the given name:
Y and H' of the Ê Đê and Gia Rai, K' and Ka of the Cơ Ho, A and Y of the Xơ Đăng and Ba Na (as
folded names spell them). Among those last ones Y is a girl's, so none of them tells the sex."""
NUMBER = re.compile(r"\d+")
MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]"
)
"""Marks on a letter before them: what Unicode calls combining, and selectors of variants."""
NO_WORD = re.compile(r"[^a-z0-9]+")
KEPT = 1 << 14
"""Texts whose forms are remembered: names of places and people come again and again."""

BODY_NAMES = (
    ("hospital", re.compile(r"^(benh vien|bv|tram y te|trung tam y te|phong kham|nha ho sinh)\b")),
    ("office", re.compile(r"^(ubnd|uy ban|cong an|ca|bo doi|don bien phong)\b")),
    (
        "home",
        re.compile(
            r"^(trung tam|mai am|nha (tinh|nuoi|tre|mo)|lang (tre|sos)|co so|chua|tu vien|tinh xa"
            r"|co nhi|vien|ngoi nha|nha dong|giao xu)\b"
        ),
    ),
)
"""What the first words of a body's name say of its kind; the first that fits holds."""
ADMINISTRATIVE = re.compile(
    r"^ *(xa|phuong|thi tran|dac khu|quan|huyen|thi xa|thanh pho|tinh|tp|p|q|h|x|t) "
)

STOP_WORDS = frozenset(
    [
        "co",
        "o",
        "tren",
        "duoi",
        "mot",
        "va",
        "cua",
        "ben",
        "phai",
        "trai",
        "nho",
        "to",
        "mau",
        "tai",
        "voi",
        "la",
        "khong",
        "ro",
        "be",
        "tre",
        "em",
        "cai",
        "chiec",
        "kem",
        "theo",
        "vung",
        "phia",
        "ngoai",
        "trong",
        "duoc",
        "di",
        "nguoi",
        "cong",
        "truoc",
        "sau",
        "gan",
        "khu",
        "vuc",
    ]
)
"""Folded words that describe no one in particular."""


@lru_cache(maxsize=KEPT)
def name_key(text: str) -> str:
    """A name in lower case, with its marks, one spelling of tone place and of i/y."""
    text = unicodedata.normalize("NFC", text).replace("ð", "đ").replace("Ð", "Đ").lower()
    text = re.sub(r"\([^)]*\)", " ", text).strip()
    text = PREFIX.sub(lambda found: f"{found[1] or found[2]} ", text)
    text = LETTERS_BEFORE_APOSTROPHE.sub("", text)
    words = re.sub(r"[^\w\s]", " ", text).split()
    return " ".join(_one_spelling(word) for word in words)


@lru_cache(maxsize=KEPT)
def fold(text: str) -> str:
    """Lower case ASCII: marks off, đ to d, single spaces."""
    decomposed = unicodedata.normalize("NFD", text.translate(LEGACY_D).lower())
    bare = MARKS.sub("", decomposed)
    return " ".join(NO_WORD.sub(" ", bare).split())


@lru_cache(maxsize=KEPT)
def folded_name(text: str) -> str:
    """A name without marks, with one letter for i and y."""
    return fold(LETTERS_BEFORE_APOSTROPHE.sub("", name_key(text))).replace("y", "i")


@lru_cache(maxsize=KEPT)
def is_whole(name: str) -> bool:
    """Whether a name is more than a given name: Y Nhi, A Phương and Páo are what one is called by.

    A name as of `name_key`.
    """
    return len(_without_marker(name.split())) > 1


@lru_cache(maxsize=KEPT)
def without_order(folded: str) -> str:
    """The syllables in alphabetical order, regional surnames made one, without H' and K'."""
    return _in_order(folded.split(), SURNAME_VARIANTS)


@lru_cache(maxsize=KEPT)
def marked_without_order(name: str) -> str:
    """The same of a name as of `name_key`, with its marks."""
    return _in_order(name.split(), MARKED_VARIANTS)


def without_middle(folded: str) -> str:
    """First and last syllable, in alphabetical order so that a swapped order agrees too."""
    words = _without_marker(folded.split())
    return _in_order(words if len(words) < 2 else [words[0], words[-1]], SURNAME_VARIANTS)


def _in_order(words: list[str], variants: Mapping[str, str]) -> str:
    return " ".join(sorted(variants.get(word, word) for word in _syllables(words)))


def _syllables(words: list[str]) -> list[str]:
    """Without H' and K'; one word alone is the name."""
    return [word for word in words if word not in NO_SYLLABLES] or words


def _without_marker(words: list[str]) -> list[str]:
    """Without the word before the given name."""
    return _syllables(words[1:] if len(words) > 1 and words[0] in MARKERS else words)


def given_name(folded: str) -> str:
    """What a child is called by: the last syllable, or the one after Y, H', K' or A.

    Where such a word stands first, a family name comes last or not at all: Y Bhiăt Niê, H'Hen Niê,
    A Phương. A Hmông name has its family first: Giàng A Páo.
    """
    words = folded.split()
    return words[1] if len(words) > 1 and words[0] in MARKERS else folded.rsplit(" ", 1)[-1]


def report_number(text: str) -> str | None:
    """The number of minutes without its spelling: "Số 015/BB-UBND" → "15"."""
    found = NUMBER.search(text)
    return str(int(found.group())) if found and found.group().isascii() else None


def card_core(text: str) -> str | None:
    """The last ten digits of a health-insurance card; zeros only are a placeholder (3.2)."""
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    if len(digits) < 10 or not digits[-10:].strip("0"):
        return None
    return digits[-10:]


def plain_code(text: str) -> str:
    """A file or letter number for comparison: upper case ASCII letters and digits only."""
    return re.sub(r"[^A-Z0-9]", "", fold(text).upper())


def body_kind(folded: str) -> str | None:
    """Whether a folded name is a hospital's, an office's or a care home's; None if not told."""
    return next((kind for kind, pattern in BODY_NAMES if pattern.search(folded)), None)


def place_words(text: str) -> frozenset[str]:
    """The telling words of a place, without the communes, districts and provinces behind it."""
    parts = [part for part in re.split(r"[,;]", text) if not ADMINISTRATIVE.match(fold(part))]
    return words(" ".join(parts))


def words(text: str) -> frozenset[str]:
    """The telling words of a description, folded."""
    return frozenset(w for w in fold(text).split() if len(w) > 1 and w not in STOP_WORDS)


def _one_spelling(word: str) -> str:
    """Old-style tone place in open oa, oe, uy; then i for y (hoà → hòa, Mỹ → mĩ, thuý → thúi)."""
    decomposed = unicodedata.normalize("NFD", word)
    tones = [c for c in decomposed if c in TONES]
    if len(tones) == 1:
        bare = decomposed.replace(tones[0], "")
        rime = OPEN_RIME.fullmatch(bare)
        if rime and not rime["onset"].endswith("q"):
            at = rime.start("vowels") + 1
            decomposed = bare[:at] + tones[0] + bare[at:]
    return unicodedata.normalize("NFC", decomposed.replace("y", "i"))
