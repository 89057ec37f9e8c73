"""Takes events from before the log was signed into it, once, and says in it that it did."""

from hashlib import sha256

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

import audit
from audit.body import body_of
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome

BEFORE = "audit_event_unsigned"
"""Where the migration put them."""
AT_ONCE = 1000


def backfill(session: Session, caller: Caller) -> None:
    """Seal what nobody sealed when it was written, and drop it where it stood.

    One further event tells how many they are and the SHA-256 of them all, a line each: they are as
    they were found, and nothing vouches for what was done to them before.
    """
    if session.scalar(text("SELECT to_regclass(:name)"), {"name": BEFORE}) is None:
        return
    digest, count = sha256(), 0
    found = session.execute(
        text(f"SELECT * FROM {BEFORE} ORDER BY number"), execution_options={"yield_per": AT_ONCE}
    )
    for rows in found.mappings().partitions():
        events = [_event(row) for row in rows]
        for event in events:
            digest.update(f"{body_of(event)}\n".encode())
        audit.append_many(session, events)
        count += len(events)
    session.execute(text(f"DROP TABLE {BEFORE}"))
    detail: dict[str, DetailValue] = {"events": count, "sha256": digest.hexdigest()}
    audit.append(session, AuditEvent(action=Action.AUDIT_BACKFILL, caller=caller, detail=detail))


def _event(row: RowMapping) -> AuditEvent:
    return AuditEvent(
        id=row["id"],
        occurred=row["occurred"],
        action=Action(row["action"]),
        caller=Caller(who=row["who"], system=row["system"], purpose=row["purpose"]),
        message=row["message"],
        record=row["record"],
        identity=row["identity"],
        outcome=Outcome(row["outcome"]),
        detail=row["detail"],
    )
