"""Clean text as sources send it: NFC, invisible characters, TCVN3 and VNI decoded where certain."""

import codecs
import re
import unicodedata
from functools import lru_cache

from adapters.errors import PayloadError, Problem

# TCVN3 (ABC fonts): each letter is one byte, shown here as the Latin-1 character of that byte.
# Capitals with tone marks do not exist in it: capital fonts draw the lower-case codes.
_TCVN3_ROWS = (
    ("àáảãạ", "µ¸¶·¹"),
    ("ăằắẳẵặ", "¨»¾¼½Æ"),
    ("âầấẩẫậ", "©ÇÊÈÉË"),
    ("èéẻẽẹ", "ÌÐÎÏÑ"),
    ("êềếểễệ", "ªÒÕÓÔÖ"),
    ("ìíỉĩị", "×ÝØÜÞ"),
    ("òóỏõọ", "ßãáâä"),
    ("ôồốổỗộ", "«åèæçé"),
    ("ơờớởỡợ", "¬êíëìî"),
    ("ùúủũụ", "ïóñòô"),
    ("ưừứửữự", "\u00adõøö÷ù"),
    ("ỳýỷỹỵ", "úýûüþ"),
    ("đĐĂÂÊÔƠƯ", "®§¡¢£¤¥¦"),
)
_TCVN3 = str.maketrans(
    {c: v for row, codes in _TCVN3_ROWS for c, v in zip(codes, row, strict=True)}
)

# VNI-Windows: a vowel is followed by a byte that carries its marks; the rest is single letters.
_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
_VNI_TONES = dict(zip("ùøûõï", (_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT), strict=True))
_VNI_HATS = {"â": _CIRCUMFLEX} | {
    mark: _CIRCUMFLEX + tone
    for mark, tone in zip("áàåãä", (_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT), strict=True)
}
_VNI_BREVES = {"ê": _BREVE} | {
    mark: _BREVE + tone
    for mark, tone in zip("éèúüë", (_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT), strict=True)
}
_VNI_MARKS = _VNI_TONES | _VNI_HATS | _VNI_BREVES
_VNI_LETTERS = dict(zip("ôöíìæóòîñ", "ơưíìỉĩịỵđ", strict=True))
_VNI_PATTERN = re.compile(
    "([a])([âáàåãäêéèúüëùøûõï])|([eo])([âáàåãäùøûõï])|([uyôö])([ùøûõï])|([ôöíìæóòîñ])",
    re.IGNORECASE,
)

# Vietnamese spelling: what may open a syllable, and which endings each vowel group takes ("-": none).
_ONSETS = "b|ch?|d|đ|gh?|gi|h|kh?|l|m|n|ngh?|nh|ph?|qu|r|s|th?|tr|v|x"
_ENDINGS = {
    "a": "- c ch i m n ng nh o p t u y",
    "ă": "c m n ng p t",
    "â": "c m n ng p t u y",
    "e": "- c m n ng o p t",
    "ê": "- ch m n nh p t u",
    "i": "- a ch m n nh p t u",
    "o": "- c i m n ng p t",
    "ô": "- c i m n ng p t",
    "ơ": "- i m n p t",
    "u": "- a c i m n ng p t",
    "ư": "- a c i m n ng t u",
    "y": "- ch n nh p t u",
    "iê": "c m n ng p t u",
    "yê": "m n ng t u",
    "oa": "- c ch i m n ng nh o p t y",
    "oă": "c m n ng p t",
    "oe": "- m n ng o t",
    "oo": "c n ng",
    "uâ": "n ng t y",
    "uê": "- ch n nh",
    "uô": "c i m n ng t",
    "uơ": "-",
    "uy": "- a ch n nh p t u",
    "uyê": "n t",
    "ươ": "c i m n ng p t u",
}
_RIMES = sorted(
    (
        vowel + ending.strip("-")
        for vowel, endings in _ENDINGS.items()
        for ending in endings.split()
    ),
    key=len,
    reverse=True,
)
_SYLLABLE = re.compile(f"(?:{_ONSETS})?(?:{'|'.join(_RIMES)})")
_TONES = re.compile(f"[{_ACUTE}{_GRAVE}{_HOOK}{_TILDE}{_DOT}]")
_STOPPED = re.compile("(?:c|ch|p|t)$")

