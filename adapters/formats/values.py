"""Typed values out of loosely written ones: text, codes, numbers, days, instants."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, TypeAlias

from adapters.errors import Problem
from adapters.legacy_text import clean, fold

VIETNAM = timezone(timedelta(hours=7))
"""Việt Nam has one time zone without summer time; a time without zone is in it."""
MAX_TEXT = 1024 * 1024
"""Characters of one value (trust.md 5.2)."""
_EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=VIETNAM)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_SERIAL_DAYS = range(20_000, 60_000)
"""Excel serial days from 1954 to 2064: what a five-digit number in a date column means."""

Value: TypeAlias = str | int | float | bool | None
Reader: TypeAlias = Callable[[Any], Value]
"""Reads one value as sent; None where nothing is stated; raises WrongValueError."""

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_WHOLE_AS_FLOAT = re.compile(r"([+-]?\d+)\.0+")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_DAY_FIRST = re.compile(r"(?:(\d{1,2})\s*[-/.]\s*)?(\d{1,2})\s*[-/.]\s*(\d{4})")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_CLOCK = re.compile(r"(?:^|[\sT])(\d{1,2})[:hg](\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?=$|\s)")


class WrongValueError(Exception):
    """A value that cannot be read; carries only the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def text(value: Any) -> str | None:
    """Cleaned text; numbers as digits ("123.0" → "123")."""
    if value is None:
        return None
    if not isinstance(value, str):
        value = _number_text(value)
    if len(value) > MAX_TEXT:
        raise WrongValueError(Problem.TOO_LARGE)
    cleaned = clean(value)
    whole_number = _WHOLE_AS_FLOAT.fullmatch(cleaned)
    return (whole_number[1] if whole_number else cleaned) or None


def _number_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValueError(Problem.WRONG_TYPE)
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def long_text(value: Any) -> str | None:
    """Text, or the texts of a list joined by "; "."""
    if isinstance(value, list):
        return "; ".join(part for part in map(text, value) if part) or None
    return text(value)


def texts(value: Any) -> list[str]:
    """The texts of a list, or one text, sorted and each once; what is no text is passed over."""
    found = set()
    for part in value if isinstance(value, list) else [value]:
        try:
            found.add(text(part))
        except WrongValueError:
            continue
    return sorted(part for part in found if part)


def number(value: Any) -> float | None:
    """A number; "2,9" and "2.9" alike. Raises WRONG_NUMBER."""
    stated = text(value)
    if stated is None:
        return None
    if not _NUMBER.fullmatch(stated):
        raise WrongValueError(Problem.WRONG_NUMBER)
    found = float(stated.replace(",", "."))
    if not math.isfinite(found):
        raise WrongValueError(Problem.WRONG_NUMBER)
    return found


def whole(value: Any) -> int | None:
    """A whole number of 0 or more. Raises WRONG_NUMBER."""
    found = number(value)
    if found is None:
        return None
    if found < 0 or not found.is_integer():
        raise WrongValueError(Problem.WRONG_NUMBER)
    return int(found)


def grams(value: Any) -> int | None:
    """A weight in grams, rounded. Up to 150 it can only be kilograms. Raises WRONG_NUMBER."""
    stated = re.sub(r"\s*(?:g|gr|gram|gam|kg)$", "", (text(value) or "").lower())
    found = number(re.sub(r"(?<=\d)[.,](?=\d{3}$)", "", stated) or None)
    if found is None or found == 0:
        return None
    in_grams = round(found * 1000 if found <= 150 else found)
    if not 200 <= in_grams <= 150_000:
        raise WrongValueError(Problem.WRONG_NUMBER)
    return in_grams


def coded(table: Mapping[str, str]) -> Reader:
    """A reader for a code list: spelling as sent (any case, marks, spaces) → code.

    Raises WRONG_CODE for what the table does not hold.
    """
    folded = {plain(spelling): code for spelling, code in table.items()}

    def read(value: Any) -> str | None:
        stated = text(value)
        if stated is None:
            return None
        if plain(stated) not in folded:
            raise WrongValueError(Problem.WRONG_CODE)
        return folded[plain(stated)]

    return read


def digits(length: int, lost: int = 2) -> Reader:
    """A reader for digit strings of a known length: up to `lost` leading zeros come back.

    Text that is no such number is kept as sent. Raises WRONG_IDENTIFIER for a number in scientific
    notation: its digits are gone.
    """

    def read(value: Any) -> str | None:
        stated = text(value)
        if stated is None:
            return None
        if _SCIENTIFIC.fullmatch(stated):
            raise WrongValueError(Problem.WRONG_IDENTIFIER)
        bare = re.sub(r"[\s.\-]", "", stated)
        if bare.isascii() and bare.isdigit() and length - lost <= len(bare) <= length:
            return bare.zfill(length)
        return stated

    return read


def card(value: Any) -> str | None:
    """A health-insurance number: 15, 12 or 10 characters; lost zeros of the short form return."""
    stated = digits(10)(value)
    if not isinstance(stated, str) or not any(map(str.isdigit, stated)):
        return text(value)
    return stated.replace(" ", "").upper()


