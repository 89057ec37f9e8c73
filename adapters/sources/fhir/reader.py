"""Patients and Bundles as sent → one statement for each child."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.contract import Known, Named, Reading, Resource, SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.formats import births
from adapters.formats.gathering import Gathered, statement
from adapters.formats.values import local_day, moment
from adapters.profile import STATED_BY, TAG_SYSTEM, without_nothing
from adapters.sources.fhir.bundle import Item, items
from adapters.sources.fhir.domain import own_number
from adapters.sources.fhir.elements import time_of
from adapters.sources.fhir.fields import BODIES, SUBJECTS
from adapters.sources.fhir.kin import completed
from adapters.sources.fhir.payload import Spot, excerpt, roots
from adapters.sources.fhir.record import Records, records
from adapters.sources.fhir.references import index, may_be_patient
from adapters.sources.fhir.whose import subjects_of

CARE = frozenset({"Encounter", "EpisodeOfCare"})
OUR_TAGS = (TAG_SYSTEM, STATED_BY)
KEPT_META = ("profile", "security", "tag")


def read(message: SourceMessage) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    found = Gathered()
    for root, spot in roots(message.content, found):
        try:
            _read_root(root, spot, found, message)
        except PayloadError as error:
            found.refuse(error, excerpt(root))
    return found.reading()


def _read_root(root: Resource, spot: Spot, found: Gathered, message: SourceMessage) -> None:
    sent = items(root, spot, found)
    taken = completed(sent, index(sent))
    coming, patients = records(taken, index(taken), message.known)
    used = set(patients)
    for place in patients:
        used.update(coming.subjects.get(place, ()))
        try:
            _read_patient(place, coming, root, found, message)
        except PayloadError as error:
            told = error.rejection
            at = PayloadError(told.problem, taken[place].spot.at(""), told.element)
            found.refuse(at, excerpt(taken[place].resource))
    for address, places in coming.written.items():
        used.update(places)
        _read_written(address, coming, found)
    for place, item in enumerate(taken):
        if place not in used and item.kind not in BODIES:
            _leave(item, place, coming, found)


def _read_written(address: str, coming: Records, found: Gathered) -> None:
    """Resources of a child whose Patient is kept here, and was not sent along."""
    known, first = coming.known[address], coming.index.items[coming.written[address][0]]
    try:
        content, roles = coming.written_to(address)
    except PayloadError as error:
        found.refuse(error, excerpt(first.resource))
        return
    for resource in content["resources"]:
        _keep_meta(resource)
    system, _, value = known.key.partition("|")
    own = {"own": {"system": system, "value": value}}
    _name(roles, coming, found)
    found.statements.append(statement("patient", known.key, {**own, **content}, first.spot.at("")))


def _name(roles: Mapping[int, str], coming: Records, found: Gathered) -> None:
    """What became of each, for the statement that comes next."""
    for place, role in roles.items():
        named = Named(statement=len(found.statements), role=role)
        found.named.setdefault(coming.index.items[place].spot.at(""), named)


def _leave(item: Item, place: int, coming: Records, found: Gathered) -> None:
    """What is about a child whose Patient is not in the payload is refused, so that nobody loses
    it; what is about nobody, a group or a device is counted, and a Provenance, which is no word on
    a child, too."""
    missing = [one for one in subjects_of(item.resource) if coming.index.target(place, one) is None]
    if item.kind != "Provenance" and any(map(may_be_patient, missing)):
        element = SUBJECTS[item.kind]
        told = PayloadError(
            Problem.MISSING_VALUE, item.spot.at(f"/{element}"), f"{item.kind}.{element}"
        )
        found.refuse(told, excerpt(item.resource))
    else:
        found.left_out["without-patient"] += 1


def _read_patient(
    place: int, coming: Records, root: Resource, found: Gathered, message: SourceMessage
) -> None:
    item = coming.index.items[place]
    if _is_inside_a_person(item, coming):
        found.left_out["contained-patient"] += 1
        return
    content, roles = coming.content(place)
    every = [content["patient"], *content["resources"]]
    stated = [_updated(resource) for resource in every]
    updated = [time for time in map(moment, stated) if time]
    effective = max(updated, default=moment(_sent(root)))
    if _is_adult(content, effective.isoformat() if effective else None):
        found.left_out["adult"] += 1
        found.left_out.update(["adult-part"] * len(content["resources"]))
        return
    known = coming.known_role(place)
    number = (
        _number_of(known, content["patient"])
        if known
        else own_number(content["patient"], _sayings(content["patient"], root), message.domains)
    )
    key = f"{number[0]}|{number[1]}" if number else None
    for resource in every:
        _keep_meta(resource)
    own = {"own": {"system": number[0], "value": number[1]}} if number else {}
    _name(roles, coming, found)
    found.statements.append(
        statement("patient", key, {**own, **content}, item.spot.at(""), effective)
    )


def _number_of(known: Known, patient: Resource) -> tuple[str, str]:
    """The number of a record that is kept. Raises PayloadError where the Patient no longer bears it."""
    system, _, value = known.key.partition("|")
    if not any(
        (one.get("system"), one.get("value")) == (system, value)
        for one in patient.get("identifier", ())
    ):
        raise PayloadError(Problem.MISSING_VALUE, element="Patient.identifier")
    return system, value


def _is_inside_a_person(item: Item, coming: Records) -> bool:
    """A Patient inside another's Patient or RelatedPerson is somebody that it speaks of."""
    if item.container is None:
        return False
    return coming.index.items[item.container].kind in ("Patient", "RelatedPerson")


def _updated(resource: Resource) -> str | None:
    time: str | None = resource.get("meta", {}).get("lastUpdated")
    return time


def _sent(root: Resource) -> str | None:
    """Bundle.timestamp, where it is a time."""
    stated = root.get("timestamp")
    return time_of("instant", stated.strip()) if isinstance(stated, str) else None


def _sayings(patient: Resource, root: Resource) -> Iterator[str]:
    """What a payload says of its sender: meta.source, and the system of the Bundle's number."""
    for meta in (patient.get("meta"), root.get("meta")):
        if isinstance(meta, Mapping) and isinstance(meta.get("source"), str):
            yield meta["source"]
    number = root.get("identifier")
    if isinstance(number, Mapping) and isinstance(number.get("system"), str):
        yield number["system"]


def _is_adult(content: Mapping[str, Any], effective: str | None) -> bool:
    """At the earliest time that the record speaks of, so that who grows up keeps the record."""
    stated = content["patient"].get("birthDate")
    care = (r.get("period", {}).get("start") for r in content["resources"] if _is_care(r))
    days = [day for day in map(local_day, [effective, *care]) if day]
    at = min(days).isoformat() if days else None
    return births.is_adult(births.stated(stated) if stated else None, at)


def _is_care(resource: Resource) -> bool:
    return resource["resourceType"] in CARE


def _keep_meta(resource: Resource) -> None:
    """Profiles, labels and tags of the sender: versions and times are ours, our own tags too."""
    meta = resource.pop("meta", {})
    kept = {name: meta.get(name, []) for name in KEPT_META}
    for name in ("security", "tag"):
        kept[name] = [coding for coding in kept[name] if "code" in coding]
    kept["tag"] = [coding for coding in kept["tag"] if coding.get("system") not in OUR_TAGS]
    if kept := without_nothing(kept):
        resource["meta"] = kept
