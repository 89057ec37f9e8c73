"""The FHIR dialect of Motem: identifier systems, extensions, tags, labels and their builders.

Resources are plain JSON of FHIR R4 (4.0.1). Inside one record each resource's `id` is its *role*
(`patient`, `related-mother`, `encounter-1a2b`…) and references are `Patient/patient`; the registry
turns roles into opaque ids. Organizations and Locations (`org-…`, `loc-…`) are shared by all.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

FHIR_VERSION = "4.0.1"
VN_CORE = "http://fhir.ehealth.gov.vn/core/sid"
"""Identifier systems of the ministry's draft guide vn-core-ig (vn_domain.md 4.4)."""

TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0203"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
ETHNICITY = "http://fhir.ehealth.gov.vn/core/StructureDefinition/extension-race"
"""Named "race" in vn-core-ig, it carries dân tộc."""

EXT_DISCOVERY = "urn:motem:extension:discovery"
EXT_BIRTH_RANGE = "urn:motem:extension:birth-range"
EXT_PLACEHOLDER = "urn:motem:extension:placeholder"
EXT_HANDOVER = "urn:motem:extension:handover"
EXT_CARER = "urn:motem:extension:carer-organization"
EXT_COMMUNE = "urn:motem:extension:commune"
EXT_GROUP_SIZE = "urn:motem:extension:reported-together"
EXT_AS_SENT = "urn:motem:extension:as-sent"
"""On an identifier: how the source wrote a number whose leading zeros were given back."""
EXT_REGISTERED_AT = "urn:motem:extension:birth-registered-at"
EXT_ORIGIN = "urn:motem:extension:place-of-origin"
"""Quê quán, which is neither a place of birth nor of residence."""
EXT_ENROLMENT = "urn:motem:extension:enrolment"
EXT_INCIDENT = "urn:motem:extension:incident-place"
"""On Communication: where it happened that was reported, an address."""
EXT_VALUE_SOURCE = "urn:motem:extension:value-source"
"""On a value of a golden Patient: the source Patient that it was taken from."""
EXT_POSITION = "urn:motem:extension:position"
"""On Provenance.entity: where in the payload the statement stands."""
TAG_SYSTEM = "urn:motem:tag"
STATED_BY = "urn:motem:stated-by"
"""System of the tag of a Provenance that a sender states: the code is the sender's domain. The
registry's own have none, and from outside none is taken."""
SPECIAL_GROUPS = "urn:motem:code:special-circumstances"
"""The 14 groups of Luật Trẻ em 2016 Điều 10 (vn_domain.md section 1)."""
OBSERVATIONS = "urn:motem:code:observation"
RELATIONS = "urn:motem:code:relation"
STEPS = "urn:motem:code:step"
"""Steps of the process for an abandoned child (vn_domain.md 2.1), as casework reports them."""
STEP_OUTPUTS = "urn:motem:code:step-output"
REPORTS = "urn:motem:code:report"
CHANNELS = "urn:motem:code:channel"
PLACE_TYPES = "urn:motem:code:place-type"
"""Kinds of places where children are found (`loaiNoi` of the minutes, formats.md)."""
FOUND_AT = "location-found"
"""Role of the Location where a child was found."""
LABELS = "urn:motem:label"


class IdentifierKind(StrEnum):
    """Kinds of business identifiers; the value is the name in `urn:motem:sid:<name>`."""

    PERSONAL_ID = "so-dinh-danh"
    OLD_ID_CARD = "cmnd"
    PASSPORT = "ho-chieu"
    INSURANCE = "the-bhyt"
    TEMPORARY_INSURANCE = "bhyt-tam"
    BIRTH_CERTIFICATE = "giay-chung-sinh"
    MINUTES = "bien-ban-bo-roi"
    CIVIL_REGISTRATION = "so-khai-sinh"
    TRANSFER_LETTER = "giay-chuyen-tuyen"
    FILE = "ho-so"
    STUDENT = "ma-hoc-sinh"
    CASE_111 = "case-111"
    MOTEM = "motem"
    """An identity's own id, as Motem gave it out."""


SYSTEMS: dict[IdentifierKind, str] = {
    kind: f"urn:motem:sid:{kind.value}" for kind in IdentifierKind
} | {
    IdentifierKind.PERSONAL_ID: f"{VN_CORE}/national_id",
    IdentifierKind.OLD_ID_CARD: f"{VN_CORE}/citizen_id",
    IdentifierKind.PASSPORT: f"{VN_CORE}/passport_number",
    IdentifierKind.INSURANCE: f"{VN_CORE}/insurance_number",
    IdentifierKind.FILE: f"{VN_CORE}/patient-internal-id",
}
TYPE_CODES: dict[IdentifierKind, str] = {
    IdentifierKind.PERSONAL_ID: "NI",
    IdentifierKind.PASSPORT: "PPN",
    IdentifierKind.INSURANCE: "SB",
    IdentifierKind.TEMPORARY_INSURANCE: "SB",
    IdentifierKind.BIRTH_CERTIFICATE: "BCT",
    IdentifierKind.FILE: "PI",
}


