"""What a sender says by a method of HTTP and not by new words: an older content again, or a removal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from adapters import history
from adapters.contract import Conversion, Reading, Resource, SourceAdapter, SourceMessage, Statement
from adapters.errors import PayloadError
from adapters.fhir_body import as_content
from gateway.registry.drafts import Draft
from gateway.registry.preparation import prepare
from gateway.registry.statements import KeptStatement

REQUEST = "request"
"""In a statement's content: makes it another one than that which said the same before."""


def said_again(read: Draft, before: Sequence[KeptStatement], patient: Resource) -> Draft:
    """The draft; or, where its words stand no longer and have no time of their own, the same said now.

    `before`: every statement of the record. After A and B, A once more means A. What bears its own
    time is as new as that says.
    """
    if read.adapter is None or len(read.prepared) != 1 or read.refusal:
        return read
    one = read.prepared[0]
    known = {kept.fingerprint: kept for kept in before}
    if one.fingerprint not in known or one.statement.effective:
        return read
    if _newest(before, read.adapter) is known[one.fingerprint]:
        return read
    plain = {name: value for name, value in patient.items() if name not in ("text", "photo")}
    return _draft(read.adapter, one.statement, one.statement.content, "PUT", plain)


def removal(said: Sequence[KeptStatement], adapter: SourceAdapter) -> Draft:
    """What stands of a record that was sent, no longer active. `said`: all its statements, some."""
    last = _newest(said, adapter).statement
    content = {**last.content, "patient": {**last.content["patient"], "active": False}}
    return _draft(adapter, last, content, "DELETE", None)


def _newest(said: Sequence[KeptStatement], adapter: SourceAdapter) -> KeptStatement:
    converted: list[tuple[KeptStatement, Conversion]] = []
    for kept in said:
        try:
            converted.append((kept, adapter.convert(kept.statement)))
        except PayloadError:
            continue
    last = history.by_time([(kept.statement, one) for kept, one in converted])[-1]
    return next(kept for kept, one in converted if one is last)


def _draft(
    adapter: SourceAdapter,
    statement: Statement,
    content: Any,
    method: str,
    resource: Resource | None,
) -> Draft:
    """Kept as the transaction that it was: bytes that came before would be no new message."""
    number = str(ULID()).lower()
    said = replace(statement, content={**content, REQUEST: number}, effective=None)
    entry = {"request": {"method": method, "url": f"Patient?identifier={said.record_id}"}}
    bundle = {
        "resourceType": "Bundle",
        "id": number,
        "type": "transaction",
        "timestamp": datetime.now(UTC).isoformat(),
        "entry": [entry | ({"resource": resource} if resource else {})],
    }
    return Draft(
        message=SourceMessage(source="fhir", content=as_content(bundle)),
        adapter=adapter,
        reading=Reading(statements=[said]),
        prepared=[prepare("fhir", adapter, said)],
    )
