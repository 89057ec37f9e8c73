"""How people and systems misspell: names, numbers, dates, weights."""

import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from gateway.sample import rates
from gateway.sample.legacy_fonts import to_tcvn3, to_vni

TONES = "\u0300\u0301\u0303\u0309\u0323"
OPEN_PAIRS = ("oa", "oe", "uy")
TELEX = {"â": "aa", "ê": "ee", "ô": "oo", "ă": "aw", "ơ": "ow", "ư": "uw", "đ": "dd"}
TELEX_TONES = dict(zip("\u0301\u0300\u0309\u0303\u0323", "sfrxj", strict=True))
I_AND_Y = {"Lý": "Lí", "Mỹ": "Mĩ", "Quý": "Quí", "Kỳ": "Kì", "Vy": "Vi", "Ly": "Li", "Sỹ": "Sĩ"}
REGIONS = {"Hoàng": "Huỳnh", "Vũ": "Võ", "Phúc": "Phước", "Cảnh": "Kiểng", "Chu": "Châu"}
LETTERS = "abcdeghiklmnopqrstuvxy"


def without_marks(text: str) -> str:
    """ "Đặng" → "Dang"."""
    decomposed = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def other_tone_place(text: str) -> str:
    """ "Hòa" ↔ "Hoà": only open oa, oe, uy syllables have two spellings (vn_domain.md 8.6)."""
    return " ".join(_move_tone(syllable) for syllable in text.split(" "))


def _move_tone(syllable: str) -> str:
    decomposed = unicodedata.normalize("NFD", syllable)
    tone = next((letter for letter in decomposed if letter in TONES), None)
    bare = decomposed.replace(tone, "") if tone else decomposed
    if not tone or bare[-2:].lower() not in OPEN_PAIRS or bare[:-2].lower().endswith("q"):
        return syllable
    last = decomposed.endswith(tone)
    moved = f"{bare[:-1]}{tone}{bare[-1]}" if last else f"{bare}{tone}"
    return unicodedata.normalize("NFC", moved)


def _swap_words(text: str, pairs: dict[str, str]) -> str:
    both = pairs | {second: first for first, second in pairs.items()}
    return " ".join(both.get(word, word) for word in text.split(" "))


def _telex(text: str, rng: Random) -> str:
    """One syllable as typed with the Vietnamese keyboard switched off."""
    words = text.split(" ")
    place = rng.randrange(len(words))
    tone, plain = "", ""
    for letter in unicodedata.normalize("NFC", words[place]):
        decomposed = unicodedata.normalize("NFD", letter)
        tone = next((TELEX_TONES[mark] for mark in decomposed if mark in TELEX_TONES), tone)
        bare = unicodedata.normalize("NFC", "".join(m for m in decomposed if m not in TONES))
        typed = TELEX.get(bare.lower(), bare)
        plain += typed.capitalize() if bare.isupper() and bare.lower() in TELEX else typed
    words[place] = plain + tone
    return " ".join(words)


def _drop_middle(text: str, _: Random) -> str:
    words = text.split(" ")
    return f"{words[0]} {words[-1]}" if len(words) > 2 else text


def _given_first(text: str, _: Random) -> str:
    words = text.split(" ")
    return " ".join([*words[1:], words[0]]) if len(words) > 1 else text


def _one_mark(text: str, rng: Random) -> str:
    """One syllable loses its marks."""
    words = text.split(" ")
    place = rng.randrange(len(words))
    words[place] = without_marks(words[place])
    return " ".join(words)


def _one_letter(text: str, rng: Random) -> str:
    """One letter of a syllable dropped, doubled or replaced."""
    place = rng.randrange(1, len(text)) if len(text) > 1 else 0
    if not text[place].isalpha():
        return text
    return text[:place] + rng.choice(("", text[place] * 2, rng.choice(LETTERS))) + text[place + 1 :]


def _stray_space(text: str, rng: Random) -> str:
    return text.replace(" ", rng.choice(("  ", "\u00a0", " \u200b")), 1)


def _wrong_d(text: str, _: Random) -> str:
    """đ (U+0111) typed as Icelandic eth, Đ as Ð."""
    return text.replace("đ", "ð").replace("Đ", "Ð")


