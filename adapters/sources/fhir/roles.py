"""What part a resource has in a child's record: its role, the same whenever it is sent again."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.contract import Resource, content_hash
from adapters.profile import SPECIAL_GROUPS, Place, PlaceKind, organization_id, role
from adapters.sources.fhir.bundle import Item
from adapters.sources.fhir.domain import types_of
from adapters.sources.fhir.fields import FACILITY_TYPE, PLACES, RELATIONS, STEMS

GROUP = re.compile("[A-Z][A-Z_]{1,39}")
LONE_RELATIONS = frozenset({"mother", "father"})


def role_of(item: Item, relatives: Iterable[str | None]) -> str:
    """`relatives` are the relations of all RelatedPersons of the record."""
    resource = item.resource
    place = place_of(resource)
    if item.kind == "Organization" and place:
        return organization_id(place)
    stem = STEMS[item.kind]
    if item.kind == "RelatedPerson":
        relation = relation_of(resource)
        if relation in LONE_RELATIONS and list(relatives).count(relation) == 1:
            return f"{stem}-{relation}"
        stem = f"{stem}-{relation}" if relation else stem
    if item.kind == "Flag":
        group = group_of(resource)
        if group:
            return f"{stem}-{group.lower().replace('_', '-')}"
    return role(stem, _identity(item))


def origin_role(item: Item, targets: Iterable[str]) -> str:
    """Of a Provenance: the same words of something else are another one."""
    return role(STEMS[item.kind], _identity(item), *sorted(targets))


def relation_of(person: Resource) -> str | None:
    """mother, father or guardian, where a coding says so."""
    found = (
        RELATIONS.get((coding.get("system", ""), coding.get("code", "")))
        for concept in person.get("relationship", ())
        for coding in concept.get("coding", ())
    )
    return next(filter(None, found), None)


def group_of(flag: Resource) -> str | None:
    """The code of one of the 14 groups of children in special circumstances."""
    codings = flag.get("code", {}).get("coding", ())
    codes = (c.get("code", "") for c in codings if c.get("system") == SPECIAL_GROUPS)
    return next((code for code in codes if GROUP.fullmatch(code)), None)


def place_of(body: Resource) -> Place | None:
    """Which hospital, home or commune an Organization or Location is, by its identifiers."""
    return next(filter(None, map(place_of_number, body.get("identifier", ()))), None)


def place_of_number(number: Mapping[str, Any]) -> Place | None:
    """The body that an identifier of it names."""
    value = number.get("value", "")
    kind = PLACES.get(number.get("system", ""))
    is_code = len(value) == 5 and value.isascii() and value.isdigit()
    if kind is None and is_code and FACILITY_TYPE in types_of(number):
        kind = PlaceKind.HOSPITAL
    return Place(kind=kind, code=value) if kind and value else None


def _identity(item: Item) -> str:
    """Its own number, else its id at the sender, else what it says, but for references and times."""
    numbers = item.resource.get("identifier", [])
    named = [
        f"{number['system']}|{number['value']}"
        for number in (numbers if isinstance(numbers, list) else [numbers])
        if "system" in number and "value" in number
    ]
    if named:
        return min(named)
    id_ = item.resource.get("id")
    if id_ and not item.is_new and item.container is None:
        return f"{item.kind}/{id_}"
    return content_hash(_bare(item.resource))


def _bare(resource: Resource) -> Resource:
    """Without id, meta and addresses, which are made anew each time it is sent."""
    rest = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    plain: Resource = json.loads(json.dumps(rest), object_hook=_without_address)
    return plain


def _without_address(value: dict[str, Any]) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if name != "reference"}
