"""The audit table, which can be added to and read but never changed.

Triggers (made by the migration) refuse UPDATE, DELETE and TRUNCATE. They are defence in depth: a
superuser can drop them, and only the signed ledger will show that.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# `number` orders rows for reading; gaps after rollbacks are normal.
audit_event = Table(
    "audit_event",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("occurred", DateTime(timezone=True), nullable=False),
    Column("action", String(64), nullable=False),
    Column("who", String, nullable=False),
    Column("system", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("message", String),
    Column("record", String),
    Column("identity", String),
    Column("outcome", String(16), nullable=False),
    Column("detail", JSONB, nullable=False),
    Index(None, "record", postgresql_where="record IS NOT NULL"),
    Index(None, "identity", postgresql_where="identity IS NOT NULL"),
    Index(None, "occurred"),
)
