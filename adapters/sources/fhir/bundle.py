"""A Patient or a Bundle → its resources one by one, whatever stood inside what."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import Resource
from adapters.errors import PayloadError, Problem
from adapters.formats.gathering import Gathered
from adapters.formats.shapes import is_known
from adapters.sources.fhir.elements import normal
from adapters.sources.fhir.fields import BODIES, BUNDLE_TYPES, OF_THE_REGISTRY, SUBJECTS
from adapters.sources.fhir.payload import Spot, excerpt
from adapters.validation import NOTHING_REQUIRED, validated

SUPPORTED = frozenset({"Patient", *SUBJECTS, *BODIES})
IN_ERROR = "entered-in-error"
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One resource of a payload, normalised. `container` is the place of the one it stands inside."""

    resource: Resource = field(repr=False)
    spot: Spot
    url: str = field(default="", repr=False)
    """The entry's fullUrl."""
    container: int | None = None
    is_new: bool = False
    """Its id is not the sender's lasting one: the entry creates it, or its address is a urn."""

    @property
    def kind(self) -> str:
        return str(self.resource["resourceType"])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A resource as sent, before anything in it has been looked at."""

    value: Any = field(repr=False)
    spot: Spot
    url: str = ""
    is_new: bool = False


def items(root: Resource, spot: Spot, found: Gathered) -> list[Item]:
    """The resources of one root that we know and that are valid; the others are told in `found`.

    Raises PayloadError where the root is neither a Patient nor a Bundle of a kind that states
    something.
    """
    made: list[Item] = []
    for entry in _entries(root, spot, found):
        _take(entry, None, made, found)
    return made


def _entries(root: Resource, spot: Spot, found: Gathered) -> Iterator[_Entry]:
    kind = root.get("resourceType")
    if kind == "Patient":
        yield _Entry(value=root, spot=spot)
        return
    if kind != "Bundle":
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, spot.at("/resourceType"))
    entries = root.get("entry") or []
    if not isinstance(root.get("type"), str) or root["type"] not in BUNDLE_TYPES:
        raise PayloadError(Problem.WRONG_CODE, spot.at("/type"), "Bundle.type")
    if not isinstance(entries, list):
        raise PayloadError(Problem.WRONG_TYPE, spot.at("/entry"), "Bundle.entry")
    for number, entry in enumerate(entries):
        # None stands for what has been refused before.
        if entry is not None:
            yield from _entry(entry, f"/entry/{number}", spot, found)


def _entry(entry: Any, pointer: str, spot: Spot, found: Gathered) -> Iterator[_Entry]:
    if not isinstance(entry, Mapping):
        wrong = PayloadError(Problem.WRONG_TYPE, spot.at(pointer), "Bundle.entry")
        found.refuse(wrong, excerpt(entry))
        return
    resource, request = entry.get("resource"), entry.get("request")
    method = request.get("method") if isinstance(request, Mapping) else None
    if method == "DELETE" or not resource:
        found.left_out["delete-request" if method == "DELETE" else "entry-without-resource"] += 1
        return
    here = spot.inside(f"{pointer}/resource", _type_of(resource) or "*")
    if _type_of(resource) == "Bundle":
        yield from _entries_within(resource, here, found)
        return
    url = entry.get("fullUrl")
    url = url.strip() if isinstance(url, str) else ""
    is_new = method == "POST" or url.startswith("urn:")
    yield _Entry(value=resource, spot=here, url=url, is_new=is_new)


def _entries_within(bundle: Resource, spot: Spot, found: Gathered) -> list[_Entry]:
    try:
        return list(_entries(bundle, spot, found))
    except PayloadError as error:
        found.refuse(error, excerpt(bundle))
        return []


def _type_of(value: Any) -> str | None:
    """The resource type, where it is one of the standard's."""
    kind = value.get("resourceType") if isinstance(value, Mapping) else None
    return kind if isinstance(kind, str) and is_known(kind) else None


def _take(entry: _Entry, container: int | None, made: list[Item], found: Gathered) -> None:
    """Add a resource and, one by one, what stands inside it: the registry gives each its own id."""
    try:
        item = _item(entry, container, found)
    except PayloadError as error:
        told = error.rejection
        position = entry.spot.at(told.position.rstrip("/"))
        found.refuse(PayloadError(told.problem, position, told.element), excerpt(entry.value))
        return
    if item is None:
        return
    made.append(item)
    inside = entry.value.get("contained") if container is None else None
    place = len(made) - 1
    for number, value in enumerate(inside if isinstance(inside, list) else ()):
        spot = entry.spot.inside(f"/contained/{number}", _type_of(value) or "*")
        _take(_Entry(value=value, spot=spot, is_new=True), place, made, found)


def _item(entry: _Entry, container: int | None, found: Gathered) -> Item | None:
    kind = _type_of(entry.value)
    if kind is None:
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, "/resourceType")
    if kind not in SUPPORTED:
        found.left_out[kind] += 1
        return None
    made = normal(entry.value)
    found.unknown.update(made.unknown)
    found.left_out.update(made.withheld)
    _check(made.resource)
    _require_own_name(made.resource)
    if _is_in_error(made.resource):
        found.left_out[IN_ERROR] += 1
        return None
    return Item(
        resource=made.resource,
        spot=entry.spot,
        url=entry.url,
        container=container,
        is_new=entry.is_new,
    )


def _check(resource: Resource) -> None:
    """Like `validated`, with the place as a JSON pointer."""
    try:
        validated(resource)
    except PayloadError as error:
        told = error.rejection
        kind, *steps = told.position.split(".")
        # The models see such resources in pieces and count wrongly in them.
        if kind in NOTHING_REQUIRED:
            first = next((n for n, step in enumerate(steps) if NUMBER.fullmatch(step)), len(steps))
            steps = steps[:first]
        element = ".".join([kind, *(step for step in steps if not NUMBER.fullmatch(step))])
        raise PayloadError(told.problem, "".join(f"/{s}" for s in steps), element) from None


def _require_own_name(resource: Resource) -> None:
    """In a Provenance nobody speaks in the registry's name."""
    if resource["resourceType"] != "Provenance":
        return
    for at, element, named in _speakers(resource):
        if named.get("system") == OF_THE_REGISTRY:
            raise PayloadError(Problem.FOREIGN_DOMAIN, at, f"Provenance.{element}")


def _speakers(resource: Resource) -> Iterator[tuple[str, str, Resource]]:
    """Position, element and identifier of everybody whom a Provenance names as an agent."""
    agents = [("", "agent", resource.get("agent", ()))]
    for number, entity in enumerate(resource.get("entity", ())):
        agents.append((f"/entity/{number}", "entity.agent", entity.get("agent", ())))
    for within, element, found in agents:
        for number, agent in enumerate(found):
            for side in ("who", "onBehalfOf"):
                named = agent.get(side, {}).get("identifier", {})
                yield f"{within}/agent/{number}/{side}", f"{element}.{side}", named
    for number, inside in enumerate(resource.get("contained", ())):
        told = inside.get("identifier", ())
        for named in [told] if isinstance(told, dict) else told:
            yield f"/contained/{number}", "contained", named


def _is_in_error(resource: Resource) -> bool:
    """What its sender takes back says nothing of the child."""
    verified = resource.get("verificationStatus", {}).get("coding", ())
    return IN_ERROR in (resource.get("status"), *(coding.get("code") for coding in verified))
