"""Requests for birth registrations: drafting, sending, asking what became of them, putting aside."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, CurrentServices, Transaction
from gateway.api.outcome import operation_outcome
from gateway.api.payload import Document, RequestId, parsed
from gateway.api.way_out import CurrentErrand
from gateway.outbound.registration import (
    MOST,
    Choices,
    Registration,
    State,
    Step,
    WithdrawalReason,
    draft,
    listed,
    shown,
    withdraw,
    without_number,
)
from gateway.outbound.sending import refresh, send

router = APIRouter(prefix="/registrations")
Count = Annotated[int, Query(alias="_count", ge=1, le=MOST)]


class Nothing(BaseModel):
    """An order that needs no words; it is JSON all the same, which no web form can send."""

    model_config = ConfigDict(extra="forbid")


class Drafting(BaseModel):
    """For whom: the id of a record or of a child. `office`: today's commune, where it is not that
    of the minutes. `name`: proposed for a child who has none. `renew`: a draft that has not left is
    written anew."""

    model_config = ConfigDict(extra="forbid")
    about: str = Field(max_length=64)
    office: str | None = Field(default=None, pattern=r"^\d{5}$")
    name: str | None = Field(default=None, max_length=255, repr=False)
    renew: bool = False


class Withdrawal(BaseModel):
    """Why a draft is put aside."""

    model_config = ConfigDict(extra="forbid")
    reason: WithdrawalReason


@router.get("")
def list_requests(
    session: Transaction, caller: CurrentCaller, state: State | None = None, count: Count = 50
) -> Response:
    """The newest first, without what was sent and answered."""
    found = listed(session, caller, [state] if state else tuple(State), count)
    return answers.document({"registrations": [_head(one) for one in found]})


@router.get("/candidates")
def list_candidates(session: Transaction, caller: CurrentCaller, count: Count = 50) -> Response:
    """Found children without number for whom nobody asked yet, the oldest first."""
    return answers.document({"children": without_number(session, caller, count)})


@router.get("/{request_id}")
def read_request(request_id: RequestId, session: Transaction, caller: CurrentCaller) -> Response:
    """One request with its history, and what was or will be sent: a child's data."""
    found = shown(session, request_id, caller)
    content = json.loads(found.draft.content or "null")
    return answers.document(_head(found) | {"steps": _steps(found.steps), "content": content})


@router.post("")
def post_draft(document: Document, services: CurrentServices, caller: CurrentCaller) -> Response:
    """Draft a request from the child's records and minutes; nothing leaves."""
    asked = parsed(Drafting, document)
    terms = services.site.platform
    made = draft(
        services.engine,
        asked.about,
        caller,
        chosen=Choices(office=asked.office, name=asked.name),
        requester=terms.requester if terms else None,
        renew=asked.renew,
    )
    response = answers.document(_head(made))
    response.status_code = HTTPStatus.CREATED
    response.headers["Location"] = f"/registrations/{made.id}"
    return response


@router.post("/{request_id}/sending")
def send_request(request_id: RequestId, document: Document, errand: CurrentErrand) -> Response:
    """Send a draft, or again one whose arrival is not known; `why` says what kept it here."""
    parsed(Nothing, document)
    with errand.way_out.entered() as platform:
        found = send(errand.engine, platform, request_id, errand.caller)
    why = operation_outcome(found.obstacle) if found.obstacle else None
    return answers.document(_head(found.request) | {"why": why})


@router.post("/{request_id}/refresh")
def refresh_request(request_id: RequestId, document: Document, errand: CurrentErrand) -> Response:
    """Ask the office what became of a request."""
    parsed(Nothing, document)
    with errand.way_out.entered() as platform:
        found = refresh(errand.engine, platform, request_id, errand.caller)
    return answers.document(_head(found))


@router.post("/{request_id}/withdrawal")
def withdraw_request(
    request_id: RequestId, document: Document, session: Transaction, caller: CurrentCaller
) -> Response:
    """Put a draft aside that has not left, with a reason."""
    withdraw(session, request_id, parsed(Withdrawal, document).reason, caller)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _head(found: Registration) -> dict[str, Any]:
    """`leaving`: a draft that may have arrived."""
    return {
        "request": found.id,
        "child": found.identity_id,
        "created": found.created,
        "state": found.state,
        "leaving": found.state is State.DRAFTED and found.left,
        "office": found.draft.office,
    }


def _steps(found: Sequence[Step]) -> list[dict[str, Any]]:
    """The oldest first, with what the office said."""
    names = {
        "told_at": "toldAt",
        "receipt": "receipt",
        "personal_id": "personalId",
        "entry": "entry",
        "registered_on": "registeredOn",
        "reason_code": "reasonCode",
        "reason": "reason",
    }
    return [
        {"state": one.state, "at": one.at, "left": one.left}
        | {names[name]: value for name, value in asdict(one.told).items() if value is not None}
        for one in found
    ]
