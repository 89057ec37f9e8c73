"""Writing of Patients: create, update and delete by id, and by number (IHE ITI-104)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Header, Request, Response

from audit.event import Caller
from gateway.api.answers_to_writes import response
from gateway.api.dependencies import CurrentCaller, CurrentServices, Turns
from gateway.api.fhir_parameters import GENERAL, body_of
from gateway.api.payload import SentResource
from gateway.api.sources import adapter_of
from gateway.errors import WrongRequestError
from gateway.feed import Feed, Number, Sent, create, put, remove
from gateway.own_patients import delete, update
from gateway.own_records import SOURCE
from gateway.services import Services

router = APIRouter()
BY_NUMBER = "identifier"
VERSION = re.compile(r'(?:W/)?"([1-9]\d{0,8})"')
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
    feed = feed_of(services, caller)
    return Writing(request=request, sent=_sent(content), feed=feed, turns=turns, prefer=prefer)


Wanted = Annotated[Writing, Depends(writing_of)]


@router.put("/Patient")
def conditional_update(wanted: Wanted, if_match: Annotated[str, Header()] = "") -> Response:
    """201 for a new Patient, 200 for one that was there."""
    number = number_of(wanted.request.query_params.multi_items())
    version = version_of(if_match)
    with wanted.turns:
        fed = put(wanted.feed, number, wanted.sent, version)
    return response(wanted.request, fed, wanted.prefer)


@router.post("/Patient")
def conditional_create(wanted: Wanted, if_none_exist: Annotated[str, Header()] = "") -> Response:
    """201 for a new Patient, 200 for one that was there. The condition may stand in the query too."""
    query = wanted.request.query_params.multi_items()
    told = [pair for pair in query if pair[0] not in GENERAL]
    told += parse_qsl(if_none_exist.partition("?")[2] or if_none_exist, keep_blank_values=True)
    unless = number_of(told) if told or if_none_exist else None
    with wanted.turns:
        fed = create(wanted.feed, wanted.sent, unless)
    return response(wanted.request, fed, wanted.prefer)


@router.delete("/Patient")
def conditional_delete(
    request: Request, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """A mark, never a loss: the Patient stays, and is not active."""
    number = number_of(request.query_params.multi_items())
    fed = remove(feed_of(services, caller), number)
    return response(request, fed, "return=OperationOutcome")


@router.put("/Patient/{id_}")
def update_by_id(id_: str, wanted: Wanted, if_match: Annotated[str, Header()] = "") -> Response:
    """200. Ids are given out here, so that a PUT to an id that nobody has makes nothing (404)."""
    version = version_of(if_match)
    with wanted.turns:
        fed = update(wanted.feed, id_, wanted.sent, version)
    return response(wanted.request, fed, wanted.prefer)


@router.delete("/Patient/{id_}")
def delete_by_id(
    id_: str,
    request: Request,
    services: CurrentServices,
    caller: CurrentCaller,
    if_match: Annotated[str, Header()] = "",
) -> Response:
    """A mark, never a loss: the Patient stays, and is not active."""
    fed = delete(feed_of(services, caller), id_, version_of(if_match))
    return response(request, fed, "return=OperationOutcome")


def feed_of(services: Services, caller: Caller) -> Feed:
    return Feed(
        engine=services.engine,
        adapter=adapter_of(services, SOURCE, caller),
        domains=services.site.domains_of(SOURCE, caller.system),
        caller=caller,
    )


def number_of(told: Sequence[tuple[str, str]]) -> Number:
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


def version_of(if_match: str) -> int | None:
    found = VERSION.fullmatch(if_match.strip())
    if if_match and found is None:
        raise WrongVersionError
    return int(found[1]) if found else None
