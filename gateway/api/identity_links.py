"""HAPI's $mdm operations that read: links, their history, identities that may be one child."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from adapters.contract import Resource
from gateway.api.dependencies import CurrentCaller, Transaction
from gateway.api.fhir_parameters import (
    Asked,
    MissingParameterError,
    UnknownParameterError,
    answered,
    asked_of,
    base_of,
    parameter,
    parameters,
    parts,
)
from gateway.api.patient_names import named
from gateway.api.payload import SentResource
from gateway.identity_links import (
    MOST,
    By,
    Link,
    Page,
    Result,
    Slice,
    Wanted,
    duplicates,
    history,
    query,
)

router = APIRouter()
PAGING = frozenset({"_offset", "_count"})
KIND = "resourceType"
QUERY = PAGING | {KIND, "goldenResourceId", "resourceId", "matchResult", "linkSource"}
HISTORY = frozenset({KIND, "goldenResourceId", "resourceId"})
USUAL = 20
Code = TypeVar("Code", bound=StrEnum)


@router.get("/$mdm-query-links")
@router.post("/$mdm-query-links")
def query_links(
    request: Request, content: SentResource, session: Transaction, caller: CurrentCaller
) -> Response:
    said = _said(request, content, QUERY)
    wanted = Wanted(
        golden=_id(said, "goldenResourceId"),
        source=_id(said, "resourceId"),
        result=_code(said, "matchResult", Result),
        by=_code(said, "linkSource", By),
    )
    part = _part(said)
    return _paged(request, said, part, query(session, wanted, part, caller))


@router.get("/$mdm-duplicate-golden-resources")
@router.post("/$mdm-duplicate-golden-resources")
def duplicate_golden_resources(
    request: Request, content: SentResource, session: Transaction, caller: CurrentCaller
) -> Response:
    said = _said(request, content, PAGING | {KIND})
    part = _part(said)
    return _paged(request, said, part, duplicates(session, part, caller))


@router.get("/$mdm-link-history")
@router.post("/$mdm-link-history")
def link_history(
    request: Request, content: SentResource, session: Transaction, caller: CurrentCaller
) -> Response:
    """At least one Patient must be named."""
    said = _said(request, content, HISTORY)
    golden = [named(one, "goldenResourceId").id for one in said.all("goldenResourceId")]
    sources = [named(one, "resourceId").id for one in said.all("resourceId")]
    if not (golden or sources):
        raise MissingParameterError("resourceId")
    found = history(session, golden, sources, caller)
    told = [
        parameter(
            "historical link",
            part=[*_parts(one), parameter("revisionTimestamp", valueDateTime=one.updated)],
        )
        for one in found
    ]
    return answered(parameters(*told))


def _said(request: Request, content: bytes, known: frozenset[str]) -> Asked:
    said = asked_of(request, content, known)
    if said.one(KIND) not in (None, "Patient"):
        raise UnknownParameterError(KIND)
    return said


def _id(said: Asked, name: str) -> str | None:
    told = said.one(name)
    return None if told is None else named(told, name).id


def _code(said: Asked, name: str, codes: type[Code]) -> Code | None:
    told = said.one(name)
    if told is not None and told not in list(codes):
        raise UnknownParameterError(name)
    return None if told is None else codes(told)


def _part(said: Asked) -> Slice:
    count = min(said.number("_count", USUAL), MOST)
    return Slice(offset=said.number("_offset", 0), count=max(count, 1))


def _paged(request: Request, said: Asked, part: Slice, page: Page) -> Response:
    base = f"{base_of(request)}/{request.url.path.rpartition('/')[2]}"
    told = [(name, value) for name, values in said.values.items() for value in values]
    rest = [(name, value) for name, value in told if name not in PAGING]

    def at(offset: int) -> str:
        return f"{base}?{urlencode([*rest, ('_offset', offset), ('_count', part.count)])}"

    around: Mapping[str, str | None] = {
        "prev": at(max(0, part.offset - part.count)) if part.offset else None,
        "self": at(part.offset),
        "next": at(part.offset + part.count) if part.offset + part.count < page.total else None,
    }
    return answered(
        parameters(
            *(parameter(name, valueUri=url) for name, url in around.items() if url),
            *(parameter("link", part=_parts(one)) for one in page.links),
        )
    )


def _parts(one: Link) -> list[Resource]:
    times: Mapping[str, Any] = {"linkCreated": one.created, "linkUpdated": one.updated}
    return parts(
        parameter("goldenResourceId", valueString=f"Patient/{one.golden}"),
        parameter("sourceResourceId", valueString=f"Patient/{one.source}"),
        parameter("matchResult", valueString=one.result),
        parameter("linkSource", valueString=one.by),
        parameter("eidMatch", valueBoolean=one.by_number),
        parameter("hadToCreateNewResource", valueBoolean=one.is_new),
        parameter("score", valueDecimal=one.score),
        parameter("decision", valueString=one.decision),
        *(parameter(name, valueDateTime=time) for name, time in times.items()),
    )
