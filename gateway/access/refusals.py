"""Refusals are kept before they are answered, and told to the log as soon as their second is over."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway.access.tables import refusal
from gateway.errors import NotSignedError

OPERATION = "HOPERAT"
"""To refuse is an operation of the service: what the caller wanted, nobody knows."""


class Refused(NamedTuple):
    """Who was refused what, and why."""

    action: Action
    client: str
    reason: str


class Unsaid:
    """Refusals of a flood, counted in memory until somebody keeps them: not a row for each."""

    def __init__(self) -> None:
        self._lock, self._counts = Lock(), Counter[Refused]()

    def add(self, one: Refused) -> None:
        with self._lock:
            self._counts[one] += 1

    @contextmanager
    def taken(self) -> Iterator[Counter[Refused]]:
        """All that were counted so far; counted on where the block fails."""
        with self._lock:
            found, self._counts = self._counts, Counter()
        try:
            yield found
        except BaseException:
            with self._lock:
                self._counts.update(found)
            raise


def refuse(session: Session, action: Action, client: str, reason: str, count: int = 1) -> None:
    """Count a refusal, or as many. A flood of them from one caller is one row for each second, and none is lost.

    `client`: its id, or where it called from. `reason`: a word of ours, never what was asked. Raises
    NotSignedError where the database does not keep it.
    """
    row = {
        "client": client[:64],
        "action": action.value,
        "reason": reason,
        "second": datetime.now(UTC).replace(microsecond=0),
        "count": count,
    }
    counted = insert(refusal).values(row)
    kept = counted.on_conflict_do_update(
        index_elements=list(refusal.primary_key.columns),
        set_={"count": refusal.c.count + count},
    )
    if session.scalar(kept.returning(refusal.c.count)) is None:
        # A trigger or a rule of somebody's: a refusal that nobody counts is not answered as one.
        raise NotSignedError


def tell(session: Session) -> int:
    """Write the refusals of the seconds that are over into the log; how many events that were."""
    over = delete(refusal).where(refusal.c.second < datetime.now(UTC).replace(microsecond=0))
    rows = session.execute(over.returning(refusal)).mappings().all()
    audit.append_many(
        session,
        [
            AuditEvent(
                action=Action(row["action"]),
                caller=Caller(who=row["client"], system=row["client"], purpose=OPERATION),
                outcome=Outcome.REFUSED,
                detail={"reason": row["reason"], "count": row["count"]},
                occurred=row["second"],
            )
            for row in rows
        ],
    )
    return len(rows)
