"""One child's record → FHIR as we keep it: as sent, with what linkage reads in one form."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters import communes
from adapters.contract import REPLACES, Conversion, Resource, Statement
from adapters.formats import evidence
from adapters.formats.sensitivity import hiv_labels
from adapters.profile import (
    EXT_AS_SENT,
    LOINC,
    STATED_BY,
    UCUM,
    Place,
    PlaceKind,
    coding,
    meta,
    organization,
    without_nothing,
)
from adapters.sources.fhir import identifiers, people
from adapters.sources.fhir.fields import (
    BODY_WEIGHTS,
    GRAMS,
    OUR_WEIGHTS,
    POSSIBLE_GRAMS,
    RELATIONS,
    UNREAD_WEIGHT,
)

SOURCE = "fhir"
UNKNOWN_BODY = "hospital:unknown"


def convert(statement: Statement) -> Conversion:
    """Patient, what refers to it, and the bodies that are known by their code.

    What was written by itself has no Patient, and tells who keeps the record.
    """
    content = statement.content
    bodies = {_place(body): body["name"] for body in content["bodies"]}
    house = _told_house(content["house"]) if "house" in content else custodian_of(content)
    is_told = "patient" in content
    resources = [
        *([to_patient(content, house, unkeyed=statement.unkeyed)] if is_told else []),
        *(to_other(resource, stated_by(content, house)) for resource in content["resources"]),
        *(organization(place, name or None) for place, name in bodies.items()),
    ]
    return Conversion(
        resources=resources,
        custodian=str(house) if house else UNKNOWN_BODY,
        province=province_of(house),
        replaces=content.get(REPLACES),
    )


def _told_house(custodian: str) -> Place | None:
    kind, _, code = custodian.partition(":")
    return None if custodian == UNKNOWN_BODY else Place(kind=PlaceKind(kind), code=code)


def custodian_of(content: Mapping[str, Any]) -> Place | None:
    """Who keeps the record: the managing body, else who gave the number, else the one house."""
    patient, own = content["patient"], content.get("own")
    stated = [patient.get("managingOrganization", {})]
    if own:
        numbers = patient.get("identifier", ())
        stated += [n.get("assigner", {}) for n in numbers if own.items() <= n.items()]
    for reference in stated:
        place = identifiers.place_named(reference)
        if place:
            return place
    houses = {identifiers.place_named(reference) for reference in _houses(content["resources"])}
    return houses.pop() if len(houses) == 1 else None


def _houses(resources: Iterable[Resource]) -> list[Resource]:
    of_type = {"Encounter": "serviceProvider", "EpisodeOfCare": "managingOrganization"}
    named = (r.get(of_type.get(r["resourceType"], "")) for r in resources)
    return [reference for reference in named if reference]


def _place(body: Mapping[str, str]) -> Place:
    return Place(kind=PlaceKind(body["kind"]), code=body["code"])


def province_of(place: Place | None) -> str | None:
    """Of a hospital by the two digits its code begins with, of a commune by its code."""
    if place is None:
        return None
    if place.kind is PlaceKind.HOSPITAL:
        return communes.province_today(place.code[:2])
    return evidence.province(place.code, None) if place.kind is PlaceKind.COMMUNE else None


def to_patient(content: Mapping[str, Any], house: Place | None, *, unkeyed: bool) -> Resource:
    sent = content["patient"]
    names = people.to_names(sent.get("name", ()), _parents(content["resources"]))
    born = people.to_birth(sent)
    numbers = identifiers.of_child(sent.get("identifier", ()), content.get("own"), house)
    tags = evidence.tags(names, born, unkeyed=unkeyed)
    return without_nothing(
        {
            **sent,
            "meta": _with_sent(meta(SOURCE, tags=tags), sent),
            "identifier": numbers,
            "name": names,
            **born,
            "address": people.to_addresses(sent.get("address", ())),
        }
    )


def _parents(resources: Iterable[Resource]) -> list[str]:
    """Names of relatives: a newborn without papers bears one of them (vn_domain.md 8.3)."""
    relatives = (r for r in resources if r["resourceType"] == "RelatedPerson")
    texts = (people.text_of(name) for person in relatives for name in person.get("name", ()))
    return [text for text in texts if text]


def stated_by(content: Mapping[str, Any], house: Place | None) -> Resource:
    """Who says what a record says: the domain of its number."""
    return coding(STATED_BY, content.get("own", {}).get("system") or str(house or UNKNOWN_BODY))


def to_other(resource: Resource, sender: Resource) -> Resource:
    """A Provenance says of itself that it is its sender's word, and not the registry's."""
    made = MADE_BY_TYPE.get(resource["resourceType"], dict)(resource)
    ours = meta(SOURCE, labels=hiv_labels(resource))
    if resource["resourceType"] == "Provenance":
        ours |= {"tag": [sender]}
    return {**made, "meta": _with_sent(ours, resource)}


def _with_sent(ours: Resource, sent: Resource) -> Resource:
    """Our meta, with the sender's labels, tags and profiles."""
    kept = sent.get("meta", {})
    joined = {
        name: [*ours.get(name, ()), *(c for c in kept.get(name, ()) if c not in ours.get(name, ()))]
        for name in ("tag", "security", "profile")
    }
    return without_nothing({**ours, **joined})