class PlaceKind(StrEnum):
    """Bodies that hold a child or a record."""

    HOSPITAL = "hospital"
    HOME = "home"
    COMMUNE = "commune"
    SCHOOL = "school"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """A body by its code: hospital MA_CSKCB, facility Mã cơ sở, commune as stated, Mã trường."""

    kind: PlaceKind
    code: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"

    @property
    def system(self) -> str:
        return f"urn:motem:sid:{self.kind}"


class Tag(StrEnum):
    """Tags in meta.tag: what is a placeholder or a doubt."""

    PLACEHOLDER_NAME = "placeholder-name"
    PLACEHOLDER_BIRTH_DATE = "placeholder-birth-date"
    PLACEHOLDER_ADDRESS = "placeholder-address"
    UNKEYED = "unkeyed"
    REUSED_KEY = "reused-key"
    GOLDEN = "golden"


class Basis(StrEnum):
    """On what a birth date or its range rests."""

    STATED = "stated"
    DAY_FOUND = "day-found"
    RECEPTION = "reception"
    ESTIMATED_AGE = "estimated-age"
    DEFAULT_DATE = "default-date"


class Label(StrEnum):
    """Sensitivity labels that Motem sets by itself."""

    HIV = "HIV"
    SEALED_ADOPTION = "sealed-adoption"
    INFORMANT = "informant"


def role(name: str, *distinguishing: str) -> str:
    """A role id; what distinguishes it (a stay's number…) enters only as a short hash."""
    if not distinguishing:
        return name
    digest = hashlib.sha256("|".join(distinguishing).encode()).hexdigest()
    return f"{name}-{digest[:12]}"


def reference(resource_type: str, role_id: str, display: str | None = None) -> dict[str, Any]:
    return without_nothing({"reference": f"{resource_type}/{role_id}", "display": display})


PATIENT = {"reference": "Patient/patient"}
NUMBERS = (bool, int, float)
"""False and zero say something."""


def without_nothing(element: dict[str, Any]) -> dict[str, Any]:
    """Drop None, empty strings, lists and objects: FHIR knows no empty values."""
    return {name: value for name, value in element.items() if value or isinstance(value, NUMBERS)}


