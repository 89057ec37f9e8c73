"""FHIR REST for reading: read, vread, history and search of every type that is kept."""

from collections.abc import Callable
from email.utils import format_datetime
from functools import cache
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from gateway.api.bundles import NO_STORE, Pairs, history, searchset, whole_child
from gateway.api.dependencies import CurrentCaller, CurrentLook, CurrentTurn
from gateway.api.outcome import FhirResponse, failure
from gateway.api.payload import form_of
from gateway.errors import NotFoundError
from gateway.everything import everything
from gateway.fhir.errors import WithdrawnError, WrongParameterError
from gateway.fhir.parameters import TYPES
from gateway.fhir.parts import in_part
from gateway.fhir.query import parts_of
from gateway.lookup import Absent, FoundResource, History, read, read_history
from gateway.searching import find

MOST_VERSIONS = 2**31 - 1


async def asked_of(request: Request) -> Pairs:
    """The query of a request. Raises WrongParameterError where it is no UTF-8."""
    return _pairs(request.scope["query_string"])


async def asked_in_form(request: Request, form: Annotated[bytes, Depends(form_of)]) -> Pairs:
    """The form of a POST _search, and what its URL says beside it."""
    return [*_pairs(request.scope["query_string"]), *_pairs(form)]


Asked = Annotated[Pairs, Depends(asked_of)]
AskedInForm = Annotated[Pairs, Depends(asked_in_form)]


@cache
def routes() -> APIRouter:
    """The routes of every type; the same for each service of a process."""
    router = APIRouter()
    for kind in TYPES:
        for add in (_add_search, _add_history, _add_read):
            add(router, kind)
    _add_everything(router)
    return router


def _add_read(router: APIRouter, kind: str) -> None:
    def read_one(id_: str, request: Request, asked: Asked, turn: CurrentTurn) -> Response:
        with turn as (session, caller):
            found = read(session, kind, id_, caller)
        return _one(request, kind, found, asked)

    def read_version(
        id_: str,
        version: str,
        request: Request,
        asked: Asked,
        turn: CurrentTurn,
    ) -> Response:
        with turn as (session, caller):
            found = read(session, kind, id_, caller, number_of(version))
        return _one(request, kind, found, asked)

    _get(router, f"/{kind}/{{id_}}/_history/{{version}}", read_version)
    _get(router, f"/{kind}/{{id_}}", read_one)


def _add_history(router: APIRouter, kind: str) -> None:
    def history_of_one(id_: str, request: Request, asked: Asked, turn: CurrentTurn) -> Response:
        with turn as (session, caller):
            found = read_history(session, kind, id_, asked, caller)
        return past(request, found)

    def history_of_all(request: Request, asked: Asked, turn: CurrentTurn) -> Response:
        with turn as (session, caller):
            found = read_history(session, kind, None, asked, caller)
        return past(request, found)

    _get(router, f"/{kind}/_history", history_of_all)
    _get(router, f"/{kind}/{{id_}}/_history", history_of_one)


def _add_search(router: APIRouter, kind: str) -> None:
    def search(request: Request, asked: Asked, turn: CurrentTurn) -> Response:
        with turn as (session, caller):
            found = find(session, kind, asked, caller, is_lenient=is_lenient(request))
        return searchset(request, found)

    def search_by_form(
        request: Request, asked: AskedInForm, look: CurrentLook, caller: CurrentCaller
    ) -> Response:
        with look as session:
            found = find(session, kind, asked, caller, is_lenient=is_lenient(request))
        return searchset(request, found)

    _get(router, f"/{kind}", search)
    router.add_api_route(f"/{kind}/_search", search_by_form, methods=["POST"])


def _add_everything(router: APIRouter) -> None:
    def all_of_child(id_: str, request: Request, asked: Asked, turn: CurrentTurn) -> Response:
        with turn as (session, caller):
            found = everything(session, id_, asked, caller)
        return whole_child(request, found) if found else failure(NotFoundError())

    _get(router, "/Patient/{id_}/$everything", all_of_child)


def _get(router: APIRouter, path: str, endpoint: Callable[..., Response]) -> None:
    router.add_api_route(path, endpoint, methods=["GET"])


def _pairs(text: bytes) -> Pairs:
    try:
        return parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=500
        )
    except ValueError as error:
        raise WrongParameterError from error


def is_lenient(request: Request) -> bool:
    stated = request.headers.get("prefer", "").replace(";", ",").split(",")
    return "handling=lenient" in (one.strip().lower() for one in stated)


def number_of(version: str) -> int:
    """Of a version, as an address has it; 0, which none has, for what is no number."""
    number = int(version[:10]) if version.isascii() and version.isdigit() else 0
    return min(number, MOST_VERSIONS)


def version_headers(found: FoundResource) -> dict[str, str]:
    """Which version it is, and that nobody on the way keeps it."""
    return {
        "ETag": f'W/"{found.version_id}"',
        "Last-Modified": format_datetime(found.last_updated, usegmt=True),
        **NO_STORE,
    }


def past(request: Request, found: History | Absent) -> Response:
    return failure(NotFoundError()) if isinstance(found, Absent) else history(request, found)


def _one(request: Request, kind: str, found: FoundResource | Absent, asked: Pairs) -> Response:
    # Returned, not raised: the event that somebody asked in vain is to be kept.
    if isinstance(found, Absent):
        return failure(WithdrawnError() if found is Absent.WITHDRAWN else NotFoundError())
    headers = version_headers(found)
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    elements, summary = parts_of(kind, asked)
    return FhirResponse(in_part(found.body, kind, elements, summary), headers=headers)
