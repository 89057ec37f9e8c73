"""Erases bodies of old events by a rule: what they said is gone, every proof stays valid."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, any_, literal, select, update

from audit.body import microseconds
from audit.event import Action
from audit.tables import audit_event, leaf

KEPT = frozenset(
    {
        *(
            Action.RECORD_CREATE,
            Action.IDENTITY_CREATE,
            Action.IDENTITY_LINK,
            Action.IDENTITY_SPLIT,
        ),
        *(Action.AUDIT_ERASE, Action.AUDIT_GAP, Action.AUDIT_ALARM, Action.AUDIT_BACKFILL),
        *(Action.AUDIT_ROTATE, Action.FINDING_OPEN, Action.FINDING_CHANGE),
    }
)
"""What every later answer to "who saw this child" rests on, and what tells of the log itself."""
AT_ONCE = 500
"""Events that one further event tells of: it names each."""


class Erasable(NamedTuple):
    """An event whose body may go, and its place in the tree."""

    id: str
    seq: int


def erasable(connection: Connection, before: datetime) -> list[Erasable]:
    """Signed events from before that moment whose bodies may go; at most AT_ONCE, in their order."""
    c = audit_event.c
    query = (
        select(c.id, leaf.c.seq)
        .join(leaf, leaf.c.event_id == c.id)
        .where(c.occurred < microseconds(before), c.action.not_in(sorted(KEPT)))
        .order_by(leaf.c.seq)
        .limit(AT_ONCE)
    )
    return [Erasable(*row) for row in connection.execute(query)]


def places_of(events: Sequence[Erasable]) -> str:
    """Where they stand, as `4 7-9`: an export names no erased event, the verifier goes by its place."""
    runs: list[list[int]] = []
    for _, seq in events:
        if runs and seq == runs[-1][1] + 1:
            runs[-1][1] = seq
        else:
            runs.append([seq, seq])
    return " ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def erase(connection: Connection, ids: list[str], tombstone: str) -> None:
    """Remove body and salt: without the salt not even a guess at the body can be checked.

    `tombstone` is the event that names them, in the same transaction. Only the owner may.
    """
    gone = {"body": None, "salt": None, "erased_by": tombstone}
    connection.execute(
        update(audit_event).where(audit_event.c.id == any_(literal(ids))).values(gone)
    )
