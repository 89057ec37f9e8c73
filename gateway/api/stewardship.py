"""HAPI's $mdm operations that decide, and the one that takes a decision back; by POST only."""

from collections.abc import Callable, Mapping

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.api.dependencies import CurrentCaller, CurrentServices
from gateway.api.fhir_parameters import (
    Asked,
    UnknownParameterError,
    answered,
    asked_of,
    parameter,
    parameters,
)
from gateway.api.patient_names import named
from gateway.api.payload import SentResource
from gateway.database import retried
from gateway.services import Services
from gateway.stewardship import (
    Decided,
    Named,
    accept,
    merge,
    part,
    reject,
    submit,
    take_back,
)

router = APIRouter()
REASON = "reason"
"""Of our own: why, kept with the decision; without it the operation's name."""
GOLDEN, SOURCE = "goldenResourceId", "resourceId"
FROM, TO = "fromGoldenResourceId", "toGoldenResourceId"
RESULT = "matchResult"
DECISION_HEADER = "X-Motem-Decision"
"""The id by which a decision can be taken back."""
Decide = Callable[[Session, Named, Named, str, Caller], Decided]
VERDICTS: Mapping[str, Decide] = {"MATCH": accept, "NO_MATCH": reject}


@router.post("/$mdm-update-link")
def update_link(
    request: Request, content: SentResource, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """MATCH or NO_MATCH; the golden Patient as it is then."""
    said = asked_of(request, content, {GOLDEN, SOURCE, RESULT, REASON})
    verdict = _verdict(said.required(RESULT))
    return _golden(_decided(services, said, (GOLDEN, SOURCE), verdict, "$mdm-update-link", caller))


@router.post("/$mdm-create-link")
def create_link(
    request: Request, content: SentResource, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """As update-link, and MATCH where no result is told."""
    said = asked_of(request, content, {GOLDEN, SOURCE, RESULT, REASON})
    verdict = _verdict(said.one(RESULT) or "MATCH")
    return _golden(_decided(services, said, (GOLDEN, SOURCE), verdict, "$mdm-create-link", caller))


@router.post("/$mdm-merge-golden-resources")
def merge_golden_resources(
    request: Request, content: SentResource, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """A golden Patient is computed, so none can be sent along."""
    said = asked_of(request, content, {FROM, TO, REASON})
    operation = "$mdm-merge-golden-resources"
    return _golden(_decided(services, said, (FROM, TO), merge, operation, caller))


@router.post("/$mdm-not-duplicate")
def not_duplicate(
    request: Request, content: SentResource, services: CurrentServices, caller: CurrentCaller
) -> Response:
    said = asked_of(request, content, {GOLDEN, SOURCE, REASON})
    done = _decided(services, said, (GOLDEN, SOURCE), part, "$mdm-not-duplicate", caller)
    return _done(done.decision)


@router.post("/$motem-undo")
def undo(
    request: Request, content: SentResource, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """Withdraw a decision by its id, with all that was decided in the same act."""
    said = asked_of(request, content, {"decision", REASON})
    decision, reason = said.required("decision"), said.one(REASON) or "$motem-undo"
    id_, is_new = retried(services.engine, lambda s: take_back(s, decision, reason, caller))
    return _done(id_, changed=is_new)


@router.post("/$mdm-submit")
@router.post("/Patient/$mdm-submit")
@router.post("/Patient/{patient_id}/$mdm-submit")
def submit_all(
    request: Request, content: SentResource, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """Links all that is new or changed: one child is never linked by itself, others may follow."""
    asked_of(request, content, {"resourceType"})
    report = retried(services.engine, lambda session: submit(session, caller))
    told = {"submitted": report.records, "moved": report.moved, "reviews": report.reviews}
    return answered(
        parameters(*(parameter(name, valueInteger=count) for name, count in told.items()))
    )


def _verdict(told: str) -> Decide:
    if told not in VERDICTS:
        raise UnknownParameterError(RESULT)
    return VERDICTS[told]


def _decided(
    services: Services,
    said: Asked,
    names: tuple[str, str],
    decide: Decide,
    operation: str,
    caller: Caller,
) -> Decided:
    one, other = (named(said.required(name), name) for name in names)
    reason = said.one(REASON) or operation
    return retried(services.engine, lambda session: decide(session, one, other, reason, caller))


def _golden(done: Decided) -> Response:
    """The golden Patient; where the caller may not see it, that it was done."""
    if done.body is None:
        return _done(done.decision)
    response = answered(orjson.Fragment(done.body))
    response.headers[DECISION_HEADER] = done.decision
    return response


def _done(decision: str, **told: bool) -> Response:
    response = answered(
        parameters(
            parameter("success", valueBoolean=True),
            parameter("decision", valueString=decision),
            *(parameter(name, valueBoolean=value) for name, value in told.items()),
        )
    )
    response.headers[DECISION_HEADER] = decision
    return response
