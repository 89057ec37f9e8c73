"""Times of the health XML, as digit strings with zeros for what is unknown, in FHIR's words."""

from datetime import date, datetime, timedelta, timezone

from adapters.formats import births

VIETNAM = timezone(timedelta(hours=7))
FIRST_YEAR, LAST_YEAR = 1900, 2100


def moment(digits: str) -> str | None:
    """`yyyymmddHHMM` or shorter → year, month, day or instant of FHIR; None where all is zero.

    0000 for the time of day means that it is unknown (QĐ 4750, NGAY_SINH). Raises ValueError.
    """
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (4, 6, 8, 12, 14):
        raise ValueError("not a digit string of a known length")
    if not digits.strip("0"):
        return None
    year, month, day, hour, minute = _parts(digits.ljust(12, "0")[:12])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("year out of range")
    if day and not month:
        raise ValueError("a day without a month")
    known = datetime(year, month or 1, day or 1, hour, minute, tzinfo=VIETNAM)
    if not day:
        return f"{year:04}-{month:02}" if month else f"{year:04}"
    return known.isoformat() if hour or minute else known.date().isoformat()


def _parts(digits: str) -> tuple[int, int, int, int, int]:
    year, *rest = (int(digits[start:end]) for start, end in ((0, 4), (4, 6), (6, 8), (8, 10)))
    month, day, hour = rest
    return year, month, day, hour, int(digits[10:12])


def day_of(stated: str | None) -> date | None:
    """The day of a FHIR date or instant; None where it is not known to the day."""
    return date.fromisoformat(stated[:10]) if stated and len(stated) >= 10 else None


def instant_of(stated: str | None) -> datetime | None:
    """The instant in Vietnam's time, the day's beginning where no time of day is known."""
    day = day_of(stated)
    if stated is None or day is None:
        return None
    if len(stated) > 10:
        return datetime.fromisoformat(stated)
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)


def has_time(stated: str | None) -> bool:
    return stated is not None and len(stated) > 10


def is_adult(born: str | None, *times: str | None) -> bool:
    """Whether one born then is surely 18 or more at the first of these times (`births.is_adult`)."""
    return births.is_adult(births.stated(born[:10]) if born else None, *times)
