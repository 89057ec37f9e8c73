"""When a child of the minutes was born: a stated date, or the age as it looked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from adapters.formats import births
from adapters.formats.births import Birth
from adapters.formats.values import local_day
from adapters.profile import Basis

_SMALLER = {"NAM": ("THANG", 12), "THANG": ("NGAY", 30)}


def seen_on(content: Mapping[str, Any]) -> date | None:
    """The day on which the child was found, else that of the minutes."""
    return local_day(content.get("phatHien.thoiGian")) or local_day(content.get("ngayLap"))


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """A stated date wins over the estimated age; one equal to the day found is a convention.

    NĐ 123/2015 Đ14k3: without knowledge, day and month found are day and month of birth.
    """
    stated, seen = content.get("tre.ngaySinh"), seen_on(content)
    if stated and births.is_default_date(stated):
        return births.default_date(stated)
    if stated:
        by_convention = seen is not None and stated == seen.isoformat()
        return births.stated(stated, Basis.DAY_FOUND if by_convention else Basis.STATED)
    age, unit = content.get("tre.tuoiUocLuong.giaTri"), content.get("tre.tuoiUocLuong.donVi")
    if age is None or unit is None or seen is None or not 0 <= age < 120:
        return None
    while not float(age).is_integer() and unit in _SMALLER:
        unit, parts = _SMALLER[unit]
        age = round(age * parts, 1)
    return births.from_age(round(age), unit, seen)


def is_adult(content: Mapping[str, Any]) -> bool:
    return births.is_adult(birth_of(content), seen_on(content))
