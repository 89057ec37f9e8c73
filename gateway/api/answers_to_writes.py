"""How a write at the FHIR door is answered: what stands, whose it is, and how that was decided."""

from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Request, Response

from adapters.contract import Resource
from adapters.errors import Problem, Rejection
from gateway.api.fhir_parameters import answered, base_of
from gateway.api.outcome import issue, outcome
from gateway.api.payload import wants
from gateway.fed import Fed

IDENTITY, DECISION, MESSAGE = "X-Motem-Identity", "X-Motem-Link", "X-Motem-Message"
"""The golden Patient, how the record came to it (pending, single, auto, manual), the kept message."""


def location(base: str, fed: Fed) -> str:
    return f"{base}/{fed.kind}/{fed.id}/_history/{fed.version}"


def told_of(fed: Fed) -> Resource:
    """What was decided, as an OperationOutcome."""
    return outcome(*_issues(fed))


def response(request: Request, fed: Fed, prefer: str) -> Response:
    """What stands, and in the head to which child it belongs and how that was decided."""
    told = told_of(fed)
    if fed.id is None or fed.updated is None:
        foreign = any(one.problem is Problem.FOREIGN_DOMAIN for one in fed.rejections)
        status = HTTPStatus.FORBIDDEN if foreign else HTTPStatus.UNPROCESSABLE_ENTITY
        refused = answered(told, status)
        refused.headers[MESSAGE] = fed.message or ""
        return refused
    body = _body(fed, told, prefer)
    status = HTTPStatus.CREATED if fed.is_new else HTTPStatus.OK
    made = answered(body, status) if body is not None else Response(status_code=status)
    made.headers.update(
        {
            "ETag": f'W/"{fed.version}"',
            "Last-Modified": format_datetime(fed.updated, usegmt=True),
            "Location": location(base_of(request), fed),
            IDENTITY: f"Patient/{fed.identity}",
            DECISION: fed.decision,
        }
    )
    if fed.message:
        made.headers[MESSAGE] = fed.message
    return made


def _body(fed: Fed, told: Resource, prefer: str) -> Resource | orjson.Fragment | None:
    if wants(prefer, "return=minimal"):
        return None
    if wants(prefer, "return=operationoutcome") or fed.body is None:
        return told
    return orjson.Fragment(fed.body)


def _issues(fed: Fed) -> list[dict[str, Any]]:
    found = [issue("warning", "informational", words) for words in fed.remarks]
    found += [_refused(one) for one in fed.rejections]
    if fed.id is not None:
        words = (
            f"Thuộc hồ sơ chung Patient/{fed.identity}; cách liên kết: {fed.decision}.",
            f"It belongs to the golden Patient/{fed.identity}; linked: {fed.decision}.",
        )
        found.append(issue("information", "informational", words))
    return found


def _refused(one: Rejection) -> dict[str, Any]:
    told = issue("error", "invalid", (one.vietnamese, one.english))
    return told | {"expression": [one.element or one.position]}
