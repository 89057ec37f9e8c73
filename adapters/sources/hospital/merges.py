"""A hospital's own word that two of its numbers are one patient: Patient.link, both ways."""

from collections.abc import Mapping
from typing import Any

from adapters.profile import IdentifierKind, Place, PlaceKind, identifier

LINKS = {"replaces": "replaces", "replaced_by": "replaced-by"}
"""Our name → code of link-type. The target may not have come yet, so it is named by its number."""


def to_links(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A logical reference for each number; it never becomes a literal one."""
    return [
        {"other": {"type": "Patient", "identifier": file_number(file)}, "type": code}
        for key, code in LINKS.items()
        for file in content.get(key, ())
    ]


def file_number(file: Mapping[str, str], use: str | None = None) -> dict[str, Any]:
    """`{"facility", "file"}` as an identifier of that house."""
    code = file["facility"]
    house = Place(kind=PlaceKind.HOSPITAL, code=code) if code else None
    return identifier(IdentifierKind.FILE, file["file"], issuer=house, use=use)
