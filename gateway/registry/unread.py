"""Messages that are still to be read: whose turn it is, and how often reading one was begun."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.registry.messages import MessageState
from gateway.registry.tables import message
from gateway.registry.wholes import IS_WHOLE

_c = message.c
_UNREAD = (_c.state == MessageState.RECEIVED, ~IS_WHOLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """The `number`th time that reading a message begins, from 1."""

    message: str
    number: int


def begin(session: Session) -> Attempt | None:
    """Count a beginning for the message whose turn it is; None where none waits.

    Commit it before the work: of a process that is killed at work nothing else remains. Those that
    were begun least often come first, so that one which ends processes holds up no other.
    """
    free = select(_c.id).where(*_UNREAD).order_by(_c.attempts, _c.id).limit(1)
    # First without FOR UPDATE, which pgaudit takes for a read of all that the row says.
    if session.scalar(free) is None:
        return None
    found = session.scalar(free.with_for_update(skip_locked=True))
    if found is None:
        return None
    counted = update(message).where(_c.id == found).values(attempts=_c.attempts + 1)
    number = session.scalars(counted.returning(_c.attempts)).one()
    return Attempt(message=found, number=number)


def hold(session: Session, message_id: str) -> bool:
    """Keep others from reading a message until the transaction ends; whether nobody else does."""
    query = select(_c.id).where(_c.id == message_id, *_UNREAD)
    return session.scalar(query.with_for_update(skip_locked=True)) is not None


def outlived(session: Session, message_id: str) -> None:
    """Reading a message failed, and the process goes on: such beginnings do not count."""
    session.execute(update(message).where(_c.id == message_id).values(attempts=0))
