"""Writing of Patients: create, update and delete by id, and by number (IHE ITI-104)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response

from adapters.contract import Resource
from adapters.errors import Problem, Rejection
from audit.event import Caller
from gateway.api.dependencies import CurrentCaller, CurrentServices, Turns
from gateway.api.fhir_parameters import GENERAL, answered, base_of, body_of
from gateway.api.outcome import issue, outcome
from gateway.api.payload import SentResource, wants
from gateway.api.sources import adapter_of
from gateway.errors import WrongRequestError
from gateway.feed import SOURCE, Fed, Feed, Number, Sent, create, put, remove
from gateway.own_patients import delete, update
from gateway.services import Services

router = APIRouter()
BY_NUMBER = "identifier"
VERSION = re.compile(r'(?:W/)?"([1-9]\d{0,8})"')
IDENTITY, DECISION, MESSAGE = "X-Motem-Identity", "X-Motem-Link", "X-Motem-Message"
"""The golden Patient, how the record came to it (pending, single, auto, manual), the kept message."""
Prefer = Annotated[str, Header()]


class ConditionError(WrongRequestError):
    """The condition must be one identifier: identifier=<system>|<value>."""

    code = "not-supported"
    vietnamese = "Điều kiện phải là đúng một mã số: identifier=<hệ thống>|<số>."


class NotPatientError(WrongRequestError):
    """The body must be one Patient."""

    vietnamese = "Nội dung phải là một Patient."
    expression = "Patient"


class WrongVersionError(WrongRequestError):
    """If-Match has the form W/"3"."""

    vietnamese = 'If-Match có dạng W/"3".'


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """A request that writes a Patient."""

    request: Request
    sent: Sent
    feed: Feed
    turns: BoundedSemaphore
    prefer: str


def writing_of(
    request: Request,
    content: SentResource,
    services: CurrentServices,
    caller: CurrentCaller,
    turns: Turns,
    prefer: Prefer = "",
) -> Writing:
    feed = _feed(services, caller)
    return Writing(request=request, sent=_sent(content), feed=feed, turns=turns, prefer=prefer)


Wanted = Annotated[Writing, Depends(writing_of)]


@router.put("/Patient")
def conditional_update(wanted: Wanted, if_match: Annotated[str, Header()] = "") -> Response:
    """201 for a new Patient, 200 for one that was there."""
    number = _number(wanted.request.query_params.multi_items())
    version = version_in(if_match)
    with wanted.turns:
        fed = put(wanted.feed, number, wanted.sent, version)
    return _response(wanted.request, fed, wanted.prefer)


@router.post("/Patient")
def conditional_create(wanted: Wanted, if_none_exist: Annotated[str, Header()] = "") -> Response:
    """201 for a new Patient, 200 for one that was there. The condition may stand in the query too."""
    query = wanted.request.query_params.multi_items()
    told = [pair for pair in query if pair[0] not in GENERAL]
    told += parse_qsl(if_none_exist.partition("?")[2] or if_none_exist, keep_blank_values=True)
    unless = _number(told) if told or if_none_exist else None
    with wanted.turns:
        fed = create(wanted.feed, wanted.sent, unless)
    return _response(wanted.request, fed, wanted.prefer)


@router.delete("/Patient")
def conditional_delete(
    request: Request, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """A mark, never a loss: the Patient stays, and is not active."""
    number = _number(request.query_params.multi_items())
    fed = remove(_feed(services, caller), number)
    return _response(request, fed, "return=OperationOutcome")


@router.put("/Patient/{id_}")
def update_by_id(id_: str, wanted: Wanted, if_match: Annotated[str, Header()] = "") -> Response:
    """200. Ids are given out here, so that a PUT to an id that nobody has makes nothing (404)."""
    version = version_in(if_match)
    with wanted.turns:
        fed = update(wanted.feed, id_, wanted.sent, version)
    return _response(wanted.request, fed, wanted.prefer)


@router.delete("/Patient/{id_}")
def delete_by_id(
    id_: str,
    request: Request,
    services: CurrentServices,
    caller: CurrentCaller,
    if_match: Annotated[str, Header()] = "",
) -> Response:
    """A mark, never a loss: the Patient stays, and is not active."""
    fed = delete(_feed(services, caller), id_, version_in(if_match))
    return _response(request, fed, "return=OperationOutcome")


def _feed(services: Services, caller: Caller) -> Feed:
    return Feed(
        engine=services.engine,
        adapter=adapter_of(services, SOURCE, caller),
        domains=services.site.domains_of(SOURCE, caller.system),
        caller=caller,
    )


def _number(told: Sequence[tuple[str, str]]) -> Number:
    found = [pair for pair in told if pair[0] not in GENERAL]
    if len(found) != 1 or found[0][0] != BY_NUMBER:
        raise ConditionError
    system, _, value = found[0][1].strip().rpartition("|")
    if not system or not value or not f"{system}{value}".isprintable() or "," in value:
        raise ConditionError
    return Number(system=system, value=value)


def _sent(content: bytes) -> Sent:
    patient = body_of(content)
    if patient["resourceType"] != "Patient":
        raise NotPatientError
    return Sent(content=content, patient=patient)


def version_in(if_match: str) -> int | None:
    found = VERSION.fullmatch(if_match.strip())
    if if_match and found is None:
        raise WrongVersionError
    return int(found[1]) if found else None


def _response(request: Request, fed: Fed, prefer: str) -> Response:
    """What stands, and in the head to which child it belongs and how that was decided."""
    told = outcome(*_issues(fed))
    if fed.id is None or fed.updated is None:
        foreign = any(one.problem is Problem.FOREIGN_DOMAIN for one in fed.rejections)
        status = HTTPStatus.FORBIDDEN if foreign else HTTPStatus.UNPROCESSABLE_ENTITY
        response = answered(told, status)
        response.headers[MESSAGE] = fed.message or ""
        return response
    body = _body(fed, told, prefer)
    status = HTTPStatus.CREATED if fed.is_new else HTTPStatus.OK
    response = answered(body, status) if body is not None else Response(status_code=status)
    base = base_of(request)
    response.headers.update(
        {
            "ETag": f'W/"{fed.version}"',
            "Last-Modified": format_datetime(fed.updated, usegmt=True),
            "Location": f"{base}/Patient/{fed.id}/_history/{fed.version}",
            IDENTITY: f"Patient/{fed.identity}",
            DECISION: fed.decision,
        }
    )
    if fed.message:
        response.headers[MESSAGE] = fed.message
    return response


def _body(fed: Fed, told: Resource, prefer: str) -> Resource | orjson.Fragment | None:
    if wants(prefer, "return=minimal"):
        return None
    if wants(prefer, "return=operationoutcome") or fed.body is None:
        return told
    return orjson.Fragment(fed.body)


def _issues(fed: Fed) -> list[dict[str, Any]]:
    found = [issue("warning", "informational", words) for words in fed.remarks]
    found += [_refused(one) for one in fed.rejections]
    if fed.id is not None:
        words = (
            f"Thuộc hồ sơ chung Patient/{fed.identity}; cách liên kết: {fed.decision}.",
            f"It belongs to the golden Patient/{fed.identity}; linked: {fed.decision}.",
        )
        found.append(issue("information", "informational", words))
    return found


def _refused(one: Rejection) -> dict[str, Any]:
    told = issue("error", "invalid", (one.vietnamese, one.english))
    return told | {"expression": [one.element or one.position]}
