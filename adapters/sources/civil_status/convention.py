"""Birth by convention: what day and place mean when an abandoned child is registered.

NĐ 123/2015 Đ14k3 (vn_domain.md 2.1): without knowledge, day and month found are day and month of
birth, the year is judged by the child's looks, and the place found is the place of birth.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.formats import births
from adapters.formats.births import Birth
from adapters.formats.placeholders import says_abandoned
from adapters.formats.values import local_day
from adapters.profile import Basis

_SOON = timedelta(days=62)
"""Notice (7 days), search and registration take weeks: a later one tells an estimated year."""
_BEFORE_MINUTES = timedelta(days=7)
_NEWBORN_DAYS = timedelta(days=6)
"""A child registered as born on the day found was found within its first week (assumed)."""


def is_abandonment(content: Mapping[str, Any]) -> bool:
    """By `nksLoaiKhaiSinh` "Trẻ bị bỏ rơi", or the register's note of these words."""
    return any(says_abandoned(content.get(name, "")) for name in ("nksLoaiKhaiSinh", "ghiChu"))


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """Stated, unless the child was found and has no birth certificate of a hospital."""
    stated = content.get("nksNgaySinh")
    if not stated:
        return None
    if not _was_found(content) or content.get("nksSoGiayChungSinh"):
        return births.stated(stated)
    if births.is_default_date(stated):
        return births.default_date(stated)
    low, high = births.span(stated)
    if len(stated) == 10 and (_is_day_found(content) or not is_abandonment(content)):
        return Birth(low=low - _NEWBORN_DAYS, high=high, basis=Basis.DAY_FOUND, stated=stated)
    estimated = births.around(stated, 1, local_day(content.get("ngayDangKy")))
    return Birth(low=estimated.low, high=estimated.high, basis=Basis.DAY_FOUND, stated=stated)


def _was_found(content: Mapping[str, Any]) -> bool:
    """An adoption takes over a date that may rest on convention, and no longer says so."""
    return (
        is_abandonment(content)
        or bool(content.get("bbSo"))
        or content.get("loaiDangKy") == "NHAN_CON_NUOI"
    )


def found_on(content: Mapping[str, Any]) -> str | None:
    """The day found: the day of birth where it is that by convention, else that of the minutes."""
    if not content.get("nksSoGiayChungSinh") and _is_day_found(content):
        return str(content["nksNgaySinh"])
    minutes: str | None = content.get("bbNgay")
    return minutes


def _is_day_found(content: Mapping[str, Any]) -> bool:
    """Whether the stated day lies right before the minutes, or else before the registration."""
    born = local_day(content.get("nksNgaySinh"))
    minutes, registered = local_day(content.get("bbNgay")), local_day(content.get("ngayDangKy"))
    if born is None or births.is_default_date(born.isoformat()):
        return False
    if minutes:
        return timedelta(0) <= minutes - born <= _BEFORE_MINUTES
    return registered is not None and timedelta(0) <= registered - born <= _SOON
