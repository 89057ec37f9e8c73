"""Use case: bring the database to the newest schema."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.backfill import backfill
from gateway.database import transaction
from gateway.errors import NotMigratedError
from gateway.migrations.roles import become_owner, create_roles

LOCK = 0x6D6F74656D  # "motem": one migration of a database at a time.


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """From which revision to which; the same where nothing had to be done."""

    before: str | None
    after: str


def migrate(engine: Engine, caller: Caller) -> Migration:
    """Run what is missing, all in one transaction, and write it into the log.

    `engine` acts as the login (no role). Safe to run twice and at the same time. Raises
    RolesMissingError with advice where the login may not make the roles.
    """
    with transaction(engine) as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        connection = session.connection()
        migration = Migration(before=_revision(connection), after=newest())
        if migration.before != migration.after:
            if migration.before is not None:
                create_roles(connection)
                become_owner(connection)
            command.upgrade(_config(connection), "head")
            audit.append(session, _event(migration, caller))
            backfill(session, caller)
    return migration


def require_newest(engine: Engine) -> None:
    """Raise NotMigratedError unless the schema is the newest one."""
    with engine.connect() as connection:
        if _revision(connection) != newest():
            raise NotMigratedError


def newest() -> str:
    """The newest revision that this program knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is at least one migration"
    return head


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _event(migration: Migration, caller: Caller) -> AuditEvent:
    return AuditEvent(
        action=Action.DATABASE_MIGRATE,
        caller=caller,
        detail={"before": migration.before or "", "after": migration.after},
    )
