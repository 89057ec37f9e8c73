"""A child as Person over HTTP: read, history and search; whoever would write one is told what to send instead."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from gateway import persons
from gateway.api.bundles import Pairs, searchset
from gateway.api.dependencies import CurrentCaller, CurrentLook, CurrentTurn
from gateway.api.fhir import Asked, AskedInForm, is_lenient, number_of, past, version_headers
from gateway.api.outcome import FhirResponse, failure
from gateway.errors import NotAllowedError, NotFoundError
from gateway.fhir.parts import in_part
from gateway.fhir.query import parts_of
from gateway.lookup import Absent, FoundResource
from gateway.persons import TYPE

router = APIRouter(prefix=f"/{TYPE}")


class ComputedPersonError(NotAllowedError):
    """A Person is computed from its records: send Patients, and decide about links by $mdm-*."""

    vietnamese = (
        "Person được tính từ các hồ sơ: hãy gửi Patient, và quyết định liên kết bằng $mdm-*."
    )
    expression = "Person"


@router.get("")
def search(request: Request, asked: Asked, turn: CurrentTurn) -> Response:
    with turn as (session, caller):
        found = persons.find(session, asked, caller, is_lenient=is_lenient(request))
    return searchset(request, found)


@router.post("/_search")
def search_by_form(
    request: Request, asked: AskedInForm, look: CurrentLook, caller: CurrentCaller
) -> Response:
    with look as session:
        found = persons.find(session, asked, caller, is_lenient=is_lenient(request))
    return searchset(request, found)


@router.get("/_history")
def history_of_all(request: Request, asked: Asked, turn: CurrentTurn) -> Response:
    """As the golden Patients have changed."""
    with turn as (session, caller):
        found = persons.read_history(session, None, asked, caller)
    return past(request, found)


@router.get("/{id_}/_history")
def history_of_one(id_: str, request: Request, asked: Asked, turn: CurrentTurn) -> Response:
    with turn as (session, caller):
        found = persons.read_history(session, id_, asked, caller)
    return past(request, found)


@router.get("/{id_}/_history/{version}")
def read_version(id_: str, version: str, asked: Asked, turn: CurrentTurn) -> Response:
    with turn as (session, caller):
        found = persons.read(session, id_, caller, number_of(version))
    return _one(found, asked)


@router.get("/{id_}")
def read(id_: str, asked: Asked, turn: CurrentTurn) -> Response:
    """As the golden Patient is shown to this caller."""
    with turn as (session, caller):
        found = persons.read(session, id_, caller)
    return _one(found, asked)


def _one(found: tuple[FoundResource, Mapping[str, str]] | Absent, asked: Pairs) -> Response:
    """Never 304: how its links came about may change without a new version."""
    elements, summary = parts_of("Patient", asked)
    if isinstance(found, Absent):
        # Returned, not raised: the event that somebody asked in vain is to be kept.
        return failure(NotFoundError())
    patient, assurances = found
    text = in_part(patient.body, "Patient", elements, summary)
    return FhirResponse(persons.person_of(text, assurances), headers=version_headers(patient))


def refuse(_caller: CurrentCaller) -> Response:
    raise ComputedPersonError


router.add_api_route(
    "", refuse, methods=["POST", "PUT", "PATCH", "DELETE"], include_in_schema=False
)
router.add_api_route("/{id_}", refuse, methods=["PUT", "PATCH", "DELETE"], include_in_schema=False)
