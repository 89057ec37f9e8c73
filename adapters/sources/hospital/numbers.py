"""Papers, cards and file numbers → FHIR identifiers; placeholder numbers are kept and flagged."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.formats.placeholders import all_zero
from adapters.profile import EXT_AS_SENT, IdentifierKind, Place, flag_placeholder, identifier
from adapters.sources.hospital.fields import CERTIFICATE_NUMBER
from adapters.sources.hospital.merges import file_number

PERSONAL_ID_LENGTH = 12
PAPERS = (
    (re.compile(r"\d{10,12}"), IdentifierKind.PERSONAL_ID),
    (re.compile(r"\d{9}"), IdentifierKind.OLD_ID_CARD),
    (re.compile(r"[A-Z]{1,2}\d{6,8}"), IdentifierKind.PASSPORT),
)
"""SO_CCCD by its form. Ten and eleven digits lost the zeros of their prefix (vn_domain.md 3.1)."""
CARD = re.compile(r"[A-Z]{2}[0-9A-Z]\d{12}|\d{10}|\d{12}")
"""A whole card, or the health-insurance or personal number that stands for it (3.2)."""
_MINUTES = re.compile(r"bi[êe]n b[ảa]n(?: s[ốo])?[:\s]+([\w.-]+/[\w./-]*\w)", re.IGNORECASE)


def identifiers_of(content: Mapping[str, Any], facility: Place | None) -> list[dict[str, Any]]:
    """All numbers that a table states of the child."""
    found = [*_files(content, facility), *_certificate(content, facility)]
    for number in (content.get("paper"), *content.get("papers", ())):
        found += papers(number)
    for card in content.get("cards", ()):
        found.append(insurance(card))
    if "temporary_card" in content:
        found.append(insurance(content["temporary_card"], IdentifierKind.TEMPORARY_INSURANCE))
    return found + _minutes(content.get(key) for key in ("note", "reason"))


def papers(number: str | None) -> list[dict[str, Any]]:
    """SO_CCCD: personal ID, old ID card or passport; an e-ID account keeps its value only."""
    if not number:
        return []
    kind = next((kind for form, kind in PAPERS if form.fullmatch(number)), None)
    if kind is None:
        return [{"type": {"text": "SO_CCCD"}, "value": number}]
    if all_zero(number):
        return [placeholder(identifier(kind, number), "zero-digits")]
    if kind is IdentifierKind.PERSONAL_ID and len(number) < PERSONAL_ID_LENGTH:
        whole = identifier(kind, number.zfill(PERSONAL_ID_LENGTH))
        return [{"extension": [{"url": EXT_AS_SENT, "valueString": number}]} | whole]
    return [identifier(kind, number)]


def insurance(number: str, kind: IdentifierKind = IdentifierKind.INSURANCE) -> dict[str, Any]:
    """A card. Ten zeros stand for "no number yet" and are no evidence (vn_domain.md 3.2)."""
    card = identifier(kind, number)
    if all_zero(number):
        return placeholder(card, "zero-digits")
    return card if CARD.fullmatch(number) else placeholder(card, "wrong-form")


def placeholder(element: dict[str, Any], reason: str) -> dict[str, Any]:
    return {"extension": [flag_placeholder(reason)]} | element | {"use": "temp"}


def _files(content: Mapping[str, Any], facility: Place | None) -> list[dict[str, Any]]:
    others = [file_number(other, "secondary") for other in content.get("other_files", ())]
    # Without the patient's number a case number would make an earlier one look replaced.
    if "file" not in content:
        return others
    file = identifier(IdentifierKind.FILE, content["file"], issuer=facility, use="usual")
    case = content.get("case_file", content["file"])
    if case == content["file"]:
        return [file, *others]
    return [file, identifier(IdentifierKind.FILE, case, issuer=facility, use="secondary")]


def _certificate(content: Mapping[str, Any], facility: Place | None) -> list[dict[str, Any]]:
    """The national form is unique; a number of another form only at its hospital."""
    number = content.get("certificate")
    if number is None:
        return []
    issuer = None if CERTIFICATE_NUMBER.fullmatch(number) else facility
    return [identifier(IdentifierKind.BIRTH_CERTIFICATE, number, issuer=issuer)]


def _minutes(texts: Iterable[str | None]) -> list[dict[str, Any]]:
    """ "Theo biên bản 12/BB-CAX": the minutes by number, whose commune the hospital leaves out."""
    numbers = {match[1] for text in texts if text for match in _MINUTES.finditer(text)}
    return [identifier(IdentifierKind.MINUTES, number) for number in sorted(numbers)]
