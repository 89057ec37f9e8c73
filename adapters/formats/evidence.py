"""Names, numbers and papers as FHIR elements, with placeholders flagged and kept."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters import communes
from adapters.contract import Resource
from adapters.formats import births, placeholders
from adapters.formats.births import Birth
from adapters.formats.values import local_day
from adapters.profile import (
    ETHNICITY,
    EXT_PLACEHOLDER,
    IdentifierKind,
    Place,
    PlaceKind,
    Tag,
    flag_placeholder,
    human_name,
    identifier,
    meta,
    without_nothing,
)

PAPERS = {
    "cccd": IdentifierKind.PERSONAL_ID,
    "cancuoc": IdentifierKind.PERSONAL_ID,
    "cancuoccongdan": IdentifierKind.PERSONAL_ID,
    "sodinhdanh": IdentifierKind.PERSONAL_ID,
    "cmnd": IdentifierKind.OLD_ID_CARD,
    "chungminhnhandan": IdentifierKind.OLD_ID_CARD,
    "hochieu": IdentifierKind.PASSPORT,
    "passport": IdentifierKind.PASSPORT,
}
"""Kinds of identity papers as senders name them, without case, marks and spaces."""

ETHNIC_GROUPS = "http://fhir.ehealth.gov.vn/core/CodeSystem/vn-core-race"
"""Named "race" in vn-core-ig, it lists the ethnic groups (vn_domain.md 4.4)."""

BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
NATIONALITY = "http://hl7.org/fhir/StructureDefinition/patient-nationality"

_CERTIFICATE = re.compile(r"(\d{5})\W*GCS\W*(\d{5})\W*(\d{2})", re.IGNORECASE)


def name(text: str, use: str) -> dict[str, Any]:
    """A name; one that is no name ("bé bỏ rơi", "con bà …") keeps its text and gets the flag."""
    behind = placeholders.read_name(text)
    if behind is None:
        return human_name(text, use)
    return human_name(text, "anonymous" if use == "temp" else use, behind.reason)


def number(kind: IdentifierKind, value: str, **about: Any) -> dict[str, Any]:
    """An identifier as `profile.identifier` makes it; "chưa có" and zeros get the flag."""
    made = identifier(kind, value, **about)
    if _is_no_number(kind, value):
        return {**made, "extension": [flag_placeholder("no-number")]}
    return made


def _is_no_number(kind: IdentifierKind, value: str) -> bool:
    """Zeros, or words in place of a number; a file may be called by letters."""
    has_digit = any(map(str.isdigit, value))
    return placeholders.all_zero(value) or (not has_digit and kind is not IdentifierKind.FILE)


def certificate(value: str) -> str:
    """A birth certificate's number in its one form `ddddd.GCS.ddddd.yy`, else as sent."""
    found = _CERTIFICATE.fullmatch(value)
    return f"{found[1]}.GCS.{found[2]}.{found[3]}" if found else value


def paper(value: str, kind: str | None = None) -> dict[str, Any]:
    """A grown-up's identity paper: its kind as stated, else 12 digits, 9 digits, or a passport."""
    named = PAPERS.get(kind or "")
    bare = re.sub(r"[\s.]", "", value)
    by_form = {9: IdentifierKind.OLD_ID_CARD, 12: IdentifierKind.PERSONAL_ID}
    found = by_form.get(len(bare)) if bare.isdigit() else None
    return number(found or named or IdentifierKind.PASSPORT, bare if bare.isdigit() else value)


def tags(
    names: Sequence[Mapping[str, Any]], birth: dict[str, Any], *, unkeyed: bool = False
) -> list[Tag]:
    """Placeholder tags of a Patient: the name's where all its names are placeholders."""
    found = []
    if names and all(map(_flagged, names)):
        found.append(Tag.PLACEHOLDER_NAME)
    if births.is_placeholder(birth):
        found.append(Tag.PLACEHOLDER_BIRTH_DATE)
    return [*found, Tag.UNKEYED] if unkeyed else found


def patient(
    source: str,
    *,
    names: Sequence[dict[str, Any]] = (),
    birth: Birth | None = None,
    labels: Iterable[str] = (),
    unkeyed: bool = False,
    **elements: Any,
) -> Resource:
    """The record's Patient with its names, its birth and the tags that they ask for.

    `elements` are its other elements; what is empty is left out.
    """
    born = birth.elements() if birth else {}
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": meta(source, tags=tags(names, born, unkeyed=unkeyed), labels=labels),
            "name": list(names),
            **born,
            **elements,
        }
    )


def parent_in(text: str | None) -> tuple[str, str] | None:
    """("mother", name) where a child is called "con bà <name>" (vn_domain.md 8.3)."""
    behind = placeholders.read_name(text) if text else None
    if behind is None or not behind.parent or behind.relation not in ("mother", "father"):
        return None
    return behind.relation, behind.parent


def commune_place(code: str) -> Place:
    return Place(kind=PlaceKind.COMMUNE, code=code)


def province(code: str | None, time: str | None) -> str | None:
    """Today's province of a commune as stated at a time, where all its readings agree."""
    found = communes.readings(code, local_day(time)) if code else ()
    provinces = {communes.province_of(commune) for commune in found}
    return provinces.pop() if len(provinces) == 1 else None


def _flagged(element: Mapping[str, Any]) -> bool:
    return any(extension["url"] == EXT_PLACEHOLDER for extension in element.get("extension", ()))


def personal_id(value: str) -> dict[str, Any]:
    """A child's personal ID. What has not 12 digits is kept as sent and flagged."""
    made = number(IdentifierKind.PERSONAL_ID, value)
    well_formed = len(value) == 12 and value.isascii() and value.isdigit()
    if well_formed or "extension" in made:
        return made
    return {**made, "extension": [flag_placeholder("wrong-form")]}


def ethnicity(stated: str | None) -> list[dict[str, Any]]:
    """Extension for dân tộc as sent, a name or a two-digit code (QĐ 121-TCTK/PPCĐ)."""
    if not stated:
        return []
    coded = {"coding": [{"system": ETHNIC_GROUPS, "code": stated}]}
    return [
        {"url": ETHNICITY, "valueCodeableConcept": coded if stated.isdigit() else {"text": stated}}
    ]


def nationality(stated: str | None) -> list[dict[str, Any]]:
    """Extension for quốc tịch as sent."""
    if not stated:
        return []
    code = {"url": "code", "valueCodeableConcept": {"text": stated}}
    return [{"url": NATIONALITY, "extension": [code]}]
