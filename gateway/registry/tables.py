"""The tables of the registry: messages, refusals, statements, records and FHIR resources."""

from collections.abc import Iterable

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    any_,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from linkage.tables import written_by

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _labels() -> tuple[Column[str], Column[str], Column[list[str]]]:
    """Who answers for a row, today's province of that body, sensitivity codes: for row security.

    A row that several bodies share, or that none is known for, has the custodian `shared`.
    """
    return (
        Column("custodian", Text, nullable=False),
        Column("province", String(2)),
        Column("sensitivity", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    )


message = Table(
    "registry_message",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("source", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, comment="Nothing where it is kept in its parts"),
    Column("size", BigInteger, comment="Bytes of a message that is kept in its parts"),
    Column("parts", Integer, comment="Into how many it was cut, once that is known"),
    Column("sender", Text, nullable=False),
    Column("system", Text, comment="The program that it was sent with"),
    Column("received", DateTime(timezone=True), nullable=False),
    Column("state", String(16), nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("answer", JSONB, nullable=False, comment="Opaque record id → new, updated, unchanged"),
    Column("unknown_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column(
        "attempts",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="How often its reading was begun in the background, and did not end",
    ),
    Column("corrects", ForeignKey("registry_message.id"), comment="The message that it replaces"),
    Column("part_of", ForeignKey("registry_message.id"), comment="The message it was cut from"),
    Column("part", Integer, comment="Its number in that message, from 1"),
    Column("begins", BigInteger, comment="Byte of that message at which it begins"),
    Column("place", JSONB, comment="What makes of a position in it one in that message"),
    written_by(),
    *_labels(),
    Index(
        "ix_registry_message_same",
        *("source", "sha256", "part_of", "part"),
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index(None, "state"),
    Index(None, "corrects", postgresql_where=text("corrects IS NOT NULL")),
    Index(None, "part_of", postgresql_where=text("part_of IS NOT NULL")),
    Index("ix_registry_message_whole", "parts", postgresql_where=text("size IS NOT NULL")),
    # What counts messages, or looks for one, goes by the size, and touches no payload: docs/audit.md.
    CheckConstraint("(content IS NULL) = (size IS NOT NULL)", name="ck_registry_message_size"),
)

rejection = Table(
    "registry_rejection",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", ForeignKey("registry_message.id"), nullable=False),
    Column("code", String(40), nullable=False),
    Column("position", Text, nullable=False),
    Column("element", Text),
    Column("vietnamese", Text, nullable=False),
    Column("english", Text, nullable=False),
    Column("excerpt", LargeBinary, nullable=False),
    Column("about_child", Boolean, nullable=False),
    Column("due", DateTime(timezone=True), comment="By when somebody must have settled it"),
    Column("settled", DateTime(timezone=True)),
    Column("settlement", String(16), comment="replayed, corrected or withdrawn"),
    *_labels(),
    Index(None, "message_id"),
    Index("ix_registry_rejection_open", "due", postgresql_where=text("settled IS NULL")),
)

# What was answered under an Idempotency-Key: the same question gets the same answer.
request = Table(
    "registry_request",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False, comment="SHA-256 of what was asked"),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("location", Text),
    Column("created", DateTime(timezone=True), nullable=False),
    *_labels(),
)

# A part that names only its episode has `keyed` false; its base key is filled in as soon as a
# statement of the same episode gives one, and until then it waits.
statement = Table(
    "registry_statement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("base_key", Text),
    Column("keyed", Boolean, nullable=False),
    Column("episode", Text),
    Column("kind", Text, nullable=False),
    Column("effective", DateTime(timezone=True)),
    Column("received", DateTime(timezone=True), nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("position", Text, nullable=False),
    Column("unkeyed", Boolean, nullable=False),
    Column("message_id", ForeignKey("registry_message.id"), nullable=False),
    Column("record_id", String(26)),
    *_labels(),
    Index(None, "source", "base_key"),
    Index(None, "source", "episode", postgresql_where=text("episode IS NOT NULL")),
    Index("ix_registry_statement_waiting", "message_id", postgresql_where=text("base_key IS NULL")),
)

record = Table(
    "registry_record",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("base_key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("flags", ARRAY(Text), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("updated", DateTime(timezone=True), nullable=False),
    written_by(),
    *_labels(),
    Index(None, "source", "base_key"),
)

# One table for all versions: a new version is one insert, and the partial unique index guarantees
# one current version and serves the reads.
resource = Table(
    "registry_resource",
    metadata,
    Column("type", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("version_id", Integer, primary_key=True),
    Column("is_current", Boolean, nullable=False),
    Column("last_updated", DateTime(timezone=True), nullable=False),
    Column("record_id", ForeignKey("registry_record.id")),
    Column("content_hash", String(64), nullable=False),
    Column("body", Text, nullable=False),
    written_by(),
    *_labels(),
    Index(
        "ix_registry_resource_current",
        "type",
        "id",
        unique=True,
        postgresql_where=text("is_current"),
    ),
    Index(None, "record_id"),
    Index("ix_registry_resource_history", "type", "last_updated", "id", "version_id"),
)

# By what the current version of each resource is found (gateway/fhir/extraction.py). Rows rather
# than arrays: row-level security lets no index of arrays be used, whose operators are not leakproof.
search = Table(
    "registry_search",
    metadata,
    # One collation: an id is compared with the value of a reference.
    Column("type", String(32, collation="C"), nullable=False),
    Column("id", String(64, collation="C"), nullable=False),
    Column("parameter", String(40, collation="C"), nullable=False),
    Column("value", Text(collation="C"), comment="Code, folded text, id of what is referred to"),
    Column("qualifier", Text, comment="System, text as written, type of what is referred to"),
    Column("low", DateTime(timezone=True), comment="-infinity where a period has no start"),
    Column("high", DateTime(timezone=True), comment="Not included"),
    Column("listed", Boolean, nullable=False, comment="Shown where no tag and no id is asked for"),
    *_labels(),
    Index(
        "ix_registry_search_value",
        *("type", "parameter", "listed", "value", "id"),
        postgresql_where=text("value IS NOT NULL"),
    ),
    Index(
        "ix_registry_search_time",
        *("type", "parameter", "listed", "low", "high", "id"),
        postgresql_where=text("low IS NOT NULL"),
    ),
    Index("ix_registry_search_of", "type", "id", "parameter"),
    Index(
        "ix_registry_search_page",
        *("type", "listed", "id"),
        postgresql_where=text("parameter = '_meta'"),
    ),
)

# One row, made by the migration: every process veils and reads links alike.
veil = Table(
    "registry_veil",
    metadata,
    Column("key", LargeBinary, primary_key=True),
)


def among(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """`column` is one of the values: one array parameter, however many there are."""
    return column == any_(literal(sorted(values), ARRAY(Text)))