VARIANTS: dict[Callable[[str, Random], str], float] = {
    lambda text, _: other_tone_place(text): 10,
    lambda text, _: _swap_words(text, I_AND_Y): 8,
    lambda text, _: _swap_words(text, REGIONS): 4,
    lambda text, _: without_marks(text): 12,
    lambda text, _: text.upper(): 14,
    lambda text, _: text.lower(): 4,
    lambda text, _: to_tcvn3(text): 4,
    lambda text, _: to_vni(text): 3,
    lambda text, _: unicodedata.normalize("NFD", text): 5,
    _telex: 5,
    _drop_middle: 12,
    _given_first: 5,
    _one_mark: 10,
    _one_letter: 6,
    _stray_space: 6,
    _wrong_d: 3,
    lambda text, _: f"{text} (bé)": 2,
}
"""Typing variants of vn_domain.md 8.4 and how often each, relative to the others; assumed."""


class Noise:
    """One child's share of errors, drawn from its own random numbers and scaled by --noise."""

    def __init__(self, rng: Random, scale: float) -> None:
        self._rng = rng
        self._scale = scale

    def strikes(self, rate: float) -> bool:
        return self._rng.random() < min(0.95, rate * self._scale)

    def name(self, text: str) -> str:
        """A name as somebody types it."""
        if not text:
            return text
        times = int(self.strikes(rates.NAME_VARIANT))
        times += times and int(self.strikes(rates.SECOND_VARIANT))
        for _ in range(times):
            variant = self._rng.choices(list(VARIANTS), weights=list(VARIANTS.values()))[0]
            text = variant(text, self._rng)
        return text

    def sex(self, sex: str) -> str:
        """M, F or U."""
        if self.strikes(rates.UNKNOWN_SEX):
            return "U"
        return "MF".replace(sex, "") if self.strikes(rates.WRONG_SEX) else sex

    def day(self, day: date) -> date:
        """A date as somebody types it: a day or year off, or day and month swapped."""
        if self.strikes(rates.DAY_MONTH_SWAPPED) and day.day <= 12:
            return day.replace(month=day.day, day=day.month)
        if self.strikes(rates.YEAR_OFF):
            return day.replace(year=day.year - 1, day=min(day.day, 28))
        if self.strikes(rates.DAY_OFF):
            return day + timedelta(days=self._rng.choice((-1, 1, 1, 2, -10, 10)))
        return day

    def handed_over(self, day: date) -> date:
        """The day of an event as the other side notes it."""
        return day + timedelta(
            days=self._rng.choice((-1, 1, 1, 2, 3)) * self.strikes(rates.TIME_OFF)
        )

    def number(self, digits: str, kept: int = 3) -> str:
        """A number as somebody types it; the first `kept` characters stay (998, 999)."""
        place = self._rng.randrange(kept, len(digits) - 1)
        if not digits[place : place + 2].isdecimal():
            return digits
        if self.strikes(rates.NUMBER_DIGIT):
            wrong = str((int(digits[place]) + self._rng.randint(1, 9)) % 10)
            return digits[:place] + wrong + digits[place + 1 :]
        if self.strikes(rates.NUMBER_SWAPPED):
            return digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        return digits

    def weight(self, grams: int) -> int:
        """Grams as another scale shows them, rounded as another nurse rounds."""
        if self.strikes(rates.WEIGHT_WRONG):
            return max(500, grams + self._rng.choice((-1000, -500, 500, 1000)))
        seen = self._rng.gauss(grams, grams * rates.WEIGHT_SPREAD * min(self._scale, 3.0))
        step = self._rng.choice((1, 10, 50, 100))
        return max(500, round(seen / step) * step)

    def minutes_number(self, number: str) -> str:
        """The number of minutes as another body copies it."""
        head, _, tail = number.partition("/")
        if self.strikes(rates.MINUTES_MISTYPED):
            head = str(max(1, int(head) + self._rng.choice((-1, 1, 10))))
            return f"{head}/{tail}"
        if not self.strikes(rates.MINUTES_OTHER_SPELLING):
            return number
        office = "BB-UBND" if "CA" in tail else "BB-CAX"
        plain = str(int(head))
        return self._rng.choice(
            (plain, f"Số {number}", f"{plain}/BB", f"{plain}/{office}", f"BB {plain}",
             f"BB số {number}", number.lower(), number.replace("/", " / ", 1))
        )  # fmt: skip
