"""Numbers that the whole country knows, recognised by their system or type, as evidence."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.contract import Resource
from adapters.formats import evidence
from adapters.profile import IdentifierKind, Place, PlaceKind, flag_placeholder
from adapters.sources.fhir.domain import types_of
from adapters.sources.fhir.fields import FILE_TYPES, KINDS, KINDS_BY_TYPE
from adapters.sources.fhir.roles import place_of_number

ISSUED = frozenset({IdentifierKind.FILE, IdentifierKind.TRANSFER_LETTER, IdentifierKind.MINUTES})
"""Kinds that are unique only for their issuer."""
DIGITS = frozenset({IdentifierKind.PERSONAL_ID, IdentifierKind.OLD_ID_CARD})
CARDS = frozenset({IdentifierKind.INSURANCE, IdentifierKind.TEMPORARY_INSURANCE})
LOCAL = "local-number"
"""Why a parent's number is no evidence: two hospitals may give the same to two women."""


def of_child(
    numbers: Iterable[Resource], own: Mapping[str, str] | None, house: Place | None
) -> list[Resource]:
    """All numbers as sent; each that we know stands in our form too, in its place or beside it."""
    return [made for number in numbers for made in _of_child(number, own, house)]


def of_relative(numbers: Iterable[Resource]) -> list[Resource]:
    """Numbers of a mother, father or guardian; those of a single house are flagged."""
    found: list[Resource] = []
    for number in numbers:
        kind = kind_of(number)
        national = kind is not None and kind not in ISSUED
        value = number.get("value")
        if kind and national and value:
            found += _beside(number, evidence.number(kind, _bare(kind, value)))
        else:
            found.append(_flagged(number))
    return found


def kind_of(number: Resource) -> IdentifierKind | None:
    """What is numbered, by the system, else by the type."""
    by_system = KINDS.get(number.get("system", ""))
    types = sorted(types_of(number) & KINDS_BY_TYPE.keys())
    return by_system or (KINDS_BY_TYPE[types[0]] if types else None)


def _of_child(
    number: Resource, own: Mapping[str, str] | None, house: Place | None
) -> Iterator[Resource]:
    kind, value = kind_of(number), number.get("value", "")
    is_own = own is not None and own.items() <= number.items()
    if kind is None and (is_own or types_of(number) & FILE_TYPES):
        kind = IdentifierKind.FILE
    if kind is None or not value:
        yield number
        return
    issuer = _issuer(number) or (house if kind is IdentifierKind.FILE else None)
    if kind in ISSUED and issuer is None:
        yield number
        return
    yield from _beside(number, _made(kind, _bare(kind, value), issuer))


def _made(kind: IdentifierKind, value: str, issuer: Place | None) -> Resource:
    if kind is IdentifierKind.PERSONAL_ID:
        return evidence.personal_id(value)
    return evidence.number(kind, value, issuer=issuer if kind in ISSUED else None)


def _beside(number: Resource, made: Resource) -> list[Resource]:
    """One element where the sender's system is ours, else the sender's and ours."""
    about: Resource = {name: number[name] for name in ("use", "period") if name in number}
    if number.get("system") != made["system"]:
        return [number, {**about, **made}]
    extensions = [*number.get("extension", ()), *made.get("extension", ())]
    whole = {**made, **number, "value": made["value"]}
    if "assigner" in made:
        whole["assigner"] = number.get("assigner", {}) | made["assigner"]
    return [whole | {"extension": extensions} if extensions else whole]


def _bare(kind: IdentifierKind, value: str) -> str:
    if kind is IdentifierKind.BIRTH_CERTIFICATE:
        return evidence.certificate(value)
    digits = re.sub(r"[\s.\-]", "", value)
    if kind in CARDS:
        return digits.upper()
    return digits if kind in DIGITS and digits.isdigit() else value


def _issuer(number: Resource) -> Place | None:
    assigner: dict[str, Any] = number.get("assigner", {})
    return place_named(assigner)


def _named(reference: Mapping[str, Any]) -> Place | None:
    """The body in `Organization/org-<kind>-<code>`, as `record` writes it."""
    found = re.fullmatch(r"Organization/org-([a-z]+)-(.+)", str(reference.get("reference", "")))
    kinds = {kind.value: kind for kind in PlaceKind}
    return Place(kind=kinds[found[1]], code=found[2]) if found and found[1] in kinds else None


def place_named(reference: Mapping[str, Any]) -> Place | None:
    """The body that a reference of a record names, by number or by our shared Organization."""
    return place_of_number(reference.get("identifier", {})) or _named(reference)


def _flagged(number: Resource) -> Resource:
    return {**number, "extension": [*number.get("extension", ()), flag_placeholder(LOCAL)]}
