"""Answers in FHIR: resources as they are stored, and every error as an OperationOutcome."""

import json
import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from audit.errors import LedgerError
from gateway import acting
from gateway.access.errors import ScopeError
from gateway.api.safeguards import guard
from gateway.errors import (
    DatabaseUnavailableError,
    GatewayError,
    GoneError,
    NotAllowedError,
    NotFoundError,
    WrongRequestError,
)

FHIR_JSON = "application/fhir+json"
FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
CODES = "urn:motem:code:error"
EXPLAINED = "urn:motem:extension:explanation"
"""Where this service explains an error: an address of its own."""
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
BY_STATUS: dict[int, type[GatewayError]] = {
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.METHOD_NOT_ALLOWED: NotAllowedError,
}
"""Errors of the web framework that have a sentence of ours; others are wrong requests."""


AGAIN = {"Retry-After": "5"}
"""Seconds after which the database, or whoever else was not there, may be back."""
PASSING = ("transient", "throttled")
"""Codes of errors that may be gone by then."""


class FhirResponse(Response):
    """A FHIR resource as JSON text."""

    media_type = FHIR_JSON


BEARER = {HTTPStatus.UNAUTHORIZED.value: {"WWW-Authenticate": 'Bearer realm="motem"'}}
"""What a caller without a valid token is told beside the status (RFC 6750 3)."""
SHORT = {"WWW-Authenticate": 'Bearer realm="motem", error="insufficient_scope"'}
"""What a caller is told whose token is good, but not for this (RFC 6750 3.1)."""
ERROR = "x-motem-error"
"""Marks, as far as the way out, an answer that holds nothing but an error of ours."""


def failure(error: GatewayError, headers: dict[str, str] | None = None) -> FhirResponse:
    """The OperationOutcome of an error, in Vietnamese and English."""
    text = json.dumps(operation_outcome(error), ensure_ascii=False)
    return FhirResponse(text, status_code=error.status, headers={ERROR: "1", **(headers or {})})


def translated(vietnamese: str, english: str) -> dict[str, Any]:
    """A text of FHIR in Vietnamese, with its English translation."""
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": english}]
    return {"text": vietnamese, "_text": {"extension": [{"url": TRANSLATION, "extension": parts}]}}


def operation_outcome(error: GatewayError) -> dict[str, Any]:
    """With our stable code, where it is explained, and the id of the request."""
    found = issue("error", error.code, (error.sentence, str(error)))
    found["details"]["coding"] = [{"system": CODES, "code": error.problem}]
    found["extension"] = [{"url": EXPLAINED, "valueUri": f"/errors/{error.problem}"}]
    if error.expression:
        found["expression"] = [error.expression]
    request = acting.current()
    told = {"id": request.id} if request and FHIR_ID.fullmatch(request.id) else {}
    return {"resourceType": "OperationOutcome", **told, "issue": [found]}


def outcome(*issues: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def issue(severity: str, code: str, words: tuple[str, str]) -> dict[str, Any]:
    """One issue. `words`: Vietnamese, English."""
    details = translated(*words)
    return {"severity": severity, "code": code, "details": details, "diagnostics": words[1]}


def warning(code: str, vietnamese: str, english: str) -> dict[str, Any]:
    """An OperationOutcome that comes with what was found."""
    return outcome(issue("warning", code, (vietnamese, english)))


def _beside(error: GatewayError) -> dict[str, str] | None:
    """Headers of an error."""
    if isinstance(error, ScopeError):
        return SHORT
    return AGAIN if error.code in PASSING else BEARER.get(error.status)


def handle_errors(app: FastAPI) -> None:
    """Every error becomes an OperationOutcome; none repeats what the request held."""

    @app.exception_handler(GatewayError)
    def ours(_request: Request, error: GatewayError) -> Response:
        return failure(error, _beside(error))

    @app.exception_handler(HTTPException)
    def framework(_request: Request, error: HTTPException) -> Response:
        known = BY_STATUS.get(error.status_code, WrongRequestError)
        return failure(known(), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, _error: RequestValidationError) -> Response:
        return failure(WrongRequestError())

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeoutError)
    @app.exception_handler(LedgerError)
    def database(_request: Request, _error: Exception) -> Response:
        return failure(DatabaseUnavailableError(), AGAIN)

    @app.exception_handler(DataError)
    def unstorable(_request: Request, _error: DataError) -> Response:
        return failure(WrongRequestError())

    @app.exception_handler(ClientDisconnect)
    def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return failure(GoneError())

    @app.exception_handler(Exception)
    def unforeseen(request: Request, _error: Exception) -> Response:
        answer = failure(GatewayError())
        del answer.headers[ERROR]  # It goes past the way out,
        guard(answer.headers, request.scope)  # and past what guards all others.
        return answer
