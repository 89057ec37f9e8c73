"""Use cases: look at messages, at what was refused in them, and at their bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, Seen, naming
from gateway.database import transaction
from gateway.registry import corrections, inbox, wholes
from gateway.registry.answered import RecordResult, answered
from gateway.registry.inbox import Cause, Entry, KeptRefusal
from gateway.registry.messages import MessageState

__all__ = [
    "Cause",
    "Entry",
    "KeptRefusal",
    "MessageState",
    "causes",
    "content",
    "content_in_parts",
    "listed",
    "one",
]

MOST = 200
"""Messages in one answer."""


def listed(
    session: Session,
    caller: Caller,
    *,
    source: str | None = None,
    state: str | None = None,
    part_of: str | None = None,
    before: str | None = None,
    most: int = 50,
) -> list[Entry]:
    """Messages without bytes and refusals, the newest first; `before` continues a list."""
    found = inbox.entries(
        session, source=source, state=state, part_of=part_of, before=before, most=min(most, MOST)
    )
    detail = {"count": len(found)}
    audit.append(session, AuditEvent(action=Action.MESSAGE_SEARCH, caller=caller, detail=detail))
    return found


def one(session: Session, message_id: str, caller: Caller) -> Entry | None:
    """A message with its records and all that was refused in it, without bytes.

    Which child a record belongs to is told: so the log has a look at each of them.
    """
    found = inbox.entry(session, message_id)
    if found is None:
        return None
    (records,) = answered(session, [found.answer])
    _read(session, message_id, caller, "state")
    audit.append_many(session, [_seen(message_id, record, caller) for record in records])
    still_refused = corrections.still_refused(session, message_id)
    return replace(found, records=records, still_refused=still_refused)


def _seen(message_id: str, one: RecordResult, caller: Caller) -> AuditEvent:
    return AuditEvent(
        action=Action.RECORD_READ,
        caller=caller,
        message=message_id,
        record=one.record,
        identity=one.identity,
    )


def content(session: Session, message_id: str, caller: Caller) -> bytes | None:
    """The bytes of a message as sent: child data, so that the log names the message.

    None also where it is kept in parts.
    """
    found = inbox.content(session, message_id)
    if found is not None:
        entry = inbox.entry(session, message_id)
        (records,) = answered(session, [entry.answer if entry else {}])
        _read(session, message_id, caller, "content", records)
    return found


def content_in_parts(
    engine: Engine, message_id: str, caller: Caller
) -> tuple[int, Iterator[bytes]] | None:
    """The same for a message in parts: how many bytes, and these, one part at a time.

    None where it is none, or where not all of it has come.
    """
    with transaction(engine) as session:
        found = inbox.entry(session, message_id)
        if found is None or found.parts is None:
            return None
        (records,) = answered(session, [found.answer])
        _read(session, message_id, caller, "content", records)
    return found.size, _own_bytes(engine, message_id)


def _own_bytes(engine: Engine, message_id: str) -> Iterator[bytes]:
    at = 0
    while True:
        with transaction(engine) as session:
            own = wholes.own_bytes(session, message_id, at)
        if not own:
            return
        at += len(own)
        yield own


def _read(
    session: Session,
    message_id: str,
    caller: Caller,
    what: str,
    records: Sequence[RecordResult] = (),
) -> None:
    seen = (Seen(record=one.record, identity=one.identity) for one in records)
    audit.append_many(
        session, naming(Action.MESSAGE_READ, caller, seen, {"what": what}, message_id)
    )


def causes(session: Session, caller: Caller, source: str | None = None) -> Sequence[Cause]:
    """Refusals that nobody has settled, those that are alike together."""
    audit.append(session, AuditEvent(action=Action.MESSAGE_SEARCH, caller=caller))
    return inbox.causes(session, source)
