"""When a child of the minutes was born: a stated date, or the age as it looked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from adapters.formats import births
from adapters.formats.births import Birth
from adapters.formats.values import local_day


def seen_on(content: Mapping[str, Any]) -> date | None:
    """The day on which the child was found, else that of the minutes."""
    return local_day(content.get("phatHien.thoiGian")) or local_day(content.get("ngayLap"))


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """As reported of a child found on the day it was seen (`births.reported`)."""
    return births.reported_child(content, seen_on(content))


def is_adult(content: Mapping[str, Any]) -> bool:
    times = (content.get("phatHien.thoiGian"), content.get("ngayLap"))
    return births.is_adult(birth_of(content), *times)
