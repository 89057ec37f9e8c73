"""One Patient of a payload with all that refers to it, as one record with roles for ids."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import Known, Resource
from adapters.errors import PayloadError, Problem
from adapters.formats.json import excerpt
from adapters.profile import PATIENT, Place
from adapters.sources.fhir.bundle import Item
from adapters.sources.fhir.fields import BODIES
from adapters.sources.fhir.references import Index, unresolved
from adapters.sources.fhir.roles import (
    origin_role,
    place_of,
    place_of_number,
    relation_of,
    role_of,
)
from adapters.sources.fhir.whose import Owners, subjects_of

MAX_COPIED = 64 * 1024 * 1024
"""Bytes of Organizations and Locations that one payload may put into its records, each time
counted: a thousand children in one ward are no attack, a giant ward that all of them name is."""


LOGICAL = frozenset({"identifier", "type", "display", "id", "extension"})
"""Members of a reference that names what it means by an identifier."""


@dataclass(kw_only=True, slots=True)
class Records:
    """The records of one payload, made one after the other."""

    index: Index
    subjects: Mapping[int, Sequence[int]] = field(repr=False)
    """Patient → the resources that are about it."""
    known: Mapping[str, Known] = field(repr=False, default_factory=dict)
    """Address → what is kept under it."""
    written: Mapping[str, Sequence[int]] = field(repr=False, default_factory=dict)
    """Address of a Patient that is kept and not sent along → the resources that are about it."""
    copied: int = 0
    sizes: dict[int, int] = field(default_factory=dict, repr=False)

    def content(self, patient: int) -> tuple[dict[str, Any], Mapping[int, str]]:
        """`patient`, the other `resources` sorted, and the `bodies` that are known by their code;
        and the role of each.

        Raises PayloadError(TOO_LARGE) where copies of shared bodies would outgrow the payload.
        """
        members = [patient, *self.subjects.get(patient, ())]
        known = self.known_role(patient)
        given = {patient: PATIENT["reference"]}
        made, names = self._made(members, given, known.key if known else None)
        return {"patient": made.pop(names[patient]), **self._rest(made, names)}, _roles(names)

    def written_to(self, address: str) -> tuple[dict[str, Any], Mapping[int, str]]:
        """The same of what was sent without its Patient. Raises PayloadError too."""
        known = self.known[address]
        made, names = self._made(self.written[address], {}, known.key)
        return self._rest(made, names) | {"house": known.custodian}, _roles(names)

    def _rest(self, made: Mapping[str, Resource], names: Mapping[int, str]) -> dict[str, Any]:
        places = {m: place for m in names if (place := self._place(m))}
        return {"resources": [made[name] for name in sorted(made)], "bodies": self._known(places)}

    def known_role(self, member: int) -> Known | None:
        """What a resource is here, where it bears an id that was given out here."""
        item = self.index.items[member]
        return None if item.is_new else self.known.get(f"{item.kind}/{item.resource.get('id')}")

    def _made(
        self, members: Sequence[int], given: Mapping[int, str], key: str | None
    ) -> tuple[dict[str, Resource], dict[int, str]]:
        items = self.index.items
        members = [*members, *self._bodies(members)]
        relations = [relation_of(items[m].resource) for m in members]
        # What a Provenance is depends on what the others are.
        ordered = sorted(members, key=lambda m: items[m].kind == "Provenance")
        names: dict[int, str] = {}
        for m in ordered:
            names[m] = given.get(m) or f"{items[m].kind}/{self._role(m, relations, names)}"
        places = {m: place for m in members if (place := self._place(m))}
        made: dict[str, Resource] = {}
        for member in members:
            if not (member in places and items[member].kind == "Organization"):
                made.setdefault(names[member], self._resource(member, names, places, key))
        return made, names

    def _role(self, member: int, relations: Sequence[str | None], names: Mapping[int, str]) -> str:
        known, item = self.known_role(member), self.index.items[member]
        if known is None and item.kind == "Provenance":
            return origin_role(item, self._targets(member, names))
        return known.role if known else role_of(item, relations)

    def _targets(self, member: int, names: Mapping[int, str]) -> Iterator[str]:
        for reference in subjects_of(self.index.items[member].resource):
            target = self.index.target(member, reference)
            kept = self.known.get(reference.get("reference", "")) if target is None else None
            yield kept.role if kept else names.get(-1 if target is None else target, "")

    def _bodies(self, members: Sequence[int]) -> list[int]:
        """Organizations and Locations that members refer to, and those that these refer to."""
        items = self.index.items
        found: dict[int, None] = {}
        waiting = list(members)
        while waiting:
            source = waiting.pop()
            for reference in _references(items[source].resource):
                target = self.index.target(source, reference)
                if target is not None and items[target].kind in BODIES and target not in found:
                    found[target] = None
                    waiting.append(target)
                    self._count(target)
        return sorted(found)

    def _count(self, body: int) -> None:
        if body not in self.sizes:
            self.sizes[body] = len(excerpt(self.index.items[body].resource))
        self.copied += self.sizes[body]
        if self.copied > MAX_COPIED:
            raise PayloadError(Problem.TOO_LARGE)

    def _place(self, member: int) -> Place | None:
        """The body itself, or the one that manages a Location."""
        item = self.index.items[member]
        if item.kind not in BODIES:
            return None
        owner = item.resource.get("managingOrganization")
        target = self.index.target(member, owner) if owner and item.kind == "Location" else None
        above = self.index.items[target].resource if target is not None else {}
        return place_of(item.resource) or place_of(above)

    def _known(self, places: Mapping[int, Place]) -> list[dict[str, str]]:
        """Code and name of each Organization that is known by its code, in one order."""
        items = self.index.items
        named = {
            place: str(items[member].resource.get("name", ""))
            for member, place in places.items()
            if items[member].kind == "Organization"
        }
        return [{"kind": p.kind.value, "code": p.code, "name": named[p]} for p in sorted(named)]

    def _resource(
        self,
        member: int,
        names: Mapping[int, str],
        places: Mapping[int, Place],
        key: str | None,
    ) -> Resource:
        item = self.index.items[member]

        def pointed(reference: Resource) -> Resource:
            return self._pointed(member, reference, names, places, key)

        rest = {name: value for name, value in item.resource.items() if name != "id"}
        made: Resource = _with_references(rest, pointed)
        return {**made, "id": names[member].partition("/")[2]}

    def _pointed(
        self,
        source: int,
        reference: Resource,
        names: Mapping[int, str],
        places: Mapping[int, Place],
        key: str | None,
    ) -> Resource:
        target = self.index.target(source, reference)
        kept = self.known.get(reference.get("reference", "")) if target is None else None
        if kept is not None and kept.key == key:
            return reference | {
                "reference": f"{reference['reference'].partition('/')[0]}/{kept.role}"
            }
        if target is None or target not in names:
            elsewhere = None if target is None else self.index.items[target].resource
            made = unresolved(reference, elsewhere)
            place = place_of_number(made.get("identifier", {}))
            return made | {"identifier": _number(place)} if place else made
        made = reference | {"reference": names[target]}
        # A Location says with its body's number where it is: no one reads Locations for that.
        if target in places and self.index.items[target].kind == "Location":
            made["identifier"] = _number(places[target])
        return made


def records(
    items: Sequence[Item], index: Index, known: Mapping[str, Known]
) -> tuple[Records, list[int]]:
    """The records to come, and the places of their Patients."""
    patients = [n for n, item in enumerate(items) if item.kind == "Patient"]
    subjects: dict[int, list[int]] = defaultdict(list)
    written: dict[str, list[int]] = defaultdict(list)
    owners = Owners(items=items, index=index, known=known)
    for place in range(len(items)):
        owner = owners.of(place)
        if isinstance(owner, int):
            subjects[owner].append(place)
        elif owner is not None:
            written[owner].append(place)
    return Records(index=index, subjects=subjects, known=known, written=written), patients


def _roles(names: Mapping[int, str]) -> dict[int, str]:
    return {member: name.partition("/")[2] for member, name in names.items()}


def _number(place: Place) -> dict[str, str]:
    return {"system": place.system, "value": place.code}


def _is_reference(value: Mapping[str, Any]) -> bool:
    """Only the type Reference has `reference`; a logical one has the type of what it names."""
    return isinstance(value.get("reference"), str) or (
        isinstance(value.get("identifier"), dict) and value.keys() <= LOGICAL
    )


def _references(value: Any) -> Iterator[Resource]:
    if isinstance(value, dict):
        if _is_reference(value):
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _with_references(value: Any, pointed: Callable[[Resource], Resource]) -> Any:
    if isinstance(value, list):
        return [_with_references(inner, pointed) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {name: _with_references(inner, pointed) for name, inner in value.items()}
    return pointed(made) if _is_reference(made) else made
