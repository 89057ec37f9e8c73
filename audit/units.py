"""Units of work: what one transaction writes refers to the first event that the log has of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
from psycopg.pq import ExecStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from audit.event import AuditEvent, new_id
from audit.keys import Key

KEY = "audit_key"
"""Execution option of an engine: the key with which what is written over it is sealed."""
READS = "audit_reads"
"""Execution option: the transactions are READ ONLY, and what they have to tell is written after them."""
UNIT = "audit_unit"
"""In `Connection.info`, and in `Session.info` once it has written: the unit of the transaction."""
SETTING = "motem.event"
"""Setting of PostgreSQL that the column `event` of other tables takes as its default."""


@dataclass(kw_only=True, slots=True)
class Unit:
    """The id that the first event of a transaction gets; `used` once there is one.

    `marks`: whether it was, at each open savepoint: what is rolled back to one was never written.
    `told`: the events of a transaction that only reads; what a savepoint takes back stays told.
    """

    id: str
    used: bool = False
    marks: list[bool] = field(default_factory=list)
    told: list[AuditEvent] = field(default_factory=list)


def attach(engine: Engine, key: Key, settings: Callable[[], str] | None = None) -> None:
    """Let transactions of this engine write events, and rows that refer to them.

    `settings`: further statements with which each transaction begins, in the same message.
    """
    engine.update_execution_options(**{KEY: key})

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        unit = Unit(id=new_id())
        connection.info[UNIT] = unit
        further = f"; {settings()}" if settings is not None else ""
        _begin(connection, f"SET LOCAL {SETTING} = '{unit.id}'{further}")

    @event.listens_for(engine, "savepoint")
    def mark(connection: Connection, _name: str | None) -> None:
        unit: Unit = connection.info[UNIT]
        unit.marks.append(unit.used)

    @event.listens_for(engine, "rollback_savepoint")
    def forget(connection: Connection, _name: str, _context: None) -> None:
        unit: Unit = connection.info[UNIT]
        unit.used = unit.marks.pop() or bool(unit.told)

    @event.listens_for(engine, "release_savepoint")
    def keep(connection: Connection, _name: str, _context: None) -> None:
        unit: Unit = connection.info[UNIT]
        unit.marks.pop()


def _begin(connection: Connection, setting: str) -> None:
    """BEGIN and the setting in one message: each more is a tenth of the time of a short use case.

    The driver sends no BEGIN of its own where a transaction is open.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    level = driver.isolation_level
    begin = f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}" if level else "BEGIN"
    if connection.get_execution_options().get(READS):
        begin += " READ ONLY"
    if driver.pgconn.exec_(f"{begin}; {setting}".encode()).status != ExecStatus.COMMAND_OK:
        execute(connection, setting, ())  # Raises what is wrong, as the driver tells it.


def execute(
    connection: Connection, statement: str, values: Sequence[Any] | Mapping[str, Any]
) -> psycopg.Cursor[Any]:
    """By the driver, which takes half the time; errors as SQLAlchemy raises them, without values."""
    cursor: Any = connection.connection.cursor()
    try:
        return cast("psycopg.Cursor[Any]", cursor.execute(statement, values))
    except psycopg.Error as error:
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True
        ) from None


def portions(
    connection: Connection, query: str, size: int
) -> Iterator[Sequence[tuple[object, ...]]]:
    """Rows of a query, so many at a time, in the transaction that is open; errors as above.

    By the driver and in binary form: bytes as text, and rows by name, take twice as long as all
    that is computed of them.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor("portions", binary=True) as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(size):
                yield rows
    except psycopg.Error as error:
        raise DBAPIError.instance(query, None, error, psycopg.Error, hide_parameters=True) from None


def unit_of(session: Session) -> str | None:
    """The id of the first event that this session has written; None where there is none."""
    unit: Unit | None = session.info.get(UNIT)
    return unit.id if unit is not None and unit.used else None


def told_in(session: Session) -> list[AuditEvent]:
    """The events of a transaction that only reads: nobody has written them yet."""
    unit: Unit | None = session.info.get(UNIT)
    return unit.told if unit is not None else []
