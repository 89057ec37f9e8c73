"""What forbids the engine to join two records by itself (promise 2)."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from linkage.records import PersonRecord, Stay


class Conflict(StrEnum):
    """Why two records cannot be one child as far as the engine may decide."""

    REPORTED_TOGETHER = "reported-together"
    REUSED_KEY = "reused-key"
    TWO_ACTIVE_IDS = "two-active-ids"
    TWO_CERTIFICATES = "two-certificates"
    TWO_REGISTRATIONS = "two-registrations-at-one-office"
    TWO_BEDS = "two-beds-at-one-time"
    TWO_HOSPITALS = "two-hospitals-at-one-time"


MISTYPED: Mapping[Conflict | None, float] = {
    Conflict.TWO_CERTIFICATES: 0.0,
    Conflict.TWO_REGISTRATIONS: 20.0,
    Conflict.TWO_HOSPITALS: 0.0,
}
"""Conflicts that a slip of the pen makes, and the bits from which on a steward is asked about it.

A certificate number is copied by hand, and so are times of arrival and departure; a second entry in
the books of one office is rarely a slip.
"""
TRANSFER_MINUTES = 12 * 60
"""A child sent on at night is written out of the first house by the next noon: stays that overlap
longer are no transfer.
"""
OWN_NUMBERS = ("personal_ids", "certificates", "registrations", "files", "letters", "merged")
"""Numbers that are meant to be one child's; twins are sent home with one card."""
VARIANT = re.compile(r"(?P<base>.*[^:])~[0-9a-f]{12}")
"""A business key that two children were given: `<key>~<hash>`; unkeyed records are `~<hash>`."""


def conflict(left: PersonRecord, right: PersonRecord) -> Conflict | None:
    """The first hard conflict between two records, or None."""
    return next((name for name, holds in RULES if holds(left, right)), None)


def _reported_together(left: PersonRecord, right: PersonRecord) -> bool:
    """Two children of one report: twins or siblings found together."""
    return left.report is not None and left.report == right.report and left.key != right.key


def _reused_key(left: PersonRecord, right: PersonRecord) -> bool:
    """Two contradicting contents under one business key (formats.md)."""
    one, other = VARIANT.fullmatch(left.key), VARIANT.fullmatch(right.key)
    return bool(one and other and one["base"] == other["base"] and left.key != right.key)


def _two_active_ids(left: PersonRecord, right: PersonRecord) -> bool:
    """Both confirmed and neither is a cancelled number of the other."""
    return (
        _disjoint(left.active_ids, right.active_ids)
        and _disjoint(left.active_ids, right.personal_ids)
        and _disjoint(left.personal_ids, right.active_ids)
    )


def _two_certificates(left: PersonRecord, right: PersonRecord) -> bool:
    return _disjoint(left.certificates, right.certificates)


def _two_registrations(left: PersonRecord, right: PersonRecord) -> bool:
    """Two entries in the books of one office: twins stand in them side by side."""
    return _disjoint(left.registrations, right.registrations) and bool(
        _offices(left) & _offices(right)
    )


def _offices(record: PersonRecord) -> set[str]:
    return {number.partition("/")[0] for number in record.registrations}


def _disjoint(left: Sequence[str], right: Sequence[str]) -> bool:
    return bool(left) and bool(right) and not set(left) & set(right)


def _two_beds(left: PersonRecord, right: PersonRecord) -> bool:
    """In one house at one time under two file numbers, and the house did not merge them."""
    if not set(left.merged).isdisjoint(right.merged):
        return False
    return any(_together(one, other) for one in left.stays for other in right.stays)


def _together(one: Stay, other: Stay) -> bool:
    return (
        one.place == other.place
        and one.file != other.file
        and max(one.start, other.start) < min(one.end, other.end)
    )


def _two_hospitals(left: PersonRecord, right: PersonRecord) -> bool:
    """In two hospitals at one time, without a number of its own that says it is one child.

    A child of a home may lie in a hospital, and who only visits a hospital may stay in another.
    """
    if any(set(getattr(left, n)) & set(getattr(right, n)) for n in OWN_NUMBERS):
        return False
    return any(
        one.place != other.place
        and min(one.end, other.end) - max(one.start, other.start) > TRANSFER_MINUTES
        for one in _in_hospital(left)
        for other in _in_hospital(right)
    )


def _in_hospital(record: PersonRecord) -> list[Stay]:
    return [s for s in record.stays if s.place.startswith("hospital:") and not s.visit]


RULES: tuple[tuple[Conflict, Callable[[PersonRecord, PersonRecord], bool]], ...] = (
    (Conflict.REPORTED_TOGETHER, _reported_together),
    (Conflict.REUSED_KEY, _reused_key),
    (Conflict.TWO_ACTIVE_IDS, _two_active_ids),
    (Conflict.TWO_CERTIFICATES, _two_certificates),
    (Conflict.TWO_REGISTRATIONS, _two_registrations),
    (Conflict.TWO_BEDS, _two_beds),
    (Conflict.TWO_HOSPITALS, _two_hospitals),
)
