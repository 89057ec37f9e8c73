"""The database: which one, an engine for each role, and the only place that commits."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
import structlog
from psycopg import sql
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from audit.errors import LedgerError
from audit.ledger import Ledger
from audit.notes import NoteError, VerifierKey
from audit.syslog import syslog_at
from audit.units import READS, execute, told_in, unit_of
from audit.witness_client import WitnessClient
from audit.witnessing import Witnessing
from gateway import acting, postgres
from gateway.errors import (
    DatabaseUnavailableError,
    NotMigratedError,
    NotSignedError,
    RolesMissingError,
)
from gateway.receipts import issue
from gateway.settings import Settings

OLDEST_VERSION = 15
DRIVER = "postgresql+psycopg"
ATTEMPTS = 5
AGAIN = frozenset({"40001", "40P01", "23505"})
"""SQLSTATE of what may succeed when tried again: serialization, deadlock, unique index."""

IDLE_SINCE = "idle_since"
"""In the info of a pooled connection: when it was laid down (monotonic clock)."""
TRUSTED = 1.0
"""Seconds for which a connection that worked is not asked whether it still does."""

log = structlog.get_logger()
Result = TypeVar("Result")


class Role(StrEnum):
    """PostgreSQL roles; each connection takes one and gives up every other right."""

    OWNER = "motem_owner"
    """Owns the tables; used by migrations only."""

    APP = "motem_app"
    """Commands and the web service: reads and writes, never changes the schema or the log."""

    CALLER = "motem_caller"
    """The web service: sees what `gateway.acting` says that its caller may see, else nothing."""

    LINKAGE = "motem_linkage"
    """Batch linkage: reads the registry, writes identities."""

    AUDIT = "motem_audit"
    """Auditors: reads the log and nothing else."""

    SEQUENCER = "motem_sequencer"
    """Signs the log: reads events, writes leaves and checkpoints."""


def database_url(settings: Settings) -> URL:
    """The URL of the database in use; starts the embedded one where DATABASE_URL is not set."""
    if settings.database_url is None:
        return postgres.ensure(settings.home)
    try:
        url = make_url(settings.database_url.get_secret_value())
    except ArgumentError:
        # The original error is not shown: it quotes the URL, and that holds the password.
        raise DatabaseUnavailableError(
            "DATABASE_URL cannot be read; it looks like postgresql://user:password@host/database."
        ) from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise DatabaseUnavailableError("DATABASE_URL must be a PostgreSQL URL (postgresql://…).")
    return url.set(drivername=DRIVER)


def printable(url: URL) -> str:
    """The URL with its password, in the form that psql, libpq and SQLAlchemy all take."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def open_engine(settings: Settings, role: Role | None = Role.APP) -> Engine:
    """An engine on the database in use. A killed embedded server is started again when needed."""
    engine = engine_for(
        database_url(settings), role, pool_size=settings.pool_size, audit=log_of(settings)
    )
    if settings.database_url is None:

        @event.listens_for(engine, "do_connect")
        def revive(_dialect: object, _record: object, _args: object, options: Any) -> None:
            options["host"] = postgres.ensure(settings.home).query["host"]

    return engine