def to_relative(person: Resource) -> Resource:
    """Names with text, numbers as evidence, and the code that says the relation first."""
    return without_nothing(
        {
            **person,
            "identifier": identifiers.of_relative(person.get("identifier", ())),
            "relationship": [_known_first(concept) for concept in person.get("relationship", ())],
            "name": people.to_names(person.get("name", ())),
        }
    )


def _known_first(concept: Resource) -> Resource:
    """MTH for every kind of mother by birth, before any other code."""
    codings = concept.get("coding", [])
    relation = next(filter(None, (RELATIONS.get(_pair(c)) for c in codings)), None)
    if relation is None:
        return concept
    ours = next(pair for pair, named in RELATIONS.items() if named == relation)
    return {**concept, "coding": _first(ours, codings)}


def _pair(coded: Mapping[str, Any]) -> tuple[str, str]:
    return coded.get("system", ""), coded.get("code", "")


def to_observation(observation: Resource) -> Resource:
    """A body weight in grams under one of our two codes; anything else as sent."""
    codings = observation.get("code", {}).get("coding", [])
    codes = {c.get("code", "") for c in codings if c.get("system") == LOINC}
    if not codes & BODY_WEIGHTS:
        return observation
    quantity = _in_grams(observation.get("valueQuantity", {}))
    ours = (LOINC, next((code for code in OUR_WEIGHTS if code in codes), OUR_WEIGHTS[1]))
    code = {**observation["code"], "coding": _first(ours if quantity else UNREAD_WEIGHT, codings)}
    return {**observation, "code": code} | ({"valueQuantity": quantity} if quantity else {})


def _in_grams(quantity: Resource) -> Resource | None:
    """A weight as grams, with the number and unit as sent beside it; None where it is none."""
    value, unit = quantity.get("value"), quantity.get("code") or quantity.get("unit", "")
    if value is None or unit not in GRAMS or "comparator" in quantity:
        return None
    grams = round(value * GRAMS[unit])
    if grams not in POSSIBLE_GRAMS:
        return None
    made = {"value": grams, "unit": "g", "system": UCUM, "code": "g"}
    if unit == "g" and grams == value:
        return {**quantity, **made}
    digits = next(
        (e["valueString"] for e in _beside(quantity) if e.get("url") == EXT_AS_SENT), value
    )
    as_sent = {"url": EXT_AS_SENT, "valueString": f"{digits} {unit}"}
    return {"extension": [*quantity.get("extension", ()), as_sent], **made}


def _beside(quantity: Resource) -> list[Resource]:
    extensions: list[Resource] = quantity.get("_value", {}).get("extension", [])
    return extensions


def _first(pair: tuple[str, str], codings: Iterable[Resource]) -> list[Resource]:
    """The codings, with one of them, or a new one, before all others."""
    chosen = [c for c in codings if _pair(c) == pair] or [coding(*pair)]
    return [*chosen, *(c for c in codings if c not in chosen)]


MADE_BY_TYPE: dict[str, Callable[[Resource], Resource]] = {
    "RelatedPerson": to_relative,
    "Observation": to_observation,
}
