"""Makes the database roles and grants them what they need: nothing is open that is not listed."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from gateway.errors import RolesMissingError

OWNER = "motem_owner"
ROLES = (OWNER, "motem_app", "motem_linkage", "motem_audit", "motem_sequencer", "motem_caller")
"""Group roles without a login, the same for all databases of a server."""


class TableSet(StrEnum):
    """Whose tables they are."""

    REGISTRY = "registry"
    LINKAGE = "linkage"
    AUDIT = "audit"
    QUEUE = "queue"
    LEDGER = "ledger"
    FINDINGS = "findings"
    OUTBOUND = "outbound"
    CHANGES = "changes"
    RECEIVERS = "receivers"
    EXPORTS = "exports"
    KEYS = "keys"
    ACCESS = "access"
    OVERRIDES = "overrides"


GRANTS: Mapping[TableSet, Mapping[str, str]] = {
    TableSet.REGISTRY: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT, INSERT, UPDATE, DELETE",
        "motem_linkage": "SELECT",
    },
    TableSet.LINKAGE: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT, INSERT, UPDATE, DELETE",
        "motem_linkage": "SELECT, INSERT, UPDATE, DELETE",
    },
    TableSet.AUDIT: {
        "motem_caller": "INSERT",
        "motem_app": "SELECT, INSERT",
        "motem_linkage": "INSERT",
        "motem_audit": "SELECT",
        "motem_sequencer": "SELECT, INSERT",
    },
    TableSet.QUEUE: {
        "motem_caller": "INSERT",
        "motem_app": "SELECT, INSERT",
        "motem_linkage": "INSERT",
        "motem_audit": "SELECT",
        "motem_sequencer": "SELECT, INSERT, DELETE",
    },
    TableSet.LEDGER: {
        "motem_app": "SELECT",
        "motem_audit": "SELECT",
        "motem_sequencer": "SELECT, INSERT",
    },
    TableSet.FINDINGS: {
        "motem_app": "SELECT, INSERT",
        "motem_audit": "SELECT",
    },
    TableSet.OUTBOUND: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT, INSERT",
    },
    TableSet.CHANGES: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT, INSERT",
    },
    TableSet.RECEIVERS: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT, INSERT, UPDATE",
    },
    TableSet.EXPORTS: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT, INSERT, UPDATE, DELETE",
    },
    TableSet.KEYS: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT",
    },
    TableSet.ACCESS: {
        "motem_app": "SELECT, INSERT, UPDATE, DELETE",
    },
    TableSet.OVERRIDES: {
        "motem_caller": "SELECT",
        "motem_app": "SELECT, INSERT, UPDATE",
    },
}
"""Who may do what with the tables of each set; which rows a caller sees, says row_security.py.

UPDATE, DELETE and TRUNCATE of the log, and of what went out: nobody.
"""


def create_roles(connection: Connection) -> None:
    """Make the roles where they are missing, and let the login take them.

    Raises RolesMissingError with the SQL for an administrator where the login may do neither.
    """
    login = str(connection.scalar(text("SELECT current_user")))
    for role in ROLES:
        if not _exists(connection, role):
            _execute(connection, login, f"CREATE ROLE {role} NOLOGIN")
        if not _may_take(connection, role):
            _execute(connection, login, f"GRANT {role} TO CURRENT_USER")
    may_create = text("SELECT has_schema_privilege(:role, 'public', 'CREATE')")
    if not connection.scalar(may_create, {"role": OWNER}):
        _execute(connection, login, f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")


def become_owner(connection: Connection) -> None:
    """For the rest of the transaction act as the owner, so that all tables belong to one role."""
    connection.execute(text(f"SET LOCAL ROLE {OWNER}"))


def grant(connection: Connection, tables: TableSet, names: Iterable[str]) -> None:
    """Give every role its rights on new tables. Called by the migration that makes them."""
    for name in names:
        for role, rights in GRANTS[tables].items():
            connection.execute(text(f'GRANT {rights} ON TABLE "{name}" TO {role}'))
    connection.execute(
        text(
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO motem_app, motem_linkage, motem_sequencer"
        )
    )


def _exists(connection: Connection, role: str) -> bool:
    found = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    return found is not None


def _may_take(connection: Connection, role: str) -> bool:
    # Since PostgreSQL 16 whoever makes a role may pass it on, but not take it.
    version = connection.dialect.server_version_info or (15,)
    kind = "SET" if version >= (16,) else "MEMBER"
    return bool(
        connection.scalar(
            text("SELECT pg_has_role(current_user, :role, :kind)"), {"role": role, "kind": kind}
        )
    )


def _execute(connection: Connection, login: str, statement: str) -> None:
    """Run one statement; that another migration was quicker is no error."""
    try:
        with connection.begin_nested():
            connection.execute(text(statement))
    except DBAPIError as error:
        cause: Any = error.orig
        if isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise RolesMissingError(_advice(login)) from error
        if not isinstance(cause, psycopg.errors.DuplicateObject | psycopg.errors.UniqueViolation):
            raise


def _advice(login: str) -> str:
    lines = [f"CREATE ROLE {role} NOLOGIN;" for role in ROLES]
    lines += [f'GRANT {role} TO "{login}";' for role in ROLES]
    lines.append(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};")
    return (
        f'The login "{login}" may not make or take the roles that Motem needs. Let an administrator'
        " of the server run this in Motem's database, then run `motem migrate` again:\n  "
    ) + "\n  ".join(lines)
