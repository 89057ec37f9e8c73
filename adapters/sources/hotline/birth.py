"""When the child of a report was born, and how old it and its people were."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from adapters.formats import births
from adapters.formats.births import Birth
from adapters.formats.values import local_day


def seen_on(content: Mapping[str, Any]) -> date | None:
    """The day of the report: nothing tells when the informant saw the child."""
    return local_day(content.get("thoiGian"))


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """As reported of a child seen on the day of the report (`births.reported`)."""
    return births.reported_child(content, seen_on(content))


def birth_of_person(content: Mapping[str, Any], name: str) -> Birth | None:
    """A range from the age of mother, father or carer."""
    return births.reported(None, content.get(f"{name}.tuoi"), "NAM", seen_on(content))


def is_adult(content: Mapping[str, Any]) -> bool:
    return births.is_adult(birth_of(content), content.get("thoiGian"))
