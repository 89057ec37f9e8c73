"""Names and birth dates as sent → with text, and with placeholders flagged."""

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.contract import Resource
from adapters.formats import births, placeholders
from adapters.formats.placeholders import names_facility
from adapters.profile import BIRTH_TIME, EXT_BIRTH_RANGE, EXT_PLACEHOLDER, flag_placeholder


def to_names(names: Iterable[Resource], parents: Iterable[str] = ()) -> list[Resource]:
    """Each name with its whole text, in the Vietnamese order; what is no name gets the flag."""
    known = list(parents)
    return [_name(name, known) for name in names]


def text_of(name: Mapping[str, Any]) -> str | None:
    """The text, else family and given names (family first, as Vietnamese is written)."""
    if name.get("text"):
        return str(name["text"])
    given = [part for part in name.get("given", ()) if part]
    return " ".join(filter(None, [name.get("family"), *given])) or None


def _name(name: Resource, parents: list[str]) -> Resource:
    text = text_of(name)
    if text is None or _is_flagged(name):
        return name
    behind = placeholders.read_name(text, parents)
    made = {**name, "text": text}
    if behind is None:
        return made
    flags = [*name.get("extension", ()), flag_placeholder(behind.reason)]
    return made | {"extension": flags, "use": name.get("use", "anonymous")}


def to_birth(patient: Resource) -> Resource:
    """`birthDate` and `_birthDate`: the first of January alone is what stands for a whole year."""
    stated, beside = patient.get("birthDate"), patient.get("_birthDate", {})
    extensions = beside.get("extension", [])
    said = {extension.get("url") for extension in extensions}
    if not stated or said & {EXT_BIRTH_RANGE, BIRTH_TIME} or not births.is_default_date(stated):
        return {name: patient[name] for name in ("birthDate", "_birthDate") if name in patient}
    made = births.default_date(stated).elements()
    return {
        "birthDate": made["birthDate"],
        "_birthDate": {**beside, "extension": [*extensions, *made["_birthDate"]["extension"]]},
    }


def to_addresses(addresses: Iterable[Resource]) -> list[Resource]:
    """Each address with its whole text; a facility's own address is no home."""
    return [_address(address) for address in addresses]


def _address(address: Resource) -> Resource:
    parts = [*address.get("line", ()), *(address.get(p) for p in ("district", "city", "state"))]
    text = address.get("text") or ", ".join(filter(None, parts))
    if not text:
        return address
    made = {**address, "text": text}
    if names_facility(text) and not _is_flagged(address):
        flags = [*address.get("extension", ()), flag_placeholder("facility-name")]
        return made | {"extension": flags}
    return made


def _is_flagged(element: Mapping[str, Any]) -> bool:
    return any(e.get("url") == EXT_PLACEHOLDER for e in element.get("extension", ()))
