"""The tables of bulk exports: what was asked for, and which resources were found so far."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from linkage.tables import label_columns, written_by

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# `step` and `after`: up to where it was listed; whoever goes on begins there. `due` is put ahead by
# whoever lists a page, so that no other process does the same.
export = Table(
    "registry_export",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("client", String(64), comment="Whose it is; none: nobody had to say (development)"),
    Column("who", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("policy", String(64)),
    Column("request", Text, nullable=False, comment="As asked; what may be a child's is veiled"),
    Column("steps", JSONB, nullable=False, comment="Type and criteria of each, veiled likewise"),
    Column("elements", ARRAY(Text), nullable=False),
    Column("since", DateTime(timezone=True)),
    Column("leaf", BigInteger, nullable=False, comment="What was signed from here on is since"),
    Column("begun", DateTime(timezone=True), nullable=False, comment="transactionTime"),
    Column("state", String(8), nullable=False),
    Column("step", Integer, nullable=False),
    Column("after", String(64), nullable=False),
    Column("found", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, comment="Of the page that is next"),
    Column("why", String(40), comment="Code of the error by which it ended"),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("polled", DateTime(timezone=True)),
    Column("expires", DateTime(timezone=True), nullable=False, index=True),
    written_by(),
    *label_columns(),
    Index("ix_registry_export_due", "due", postgresql_where=text("state = 'running'")),
)

# A file is a list of ids: what stands in it is made from the database each time it is fetched.
export_file = Table(
    "registry_export_file",
    metadata,
    Column("export_id", ForeignKey("registry_export.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("type", String(32), nullable=False),
    Column("ids", ARRAY(Text), nullable=False),
    written_by(),
    *label_columns(),
)
