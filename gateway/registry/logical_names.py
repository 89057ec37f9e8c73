"""Whom a resource names by a number, by an address outside its record, or as a body that all share."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import Resource
from adapters.profile import Place, PlaceKind, organization_id

ANYBODY = ("Organization", "RelatedPerson")
"""Whom a number without a type may mean that tells something by itself; a team has labels of its own."""
MEANT: Mapping[str, tuple[str, ...]] = {
    "assigner": ("Organization",),
    "location": ("Location",),
    "managingOrganization": ("Organization",),
    "member": ANYBODY,
    "onBehalfOf": ANYBODY,
    "reasonReference": ("Condition",),
    "valueReference": ANYBODY,
    "who": ANYBODY,
}
"""Element → what it may name where the sender gave no type."""
ADDRESS = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?$")
"""What the `fhir` source makes of a reference that leads out of the record: a number's value."""
KINDS = {Place(kind=kind, code="").system: kind for kind in PlaceKind}


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Somebody who is named without a reference to what only this record has."""

    kinds: tuple[str, ...]
    number: tuple[str | None, str] = field(repr=False)
    body: str | None
    """The id of the body, where it is one that all records share, stored or not."""
    is_worded: bool
    """The sender says by a name who it is."""


def named(resource: Resource) -> Iterator[Named]:
    """Everybody, in the order in which they stand; an identifier of its own names nobody."""
    return _within("", resource)


def told_name(body: Resource) -> str:
    """The name of a body; of one that was stored without it none, though the number stands there."""
    name = str(body.get("name", ""))
    numbers = body.get("identifier", ())
    stand_ins = [str(_place(one.get("system"), one.get("value", ""))) for one in numbers]
    return "" if name in stand_ins else name


def _within(element: str, value: Any) -> Iterator[Named]:
    if isinstance(value, list):
        for inner in value:
            yield from _within(element, inner)
    elif isinstance(value, dict):
        if (found := _named(element, value)) is not None:
            yield found
        for name, inner in value.items():
            yield from _within(name, inner)


def _named(element: str, reference: Mapping[str, Any]) -> Named | None:
    number = reference.get("identifier")
    text = reference.get("reference")
    if isinstance(text, str):
        number = {"value": text}
    if not isinstance(number, dict) or not number.get("value"):
        return None
    system, value = number.get("system"), str(number["value"])
    address = ADDRESS.search(value)
    body = _body(address) if address else _numbered(system, value)
    if isinstance(text, str) and body is None:
        return None  # What stands in the record is looked up there.
    told = {reference.get("type"), address[1] if address else None} - {None}
    return Named(
        kinds=("Organization",)
        if body
        else tuple(sorted(map(str, told))) or MEANT.get(element, ()),
        number=(system, value),
        body=body,
        is_worded=bool(str(reference.get("display", "")).strip()),
    )


def _body(address: re.Match[str]) -> str | None:
    kind, id_ = address.groups()
    return id_ if kind == "Organization" and id_.startswith("org-") else None


def _numbered(system: str | None, value: str) -> str | None:
    place = _place(system, value)
    return organization_id(place) if place else None


def _place(system: str | None, value: str) -> Place | None:
    kind = KINDS.get(system or "")
    return Place(kind=kind, code=value) if kind else None
