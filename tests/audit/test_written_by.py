"""What the gateway keeps refers to the event that tells of it: without one it is not committed."""

from importlib import import_module

import pytest
from psycopg import sql
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import IntegrityError

from gateway.database import Role
from tests.audit.breaking import look
from tests.ledger import engine_for

REFERRING: dict[str, str] = import_module("gateway.migrations.versions.0011_ledger").REFERRING
OF_A_TYPE = {
    "jsonb": "{}",
    "ARRAY": "{}",
    "bytea": "",
    "date": "2026-01-01",
    "timestamp with time zone": "2026-01-01T00:00:00Z",
    "tsrange": "empty",
}
COLUMNS = text(
    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = :name"
    " AND column_name <> 'event' AND is_nullable = 'NO' AND is_identity = 'NO'"
    " AND is_generated = 'NEVER' ORDER BY ordinal_position"
)
OTHER_RULES = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT conname FROM pg_constraint WHERE conrelid = '{0}'::regclass
    AND contype IN ('f', 'c') AND conname <> 'fk_{0}_event' LOOP
    EXECUTE format('ALTER TABLE {0} DROP CONSTRAINT %I', one.conname);
  END LOOP;
  FOR one IN SELECT tgname FROM pg_trigger WHERE tgrelid = '{0}'::regclass
    AND NOT tgisinternal AND tgname <> '{0}_written_by' LOOP
    EXECUTE format('ALTER TABLE {0} DISABLE TRIGGER %I', one.tgname);
  END LOOP;
END $$
"""
"""Taken away, so that rows can be made of nothing; the transaction is rolled back."""


UNIT = text("SELECT set_config('motem.event', :id, true)")


def write(connection: Connection, table: str, event: str) -> None:
    """A row made up of what each column's type allows; `event` is what it says itself."""
    named = dict(list(map(tuple, connection.execute(COLUMNS, {"name": table}))))
    row = {name: OF_A_TYPE.get(kind, "1") for name, kind in named.items()}
    row["event"] = event
    cursor = connection.connection.cursor()
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})")
        .format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Literal, row.values())),
        )
        .as_string(None)
    )


@pytest.mark.parametrize("table", REFERRING)
def test_a_row_without_an_event_cannot_be_committed(database_url: URL, table: str) -> None:
    owner = engine_for(database_url, Role.OWNER)
    (told,) = look(owner)
    check = text(f"SET CONSTRAINTS fk_{table}_event IMMEDIATE")
    wait = text(f"SET CONSTRAINTS fk_{table}_event DEFERRED")
    with owner.connect() as connection:
        connection.execute(text(OTHER_RULES.format(table)))
        # An older event that the row names by itself is no event of this transaction.
        write(connection, table, told)
        with pytest.raises(IntegrityError, match="audit_event"), connection.begin_nested():
            connection.execute(check)
        connection.rollback()
        connection.execute(text(OTHER_RULES.format(table)))
        connection.execute(UNIT, {"id": told})
        write(connection, table, "made up")
        connection.execute(check)
        connection.execute(wait)
        connection.execute(UNIT, {"id": "of nobody"})
        changed = REFERRING[table].partition(" OF ")[2].split(", ")[-1] or "event"
        connection.execute(text(f"UPDATE {table} SET {changed} = {changed}"))
        with pytest.raises(IntegrityError, match="audit_event"), connection.begin_nested():
            connection.execute(check)
        connection.rollback()
    owner.dispose()
