"""Append events to the log and read them back; nothing else can be done with it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from audit.event import Action, AuditEvent, Caller, Outcome
from audit.tables import audit_event

COLUMNS = "id, occurred, action, who, system, purpose, message, record, identity, outcome, detail"
INSERTION = text(
    f"INSERT INTO audit_event ({COLUMNS}) SELECT {COLUMNS}"
    " FROM json_populate_recordset(NULL::audit_event, CAST(:rows AS json))"
)
"""All rows as one parameter, in their order: half of the time of a parameter for each value."""


def append(session: Session, event: AuditEvent) -> None:
    """Write one event in the session's transaction: it is kept if and only if the work is."""
    append_many(session, [event])


def append_many(session: Session, events: Iterable[AuditEvent]) -> None:
    """Write events in their order, in the session's transaction."""
    rows = [_row(event) for event in events]
    if rows:
        session.execute(INSERTION, {"rows": orjson.dumps(rows).decode()})


def events(
    session: Session,
    *,
    action: Action | None = None,
    record: str | None = None,
    identity: str | None = None,
    since: datetime | None = None,
) -> Iterator[AuditEvent]:
    """Events in the order they were written; each argument narrows. `since` is included."""
    query = select(audit_event).order_by(audit_event.c.number)
    for name, value in (("action", action), ("record", record), ("identity", identity)):
        if value is not None:
            query = query.where(audit_event.c[name] == value)
    if since is not None:
        query = query.where(audit_event.c.occurred >= since)
    rows = session.execute(query.execution_options(yield_per=1000)).mappings()
    yield from map(_event, rows)


def _row(event: AuditEvent) -> dict[str, Any]:
    row = {
        name: getattr(event, name)
        for name in ("id", "occurred", "action", "message", "record", "identity", "outcome")
    }
    return row | asdict(event.caller) | {"detail": dict(event.detail)}


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
