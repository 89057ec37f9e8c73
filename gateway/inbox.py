"""Use cases: look at messages, at what was refused in them, and at their bytes."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.registry import inbox
from gateway.registry.inbox import Cause, Entry, KeptRefusal
from gateway.registry.messages import MessageState

__all__ = [
    "Cause",
    "Entry",
    "KeptRefusal",
    "MessageState",
    "causes",
    "content",
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
    """A message with all that was refused in it, without bytes."""
    found = inbox.entry(session, message_id)
    if found is not None:
        _read(session, message_id, caller, "state")
    return found


def content(session: Session, message_id: str, caller: Caller) -> bytes | None:
    """The bytes of a message as sent: child data, so that the log names the message."""
    found = inbox.content(session, message_id)
    if found is not None:
        _read(session, message_id, caller, "content")
    return found


def _read(session: Session, message_id: str, caller: Caller, what: str) -> None:
    event = AuditEvent(
        action=Action.MESSAGE_READ, caller=caller, message=message_id, detail={"what": what}
    )
    audit.append(session, event)


def causes(session: Session, caller: Caller, source: str | None = None) -> Sequence[Cause]:
    """Refusals that nobody has settled, those that are alike together."""
    audit.append(session, AuditEvent(action=Action.MESSAGE_SEARCH, caller=caller))
    return inbox.causes(session, source)
