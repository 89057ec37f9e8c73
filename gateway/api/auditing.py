"""The access log over HTTP: AuditEvents of FHIR, who saw a child, and what a breach touched."""

import json
import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from gateway import auditing, fhir_log
from gateway.api import answers
from gateway.api.audit_parameters import asked_of, cursor_of
from gateway.api.dependencies import CurrentCaller, Reading
from gateway.api.outcome import FhirResponse, failure
from gateway.auditing import Look
from gateway.errors import NotFoundError, WrongRequestError
from gateway.fhir_log import Resource, ResourcePage
from gateway.guardian import guardian_form
from gateway.incident import Touched, incident

fhir = APIRouter(prefix="/AuditEvent")
router = APIRouter(prefix="/audit")
RESOURCE_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}(-[1-9]\d{0,5})?")
NO_STORE = {"Cache-Control": "no-store"}
LONGEST = timedelta(days=31)
"""Of a breach that is asked about over HTTP: its events are held in memory."""
Word = Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]+$")]


class WrongPeriodError(WrongRequestError):
    """`to` comes after `from`, and at most 31 days later."""

    vietnamese = "`to` phải sau `from`, và cách nhau không quá 31 ngày."


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
def who_saw(
    child: str,
    session: Reading,
    caller: CurrentCaller,
    form: Annotated[Literal["guardian"] | None, Query()] = None,
) -> Response:
    """Every look at a child in the order of the log, through merges and splits.

    `form=guardian`: as a guardian may receive it, with what is withheld left out and said to be.
    """
    found = auditing.who_saw(session, child, caller, f"who-saw-{form}" if form else "who-saw")
    if found is None:
        return failure(NotFoundError())
    if form:
        return answers.document(asdict(guardian_form(found)))
    return answers.document(
        {
            "child": found.child,
            "records": found.records,
            "complete": found.size,
            "looks": [_look(one) for one in found.looks],
        }
    )


@router.get("/incident")
def tell_incident(
    session: Reading,
    caller: CurrentCaller,
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
    who: Word = None,
    system: Word = None,
) -> Response:
    """What a breach may have touched: children, records, messages and fields; `to` not included."""
    if not timedelta() < until - since <= LONGEST:
        return failure(WrongPeriodError())
    found = incident(session, since, until, caller, who=who, system=system)
    return answers.document(
        {
            "from": found.since,
            "to": found.until,
            "events": found.events,
            "refused": found.refused,
            "children": [_touched(one) for one in found.children],
            "messages": found.messages,
            "bulk": found.bulk,
        }
    )


def _touched(one: Touched) -> dict[str, Any]:
    told = asdict(one).items()
    return {name: sorted(value) if isinstance(value, set) else value for name, value in told}


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
