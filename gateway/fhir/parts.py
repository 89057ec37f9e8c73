"""A resource in part: `_elements` and `_summary` (R4, search.html#elements), or some identifiers."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
MANDATORY: Mapping[str, str] = {
    "Patient": "active deceased link",
    "RelatedPerson": "active patient",
    "Encounter": "status class",
    "Observation": "status code",
    "Condition": "clinicalStatus verificationStatus subject",
    "Flag": "status code subject",
    "EpisodeOfCare": "status patient",
    "CareTeam": "status",
    "Communication": "status",
    "Task": "status intent",
    "Organization": "active",
    "Location": "status",
    "Provenance": "target recorded agent",
}
"""Elements without which a resource is not valid, or would be misread: 1..1 and modifiers of R4."""
SUMMARY: Mapping[str, str] = {
    "Patient": "identifier name telecom gender birthDate address managingOrganization",
    "RelatedPerson": "identifier relationship name telecom gender birthDate address",
    "Encounter": "identifier type serviceType subject episodeOfCare participant appointment"
    " reasonCode reasonReference diagnosis",
    "Observation": "identifier basedOn partOf subject focus encounter effective issued performer"
    " value hasMember derivedFrom",
    "Condition": "identifier code bodySite encounter onset recordedDate recorder asserter",
    "Flag": "identifier category period encounter author",
    "EpisodeOfCare": "identifier type diagnosis managingOrganization period",
    "CareTeam": "identifier category name subject encounter period participant"
    " managingOrganization",
    "Communication": "identifier basedOn partOf inResponseTo statusReason priority subject"
    " reasonCode reasonReference",
    "Task": "identifier basedOn groupIdentifier partOf statusReason businessStatus code"
    " description focus for encounter executionPeriod lastModified requester owner location",
    "Organization": "identifier type name",
    "Location": "identifier operationalStatus name mode type description physicalType"
    " managingOrganization",
    "Provenance": "entity",
}
"""Elements that R4 marks as summary (Σ), beside those above; a choice of types by its stem."""


def in_part(text: str, kind: str, elements: Sequence[str], summary: str) -> str:
    """The text of a resource with what was asked for; as it is where that is all of it."""
    if not elements and summary == "false":
        return text
    resource = json.loads(text)
    kept = {
        name: value for name, value in resource.items() if _stays(name, kind, elements, summary)
    }
    return _subsetted(kept)


def with_identifiers_of(text: str, systems: Collection[str]) -> str:
    """The text of a resource with the identifiers of these systems only (IHE PDQm)."""
    resource = json.loads(text)
    own = [one for one in resource.get("identifier", ()) if one.get("system") in systems]
    rest = {name: value for name, value in resource.items() if name != "identifier"}
    return _subsetted(rest | {"identifier": own} if own else rest)


def _subsetted(resource: dict[str, Any]) -> str:
    meta = resource["meta"]
    tags = [one for one in meta.get("tag", ()) if one != SUBSETTED]
    told = {**resource, "meta": {**meta, "tag": [*tags, SUBSETTED]}}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _stays(name: str, kind: str, elements: Sequence[str], summary: str) -> bool:
    plain = name.removeprefix("_")
    if plain in ALWAYS or _among(plain, MANDATORY[kind].split()):
        return True
    if elements:
        return _among(plain, elements)
    if summary == "data":
        return plain != "text"
    return plain == "text" if summary == "text" else _among(plain, SUMMARY[kind].split())


def _among(name: str, wanted: Sequence[str]) -> bool:
    """`deceasedBoolean` is meant by `deceased`, and `active` by nothing but itself."""
    return any(
        name == one or (name.startswith(one) and name[len(one) :][:1].isupper()) for one in wanted
    )
