"""Leaves out of a Patient what a rule does not show: pure, and said of the copy itself."""

from collections.abc import Collection
from typing import Any, TypeAlias

from adapters.profile import EXT_PLACEHOLDER, EXT_VALUE_SOURCE, TAG_SYSTEM, Tag, coding

Element: TypeAlias = dict[str, Any]

ALWAYS = frozenset({"resourceType", "id", "meta", "active", "link"})
"""Elements of every copy; `link` leads only to what the caller may see."""
VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
REDACTED = {"system": VALUE, "code": "REDACTED", "display": "redacted"}
SUBSETTED = {"system": VALUE, "code": "SUBSETTED", "display": "subsetted"}
KEPT = (EXT_VALUE_SOURCE,)


def limited(
    patient: Element, only: Collection[str], identifiers: Collection[str]
) -> tuple[Element, tuple[str, ...]]:
    """The Patient with these elements only, and with the numbers of these systems; and what was
    left out.

    Remarks are extensions: how a birth date came to be known, which name is a stopgap, and where a
    child was found. They go, the stopgaps with them; tags and labels say as much, and go too.
    """
    shown = patient | {"identifier": _of(patient.get("identifier", ()), identifiers)}
    left_out = {n.lstrip("_") for n in patient if patient[n] != _stated(shown[n], n, only)}
    stated = {name: _plain(_stated(value, name, only)) for name, value in shown.items()}
    kept = {name: value for name, value in stated.items() if value not in ({}, [], None)}
    golden = coding(TAG_SYSTEM, Tag.GOLDEN)
    old = patient.get("meta", {})
    meta = {name: old[name] for name in ("versionId", "lastUpdated") if name in old}
    tags = [golden] if any(tag.get("code") == Tag.GOLDEN for tag in old.get("tag", ())) else []
    return kept | {"meta": meta | {"tag": tags}}, tuple(sorted(left_out))


def marked(patient: Element) -> Element:
    """Says of itself that it is a redacted copy (DS4P), which nobody may write back."""
    meta = patient.get("meta", {})
    tag, security = meta.get("tag", []), meta.get("security", [])
    return patient | {"meta": meta | {"tag": [*tag, SUBSETTED], "security": [*security, REDACTED]}}


def _of(numbers: Collection[Element], systems: Collection[str]) -> list[Element]:
    return [one for one in numbers if one.get("system") in systems]


def _stated(value: Any, name: str, only: Collection[str]) -> Any:
    """A value as the sources state it: without stopgaps; None where it is not for this caller."""
    if not _stays(name, only):
        return None
    if isinstance(value, list):
        return [one for one in value if not _is_stopgap(one)]
    return None if _is_stopgap(value) else value


def _is_stopgap(value: Any) -> bool:
    told = value.get("extension", ()) if isinstance(value, dict) else ()
    return any(one.get("url") == EXT_PLACEHOLDER for one in told)


def _stays(name: str, only: Collection[str]) -> bool:
    return name in ALWAYS or name.lstrip("_") in only


def _plain(value: Any) -> Any:
    """Without extensions but those that name a source; what is then empty is gone."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _plain(one) for name, one in value.items() if name != "extension"}
    kept = [one for one in value.get("extension", ()) if one.get("url") in KEPT]
    return {n: v for n, v in plain.items() if v not in ({}, [])} | (
        {"extension": kept} if kept else {}
    )
