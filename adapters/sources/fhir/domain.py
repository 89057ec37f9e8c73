"""Which of a Patient's identifiers is the sender's own: its system is the sender's domain."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from adapters.contract import EVERY_DOMAIN, Domains, Resource
from adapters.errors import PayloadError, Problem
from adapters.sources.fhir.fields import (
    FILE_TYPES,
    KINDS,
    NEVER_KEY_BASES,
    NEVER_KEYS,
    TYPE_SYSTEMS,
)

USES = {"official": 0, "usual": 1, "": 2, "secondary": 3}
"""How well a use marks the sender's own number; temporary and old ones never do."""


def own_number(
    patient: Mapping[str, Any], hints: Iterable[str], domains: Domains = EVERY_DOMAIN
) -> tuple[str, str] | None:
    """(system, value) of the record key, None where no identifier can be one.

    First those whose system belongs to what the payload says of its sender (`hints`), then by
    use, then medical-record numbers, then those with an assigner; at last in the order of the
    alphabet, so that the order of a list decides nothing.
    Raises PayloadError(FOREIGN_DOMAIN) where all that can be are in domains of others.
    """
    sayings = [hint for hint in map(_owner, hints) if hint]
    possible = [number for number in patient.get("identifier", ()) if _may_be_key(number)]
    allowed = [number for number in possible if domains.allow(number["system"])]
    if not possible:
        return None
    if not allowed:
        raise PayloadError(Problem.FOREIGN_DOMAIN, element="Patient.identifier.system")
    best = min(_rank(number, sayings) for number in allowed)
    return best[-2], best[-1]


def _rank(number: Resource, owners: Sequence[str]) -> tuple[bool, int, bool, bool, str, str]:
    return (
        _owner(number["system"]) not in owners,
        USES[number.get("use", "")],
        not FILE_TYPES & types_of(number),
        "assigner" not in number,
        number["system"],
        number["value"],
    )


def _may_be_key(number: Resource) -> bool:
    system, value = number.get("system", ""), number.get("value", "")
    return (
        bool(system and value)
        and number.get("use", "") in USES
        and not any(sign in system for sign in "| \t\n")
        and system not in KINDS
        and not system.startswith(NEVER_KEY_BASES)
        and not NEVER_KEYS & types_of(number)
        and any(map(str.isalnum, value))
    )


def types_of(number: Mapping[str, Any]) -> frozenset[str]:
    """Codes of HL7 table 0203 that an identifier has."""
    return frozenset(
        coding["code"]
        for coding in number.get("type", {}).get("coding", ())
        if coding.get("system", "") in TYPE_SYSTEMS and "code" in coding
    )


def _owner(address: str) -> str:
    """Whose an address is: the host of a web address, else a urn up to its last part."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return ""
    if host:
        return host
    return "" if address.startswith("urn:uuid:") else address.partition("#")[0]
