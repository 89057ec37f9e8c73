"""When the child of a step was born."""

from collections.abc import Mapping
from typing import Any

from adapters.formats import births
from adapters.formats.births import Birth


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """A stated date, or 01/01 as a default. The day of a step says nothing of the birth."""
    return births.reported(content.get("tre.ngaySinh"), None, None, None)
