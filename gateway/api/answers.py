"""What senders are answered: records with their references, refusals as OperationOutcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Response

from adapters.contract import content_text
from adapters.errors import OURS, Rejection
from gateway.api.outcome import translated
from gateway.idempotency import Answer
from gateway.inbox import Cause, Entry, KeptRefusal
from gateway.ingest import IngestResult, MessageState, RecordResult
from gateway.preview import Preview
from gateway.register import Entry as SourceEntry
from gateway.replay import Replay

JSON = "application/json"


def response(answer: Answer) -> Response:
    """Child data may be in it: no one may keep a copy on the way."""
    headers = {"Cache-Control": "no-store"}
    if answer.location:
        name = "Content-Location" if answer.status == HTTPStatus.ACCEPTED else "Location"
        headers[name] = answer.location
    return Response(answer.body, answer.status, headers, media_type=JSON)


def document(body: Mapping[str, Any]) -> Response:
    """JSON of our own, which no one may keep a copy of on the way."""
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type=JSON)


def taken(result: IngestResult) -> Answer:
    """201 for a message that is new, 200 for one that came before, 202 where that is not read yet
    or a mistake of ours prevents it, 422 where all was refused (and kept)."""
    records = [_record(one) for one in result.records]
    refused = bool(result.rejections) and not records and not result.counts.get("waiting")
    status = HTTPStatus.OK if result.repeated else HTTPStatus.CREATED
    ours = all(one.problem in OURS for one in result.rejections)
    if refused:
        status = HTTPStatus.ACCEPTED if ours else HTTPStatus.UNPROCESSABLE_ENTITY
    elif result.state is MessageState.RECEIVED:  # It came before, and is still to be read.
        status = HTTPStatus.ACCEPTED
    return _answer(
        status,
        result.message,
        {
            "message": result.message,
            "source": result.source,
            "state": result.state,
            "repeated": result.repeated,
            "counts": dict(result.counts),
            "records": records,
            "rejections": [refusal(one) for one in result.rejections],
            "unknownFields": dict(result.unknown_fields),
        }
        | _warnings(result.still_refused),
    )


def _record(one: RecordResult) -> dict[str, Any]:
    return {
        "record": one.record,
        "change": one.change,
        "reference": one.reference,
        "identity": one.identity,
        "identityReference": f"Patient/{one.identity}",
        "decision": one.decision,
    }


def received(message_id: str, state: MessageState) -> Answer:
    """202: the bytes are kept, and will be read."""
    return _answer(HTTPStatus.ACCEPTED, message_id, {"message": message_id, "state": state})


def _answer(status: HTTPStatus, message_id: str, body: Mapping[str, Any]) -> Answer:
    return Answer(
        status=status, body=orjson.dumps(body).decode(), location=f"/messages/{message_id}"
    )


def refusal(one: Rejection | KeptRefusal) -> dict[str, Any]:
    """A refused record as an OperationOutcome with the place in the payload."""
    code = one.problem if isinstance(one, Rejection) else one.code
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "exception" if code in OURS else "invalid",
                "details": translated(one.vietnamese, one.english)
                | {"coding": [{"system": "urn:motem:code:problem", "code": code}]},
                "diagnostics": one.position,
            }
        ],
    }


def _warnings(still_refused: int) -> dict[str, Any]:
    """What a correction does not settle, as an OperationOutcome; nothing where it settles all."""
    if not still_refused:
        return {}
    english = (
        f"In the corrected message {still_refused} refusals still stand:"
        " too few records came in their place, or some were refused."
    )
    vietnamese = (
        f"Trong thông điệp được đính chính vẫn còn {still_refused} mục bị từ chối:"
        " số bản ghi thay thế chưa đủ, hoặc còn bản ghi bị từ chối."
    )
    issue = {
        "severity": "warning",
        "code": "incomplete",
        "details": translated(vietnamese, english),
        "diagnostics": english,
    }
    return {"warnings": [{"resourceType": "OperationOutcome", "issue": [issue]}]}


def previewed(found: Preview, told: int, size: int) -> Answer:
    """The resources of each record, whose ids are roles in the record, and what is wrong.

    `told`: bytes that this is about, of `size`.
    """
    body = {
        "records": [asdict(one) for one in found.records],
        "rejections": [refusal(one) for one in found.rejections],
        "leftOut": dict(found.left_out),
        "unknownFields": dict(found.unknown_fields),
        "bytes": told,
        "bytesInAll": size,
    }
    text = content_text(body).encode("utf-8", "replace")  # A payload may hold half a character.
    return Answer(status=HTTPStatus.OK, body=text.decode())


def message(found: Entry) -> dict[str, Any]:
    """A message and its counts, as it stands in a list."""
    names = {"unknown_fields": "unknownFields", "part_of": "partOf", "id": "message"}
    inner = ("answer", "records", "refusals", "progress", "still_refused")
    row = {field.name: getattr(found, field.name) for field in fields(found)}
    told = {names.get(name, name): value for name, value in row.items() if name not in inner}
    if found.progress is not None:
        done = found.progress
        told["progress"] = {"partsRead": done.parts_read, "bytesRead": done.bytes_read}
    return told


def whole_message(found: Entry) -> dict[str, Any]:
    """A message with its records, and all that was ever refused in it."""
    refusals = [
        {
            "outcome": refusal(one),
            "aboutChild": one.about_child,
            "due": one.due,
            "settled": one.settled,
            "settlement": one.settlement,
        }
        for one in found.refusals
    ]
    records = [_record(one) for one in found.records]
    told = message(found) | {"records": records, "refusals": refusals}
    is_read = found.state is not MessageState.RECEIVED
    return told | (_warnings(found.still_refused) if is_read else {})


def messages(found: Sequence[Entry], following: str | None) -> dict[str, Any]:
    """A page of messages; `next` is where the next page is, if there is one."""
    return {"messages": [message(one) for one in found], "next": following}


def cause(found: Cause) -> dict[str, Any]:
    row = asdict(found)
    return row | {"aboutChild": row.pop("about_child")}


def source(found: SourceEntry) -> dict[str, Any]:
    """One line of the source register; lag in whole seconds."""
    terms = found.agreement
    return {
        "source": found.source,
        "system": found.system,
        "version": found.version,
        "accepts": found.accepts,
        "agreement": terms.model_dump(mode="json", exclude={"source", "system"}) if terms else None,
        "lastMessage": found.last,
        "lagSeconds": int(found.lag.total_seconds()) if found.lag else None,
        "late": found.late,
        "messages": found.messages,
        "errorRate": round(found.error_rate, 4),
        "openRefusals": found.open_refusals,
        "overdueRefusals": found.overdue,
        "unknownFields": dict(found.unknown_fields),
    }


def replayed(found: Replay) -> dict[str, Any]:
    return {
        "message": found.message,
        "source": found.source,
        "before": found.before,
        "after": found.after,
        "counts": dict(found.counts),
        "rejections": [refusal(one) for one in found.rejections],
    }
