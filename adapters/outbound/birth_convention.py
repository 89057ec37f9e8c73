"""The birth date under which a found child is registered (NĐ 123/2015 Đ14k3)."""

from datetime import date

from adapters.contract import Resource
from adapters.formats import births
from adapters.formats.values import local_day
from adapters.outbound.reading import Parts, is_placeholder, parts_of
from adapters.profile import EXT_BIRTH_RANGE, EXT_DISCOVERY, Basis


def birth_date(patient: Resource) -> str | None:
    """The date to register: as known, else by convention (NĐ 123/2015 Đ14k3).

    Without a basis to know the birth, day and month found are day and month of birth, and the year
    is judged by the child's looks: the one in the estimated range that is nearest to its middle.
    """
    stated: str | None = patient.get("birthDate")
    companion = patient.get("_birthDate", {})
    ranges = parts_of(companion, EXT_BIRTH_RANGE)
    basis = next(iter(ranges.get("basis", ())), Basis.STATED)
    known = stated is not None and len(stated) == 10 and not is_placeholder(companion)
    if known and basis in (Basis.STATED, Basis.DAY_FOUND):
        return stated
    found = next(iter(parts_of(patient, EXT_DISCOVERY).get("time", ())), None)
    on = local_day(found)
    if on is None:
        return stated if not is_placeholder(companion) else None
    return _by_convention(on, _range(ranges, stated)).isoformat()


def _range(ranges: Parts, stated: str | None) -> tuple[date, date] | None:
    if ranges.get("low") and ranges.get("high"):
        return date.fromisoformat(ranges["low"][0]), date.fromisoformat(ranges["high"][0])
    return births.span(stated) if stated else None


def _by_convention(found: date, known: tuple[date, date] | None) -> date:
    if known is None:
        return found
    low, high = known
    middle = low + (high - low) / 2
    days = [_in_year(found, year) for year in range(low.year, min(high, found).year + 1)]
    inside = [day for day in days if low <= day <= min(high, found)] or days or [found]
    return min(inside, key=lambda day: (abs(day - middle), day))


def _in_year(found: date, year: int) -> date:
    """The same day of another year; 29 February may have to be the 28th."""
    try:
        return found.replace(year=year)
    except ValueError:
        return found.replace(year=year, day=28)
