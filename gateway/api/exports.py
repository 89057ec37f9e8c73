"""Bulk exports over HTTP (HL7 Bulk Data Access 2.0): kick-off, how far it is, files, letting go."""

from collections.abc import Sequence
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, ClassVar

import orjson
from fastapi import APIRouter, Depends, Header, Path, Request, Response

from gateway import exporting
from gateway.api.bundles import NO_STORE, Pairs
from gateway.api.dependencies import CurrentCaller, Transaction
from gateway.api.fhir import Asked
from gateway.api.fhir_parameters import NotParametersError, body_of, in_parameters, is_text
from gateway.api.groups import GroupId
from gateway.api.outcome import FhirResponse, issue, outcome
from gateway.api.payload import SentResource, wants
from gateway.errors import WrongRequestError
from gateway.exporting import Export, File, State
from gateway.fhir.bulk import NDJSON

START = "/$export"
OF_CHILDREN = "/Patient/$export"
OF_GROUP = "/Group/{id_}/$export"
EXPORTS = "/exports"
SOON, LATER = 1, 10
"""Seconds after which it is worth asking again: at first, and once it has been under way for longer."""
LONG = 10_000
"""Resources after which an export is a long one."""
BEGUN = ("Đã bắt đầu xuất dữ liệu.", "The export has begun.")
Prefer = Annotated[str, Header()]
ExportId = Annotated[str, Path(pattern=r"^[0-9a-hjkmnp-tv-z]{26}$")]

fhir = APIRouter()
router = APIRouter(prefix=EXPORTS)


class OnlyLaterError(WrongRequestError):
    """An export is made in the background. Send: Prefer: respond-async"""

    code: ClassVar[str] = "not-supported"
    vietnamese: ClassVar[str] = "Việc xuất dữ liệu chạy nền. Hãy gửi Prefer: respond-async"


async def asked_in_parameters(query: Asked, content: SentResource) -> Pairs:
    """What a body of Parameters says, and its URL beside it. Raises NotParametersError."""
    body = body_of(content) if content.strip() else {"resourceType": "Parameters"}
    if body["resourceType"] != "Parameters":
        raise NotParametersError
    told = in_parameters(body)
    if not all(is_text(value) for _, value in told):
        raise NotParametersError
    return [*query, *told]


AskedInParameters = Annotated[Pairs, Depends(asked_in_parameters)]


@fhir.get(START)
@fhir.get(OF_CHILDREN)
def kick_off(
    request: Request,
    asked: Asked,
    session: Transaction,
    caller: CurrentCaller,
    prefer: Prefer = "",
) -> Response:
    return _begun(request, asked, session, caller, prefer)


@fhir.get(OF_GROUP)
def kick_off_for_group(
    request: Request,
    asked: Asked,
    session: Transaction,
    caller: CurrentCaller,
    id_: GroupId,  # After who asks: a stranger learns nothing of ids.
    prefer: Prefer = "",
) -> Response:
    return _begun(request, asked, session, caller, prefer, group=id_)


@fhir.post(OF_GROUP)
def kick_off_for_group_by_parameters(
    request: Request,
    asked: AskedInParameters,
    session: Transaction,
    caller: CurrentCaller,
    id_: GroupId,  # After who asks: a stranger learns nothing of ids.
    prefer: Prefer = "",
) -> Response:
    return _begun(request, asked, session, caller, prefer, group=id_)


@fhir.post(START)
@fhir.post(OF_CHILDREN)
def kick_off_by_parameters(
    request: Request,
    asked: AskedInParameters,
    session: Transaction,
    caller: CurrentCaller,
    prefer: Prefer = "",
) -> Response:
    return _begun(request, asked, session, caller, prefer)


def _begun(
    request: Request,
    asked: Pairs,
    session: Transaction,
    caller: CurrentCaller,
    prefer: str,
    group: str | None = None,
) -> Response:
    if not wants(prefer, "respond-async"):
        raise OnlyLaterError
    path = request.scope["path"]
    id_ = exporting.begin(
        session,
        caller,
        asked,
        address=f"{_base(request)}{path}",
        only_children=group is not None or path.endswith(OF_CHILDREN),
        group=group,
        is_lenient=wants(prefer, "handling=lenient"),
    )
    headers = {"Content-Location": f"{_base(request)}{EXPORTS}/{id_}", **NO_STORE}
    told = orjson.dumps(outcome(issue("information", "informational", BEGUN)))
    return FhirResponse(told, HTTPStatus.ACCEPTED, headers)


@router.get("/{export_id}")
def status(
    export_id: ExportId, request: Request, session: Transaction, caller: CurrentCaller
) -> Response:
    """202 while it is made; then the manifest."""
    found, files = exporting.how_far(session, caller, export_id)
    if found.state is State.DONE:
        return _manifest(request, found, files)
    pause = SOON if found.found < LONG else LATER
    progress = f"{found.found} resources, list {found.step + 1} of {len(found.steps)}"
    headers = {"X-Progress": progress, "Retry-After": str(pause), **NO_STORE}
    return Response(status_code=HTTPStatus.ACCEPTED, headers=headers)


def _manifest(request: Request, found: Export, files: Sequence[File]) -> Response:
    here = f"{_base(request)}{EXPORTS}/{found.id}"
    told = {
        "transactionTime": found.begun.isoformat(timespec="milliseconds"),
        "request": found.request,
        "requiresAccessToken": found.owner.client is not None,
        "output": [{"type": one.kind, "url": f"{here}/{one.kind}/{one.number}"} for one in files],
        "deleted": [],
        "error": [],
    }
    headers = {"Expires": format_datetime(found.expires, usegmt=True), **NO_STORE}
    return Response(orjson.dumps(told), headers=headers, media_type="application/json")


@router.delete("/{export_id}")
def let_go(export_id: ExportId, session: Transaction, caller: CurrentCaller) -> Response:
    """The export and its files are gone."""
    exporting.end(session, caller, export_id)
    return Response(status_code=HTTPStatus.ACCEPTED, headers=NO_STORE)


@router.get("/{export_id}/{kind}/{number}")
def file(
    export_id: ExportId,
    kind: Annotated[str, Path(pattern=r"^[A-Z][A-Za-z]{1,63}$")],
    number: Annotated[int, Path(ge=1, le=2**31 - 1)],
    session: Transaction,
    caller: CurrentCaller,
) -> Response:
    """One file, as the caller may see it now."""
    page = exporting.page(session, caller, export_id, kind, number)
    return Response(page.content, headers=NO_STORE, media_type=NDJSON)


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
