"""Reads values out of a golden Patient and the resources of its sources, for messages to others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from adapters.contract import Resource
from adapters.profile import EXT_PLACEHOLDER, SYSTEMS, IdentifierKind, PlaceKind

NAME_USES = ("official", "usual", "temp")
Parts: TypeAlias = dict[str, list[Any]]
"""The values of a complex extension by the name of their part."""


def number_of(patient: Resource, kind: IdentifierKind) -> str | None:
    """The first standing number of a kind."""
    return next((i.get("value") for i in identifiers_of(patient, kind)), None)


def issuer_of(identifier: Mapping[str, Any]) -> str | None:
    """The code of the body that gave the number."""
    found: str | None = identifier.get("assigner", {}).get("identifier", {}).get("value")
    return found


def identifiers_of(patient: Resource, kind: IdentifierKind) -> Iterator[dict[str, Any]]:
    """Numbers of a kind that stand: neither old nor a placeholder."""
    for identifier in patient.get("identifier", ()):
        standing = identifier.get("use") != "old" and not is_placeholder(identifier)
        if identifier.get("system") == SYSTEMS[kind] and standing:
            yield identifier


def name_of(patient: Resource) -> str | None:
    """The name a child is called by: official before usual before temporary."""
    named = [
        (NAME_USES.index(name["use"]), number, str(name["text"]))
        for number, name in enumerate(patient.get("name", ()))
        if name.get("use") in NAME_USES and name.get("text") and not is_placeholder(name)
    ]
    return min(named)[2] if named else None


def home_of(resources: Sequence[Resource]) -> str | None:
    """The home that the records name, where there is one only."""
    system = f"urn:motem:sid:{PlaceKind.HOME}"
    names = {
        str(organization["name"])
        for organization in of_type(resources, "Organization")
        if organization.get("name")
        and any(i.get("system") == system for i in organization.get("identifier", ()))
    }
    return names.pop() if len(names) == 1 else None


def of_type(resources: Iterable[Resource], kind: str) -> list[Resource]:
    return [resource for resource in resources if resource["resourceType"] == kind]


def code_of(resource: Resource) -> str | None:
    codings = resource.get("code", {}).get("coding") or [{}]
    code: str | None = codings[0].get("code")
    return code


def is_placeholder(element: Mapping[str, Any]) -> bool:
    return any(e.get("url") == EXT_PLACEHOLDER for e in element.get("extension", ()))


def parts_of(element: Mapping[str, Any], url: str) -> Parts:
    """The values of the first extension of this kind by the name of their part."""
    found: Parts = {}
    extension: Mapping[str, Any] = next(
        (e for e in element.get("extension", ()) if e.get("url") == url), {}
    )
    for part in extension.get("extension", ()):
        values = [value for name, value in part.items() if name.startswith("value")]
        found.setdefault(part["url"], []).extend(values)
    return found
