"""What a roster's birth date is worth: known, estimated, a default, or the day of reception."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from adapters.formats import births
from adapters.formats.births import Birth
from adapters.formats.values import local_day
from adapters.profile import Basis

_DAYS_UNTIL = 60
_MONTHS_UNTIL = 24
_DAYS_IN_MONTH = 30.44


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """The rules in order: marked as estimated, equal to the reception, 01/01, as stated.

    01/01 is what forms hold where only the year was known (vn_domain.md 8.3, 8.4).
    """
    stated: str | None = content.get("Ngày sinh")
    received = local_day(content.get("Ngày tiếp nhận"))
    if not stated:
        return None
    if content.get("Ngày sinh ước tính"):
        return _estimated(stated, received)
    if received and stated == received.isoformat():
        return Birth(
            low=received,
            high=received,
            basis=Basis.RECEPTION,
            stated=stated,
            placeholder="reception-date",
        )
    if births.is_default_date(stated):
        return births.default_date(stated)
    return births.stated(stated)


def _estimated(stated: str, received: date | None) -> Birth:
    """A whole date comes from an age judged at reception: it errs with the age.

    A year, or 01/01, errs by a year on each side.
    """
    if births.is_default_date(stated):
        stated = stated[:4]
    born = local_day(stated)
    if born is None or received is None or born > received:
        return births.around(stated, 1, received)
    days = (received - born).days
    months = int(days / _DAYS_IN_MONTH)
    if days < _DAYS_UNTIL:
        estimate = births.from_age(days, "NGAY", received)
    elif months < _MONTHS_UNTIL:
        estimate = births.from_age(months, "THANG", received)
    else:
        return births.around(stated, 1, received)
    return Birth(low=estimate.low, high=estimate.high, basis=estimate.basis, stated=stated)


def is_adult(content: Mapping[str, Any]) -> bool:
    """18 or more at reception."""
    return births.is_adult(birth_of(content), content.get("Ngày tiếp nhận"))
