"""Bundles, put together as text: a resource in one is, byte for byte, the one that is stored."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry. `body` is the resource's text, or None; `rest` what stands beside it."""

    url: str | None
    body: str | None = field(repr=False)
    rest: Mapping[str, Any]


def bundle(
    kind: str,
    links: Sequence[tuple[str, str]],
    entries: Iterable[Entry],
    total: int | None,
    now: datetime | None = None,
) -> str:
    """The text of a Bundle of a type, with links as pairs of relation and URL."""
    head: dict[str, Any] = {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": (now or datetime.now(UTC)).isoformat(timespec="milliseconds")},
        "type": kind,
    }
    if total is not None:
        head["total"] = total
    if links:
        head["link"] = [{"relation": relation, "url": url} for relation, url in links]
    texts = [_entry(entry) for entry in entries]
    inside = f',"entry":[{",".join(texts)}]' if texts else ""
    return f"{_text(head)[:-1]}{inside}}}"


def _entry(entry: Entry) -> str:
    url = f'"fullUrl":{_text(entry.url)},' if entry.url is not None else ""
    resource = f'"resource":{entry.body},' if entry.body is not None else ""
    return f"{{{url}{resource}{_text(entry.rest)[1:]}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
