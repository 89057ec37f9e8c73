"""What a sender says by a method of HTTP: that a resource is so from now on, or is no more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from adapters.contract import (
    REPLACES,
    Reading,
    Resource,
    SourceAdapter,
    SourceMessage,
    Statement,
)
from adapters.fhir_body import as_content
from gateway.own_records import REQUEST, SOURCE, OwnRecord, replaced_by
from gateway.registry.drafts import Draft
from gateway.registry.preparation import prepare

OURS = (REPLACES, REQUEST, "house")
"""In a statement's content, by us: not what its sender said."""
NOT_KEPT = ("text", "photo")
"""Left out by the fhir source anyhow; XML is not read that far."""


def said_again(read: Draft, record: OwnRecord | None, patient: Resource) -> Draft:
    """The draft; or, where its words stand no longer and have no time of their own, the same said now.

    After A and B, A once more means A. What bears its own time is as new as that says.
    """
    if record is None or read.adapter is None or len(read.prepared) != 1 or read.refusal:
        return read
    one = read.prepared[0]
    known = {kept.fingerprint: kept for kept in record.said}
    if one.fingerprint not in known or one.statement.effective:
        return read
    if record.last() == known[one.fingerprint].statement:
        return read
    return _draft(read.adapter, asked_anew(one.statement), "PUT", patient)


def said_instead(read: Draft, record: OwnRecord | None) -> Draft:
    """The same as the sender's word from now on: it takes the place of the earlier one.

    Who says what stands says nothing new.
    """
    if read.adapter is None or len(read.prepared) != 1 or read.refusal:
        return read
    one = read.prepared[0]
    said = replace(one.statement, effective=None)
    if record is not None and one.conversion is not None:
        roles = [resource["id"] for resource in one.conversion.resources]
        told = {REPLACES: replaced_by(record, said, one.conversion, roles)}
        said = unchanged(record, said, roles) or replace(said, content={**said.content, **told})
    return replace(
        read,
        reading=replace(read.reading, statements=[said]),
        prepared=[prepare(SOURCE, read.adapter, said)],
    )


def unchanged(record: OwnRecord, said: Statement, roles: Sequence[str]) -> Statement | None:
    """The statement that stands and says the same, where it alone speaks of these roles."""
    for statement, _ in record.pairs:
        alone = [statement.content_hash]
        if words(statement) == words(said) and all(list(record.stating(r)) == alone for r in roles):
            return statement
    return None


def words(statement: Statement) -> Mapping[str, Any]:
    """What the sender said."""
    return {name: value for name, value in statement.content.items() if name not in OURS}


def asked_anew(statement: Statement) -> Statement:
    """The same, said now and once more."""
    content = {**statement.content, REQUEST: _number()}
    return replace(statement, content=content, effective=None)


def removal(record: OwnRecord, adapter: SourceAdapter) -> Draft:
    """What stands of a record that was sent, no longer active."""
    return _draft(adapter, removed(record), "DELETE", None)


def removed(record: OwnRecord) -> Statement:
    """The newest word on the Patient, no longer active; of nothing else it says anything."""
    last = record.last()
    content = {name: value for name, value in last.content.items() if name != REPLACES} | {
        "patient": {**last.content["patient"], "active": False},
        "resources": [],
        "house": record.custodian,
    }
    return asked_anew(replace(last, content=content))


def _draft(
    adapter: SourceAdapter,
    said: Statement,
    method: str,
    resource: Resource | None,
) -> Draft:
    return Draft(
        message=request(method, f"Patient?identifier={said.record_id}", resource),
        adapter=adapter,
        reading=Reading(statements=[said]),
        prepared=[prepare(SOURCE, adapter, said)],
    )


def request(method: str, url: str, resource: Resource | None) -> SourceMessage:
    """Kept as the transaction that it was: bytes that came before would be no new message."""
    plain = {n: v for n, v in resource.items() if n not in NOT_KEPT} if resource else None
    told = {"request": {"method": method, "url": url}} | ({"resource": plain} if plain else {})
    return message([told])


def message(entries: Sequence[Mapping[str, Any]]) -> SourceMessage:
    """A transaction, told apart from all others by its id and time."""
    bundle = {
        "resourceType": "Bundle",
        "id": _number(),
        "type": "transaction",
        "timestamp": datetime.now(UTC).isoformat(),
        "entry": list(entries),
    }
    return SourceMessage(source=SOURCE, content=as_content(bundle))


def _number() -> str:
    return str(ULID()).lower()
