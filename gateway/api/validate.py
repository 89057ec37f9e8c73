"""`$validate` of FHIR R4: what taking a resource in would say, as an OperationOutcome."""

from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response

from adapters.contract import Resource
from gateway.api.dependencies import CurrentCaller, CurrentServices, Transaction
from gateway.api.fhir_parameters import (
    Asked,
    NotParametersError,
    UnknownParameterError,
    answered,
    asked_of,
    body_of,
)
from gateway.api.outcome import issue, outcome
from gateway.api.payload import SentResource
from gateway.api.sources import adapter_of
from gateway.fhir.parameters import TYPES
from gateway.own_records import SOURCE
from gateway.validating import Finding, Mode, validate

KNOWN = frozenset({"resource", "mode"})
"""A `profile` is refused: against others than its own dialect nothing is looked at here."""


@cache
def routes() -> APIRouter:
    """The operation of every type; the same for each service of a process."""
    router = APIRouter()
    for kind in TYPES:
        _add(router, kind)
    return router


def _add(router: APIRouter, kind: str) -> None:
    def validate_new(
        request: Request,
        content: SentResource,
        session: Transaction,
        services: CurrentServices,
        caller: CurrentCaller,
    ) -> Response:
        resource, mode = _told(request, content)
        adapter = adapter_of(services, SOURCE, caller)
        domains = services.site.domains_of(SOURCE, caller.system)
        found = validate(
            session, kind, resource, adapter, caller, domains, mode=mode or Mode.CREATE
        )
        return _answer(found)

    def validate_one(
        id_: str,
        request: Request,
        content: SentResource,
        session: Transaction,
        services: CurrentServices,
        caller: CurrentCaller,
    ) -> Response:
        resource, mode = _told(request, content)
        adapter = adapter_of(services, SOURCE, caller)
        domains = services.site.domains_of(SOURCE, caller.system)
        found = validate(
            session, kind, resource, adapter, caller, domains, id_=id_, mode=mode or Mode.UPDATE
        )
        return _answer(found)

    router.add_api_route(f"/{kind}/$validate", validate_new, methods=["POST"])
    router.add_api_route(f"/{kind}/{{id_}}/$validate", validate_one, methods=["POST"])


def _told(request: Request, content: bytes) -> tuple[Resource | None, Mode | None]:
    """Parameters, or the resource itself. Raises UnreadableBodyError, UnknownParameterError."""
    body = body_of(content) if content.strip() else None
    is_bare = body is not None and body["resourceType"] != "Parameters"
    told = asked_of(request, b"" if is_bare else content, KNOWN)
    return (body if is_bare else _resource(told)), _mode(told)


def _resource(told: Asked) -> Resource | None:
    found: list[Any] = list(told.values.get("resource", ()))
    if len(found) > 1 or not all(
        isinstance(one, dict) and isinstance(one.get("resourceType"), str) for one in found
    ):
        raise NotParametersError
    return found[0] if found else None


def _mode(told: Asked) -> Mode | None:
    named = told.one("mode")
    if named is not None and named not in list(Mode):
        raise UnknownParameterError("mode")
    return Mode(named) if named else None


def _answer(found: list[Finding]) -> Response:
    """200 whatever was found: the question was answered."""
    return answered(outcome(*map(_issue, found)))


def _issue(one: Finding) -> dict[str, Any]:
    told = issue(one.severity, one.code, one.words)
    return told | ({"expression": [one.expression]} if one.expression else {})
