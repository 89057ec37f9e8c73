"""Writing of what belongs to a child, by itself: create, update, delete; and JSON Patch, of Patients too."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Header, Request, Response

from adapters.contract import Resource
from gateway.api.answers_to_writes import response
from gateway.api.dependencies import CurrentCaller, CurrentServices, Turns
from gateway.api.feed import Prefer, feed_of, number_of, version_of
from gateway.api.fhir_parameters import GENERAL, base_of, body_of
from gateway.api.json_patch import patch_of
from gateway.api.payload import LARGEST_RESOURCE, SentResource, read_required
from gateway.api.written_types import JSON_PATCH, NUMBERED, OF_A_CHILD
from gateway.errors import WrongRequestError
from gateway.feed import Feed, Number
from gateway.write_entries import Entry
from gateway.writing import write

PATCH_TYPES = frozenset({JSON_PATCH})
TOLD = "return=OperationOutcome"
"""How it is answered that something is no more."""


class OtherTypeError(WrongRequestError):
    """The body must be one resource of the type that the address names."""

    vietnamese = "Nội dung phải là một tài nguyên đúng loại nêu trong địa chỉ."
    expression = "Resource"


class NoConditionError(WrongRequestError):
    """Without an id in the address there must be a condition: identifier=<system>|<value>."""

    code = "required"
    vietnamese = "Địa chỉ không có id thì phải có điều kiện: identifier=<hệ thống>|<số>."


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Who writes, and what the head of the request says."""

    request: Request
    feed: Feed
    turns: BoundedSemaphore
    if_match: str
    prefer: str

    def done(self, method: str, kind: str, prefer: str = "", **told: Any) -> Response:
        version = version_of(self.if_match)
        entry = Entry(method=method, kind=kind, version=version, **told)
        with self.turns:
            (fed,), _ = write(self.feed, [entry], base=base_of(self.request))
        return response(self.request, fed, prefer or self.prefer)

    def condition(self) -> Number:
        """Raises NoConditionError, ConditionError."""
        told = _stated(self.request)
        if not told:
            raise NoConditionError
        return number_of(told)


def writer_of(
    request: Request,
    services: CurrentServices,
    caller: CurrentCaller,
    turns: Turns,
    if_match: Annotated[str, Header()] = "",
    prefer: Prefer = "",
) -> Writer:
    feed = feed_of(services, caller)
    return Writer(request=request, feed=feed, turns=turns, if_match=if_match, prefer=prefer)


async def patch_in(request: Request, _caller: CurrentCaller) -> bytes:
    return await read_required(request, PATCH_TYPES, LARGEST_RESOURCE)


Writes = Annotated[Writer, Depends(writer_of)]
SentPatch = Annotated[bytes, Depends(patch_in)]


@cache
def routes() -> APIRouter:
    """The routes of every type; the same for each service of a process."""
    router = APIRouter()
    for kind in OF_A_CHILD:
        _add_by_id(router, kind)
        _add_create(router, kind)
        if kind in NUMBERED:
            _add_by_condition(router, kind)
    for kind in ("Patient", *OF_A_CHILD):
        _add_patch(router, kind)
    return router


def _add_by_id(router: APIRouter, kind: str) -> None:
    def update(id_: str, writer: Writes, content: SentResource) -> Response:
        return writer.done("PUT", kind, id=id_, resource=_of_type(kind, content))

    def delete(id_: str, writer: Writes) -> Response:
        return writer.done("DELETE", kind, TOLD, id=id_)

    router.add_api_route(f"/{kind}/{{id_}}", update, methods=["PUT"])
    router.add_api_route(f"/{kind}/{{id_}}", delete, methods=["DELETE"])


def _add_create(router: APIRouter, kind: str) -> None:
    def create(
        writer: Writes, content: SentResource, if_none_exist: Annotated[str, Header()] = ""
    ) -> Response:
        told = _stated(writer.request)
        told += parse_qsl(if_none_exist.partition("?")[2] or if_none_exist, keep_blank_values=True)
        number = number_of(told) if told or if_none_exist else None
        return writer.done("POST", kind, number=number, resource=_of_type(kind, content))

    router.add_api_route(f"/{kind}", create, methods=["POST"])


def _add_by_condition(router: APIRouter, kind: str) -> None:
    def update(writer: Writes, content: SentResource) -> Response:
        resource = _of_type(kind, content)
        return writer.done("PUT", kind, number=writer.condition(), resource=resource)

    def delete(writer: Writes) -> Response:
        return writer.done("DELETE", kind, TOLD, number=writer.condition())

    router.add_api_route(f"/{kind}", update, methods=["PUT"])
    router.add_api_route(f"/{kind}", delete, methods=["DELETE"])


def _add_patch(router: APIRouter, kind: str) -> None:
    def patch(id_: str, writer: Writes, content: SentPatch) -> Response:
        return writer.done("PATCH", kind, id=id_, change=patch_of(content))

    def patch_by_condition(writer: Writes, content: SentPatch) -> Response:
        number = writer.condition()
        return writer.done("PATCH", kind, number=number, change=patch_of(content))

    router.add_api_route(f"/{kind}/{{id_}}", patch, methods=["PATCH"])
    if kind in NUMBERED:
        router.add_api_route(f"/{kind}", patch_by_condition, methods=["PATCH"])


def _stated(request: Request) -> list[tuple[str, str]]:
    return [pair for pair in request.query_params.multi_items() if pair[0] not in GENERAL]


def _of_type(kind: str, content: bytes) -> Resource:
    found: Mapping[str, Any] = body_of(content)
    if found["resourceType"] != kind:
        raise OtherTypeError
    return dict(found)
