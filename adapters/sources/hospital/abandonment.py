"""The Flag ABANDONED: what in a hospital's words says that a child was left or found."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.contract import Resource
from adapters.formats.placeholders import says_abandoned
from adapters.profile import Place, group_flag
from adapters.sources.hospital.codes import FOUNDLING
from adapters.sources.hospital.patient import TELLING, name_reading

SOURCE = "hospital"
TIMES = ("admitted", "issued", "discharged", "born")


def abandonment_flag(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    """At most one Flag; it begins with the admission, or with the certificate."""
    if is_abandoned(content):
        start = next((content[time] for time in TIMES if time in content), None)
        yield group_flag(SOURCE, "ABANDONED", start=start)


def is_abandoned(content: Mapping[str, Any]) -> bool:
    """ICD-10 Z76.1, "bỏ rơi" in a text, or the hospital's name in place of the child's.

    A mother who left (MA_LOAI_RV 3, "trốn viện") is no sign by itself: fathers and families stay.
    """
    if content.get("disease", "").replace(".", "") in FOUNDLING:
        return True
    name = name_reading(content)
    if name is not None and name.reason == "facility-name":
        return True
    return any(says_abandoned(content[key]) for key in ("name", *TELLING) if key in content)
