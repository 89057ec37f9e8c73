"""A citizen's name as QCVN 109:2017 writes it: in its parts, or as one text."""

from collections.abc import Mapping
from typing import Any

from adapters.formats.values import text

NAME_PARTS = ("Ho", "ChuDem", "Ten")
WHOLE_NAME = "DayDu"
"""Our member for a name that came as one text."""


def full_name(value: Any) -> str | None:
    """Family, middle and given name with spaces between. Raises WRONG_TYPE."""
    if not isinstance(value, Mapping):
        return text(value)
    parts = (text(value.get(part)) for part in NAME_PARTS)
    return " ".join(part for part in parts if part) or text(value.get(WHOLE_NAME))
