"""Dates of FHIR as spans of time, and what a search with a prefix asks of them."""

import re
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from linkage.fhir_elements import VIETNAM

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
DATE = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(?P<time>T\d\d:\d\d(:\d\d(\.\d{1,6}\d*)?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)$")
LATEST = datetime.max.replace(tzinfo=UTC)
"""The end of the year 9999, which many write for "never"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """From `low` on, up to and without `high`; None where that side is open."""

    low: datetime | None = field(repr=False)
    high: datetime | None = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DateWanted:
    """What a date with its prefix asks: the whole of what was written, and how it compares."""

    prefix: str
    low: datetime = field(repr=False)
    high: datetime = field(repr=False)


@lru_cache(maxsize=4096)
def span(text: str, zone: tzinfo = VIETNAM) -> Span:
    """The whole of a year, month, day, minute, second or moment. Raises ValueError.

    Without a zone it is read in `zone`: FHIR leaves that to the server.
    """
    found = DATE.fullmatch(text)
    if found is None or found["prefix"]:
        raise ValueError("no date of FHIR")
    low, high = _span(found, zone)
    return Span(low=low, high=high)


def wanted(text: str, zone: tzinfo = VIETNAM) -> DateWanted:
    """A date of a search with its prefix. Raises ValueError."""
    found = DATE.fullmatch(text)
    if found is None:
        raise ValueError("no date of FHIR")
    prefix = found["prefix"] or "eq"
    if prefix not in PREFIXES:
        raise ValueError("no prefix of FHIR")
    low, high = _span(found, zone)
    if prefix == "ap":
        low, high = _about(low, high)
    return DateWanted(prefix=prefix, low=low, high=high)


def _span(found: re.Match[str], zone: tzinfo) -> tuple[datetime, datetime]:
    year, month, day = (int(found[part] or 1) for part in ("year", "month", "day"))
    if found["time"]:
        text = found[0].removeprefix(found["prefix"] or "")
        moment = datetime.fromisoformat(text)
        low = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return low, _later(low, _precision(found["time"]))
    low = datetime(year, month, day, tzinfo=zone)
    if found["day"]:
        return low, _later(low, timedelta(days=1))
    following, first = (year + month // 12, month % 12 + 1) if found["month"] else (year + 1, 1)
    return low, datetime(following, first, 1, tzinfo=zone) if following <= MAXYEAR else LATEST


def _later(moment: datetime, by: timedelta) -> datetime:
    return moment.astimezone(UTC) + by if LATEST - moment > by else LATEST


def _precision(time: str) -> timedelta:
    digits = ZONE.sub("", time)
    if "." in digits:
        places = min(len(digits.partition(".")[2]), 6)
        return timedelta(microseconds=10 ** (6 - places))
    return timedelta(seconds=1) if digits.count(":") > 1 else timedelta(minutes=1)


def _about(low: datetime, high: datetime) -> tuple[datetime, datetime]:
    """Within a tenth of how long ago it is (R4, search.html#prefix)."""
    margin = abs(datetime.now(UTC) - low) / 10
    return low - margin, _later(high, margin)
