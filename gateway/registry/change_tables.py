"""The tables of what others are told: changes, who gets them, and what could not be brought."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
    true,
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

# What others are told of: thin, and in the transaction of what it tells. Read in the order of the
# log (`changes.py`), not of the numbers: a lower one may be committed later.
change = Table(
    "registry_change",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("record", String(26)),
    Column("before", JSONB, comment="Identity → its records, of all that are concerned"),
    Column("after", JSONB),
    Column("occurred", DateTime(timezone=True), nullable=False),
    written_by(),
    *label_columns(),
    Index(None, "event"),
    Index(None, "occurred"),
)

# Who is told of changes. `leaf` and `number`: the place up to which it was told. Whoever delivers
# puts `due` ahead, and what it brings back counts only where `lease` is still its own.
receiver = Table(
    "registry_receiver",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("leaf", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("lease", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    written_by(),
    *label_columns(),
    Column("client", String(64), comment="Whose subscription it is"),
    Column("purpose", String(16)),
    Column("terms", JSONB, comment="Of a subscription; none: told of all changes"),
    Column("verified", Boolean, nullable=False, server_default=true()),
    Column("error", String(40)),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed", DateTime(timezone=True)),
    Column("again_leaf", BigInteger, comment="Up to where it was told once more"),
    Column("again_number", BigInteger),
    Column("again_failures", Integer),
    Column("again_due", DateTime(timezone=True)),
    Index(None, "client"),
    Index("ix_registry_receiver_due", "due", postgresql_where=text("state = 'active'")),
)

# What a subscription was, version by version. Its secret and the values of its headers are never here.
receiver_version = Table(
    "registry_receiver_version",
    metadata,
    Column("receiver_id", ForeignKey("registry_receiver.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("changed", DateTime(timezone=True), nullable=False),
    Column("method", String(6), nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("terms", JSONB, nullable=False, comment="Without the values of headers"),
    written_by(),
    *label_columns(),
)

undelivered = Table(
    "registry_undelivered",
    metadata,
    Column("receiver_id", ForeignKey("registry_receiver.id"), primary_key=True),
    Column("leaf", BigInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("why", String(40), nullable=False),
    Column("given_up", DateTime(timezone=True), nullable=False),
    written_by(),
    *label_columns(),
)
