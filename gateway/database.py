"""The database: which one, an engine for each role, and the only place that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session

from gateway import postgres
from gateway.errors import DatabaseUnavailableError, NotMigratedError, RolesMissingError
from gateway.settings import Settings

OLDEST_VERSION = 15
DRIVER = "postgresql+psycopg"
ATTEMPTS = 5
AGAIN = frozenset({"40001", "40P01", "23505"})
"""SQLSTATE of what may succeed when tried again: serialization, deadlock, unique index."""

log = structlog.get_logger()
Result = TypeVar("Result")


class Role(StrEnum):
    """PostgreSQL roles; each connection takes one and gives up every other right."""

    OWNER = "motem_owner"
    """Owns the tables; used by migrations only."""

    APP = "motem_app"
    """Commands and the web service: reads and writes, never changes the schema or the log."""

    LINKAGE = "motem_linkage"
    """Batch linkage: reads the registry, writes identities."""

    AUDIT = "motem_audit"
    """Auditors: reads the log and nothing else."""


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
    engine = engine_for(database_url(settings), role, pool_size=settings.pool_size)
    if settings.database_url is None:

        @event.listens_for(engine, "do_connect")
        def revive(_dialect: object, _record: object, _args: object, options: Any) -> None:
            options["host"] = postgres.ensure(settings.home).query["host"]

    return engine


def engine_for(url: URL, role: Role | None = Role.APP, *, pool_size: int = 10) -> Engine:
    """An engine whose connections act as `role`; without one, as the login itself (migrations).

    Connecting raises DatabaseUnavailableError, NotMigratedError where the role does not exist yet,
    RolesMissingError where the login may not take it.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # An error's text would quote them, and they are child data.
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection[Any], _record: object) -> None:
        _prepare(connection, role)

    @event.listens_for(engine, "handle_error")
    def explain(context: Any) -> None:
        connecting = context.connection is None and not context.is_pre_ping
        if connecting and isinstance(context.sqlalchemy_exception, OperationalError):
            reason = str(context.original_exception).splitlines()[0]
            raise DatabaseUnavailableError(f"The database does not answer: {reason}") from None

    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One unit of work: committed at the end of the block, rolled back by any exception.

    Nothing else commits. An answer may be given only after the block has ended.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


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
