"""Append events to the log and read them back; nothing else can be done with it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from audit.body import body_of, event_of, microseconds
from audit.errors import NoKeyError
from audit.event import Action, AuditEvent
from audit.keys import Key
from audit.sealing import Sealed, seal
from audit.tables import audit_event, leaf, pending
from audit.units import KEY, READS, UNIT, Unit, execute

WRITTEN = (
    "WITH written AS (INSERT INTO audit_event (id, body, salt, commitment, signature)"
    " SELECT * FROM unnest(%b::text[], %b::text[], %b::bytea[], %b::bytea[], %b::bytea[]))"
    " INSERT INTO audit_pending (id)"
    " SELECT id FROM unnest(%b::text[]) WITH ORDINALITY AS row(id, place) ORDER BY place"
)
"""All rows at once, in their order."""
ONE_WRITTEN = (
    "WITH written AS (INSERT INTO audit_event (id, body, salt, commitment, signature)"
    " VALUES (%s, %s, %s, %s, %s)) INSERT INTO audit_pending (id) VALUES (%s)"
)
"""The same for one: most use cases write one."""


Row: TypeAlias = tuple[str, Sealed]
"""An event as it is written, with its id."""
Bytes: TypeAlias = list[bytes]


def append(session: Session, event: AuditEvent) -> None:
    """Write one event in the session's transaction: it is kept if and only if the work is."""
    append_many(session, [event])


def append_many(session: Session, events: Iterable[AuditEvent]) -> None:
    """Write events in their order, in the session's transaction, sealed with the writer's key.

    They are signed into the tree afterwards (`Ledger.settle`). In a transaction that only reads they
    are kept for `Ledger.write`. Raises NoKeyError.
    """
    connection = session.connection()
    options = connection.get_execution_options()
    key: Key | None = options.get(KEY)
    if key is None:
        raise NoKeyError("This connection has no key of the log.")
    unit: Unit = connection.info[UNIT]
    session.info[UNIT] = unit
    told = _of_one_unit(unit, list(events))
    if options.get(READS):
        unit.told.extend(told)
    else:
        write(connection, told, key)


def write(connection: Connection, events: Sequence[AuditEvent], key: Key) -> None:
    """The same, with a key in hand."""
    if not events:
        return
    columns = columns_of(rows := sealed(events, key))
    if len(rows) == 1:
        execute(connection, ONE_WRITTEN, (*(column[0] for column in columns), events[0].id))
    else:
        execute(connection, WRITTEN, (*columns, columns[0]))


def sealed(events: Iterable[AuditEvent], key: Key) -> list[Row]:
    """Events as they are written. Raises ValueError for text that the database cannot keep."""
    return [(event.id, seal(body_of(event), key)) for event in events]


def columns_of(rows: Sequence[Row]) -> tuple[list[str], list[str], Bytes, Bytes, Bytes]:
    """Ids, bodies, salts, commitments, signatures: a list of each, as one statement takes them."""
    sealed = [one for _, one in rows]
    return (
        [id_ for id_, _ in rows],
        [one.body for one in sealed],
        [one.salt for one in sealed],
        [one.commitment for one in sealed],
        [one.signature for one in sealed],
    )


def events(
    session: Session,
    *,
    action: Action | None = None,
    record: str | None = None,
    identity: str | None = None,
    since: datetime | None = None,
) -> Iterator[AuditEvent]:
    """Events in the order they were written; each argument narrows. `since` is included.

    Erased ones are left out; those that are not signed yet come last.
    """
    c = audit_event.c
    query = (
        select(c.body)
        .outerjoin(leaf, leaf.c.event_id == c.id)
        .outerjoin(pending, pending.c.id == c.id)
        .where(c.body.is_not(None))
        .order_by(leaf.c.seq, pending.c.number)
    )
    for name, value in (("action", action), ("record", record), ("identity", identity)):
        if value is not None:
            query = query.where(c[name] == value)
    if since is not None:
        query = query.where(c.occurred >= microseconds(since))
    yield from map(event_of, session.scalars(query.execution_options(yield_per=1000)))


def _of_one_unit(unit: Unit, events: list[AuditEvent]) -> list[AuditEvent]:
    """The first event of a transaction has the id that the rows of the transaction refer to."""
    if events and not unit.used:
        unit.used = True
        events = [replace(events[0], id=unit.id), *events[1:]]
    return [one if one.id == unit.id else replace(one, unit=unit.id) for one in events]
