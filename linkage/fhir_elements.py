"""Reads values out of FHIR elements: extensions, codes, identifiers, days and minutes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from adapters import profile
from adapters.profile import PlaceKind

Element = Mapping[str, Any]
VIETNAM = timezone(timedelta(hours=7))
MINUTES_A_DAY = 24 * 60
KIND_OF_SYSTEM = {system: kind for kind, system in profile.SYSTEMS.items()}
PLACE_SYSTEMS = {f"urn:motem:sid:{kind}": kind for kind in PlaceKind}


def of_type(resources: Sequence[Element], resource_type: str) -> list[Element]:
    return [r for r in resources if r["resourceType"] == resource_type]


def extensions(element: Element, url: str) -> Iterator[Element]:
    """The extensions of one kind that stand on the element."""
    return (e for e in element.get("extension", ()) if e.get("url") == url)


def values(extension: Element, url: str) -> list[Any]:
    """The values of the parts of a complex extension that have this url."""
    return [
        value
        for part in extension.get("extension", ())
        if part.get("url") == url
        for name, value in part.items()
        if name.startswith("value")
    ]


def value(extension: Element, url: str) -> Any:
    return next(iter(values(extension, url)), None)


def is_placeholder(element: Element) -> bool:
    """Kept as sent, but worth nothing as evidence."""
    return any(extensions(element, profile.EXT_PLACEHOLDER))


def first_code(concept: Element | None) -> str | None:
    codings = (concept or {}).get("coding") or [{}]
    code = codings[0].get("code")
    return str(code) if code is not None else None


def place_of(identifier: Element | None) -> str | None:
    """`hospital:01234` for the identifier of a body, else None."""
    if not identifier:
        return None
    kind = PLACE_SYSTEMS.get(identifier.get("system", ""))
    return f"{kind}:{identifier['value']}" if kind and identifier.get("value") else None


def place_of_reference(reference: Element | None) -> str | None:
    """The body that an `Organization/org-<kind>-<code>` reference (or its identifier) names."""
    if not reference:
        return None
    named = place_of(reference.get("identifier"))
    target = str(reference.get("reference", "")).removeprefix("Organization/")
    if named or not target.startswith("org-"):
        return named
    kind, _, code = target.removeprefix("org-").partition("-")
    return f"{kind}:{code}" if code else None


def days(text: str | None) -> list[int]:
    """First and last possible ordinal of a FHIR date or dateTime; empty where there is none."""
    if not text:
        return []
    if "T" in text:
        return [minute_of(text) // MINUTES_A_DAY] * 2
    parts = [int(part) for part in text.split("-")]
    first = date(*[*parts, 1, 1][:3])
    if len(parts) == 3:
        return [first.toordinal()] * 2
    after = date(first.year + 1, 1, 1) if len(parts) == 1 else _next_month(first)
    return [first.toordinal(), after.toordinal() - 1]


def minute_of(text: str) -> int:
    """Minutes since ordinal 0 in Việt Nam's time; a bare day counts from its midnight."""
    if "T" not in text:
        return days(text)[0] * MINUTES_A_DAY
    local = datetime.fromisoformat(text).astimezone(VIETNAM)
    return local.toordinal() * MINUTES_A_DAY + local.hour * 60 + local.minute


def hour_of(text: str) -> int:
    """Hours since ordinal 0, or 0 where the text has no time of day."""
    return minute_of(text) // 60 if "T" in text else 0


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def sorted_set(items: Iterable[Any]) -> tuple[Any, ...]:
    """Sorted, without doubles and without nothing."""
    found = set(filter(None, items))
    return tuple(sorted(found)) if len(found) > 1 else tuple(found)