def coding(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    return without_nothing({"system": system, "code": code, "display": display})


def concept(system: str, code: str, text: str | None = None) -> dict[str, Any]:
    return without_nothing({"coding": [coding(system, code)], "text": text})


def identifier(
    kind: IdentifierKind,
    value: str,
    *,
    issuer: Place | None = None,
    use: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> dict[str, Any]:
    """A business identifier. Numbers that are unique only for their issuer name it (`assigner`).

    MINUTES carry the commune as issuer and the day of the minutes as `start`;
    TRANSFER_LETTER the sending hospital; FILE the hospital or facility whose file it is.
    """
    code = TYPE_CODES.get(kind)
    kind_of = coding(TYPE_SYSTEM, code) if code else coding("urn:motem:code:identifier", kind)
    return without_nothing(
        {
            "use": use,
            "type": {"coding": [kind_of]},
            "system": SYSTEMS[kind],
            "value": value,
            "period": without_nothing({"start": start, "end": end}),
            "assigner": {"identifier": {"system": issuer.system, "value": issuer.code}}
            if issuer
            else None,
        }
    )


def human_name(text: str, use: str = "official", placeholder: str | None = None) -> dict[str, Any]:
    """A Vietnamese name: family name first. `placeholder` says why it is not the child's name.

    Uses: official, usual, temp, nickname, old, maiden, anonymous.
    """
    syllables = text.split()
    return without_nothing(
        {
            "extension": [flag_placeholder(placeholder)] if placeholder else None,
            "use": use,
            "text": text,
            "family": syllables[0] if len(syllables) > 1 and not placeholder else None,
            "given": syllables[1:] if not placeholder else None,
        }
    )


def flag_placeholder(reason: str) -> dict[str, Any]:
    """Marks the element it stands on as kept but worthless as evidence."""
    return {"url": EXT_PLACEHOLDER, "valueCode": reason}


def birth_range(low: date, high: date, basis: Basis) -> dict[str, Any]:
    """Extension for `_birthDate`: the birth lies in [low, high], and on what that rests."""
    return {
        "url": EXT_BIRTH_RANGE,
        "extension": [
            {"url": "low", "valueDate": low.isoformat()},
            {"url": "high", "valueDate": high.isoformat()},
            {"url": "basis", "valueCode": basis},
        ],
    }


def discovery(
    *,
    time: str | None,
    commune: str | None,
    candidates: Iterable[str],
    place_type: str | None = None,
    place_text: str | None = None,
    minutes: str | None = None,
    finder: str | None = None,
) -> dict[str, Any]:
    """Extension on Patient: the child was found. `time` is a FHIR dateTime (day or instant).

    `commune` is the code as stated, `candidates` today's communes it may mean, `finder` a role.
    What it says of the place stands in a Location too, see `found_places`.
    """
    candidates = tuple(candidates)
    parts: list[dict[str, Any]] = []
    if time:
        parts.append({"url": "time", "valueDateTime": time})
    if commune:
        parts.append({"url": "commune-stated", "valueCode": commune})
    parts += [{"url": "commune", "valueCode": code} for code in candidates]
    for url, value in (
        ("place-type", place_type),
        ("place-text", place_text),
        ("minutes", minutes),
    ):
        if value:
            parts.append({"url": url, "valueString": value})
    if finder:
        parts.append({"url": "finder", "valueReference": reference("RelatedPerson", finder)})
    if commune or candidates or place_type or place_text:
        parts.append({"url": "location", "valueReference": reference("Location", FOUND_AT)})
    return {"url": EXT_DISCOVERY, "extension": parts}


def found_places(source: str, patient: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Location: where the child was found, for readers of FHIR that do not know our extension."""
    for extension in patient.get("extension", ()):
        if extension["url"] == EXT_DISCOVERY:
            stated = {part["url"]: part for part in extension["extension"]}
            if "location" in stated:
                yield _found_place(source, stated, extension["extension"])


def _found_place(
    source: str, stated: dict[str, dict[str, Any]], parts: list[dict[str, Any]]
) -> dict[str, Any]:
    text = stated.get("place-text", {}).get("valueString")
    kind = stated.get("place-type", {}).get("valueString")
    where = address(
        text=text,
        commune=stated.get("commune-stated", {}).get("valueCode"),
        candidates=[part["valueCode"] for part in parts if part["url"] == "commune"],
    )
    return without_nothing(
        {
            "resourceType": "Location",
            "id": FOUND_AT,
            "meta": meta(source),
            "name": text,
            "mode": "instance",
            "type": [concept(PLACE_TYPES, kind)] if kind else None,
            "address": where,
        }
    )


def handover(
    direction: str,
    *,
    places: Iterable[Place] = (),
    name: str | None = None,
    time: str | None = None,
    file_number: str | None = None,
) -> dict[str, Any]:
    """Extension: the child was `given` to, or `received` from, another body.

    Several places are readings of one ambiguous code. `file_number` is the child's number there.
    Stands on Patient (`given`) or on EpisodeOfCare (`received`).
    """
    parts: list[dict[str, Any]] = [{"url": "direction", "valueCode": direction}]
    parts += [
        {"url": "place", "valueIdentifier": {"system": place.system, "value": place.code}}
        for place in places
    ]
    for url, kind, value in (
        ("name", "valueString", name),
        ("time", "valueDateTime", time),
        ("file", "valueString", file_number),
    ):
        if value:
            parts.append({"url": url, kind: value})
    return {"url": EXT_HANDOVER, "extension": parts}


def enrolment(
    *,
    school: Place | None,
    name: str | None = None,
    grade: str | None = None,
    status: str | None = None,
) -> dict[str, Any]:
    """Extension on Patient: the school, the class (`grade`) and the status there, as last sent."""
    parts: list[dict[str, Any]] = []
    if school:
        code = {"system": school.system, "value": school.code}
        parts.append({"url": "school", "valueIdentifier": code})
    for url, kind, value in (
        ("name", "valueString", name),
        ("class", "valueString", grade),
        ("status", "valueCode", status),
    ):
        if value:
            parts.append({"url": url, kind: value})
    return {"url": EXT_ENROLMENT, "extension": parts}


def address(
    *,
    text: str | None = None,
    commune: str | None = None,
    candidates: Iterable[str] = (),
    stated_on: str | None = None,
    province: str | None = None,
    placeholder: str | None = None,
    use: str | None = None,
) -> dict[str, Any]:
    """An address with its commune code as sent, the day it was stated and today's readings."""
    extensions: list[dict[str, Any]] = []
    if placeholder:
        extensions.append(flag_placeholder(placeholder))
    readings = [{"url": "commune", "valueCode": code} for code in candidates]
    if commune or readings:
        parts: list[dict[str, Any]] = []
        if commune:
            parts.append({"url": "stated", "valueCode": commune})
        if stated_on:
            parts.append({"url": "stated-on", "valueDate": stated_on})
        extensions.append({"url": EXT_COMMUNE, "extension": [*parts, *readings]})
    return without_nothing(
        {"extension": extensions, "use": use, "text": text, "state": province, "country": "VN"}
    )


def meta(source: str, *, tags: Iterable[str] = (), labels: Iterable[str] = ()) -> dict[str, Any]:
    """meta.source, tags and sensitivity labels of a resource."""
    return without_nothing(
        {
            "source": f"urn:motem:source:{source}",
            "tag": [coding(TAG_SYSTEM, tag) for tag in sorted(tags)],
            "security": [
                coding(ACT_CODE if label == Label.HIV else LABELS, label)
                for label in sorted(labels)
            ],
        }
    )


def organization(place: Place, name: str | None) -> dict[str, Any]:
    """The shared Organization of a body."""
    return without_nothing(
        {
            "resourceType": "Organization",
            "id": organization_id(place),
            "identifier": [{"system": place.system, "value": place.code}],
            "name": name or str(place),
        }
    )


def organization_id(place: Place) -> str:
    return f"org-{place.kind}-{shared_code(place.code)}"


def shared_code(code: str) -> str:
    """A code that fits a FHIR id (letters, digits, '-', '.'), else its hash."""
    if len(code) <= 32 and all(c.isascii() and (c.isalnum() or c in "-.") for c in code):
        return code
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def weight(
    source: str, grams: int, *, at: str | None, birth: bool, distinguishing: str = ""
) -> dict[str, Any]:
    """Body weight in grams (UCUM `g`): LOINC 8339-4 at birth, 29463-7 later or when found."""
    name = "observation-birth-weight" if birth else "observation-weight"
    return without_nothing(
        {
            "resourceType": "Observation",
            "id": role(name, distinguishing) if distinguishing else name,
            "meta": meta(source),
            "status": "final",
            "code": concept(LOINC, "8339-4" if birth else "29463-7"),
            "subject": PATIENT,
            "effectiveDateTime": at,
            "valueQuantity": {"value": grams, "unit": "g", "system": UCUM, "code": "g"},
        }
    )


def remark(
    source: str, code: str, texts: Iterable[str], *, labels: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Observations `distinguishing-mark`, `belonging`, `state-when-found`…, one for each text."""
    security = [*labels]
    return [
        {
            "resourceType": "Observation",
            "id": role(f"observation-{code}", text),
            "meta": meta(source, labels=security),
            "status": "final",
            "code": concept(OBSERVATIONS, code),
            "subject": PATIENT,
            "valueString": text,
        }
        for text in texts
    ]


def group_flag(
    source: str, code: str, *, start: str | None, end: str | None = None
) -> dict[str, Any]:
    """Flag: membership in one of the 14 groups of children in special circumstances."""
    return {
        "resourceType": "Flag",
        "id": f"flag-{code.lower().replace('_', '-')}",
        "meta": meta(source, labels=[Label.HIV] if code == "HIV" else []),
        "status": "inactive" if end else "active",
        "code": concept(SPECIAL_GROUPS, code),
        "subject": PATIENT,
    } | without_nothing({"period": without_nothing({"start": start, "end": end})})


RELATION_CODES = {
    "mother": (ROLE_CODE, "MTH"),
    "father": (ROLE_CODE, "FTH"),
    "guardian": (ROLE_CODE, "GUARD"),
    "finder": (RELATIONS, "finder"),
    "carer": (RELATIONS, "carer"),
    "informant": (RELATIONS, "informant"),
    "requester": (RELATIONS, "requester"),
}


def related_person(
    source: str,
    relation: str,
    *,
    name: str | None,
    identifiers: Iterable[dict[str, Any]] = (),
    birth_date: str | None = None,
    address_text: str | None = None,
    telephone: str | None = None,
    labels: Iterable[str] = (),
) -> dict[str, Any]:
    """Mother, father, guardian, finder, carer, informant… (see RELATION_CODES)."""
    system, code = RELATION_CODES[relation]
    return without_nothing(
        {
            "resourceType": "RelatedPerson",
            "id": f"related-{relation}",
            "meta": meta(source, labels=labels),
            "identifier": list(identifiers),
            "patient": PATIENT,
            "relationship": [concept(system, code)],
            "name": [human_name(name)] if name else None,
            "telecom": [{"system": "phone", "value": telephone}] if telephone else None,
            "birthDate": birth_date,
            "address": [{"text": address_text}] if address_text else None,
        }
    )