def commune(value: Any) -> str | None:
    """A commune code of five digits, lost zeros restored. Raises WRONG_IDENTIFIER."""
    stated = digits(5, lost=4)(value)
    if isinstance(stated, str) and not re.fullmatch("[0-9]{5}", stated):
        raise WrongValueError(Problem.WRONG_IDENTIFIER)
    return stated if isinstance(stated, str) else None


def day(value: Any) -> str | None:
    """A FHIR date: `yyyy`, `yyyy-mm` or `yyyy-mm-dd`, from dd/mm/yyyy, dd.mm.yyyy, ISO, yyyymmdd.

    A month beyond 12 with a day that can be a month was written month first. Raises WRONG_DATE.
    """
    stated = text(value)
    if stated is None:
        return None
    bare = _CLOCK.sub("", stated.replace("T", " ").split("+")[0].removesuffix("Z")).strip()
    return _date_text(*_date_parts(bare))


def sheet_day(value: Any) -> str | None:
    """Like `day`, and an Excel serial number is a day too."""
    serial = _serial(text(value))
    return day(value) if serial is None else (_EXCEL_EPOCH + serial).date().isoformat()


def sheet_instant(value: Any) -> str | None:
    """Like `instant`, and an Excel serial number is a day, or a minute where it has a fraction."""
    serial = _serial(text(value))
    if serial is None:
        return instant(value)
    if not serial % timedelta(days=1):
        return sheet_day(value)
    minutes = round(serial / timedelta(minutes=1))
    return (_EXCEL_EPOCH + timedelta(minutes=minutes)).isoformat(timespec="seconds")


def _serial(stated: str | None) -> timedelta | None:
    """The time since Excel's epoch that a number in a date column means."""
    if not stated or not _NUMBER.fullmatch(stated):
        return None
    days = float(stated.replace(",", "."))
    is_serial = math.isfinite(days) and int(days) in _SERIAL_DAYS
    return timedelta(days=days) if is_serial else None


def instant(value: Any) -> str | None:
    """A FHIR dateTime: an instant with its zone (+07:00 where none is sent), or a date.

    Raises WRONG_DATE.
    """
    stated = text(value)
    if stated is None:
        return None
    if len(stated) > 10:
        try:
            moment = datetime.fromisoformat(stated)
        except ValueError:
            moment = _loose_moment(stated)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise WrongValueError(Problem.WRONG_DATE)
        offset = moment.utcoffset()
        # FHIR knows no offset with seconds in it.
        known = offset is not None and not offset % timedelta(minutes=1)
        zoned = moment if known else moment.replace(tzinfo=VIETNAM)
        return zoned.isoformat(timespec="seconds")
    return day(stated)


def local_day(fhir_time: str | None) -> date | None:
    """The day in Việt Nam of a FHIR date or dateTime; None for a month, a year or nothing."""
    if not fhir_time or len(fhir_time) < 10:
        return None
    if len(fhir_time) == 10:
        return date.fromisoformat(fhir_time)
    return datetime.fromisoformat(fhir_time).astimezone(VIETNAM).date()


def moment(fhir_time: str | None) -> datetime | None:
    """A FHIR date or dateTime as an instant: its beginning, in Việt Nam; None for nothing."""
    if not fhir_time:
        return None
    if len(fhir_time) > 10:
        return datetime.fromisoformat(fhir_time)
    year, month, day_of_month = (*map(int, fhir_time.split("-")), 1, 1)[:3]
    return datetime(year, month, day_of_month, tzinfo=VIETNAM)


@lru_cache(maxsize=4096)
def plain(spelling: str) -> str:
    """Folded letters and digits only: how names of fields and codes are compared."""
    return re.sub(r"[^a-z0-9]", "", fold(spelling))


def _date_parts(bare: str) -> tuple[int, int | None, int | None]:
    for pattern in (_YEAR_FIRST, _COMPACT):
        found = pattern.fullmatch(bare)
        if found:
            year, month, day_of_month = (int(part) if part else None for part in found.groups())
            return year or 0, month, day_of_month
    found = _DAY_FIRST.fullmatch(bare)
    if not found:
        raise WrongValueError(Problem.WRONG_DATE)
    first, second, year = (int(part) if part else None for part in found.groups())
    if first and second and second > 12 >= first:
        first, second = second, first
    return year or 0, second, first


def _date_text(year: int, month: int | None, day_of_month: int | None) -> str:
    try:
        whole_date = date(year, month or 1, day_of_month or 1)
    except ValueError:
        raise WrongValueError(Problem.WRONG_DATE) from None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise WrongValueError(Problem.WRONG_DATE)
    precision = 10 if day_of_month else 7 if month else 4
    return whole_date.isoformat()[:precision]


def _loose_moment(stated: str) -> datetime:
    """ "05:10 04/03/2026" and "04/03/2026 5h10" in the country's time. Raises WRONG_DATE."""
    clock = _CLOCK.search(stated)
    on = day(stated)
    if not on or len(on) < 10:
        raise WrongValueError(Problem.WRONG_DATE)
    if not clock:
        raise WrongValueError(Problem.WRONG_DATE)
    hour, minute, second = (int(part) if part else 0 for part in clock.groups())
    try:
        return datetime.fromisoformat(on).replace(
            hour=hour, minute=minute, second=second, tzinfo=VIETNAM
        )
    except ValueError:
        raise WrongValueError(Problem.WRONG_DATE) from None
