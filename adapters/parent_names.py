"""A hospital's name for a child that any of its papers gives a parent: kept, but no evidence."""

from collections.abc import Container, Sequence
from dataclasses import replace

from adapters.contract import Conversion, Resource
from adapters.legacy_text import fold
from adapters.profile import (
    EXT_PLACEHOLDER,
    TAG_SYSTEM,
    Tag,
    coding,
    human_name,
    meta,
)

HOSPITAL = meta("hospital")["source"]


def masked(conversions: Sequence[Conversion]) -> Sequence[Conversion]:
    """What a record said, its child's names flagged where one of its RelatedPersons bears them.

    A newborn without papers bears a parent's name in HO_TEN, and XML7 or XML8, which tell it, may
    come in another message, before or after (vn_domain.md 4.2, 8.3). Only in hospitals: elsewhere
    a daughter may truly be called like her mother.
    """
    parents = {
        fold(name["text"])
        for conversion in conversions
        for resource in conversion.resources
        if resource["resourceType"] == "RelatedPerson" and _is_hospitals(resource)
        for name in resource.get("name", ())
        if name.get("text")
    }
    return [_masked(conversion, parents) for conversion in conversions] if parents else conversions


def _is_hospitals(resource: Resource) -> bool:
    return bool(resource.get("meta", {}).get("source") == HOSPITAL)


def _masked(conversion: Conversion, parents: Container[str]) -> Conversion:
    return replace(
        conversion,
        resources=[
            _patient(resource, parents)
            if resource["resourceType"] == "Patient" and _is_hospitals(resource)
            else resource
            for resource in conversion.resources
        ],
    )


def _patient(patient: Resource, parents: Container[str]) -> Resource:
    stated = patient.get("name", [])
    names = [_name(name, parents) for name in stated]
    if names == stated:
        return patient
    if any(_is_real(name) for name in names):
        return {**patient, "name": names}
    tag = coding(TAG_SYSTEM, Tag.PLACEHOLDER_NAME)
    tags = sorted([*patient["meta"].get("tag", ()), tag], key=lambda one: one["code"])
    return {**patient, "name": names, "meta": {**patient["meta"], "tag": tags}}


def _name(name: Resource, parents: Container[str]) -> Resource:
    text = name.get("text", "")
    if _is_flagged(name) or fold(text) not in parents:
        return name
    return human_name(text, "old" if name.get("use") == "old" else "temp", "parent-name")


def _is_real(name: Resource) -> bool:
    return not _is_flagged(name) and name.get("use") != "anonymous"


def _is_flagged(name: Resource) -> bool:
    return any(e.get("url") == EXT_PLACEHOLDER for e in name.get("extension", ()))
