"""What the references inside a payload point to, by the rules of Bundle (FHIR R4, 2.36.4.1)."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from adapters.contract import Resource
from adapters.profile import without_nothing
from adapters.sources.fhir.bundle import Item

URI = "urn:ietf:rfc:3986"
"""System of identifiers that are addresses."""
LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")
NOBODY = {"display": "?"}
"""Stands where a resource must point to something and nothing is left to name it by."""
TYPED = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]*$")
"""The type in an address, with the id or, of a conditional reference, without."""
VERSION = re.compile(r"/_history/[^/]+$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """Every way to name a resource of the payload → those that have that name."""

    items: Sequence[Item]
    names: Mapping[tuple[str, ...], Sequence[int]] = field(repr=False)

    def target(self, source: int, reference: Mapping[str, Any]) -> int | None:
        """The resource that is meant; None where none is, or more than one may be."""
        text = reference.get("reference")
        if not text:
            identifier = reference.get("identifier", {})
            return self._only(_by_identifier(reference.get("type", "Patient"), identifier))
        if text.startswith("#"):
            container = self.items[source].container
            holder = source if container is None else container
            return holder if text == "#" else self._only(("#", str(holder), text[1:]))
        if "?" in text:
            return self._only(_by_query(text))
        return self._at(source, VERSION.sub("", text))

    def _at(self, source: int, address: str) -> int | None:
        local = LOCAL.fullmatch(address)
        if not local:
            return self._only((address,))
        holder = self.items[source].container
        own = self.items[source if holder is None else holder].url
        base = re.sub(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}$", "", own)
        beside = self._only((base + address,)) if base != own else None
        return self._only(local.groups()) if beside is None else beside

    def _only(self, name: tuple[str, ...] | None) -> int | None:
        found = self.names.get(name, ()) if name else ()
        return found[0] if len(found) == 1 else None


def index(items: Sequence[Item]) -> Index:
    names: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        for name in dict.fromkeys(_names(item)):
            names[name].append(place)
    return Index(items=items, names=names)


def unresolved(reference: Mapping[str, Any], target: Resource | None) -> Resource:
    """A reference to what is not part of the record: by identifier, for no address of ours fits.

    `target` is the resource where it stands in the payload, as part of another record.
    """
    text = reference.get("reference", "")
    local = LOCAL.fullmatch(text)
    number = reference.get("identifier") or _first_number(target) or _as_identifier(text)
    kind = reference.get("type") or (target or {}).get("resourceType")
    kept = {name: inner for name, inner in reference.items() if name != "reference"}
    made = without_nothing(
        {**kept, "type": kind or (local[1] if local else None), "identifier": number}
    )
    return made or NOBODY


def may_be_patient(reference: Mapping[str, Any]) -> bool:
    """Whether it names somebody, and says of no other type that it is one."""
    address = VERSION.sub("", reference.get("reference", "").partition("?")[0])
    named = TYPED.search(address) or TYPED.search(f"{address}/")
    kind = reference.get("type") or (named[1] if named else "Patient")
    return kind == "Patient" and bool(address or reference.get("identifier"))


def _as_identifier(text: str) -> Resource | None:
    """A urn made for one payload names nothing outside it, and is another one the next time."""
    if not text or text.startswith("urn:uuid:"):
        return None
    return {"system": URI, "value": text} if ":" in text else {"value": text}


def _first_number(target: Resource | None) -> Resource | None:
    numbers = [n for n in (target or {}).get("identifier", ()) if "system" in n and "value" in n]
    first = min(numbers, key=lambda n: (n["system"], n["value"]), default=None)
    return {"system": first["system"], "value": first["value"]} if first else None


def _names(item: Item) -> list[tuple[str, ...]]:
    resource = item.resource
    id_ = resource.get("id", "")
    if item.container is not None:
        return [("#", str(item.container), id_)]
    found: list[tuple[str, ...]] = [(VERSION.sub("", item.url),)] if item.url else []
    if id_:
        found.append((item.kind, id_))
    numbers = resource.get("identifier", [])
    for number in numbers if isinstance(numbers, list) else [numbers]:
        name = _by_identifier(item.kind, number)
        if name:
            found.append(name)
    return found


def _by_identifier(kind: str, identifier: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "system" not in identifier or "value" not in identifier:
        return None
    return "identifier", kind, identifier["system"], identifier["value"]


def _by_query(text: str) -> tuple[str, ...] | None:
    """A conditional reference of a transaction: `Patient?identifier=<system>|<value>`."""
    kind, _, query = text.partition("?")
    system, bar, value = (parse_qs(query).get("identifier") or [""])[0].partition("|")
    return ("identifier", kind, system, value) if bar and "&" not in query else None