LEDGER = "ledger"
"""Execution option of an engine: the access log of its database."""
READING = "reading"
"""The same engine, for transactions that only read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """Where the access log keeps what is not in the database, and who watches it.

    `grace`: seconds that the witness may be silent.
    """

    folder: Path
    witness: str | None = None
    witness_key: str | None = None
    grace: float = 4 * 3600
    shared: bool = False
    syslog: str | None = None


def log_of(settings: Settings) -> Log:
    """The access log as it is set."""
    return Log(
        folder=settings.audit_folder.absolute(),
        witness=str(settings.audit_witness).rstrip("/") if settings.audit_witness else None,
        witness_key=settings.audit_witness_key,
        grace=settings.audit_grace,
        shared=settings.audit_shared,
        syslog=settings.audit_syslog,
    )


def engine_for(
    url: URL, role: Role | None = Role.APP, *, pool_size: int = 10, audit: Log | None = None
) -> Engine:
    """An engine whose connections act as `role`; without one, as the login itself (migrations).

    `audit`: the access log; without it nothing can be written into that log, and so
    nothing that has to be told there. Raises NotSignedError where its keys cannot be used.
    Connecting raises DatabaseUnavailableError, NotMigratedError where the role does not exist yet,
    RolesMissingError where the login may not take it.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # An error's text would quote them, and they are child data.
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection[Any], _record: object) -> None:
        _prepare(connection, role)

    _keep_sound(engine)

    @event.listens_for(engine, "handle_error")
    def explain(context: Any) -> None:
        connecting = context.connection is None
        if connecting and isinstance(context.sqlalchemy_exception, OperationalError):
            reason = str(context.original_exception).splitlines()[0]
            raise DatabaseUnavailableError(f"The database does not answer: {reason}") from None

    if audit is not None:
        _with_ledger(engine, audit, _for_whom if role is Role.CALLER else None)
    elif role is Role.CALLER:
        event.listen(engine, "begin", _tell_for_whom)
    return engine


