"""What a stated date or an estimated age says about the day of birth."""

import math
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from adapters.formats.values import local_day
from adapters.profile import EXT_PLACEHOLDER, Basis, birth_range, flag_placeholder, without_nothing

_ADULT = 18
FIRST_PAYLOADS = date(2026, 1, 1)
"""No payload is older: who was 18 then is an adult in one that states no time. A fixed day, so that
reading says the same however late it is done, and who grows up keeps the record."""

UNITS = ("NGAY", "THANG", "NAM")
"""Units of an estimated age: days, months, years."""
_MARGINS = {"NGAY": (2, 1 / 2), "THANG": (1, 1 / 3), "NAM": (1, 1 / 4)}
"""How far an estimate errs: at least so many units, or this share of the age (assumed)."""
_SMALLER = {"NAM": ("THANG", 12), "THANG": ("NGAY", 30)}
_OLDEST = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Birth:
    """A birth in [low, high]; `stated` is the FHIR date as far as the source gives it."""

    low: date
    high: date
    basis: Basis
    stated: str | None = None
    placeholder: str | None = None

    def elements(self) -> dict[str, Any]:
        """`birthDate` and `_birthDate` of a Patient.

        An estimate's birthDate has only the precision on which both ends of its range agree. A
        stated date needs no range: its precision says it.
        """
        extensions = [flag_placeholder(self.placeholder)] if self.placeholder else []
        if self.basis is not Basis.STATED:
            extensions.append(birth_range(self.low, self.high, self.basis))
        shown = self.stated or _agreed(self.low, self.high)
        return (
            without_nothing({"birthDate": shown, "_birthDate": {"extension": extensions}})
            if (extensions)
            else without_nothing({"birthDate": shown})
        )


def stated(fhir_date: str, basis: Basis = Basis.STATED) -> Birth:
    """A birth date with its own precision: a day, a month or a year."""
    low, high = span(fhir_date)
    return Birth(low=low, high=high, basis=basis, stated=fhir_date)


def default_date(fhir_date: str) -> Birth:
    """01/01 written because only the year was known (vn_domain.md 8.4): the whole year."""
    low, high = span(fhir_date[:4])
    return Birth(
        low=low, high=high, basis=Basis.DEFAULT_DATE, stated=fhir_date, placeholder="default-date"
    )


def around(fhir_date: str, years: int, latest: date | None) -> Birth:
    """A date marked as estimated: so many years before and after it, not after `latest`."""
    low, high = span(fhir_date)
    high = _years_later(high, years)
    if latest and low <= latest < high:
        high = latest
    return Birth(
        low=_years_later(low, -years), high=high, basis=Basis.ESTIMATED_AGE, stated=fhir_date
    )


def from_age(age: int, unit: str, seen: date) -> Birth:
    """An age of so many completed units as estimated on the day the child was seen.

    An age of n means n to n + 1 units, widened on both sides by the margin of its unit, and never
    a birth after the day seen.
    """
    least, share = _MARGINS[unit]
    margin = max(least, math.ceil(age * share))
    low = _before(seen, age + 1 + margin, unit) + timedelta(days=1)
    high = _before(seen, max(0, age - margin), unit)
    return Birth(low=low, high=high, basis=Basis.ESTIMATED_AGE)


def reported(
    birth_date: str | None, age: float | None, unit: str | None, seen: date | None
) -> Birth | None:
    """What a report says of a birth: a stated date wins over the age as it looked on a day.

    NĐ 123/2015 Đ14k3: without knowledge, day and month found are day and month of birth, so a date
    equal to the day seen is a convention. 01/01 is a default. A fraction of an age is read in the
    next smaller unit.
    """
    if birth_date and is_default_date(birth_date):
        return default_date(birth_date)
    if birth_date:
        by_convention = seen is not None and birth_date == seen.isoformat()
        return stated(birth_date, Basis.DAY_FOUND if by_convention else Basis.STATED)
    if age is None or unit is None or seen is None or not 0 <= age < _OLDEST:
        return None
    while not float(age).is_integer() and unit in _SMALLER:
        unit, parts = _SMALLER[unit]
        age = round(age * parts, 1)
    return from_age(round(age), unit, seen)


def reported_child(content: Mapping[str, Any], seen: date | None) -> Birth | None:
    """`reported` of the child `tre` of minutes or of an intake report, which spell it alike."""
    return reported(
        content.get("tre.ngaySinh"),
        content.get("tre.tuoiUocLuong.giaTri"),
        content.get("tre.tuoiUocLuong.donVi"),
        seen,
    )


def span(fhir_date: str) -> tuple[date, date]:
    """First and last day that a FHIR date (day, month or year) may mean."""
    year, *rest = map(int, fhir_date.split("-"))
    if len(rest) == 2:
        return date(year, *rest), date(year, *rest)
    if len(rest) == 1:
        return date(year, rest[0], 1), date(year, rest[0], monthrange(year, rest[0])[1])
    return date(year, 1, 1), date(year, 12, 31)


def is_default_date(fhir_date: str) -> bool:
    return fhir_date.endswith("-01-01")


def is_adult(birth: Birth | None, *times: str | None) -> bool:
    """Whether a person is surely 18 or more at a record's time (formats.md, Common rules).

    `times`: FHIR dates or dateTimes; the first that is stated counts, at the earliest day that it
    may mean. Without any the record is judged by its arrival: as of FIRST_PAYLOADS.
    """
    stated = next(filter(None, times), None)
    at = (local_day(stated) or span(stated)[0]) if stated else FIRST_PAYLOADS
    return birth is not None and _years_later(birth.high, _ADULT) <= at


def is_placeholder(elements: dict[str, Any]) -> bool:
    """Whether birth elements carry the placeholder mark."""
    extensions = elements.get("_birthDate", {}).get("extension", ())
    return any(extension["url"] == EXT_PLACEHOLDER for extension in extensions)


def _agreed(low: date, high: date) -> str | None:
    one, other = low.isoformat(), high.isoformat()
    return next((one[:length] for length in (10, 7, 4) if one[:length] == other[:length]), None)


def _before(day: date, count: int, unit: str) -> date:
    if unit == "NGAY":
        return day - timedelta(days=count)
    months = count * (12 if unit == "NAM" else 1)
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _years_later(day: date, years: int) -> date:
    return _before(day, -years, "NAM")
