"""FHIR Subscription: read, history, search, writing, and being told once more, of a client's own."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, ClassVar
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response

from adapters.contract import Resource
from gateway import resending, subscribing, subscription_history
from gateway.api.bundles import NO_STORE, Pairs, versions_of
from gateway.api.dependencies import CurrentCaller, CurrentServices, Transaction
from gateway.api.feed import version_of
from gateway.api.fhir import Asked, AskedInForm, number_of
from gateway.api.fhir_parameters import (
    GENERAL,
    answered,
    asked_of,
    base_of,
    body_of,
    parameter,
    parameters,
)
from gateway.api.json_patch import patch_of
from gateway.api.outcome import FhirResponse
from gateway.api.payload import SentResource, wants
from gateway.api.writes import SentPatch
from gateway.errors import NotFoundError, WrongRequestError
from gateway.fhir.errors import WrongParameterError
from gateway.subscribing import Kept
from gateway.subscription_form import KIND, past_of

router = APIRouter(prefix=f"/{KIND}")
SECRET = "X-Motem-Webhook-Secret"
"""In the answer to a create, and never again: by it notifications are signed."""
SEARCHED: Mapping[str, tuple[str, str]] = {
    "_id": ("token", "id"),
    "status": ("token", "status"),
}
ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")

__all__ = ["SEARCHED", "router"]


class NotSubscriptionError(WrongRequestError):
    """The body must be one Subscription."""

    vietnamese: ClassVar[str] = "Nội dung phải là một Subscription."
    expression = KIND


class WrongInstantError(WrongRequestError):
    """`since` is an instant with its seconds and its zone, as 2026-03-04T05:00:00+07:00."""

    vietnamese: ClassVar[str] = (
        "`since` phải là thời điểm có giây và múi giờ, ví dụ 2026-03-04T05:00:00+07:00."
    )
    expression = resending.SINCE


async def id_of(id_: str) -> str:
    """Raises NotFoundError for what no Subscription can have."""
    if not ID.fullmatch(id_):
        raise NotFoundError
    return id_


async def subscription_of(content: SentResource) -> Resource:
    found = body_of(content)
    if found["resourceType"] != KIND:
        raise NotSubscriptionError
    return found


def instant_of(text: str) -> datetime:
    """Raises WrongInstantError."""
    if not INSTANT.fullmatch(text):
        raise WrongInstantError
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise WrongInstantError from error


Id = Annotated[str, Depends(id_of)]
Sent = Annotated[Resource, Depends(subscription_of)]
IfMatch = Annotated[str, Header()]
Prefer = Annotated[str, Header()]


@router.post("")
def create(
    request: Request,
    sent: Sent,
    session: Transaction,
    caller: CurrentCaller,
    services: CurrentServices,
    prefer: Prefer = "",
) -> Response:
    """201, `requested`: it is active once its address has taken a first message."""
    inside = services.settings.receivers_inside
    kept = subscribing.subscribe(session, caller, sent, inside=inside)
    response = _response(kept, HTTPStatus.CREATED, is_minimal=wants(prefer, "return=minimal"))
    here = f"{base_of(request)}/{KIND}/{kept.resource['id']}"
    response.headers["Location"] = f"{here}/_history/{kept.version}"
    response.headers[SECRET] = kept.secret or ""
    return response


@router.get("")
def search(request: Request, asked: Asked, session: Transaction, caller: CurrentCaller) -> Response:
    return _found(request, asked, session, caller)


@router.post("/_search")
def search_by_form(
    request: Request, asked: AskedInForm, session: Transaction, caller: CurrentCaller
) -> Response:
    return _found(request, asked, session, caller)


@router.get("/_history")
def history_of_all(
    request: Request, asked: Asked, session: Transaction, caller: CurrentCaller
) -> Response:
    """Versions of all that the client ever had, the newest first, without their headers."""
    return versions_of(request, subscription_history.read_all(session, caller, asked))


@router.get("/{id_}")
def read(id_: Id, session: Transaction, caller: CurrentCaller) -> Response:
    """Its `status` and `error` say how it fares."""
    return _response(subscribing.read(session, caller, id_))


@router.get("/{id_}/_history")
def history(
    id_: Id, request: Request, asked: Asked, session: Transaction, caller: CurrentCaller
) -> Response:
    """Its versions, the newest first, without its headers; also of one that was deleted."""
    found = subscription_history.read_history(session, caller, id_, asked)
    return versions_of(request, found)


@router.get("/{id_}/_history/{version}")
def read_version(id_: Id, version: str, session: Transaction, caller: CurrentCaller) -> Response:
    """One version as it was sent, without its headers."""
    found = subscription_history.read_version(session, caller, id_, number_of(version))
    return _of_version(past_of(found), found.number, found.changed)


@router.post("/{id_}/$replay")
def replay(
    id_: Id,
    request: Request,
    content: SentResource,
    session: Transaction,
    caller: CurrentCaller,
) -> Response:
    """What happened since a moment is told once more, beside what is new."""
    since = instant_of(asked_of(request, content, ("since",)).required("since"))
    begun = resending.replay(session, caller, id_, since)
    told = parameter("since", valueInstant=begun.isoformat())
    about = parameter("subscription", valueReference={"reference": f"{KIND}/{id_}"})
    return answered(parameters(about, told))


@router.put("/{id_}")
def update(
    id_: Id,
    sent: Sent,
    session: Transaction,
    caller: CurrentCaller,
    services: CurrentServices,
    if_match: IfMatch = "",
    prefer: Prefer = "",
) -> Response:
    """Replaces it; its address is asked anew."""
    inside = services.settings.receivers_inside
    version = version_of(if_match)
    kept = subscribing.revise(session, caller, id_, sent, version, inside=inside)
    return _response(kept, is_minimal=wants(prefer, "return=minimal"))


@router.patch("/{id_}")
def patch(
    id_: Id,
    content: SentPatch,
    session: Transaction,
    caller: CurrentCaller,
    services: CurrentServices,
    if_match: IfMatch = "",
    prefer: Prefer = "",
) -> Response:
    """Changes what the patch names; its address is asked anew."""
    inside = services.settings.receivers_inside
    change, version = patch_of(content), version_of(if_match)
    kept = subscribing.patch(session, caller, id_, change, version, inside=inside)
    return _response(kept, is_minimal=wants(prefer, "return=minimal"))


@router.delete("/{id_}")
def delete(
    id_: Id, session: Transaction, caller: CurrentCaller, if_match: IfMatch = ""
) -> Response:
    """Nothing more is told."""
    subscribing.unsubscribe(session, caller, id_, version_of(if_match))
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)


def _response(kept: Kept, status: int = HTTPStatus.OK, *, is_minimal: bool = False) -> Response:
    shown = None if is_minimal else kept.resource
    return _of_version(shown, kept.version, kept.changed, status)


def _of_version(
    shown: Resource | None, number: int, changed: datetime, status: int = HTTPStatus.OK
) -> Response:
    headers = {
        "ETag": f'W/"{number}"',
        "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True),
        **NO_STORE,
    }
    if shown is None:
        return Response(status_code=status, headers=headers)
    return FhirResponse(orjson.dumps(shown), status, headers)


def _found(request: Request, asked: Pairs, session: Transaction, caller: CurrentCaller) -> Response:
    told = [pair for pair in asked if pair[0] not in GENERAL]
    if any(name not in SEARCHED for name, _ in told):
        raise WrongParameterError
    found = subscribing.search(session, caller, _values(told, "_id"), _values(told, "status"))
    here = f"{base_of(request)}/{KIND}"
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": [{"relation": "self", "url": f"{here}?{urlencode(told)}".rstrip("?")}],
    }
    entries = [
        {
            "fullUrl": f"{here}/{one.resource['id']}",
            "resource": one.resource,
            "search": {"mode": "match"},
        }
        for one in found
    ]
    return FhirResponse(
        orjson.dumps(bundle | ({"entry": entries} if entries else {})), headers=NO_STORE
    )


def _values(told: Pairs, name: str) -> list[str]:
    return [one for key, value in told if key == name for one in value.split(",")]