_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BEYOND_LATIN1 = re.compile(r"[^\W\x00-\xff]")
_PUNCTUATION = ".,;:()[]\"'/-0123456789"
_ETH = str.maketrans("ðÐ", "đĐ")
_D_BAR = str.maketrans("đĐ", "dD")
_SHORT = 80
"""Characters: names, codes and dates come again and again, whole descriptions do not."""


def clean(text: str) -> str:
    """NFC text with single spaces and nothing invisible; legacy TCVN3 or VNI text decoded.

    Decoded only where the result has more valid Vietnamese syllables than the input
    (formats.md, Common rules; facts of both encodings: vn_domain.md 8.4 and 8.6).
    """
    return _cleaned_before(text) if len(text) <= _SHORT else _cleaned(text)


def _cleaned(text: str) -> str:
    if text.isascii():
        return _tidy(text)
    composed = unicodedata.normalize("NFC", text)
    # Bytes shown in Latin-1 hold no letter beyond it: such text is Unicode already.
    if _BEYOND_LATIN1.search(composed):
        return _tidy(composed.translate(_ETH))
    as_sent = _tidy(composed.translate(_ETH))
    # max() keeps the first of equals: as sent, before TCVN3, before VNI.
    readings = (as_sent, _tidy(from_tcvn3(composed)), _tidy(from_vni(composed)))
    return max(readings, key=valid_syllables)


_cleaned_before = lru_cache(maxsize=20_000)(_cleaned)


def decode(content: bytes) -> str:
    """The text of a payload: UTF-8 with or without BOM, else UTF-16 with BOM.

    Raises PayloadError: ENCODING, or FORBIDDEN_CHARACTER for NUL and other C0 controls
    (tab, CR and LF are allowed).
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise PayloadError(Problem.ENCODING) from None
    if _FORBIDDEN.search(text):
        raise PayloadError(Problem.FORBIDDEN_CHARACTER)
    return text


def fold(text: str) -> str:
    """Lower-case ASCII without marks, đ as d, single spaces: for comparing, never for showing."""
    return _folded_before(text) if len(text) <= _SHORT else _folded(text)


def _folded(text: str) -> str:
    plain = clean(text).translate(_D_BAR)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return " ".join(plain.lower().split())


_folded_before = lru_cache(maxsize=20_000)(_folded)


def from_tcvn3(text: str) -> str:
    """TCVN3 bytes shown in Latin-1 → Unicode. Words with two capitals or more are capitals whole."""
    return " ".join(_tcvn3_word(word) for word in text.split(" "))


def from_vni(text: str) -> str:
    """VNI-Windows bytes shown in Latin-1 → Unicode (NFC)."""
    return unicodedata.normalize("NFC", _VNI_PATTERN.sub(_vni_letter, text))


def valid_syllables(text: str) -> int:
    """How many words of a text are well-spelt Vietnamese syllables."""
    return sum(is_syllable(word.strip(_PUNCTUATION)) for word in text.split())


def is_syllable(word: str) -> bool:
    """Whether onset, rime and tone make a Vietnamese syllable (rules of spelling, no dictionary)."""
    marked = unicodedata.normalize("NFD", word.lower())
    tones = _TONES.findall(marked)
    base = unicodedata.normalize("NFC", _TONES.sub("", marked))
    if len(tones) > 1 or not _SYLLABLE.fullmatch(base):
        return False
    # A syllable closed by c, ch, p or t is spoken in two tones only.
    return not _STOPPED.search(base) or tones in ([_ACUTE], [_DOT])


def _tidy(text: str) -> str:
    """Without invisible and control characters, whitespace (NBSP too) collapsed."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    # A text with a control character is not printable; most are, and to ask is quicker.
    return " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())


def _tcvn3_word(word: str) -> str:
    plain = "".join(character for character in word if character.isascii())
    decoded = word.translate(_TCVN3)
    return decoded.upper() if len(plain) > 1 and plain.isupper() else decoded


def _vni_letter(match: re.Match[str]) -> str:
    found = match[0]
    letter = _VNI_LETTERS.get(found[0].lower(), found[0].lower())
    marks = _VNI_MARKS[found[1].lower()] if len(found) > 1 else ""
    return (letter.upper() if found[0].isupper() else letter) + marks
