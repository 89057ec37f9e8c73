"""The access log over HTTP: AuditEvents of FHIR, and who saw a child."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from gateway import auditing, fhir_log
from gateway.api import answers
from gateway.api.audit_parameters import asked_of, cursor_of
from gateway.api.dependencies import CurrentCaller, Reading
from gateway.api.outcome import FhirResponse, failure
from gateway.auditing import Look
from gateway.errors import NotFoundError
from gateway.fhir_log import Resource, ResourcePage

fhir = APIRouter(prefix="/AuditEvent")
router = APIRouter(prefix="/audit")
RESOURCE_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}(-[1-9]\d{0,5})?")
NO_STORE = {"Cache-Control": "no-store"}


@fhir.get("")
def search(request: Request, session: Reading, caller: CurrentCaller) -> Response:
    """A searchset, the newest first; `next` leads on."""
    asked = asked_of(request.query_params.multi_items())
    page = fhir_log.search(
        session, asked.wanted, caller, child=asked.child, begin=asked.begin, most=asked.count
    )
    return FhirResponse(_text(_bundle(request, page)), headers=NO_STORE)


@fhir.get("/{resource_id}")
def read(resource_id: str, session: Reading, caller: CurrentCaller) -> Response:
    if not RESOURCE_ID.fullmatch(resource_id):
        return failure(NotFoundError())
    found = fhir_log.read(session, resource_id, caller)
    if found is None:
        # Returned, not raised: the event that somebody asked in vain is to be kept.
        return failure(NotFoundError())
    return FhirResponse(_text(found), headers=NO_STORE)


@router.get("/who-saw/{child}")
def who_saw(child: str, session: Reading, caller: CurrentCaller) -> Response:
    """Every look at a child in the order of the log, through merges and splits."""
    found = auditing.who_saw(session, child, caller)
    if found is None:
        return failure(NotFoundError())
    return answers.document(
        {
            "child": found.child,
            "records": found.records,
            "complete": found.size,
            "looks": [_look(one) for one in found.looks],
        }
    )


def _look(one: Look) -> dict[str, Any]:
    event = one.event
    return {
        "number": one.seq,
        "event": event.id,
        "time": event.occurred,
        "who": event.caller.who,
        "system": event.caller.system,
        "purpose": event.caller.purpose,
        "request": event.caller.request,
        "action": event.action,
        "outcome": event.outcome,
        "withheld": event.withheld,
        "because": one.because,
        "via": one.via,
    }


def _bundle(request: Request, page: ResourcePage) -> Resource:
    base = f"{str(request.base_url).rstrip('/')}{request.url.path}"
    told = [item for item in request.query_params.multi_items() if item[0] != "_cursor"]
    own = request.query_params.multi_items()
    links = [{"relation": "self", "url": _url(base, own)}]
    if page.following is not None:
        following = [*told, ("_cursor", cursor_of(page.following))]
        links.append({"relation": "next", "url": _url(base, following)})
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    entries = [
        {"fullUrl": f"{base}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in page.resources
    ]
    return bundle | ({"entry": entries} if entries else {})


def _url(base: str, parameters: list[tuple[str, str]]) -> str:
    return f"{base}?{urlencode(parameters)}" if parameters else base


def _text(resource: Resource) -> str:
    return json.dumps(resource, ensure_ascii=False)