def _keep_sound(engine: Engine) -> None:
    """Ask a connection whether it still lives where that is in doubt, before somebody uses it.

    To ask each time (`pool_pre_ping`) would be a third of the time of a short use case.
    """

    @event.listens_for(engine, "checkin")
    def laid_down(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[IDLE_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken_up(
        connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object
    ) -> None:
        since = record.info.get(IDLE_SINCE)
        if since is None or (time.monotonic() - since < TRUSTED and not _has_word(connection)):
            return
        try:
            engine.dialect.do_ping(connection)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise DisconnectionError from error


def _has_word(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server sent something unasked: that it ends, mostly."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


BECOME = "SELECT set_config('role', %s, true)"
NAMES = ("role", "motem.sees", "motem.types", "motem.body", "motem.children", "motem.child")
SEE = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in NAMES)


def _tell_for_whom(connection: Connection) -> None:
    """At the begin of each transaction; at its end the database itself forgets it."""
    told = _settings()
    execute(connection, SEE if len(told) > 1 else BECOME, told)


def _for_whom() -> str:
    """The same as text, which goes with BEGIN: a message of its own is a wait of its own."""
    told = zip(NAMES, map(sql.Literal, _settings()), strict=False)
    return "; ".join(f"SET LOCAL {name} = {value.as_string()}" for name, value in told)


def _settings() -> tuple[str, ...]:
    """Values of NAMES; for the service itself only the first."""
    acts = acting.current()
    rows = acts.rows if acts else acting.NOTHING
    if isinstance(rows, acting.Everything):
        return (Role.APP.value,)
    children = "own" if rows.own_children else "any"
    seen = (" ".join(rows.sees), " ".join(rows.types), rows.body, children, rows.child)
    return (Role.CALLER.value, *seen)


def narrow(session: Session) -> None:
    """A transaction that began as the service's sees from here on what its caller may see."""
    _tell_for_whom(session.connection())


@contextmanager
def seeing_everything(session: Session) -> Iterator[None]:
    """Inside the block the transaction sees all rows: for what must be compared with all, as before
    a link. Whoever uses it shows nothing of what it finds but by `gateway.showing`."""
    connection = session.connection()
    before = connection.exec_driver_sql("SELECT current_setting('role')").scalar_one()
    execute(connection, BECOME, (Role.APP.value,))
    try:
        yield
    finally:
        with suppress(DBAPIError):  # A transaction that has failed says so itself, and ends.
            execute(connection, BECOME, (before,))


def _with_ledger(engine: Engine, told: Log, settings: Callable[[], str] | None) -> None:
    own = engine_for(engine.url, Role.SEQUENCER, pool_size=1)
    try:
        ledger = Ledger(
            own,
            told.folder,
            _witness(told) if told.witness else None,
            shared=told.shared,
            tell=syslog_at(told.syslog) if told.syslog else None,
        )
    except (LedgerError, NoteError) as error:
        raise NotSignedError(str(error)) from error
    ledger.attach(engine, settings)
    engine.update_execution_options(**{LEDGER: ledger})
    engine.update_execution_options(**{READING: engine.execution_options(**{READS: True})})
    event.listen(engine, "engine_disposed", lambda _engine: ledger.close())


def _witness(told: Log) -> Callable[[Path], Witnessing]:
    """Raises NoteError where the witness's key cannot be read."""
    key = VerifierKey.parsed(told.witness_key or "")
    client = WitnessClient(
        http=httpx.Client(timeout=1.0, trust_env=False), url=told.witness or "", key=key
    )
    return lambda kept: Witnessing(client=client, kept=kept, grace=told.grace)


def ledger_of(engine: Engine) -> Ledger:
    """The access log of an engine's database. Raises NotSignedError where it was opened without."""
    ledger: Ledger | None = engine.get_execution_options().get(LEDGER)
    if ledger is None:
        raise NotSignedError
    return ledger


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One unit of work: committed at the end of the block, rolled back by any exception.

    Nothing else commits. An answer may be given only after the block has ended: then the events
    that it wrote are signed too. Raises NotSignedError where they cannot be; they are kept.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session
        unit = unit_of(session)
    if unit is not None:
        settle(engine, unit)
        issue(unit)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One unit of work that changes nothing, and which the database lets change nothing.

    What it tells is written and signed after the block, together with what others tell at that
    moment: a transaction for each would cost more than what it reads. Raises NotSignedError.
    """
    with Session(_reading(engine), expire_on_commit=False) as session, session.begin():
        yield session
        told = told_in(session)
    if told:
        with _signed():
            ledger_of(engine).write(told)
        issue(told[0].id)


def _reading(engine: Engine) -> Engine:
    """Raises NotSignedError where the engine was opened without the access log."""
    ledger_of(engine)
    found: Engine = engine.get_execution_options()[READING]
    return found


def settle(engine: Engine, event: str | None = None) -> None:
    """Return once all events that were committed are signed, this one among them.

    Raises NotSignedError.
    """
    with _signed():
        ledger_of(engine).settle(event)


@contextmanager
def _signed() -> Iterator[None]:
    """What the log cannot do, as NotSignedError."""
    try:
        yield
    except LedgerError as error:
        log.error("the access log cannot be signed", reason=str(error))
        raise NotSignedError(f"{NotSignedError.__doc__} {error}") from error


def retried(engine: Engine, work: Callable[[Session], Result]) -> Result:
    """Do the work in one transaction, again where another transaction got in its way."""
    for attempt in range(1, ATTEMPTS):
        try:
            with transaction(engine) as session:
                return work(session)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in AGAIN:
                raise
            log.info("transaction tried again", attempt=attempt)
    with transaction(engine) as session:
        return work(session)


def keep_witness(engine: Engine, every: float) -> None:
    """Show the witness what was signed, where there is one. Raises NotSignedError."""
    try:
        ledger_of(engine).keep_witness(every)
    except LedgerError as error:
        raise NotSignedError(f"{NotSignedError.__doc__} {error}") from error


def _prepare(connection: psycopg.Connection[Any], role: Role | None) -> None:
    _require_version(connection.info.server_version)
    connection.autocommit = True
    try:
        connection.execute("SET TIME ZONE 'UTC'")
        if role is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    except psycopg.errors.InvalidParameterValue as error:
        raise NotMigratedError from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise RolesMissingError(
            f"The login may not act as {role}. Somebody who may must run:"
            f' GRANT {role} TO "{connection.info.user}"'
        ) from error
    finally:
        connection.autocommit = False


def _require_version(number: int) -> None:
    """`number` as libpq gives it: 150003 is 15.3."""
    if number // 10_000 < OLDEST_VERSION:
        raise DatabaseUnavailableError(
            f"PostgreSQL {OLDEST_VERSION} or newer is needed; this server is"
            f" {number // 10_000}.{number % 10_000}."
        )
