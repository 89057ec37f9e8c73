"""Bundles as they are answered: entries and links with the addresses of this service."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from gateway.api.outcome import FhirResponse, warning
from gateway.everything import Everything
from gateway.fhir.bundle import Entry, bundle
from gateway.fhir.query import CURSOR
from gateway.lookup import FoundResource, History
from gateway.searching import Answer, Shown
from gateway.subscription_form import KIND, past_of
from gateway.subscription_history import Method, Past, Version

Pairs = Sequence[tuple[str, str]]
FHIR_BASE = "/fhir/R4"
NO_STORE = {"Cache-Control": "no-store"}
CUT = (
    "Còn dữ liệu liên quan chưa gửi kèm; hãy giảm _count.",
    "More belongs to these results than comes along; ask for smaller pages by _count.",
)


def searchset(request: Request, found: Answer) -> FhirResponse:
    """A page of a search; its links hold no value that may be a child's data."""
    base, applied = _base(request), found.asked.applied
    here = [(CURSOR, found.asked.cursor)] if found.asked.cursor else []
    own = f"{base}/{found.asked.kind}"
    links = [("self", _url(own, [*applied, *here]))]
    for relation, cursor in (("next", found.following), ("previous", found.previous)):
        links += _onward(relation, own, applied, cursor)
    entries = [_hit(base, one, "match") for one in found.matches]
    entries += [_hit(base, one, "include") for one in found.included]
    if found.is_cut:
        text = json.dumps(warning("incomplete", *CUT), ensure_ascii=False)
        entries.append(Entry(url="urn:motem:outcome", body=text, rest=_mode("outcome")))
    return _answer("searchset", links, entries, found.total)


def whole_child(request: Request, found: Everything) -> FhirResponse:
    """A page of all that is kept of a child."""
    base, applied = _base(request), found.extent.applied
    own = _address(request)
    links = [("self", _url(own, applied)), *_onward("next", own, applied, found.following)]
    entries = [_hit(base, one, "match") for one in found.own]
    entries += [_hit(base, one, "include") for one in found.along]
    return _answer("searchset", links, entries, None)


def history(request: Request, found: History) -> FhirResponse:
    """A page of versions, the newest first."""
    own, applied = _address(request), found.extent.applied
    links = [("self", _url(own, applied)), *_onward("next", own, applied, found.following)]
    entries = [_version(_base(request), one) for one in found.versions]
    return _answer("history", links, entries, None)


def versions_of(request: Request, found: Past) -> FhirResponse:
    """A page of versions of a Subscription, the newest first; its end has no resource."""
    own, applied = _address(request), found.extent.applied
    links = [("self", _url(own, applied)), *_onward("next", own, applied, found.following)]
    entries = [_past(_base(request), one) for one in found.versions]
    return _answer("history", links, entries, None)


def _past(base: str, one: Version) -> Entry:
    is_first, is_over = one.method is Method.POST, one.method is Method.DELETE
    status = "201" if is_first else "204" if is_over else "200"
    rest = {
        "request": {"method": one.method, "url": KIND if is_first else f"{KIND}/{one.id}"},
        "response": {
            "status": status,
            "etag": f'W/"{one.number}"',
            "lastModified": one.changed.isoformat(timespec="milliseconds"),
        },
    }
    body = None if is_over else json.dumps(past_of(one), ensure_ascii=False)
    return Entry(url=f"{base}/{KIND}/{one.id}", body=body, rest=rest)


def _answer(
    kind: str, links: Sequence[tuple[str, str]], entries: Sequence[Entry], total: int | None
) -> FhirResponse:
    return FhirResponse(bundle(kind, links, entries, total), headers=NO_STORE)


def _onward(relation: str, own: str, applied: Pairs, cursor: str | None) -> Pairs:
    return [(relation, _url(own, [*applied, (CURSOR, cursor)]))] if cursor else []


def _hit(base: str, one: Shown, mode: str) -> Entry:
    return Entry(url=f"{base}/{one.type}/{one.id}", body=one.body, rest=_mode(mode))


def _mode(mode: str) -> dict[str, Any]:
    return {"search": {"mode": mode}}


def _version(base: str, one: FoundResource) -> Entry:
    is_first = one.version_id == 1
    rest = {
        "request": {
            "method": "POST" if is_first else "PUT",
            "url": one.type if is_first else f"{one.type}/{one.id}",
        },
        "response": {
            "status": "201" if is_first else "200",
            "etag": f'W/"{one.version_id}"',
            "lastModified": one.last_updated.isoformat(timespec="milliseconds"),
        },
    }
    return Entry(url=f"{base}/{one.type}/{one.id}", body=one.body, rest=rest)


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{FHIR_BASE}"


def _address(request: Request) -> str:
    """Where this was asked; only of what was found, so that the path holds ids of ours."""
    return f"{str(request.base_url).rstrip('/')}{request.scope['path']}"


def _url(address: str, parameters: Pairs) -> str:
    return f"{address}?{urlencode(parameters)}" if parameters else address
