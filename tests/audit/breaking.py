"""Ways to break the log on purpose: named points where work stops, a database without its guards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import URL, Engine, func, select, text
from sqlalchemy.orm import Session

import audit
from audit import ledger, log
from audit.anchor import FileAnchor
from audit.checking import Checked, check
from audit.event import Action, AuditEvent, Caller
from audit.sequencer import Sequencer
from audit.tables import audit_event, leaf
from audit.units import told_in, unit_of
from gateway import database
from gateway.database import Role, ledger_of, reading, transaction
from tests.ledger import engine_for

CALLER = Caller(who="tester", system="pytest", purpose="HOPERAT")


@dataclass(frozen=True, kw_only=True)
class Point:
    """A moment: before (or after) something is called for the nth time."""

    name: str
    owner: Any
    call: str
    after: bool = False
    nth: int = 1

    def __str__(self) -> str:
        return self.name


POINTS = (
    Point(name="before the insert", owner=log, call="write"),
    Point(name="after the insert", owner=log, call="write", after=True),
    Point(name="after the commit", owner=database, call="settle"),
    Point(name="after the lock", owner=Sequencer, call="drain"),
    Point(name="what waits is read", owner=Sequencer, call="_take"),
    Point(name="leaves not written", owner=Sequencer, call="_put"),
    Point(name="leaves committed", owner=Sequencer, call="_put", after=True),
    Point(name="recomputed", owner=FileAnchor, call="swap"),
    Point(name="anchor's new file written, not moved", owner=Path, call="replace"),
    Point(name="anchor moved", owner=FileAnchor, call="swap", after=True),
    Point(name="checkpoint not written", owner=Sequencer, call="_keep"),
    Point(name="committed, before the answer", owner=database, call="issue"),
)
"""Of a request that writes and of the sequencer, in the order in which one request passes them."""

READ_POINTS = (
    Point(name="before the sealing", owner=ledger, call="sealed"),
    Point(name="after the lock", owner=Sequencer, call="drain"),
    Point(name="nothing written", owner=Sequencer, call="_write"),
    Point(name="event and leaf committed", owner=Sequencer, call="_write", after=True),
    *POINTS[7:],
)
"""The same of a request that only reads: its events are written by whoever signs."""


@contextmanager
def stopping_at(point: Point, stop: Callable[[], object]) -> Iterator[None]:
    """Do something else first (or afterwards) at that point."""
    original: Callable[..., Any] = getattr(point.owner, point.call)
    calls = 0

    def instead(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        is_now = calls == 1
        if is_now and not point.after:
            stop()
        result = original(*arguments, **named)
        if is_now and point.after:
            stop()
        return result

    with patch.object(point.owner, point.call, instead):
        yield


def look(engine: Engine, count: int = 1) -> list[str]:
    """One signed transaction that discloses; the ids of its events."""
    made = [
        AuditEvent(action=Action.PATIENT_READ, caller=CALLER, identity=f"i{n % 7}")
        for n in range(count)
    ]
    with transaction(engine) as session:
        before = set(session.scalars(select(audit_event.c.id)))
        audit.append_many(session, made)
        return sorted(set(session.scalars(select(audit_event.c.id))) - before)


def look_only(engine: Engine, count: int = 1) -> list[str]:
    """The same by a unit of work that only reads."""
    made = [
        AuditEvent(action=Action.PATIENT_READ, caller=CALLER, identity=f"i{n % 7}")
        for n in range(count)
    ]
    with reading(engine) as session:
        audit.append_many(session, made)
        return [one.id for one in told_in(session)]


def write_unsigned(engine: Engine) -> str:
    """What a request has committed before it asks for its signature; the event's id."""
    with Session(engine) as session, session.begin():
        audit.append(session, AuditEvent(action=Action.PATIENT_READ, caller=CALLER))
        unit = unit_of(session)
    return str(unit)


def checked(engine: Engine) -> Checked:
    """What the check finds, without a trace of having looked."""
    own = ledger_of(engine)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        return check(connection, own.log_key, own.anchor, [own.event_key])


def in_tree(engine: Engine) -> list[str]:
    """Ids of the events in the tree, in its order."""
    with engine.connect() as connection:
        return list(connection.scalars(select(leaf.c.event_id).order_by(leaf.c.seq)))


def count_events(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(audit_event)) or 0


UNGUARDED = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
    WHERE contype = 'f' AND (confrelid = 'audit_event'::regclass) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.name, one.conname);
  END LOOP;
  FOR one IN SELECT DISTINCT tgrelid::regclass AS name FROM pg_trigger
    WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'audit\\_%' LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', one.name);
  END LOOP;
END $$
"""


@contextmanager
def unguarded(url: URL) -> Iterator[Engine]:
    """An administrator of the database, for whom no trigger and no foreign key of the log holds."""
    engine = engine_for(url, Role.OWNER)
    with engine.begin() as connection:
        connection.execute(text(UNGUARDED))
    yield engine
    engine.dispose()
