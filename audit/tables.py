"""The tables of the log, which can be added to and read but never changed.

Triggers (made by the migration) refuse UPDATE, DELETE and TRUNCATE. They are defence in depth: a
superuser can drop them, and only the signed tree shows that.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

WORDS = (
    "action",
    "who",
    "system",
    "purpose",
    "outcome",
    "message",
    "record",
    "identity",
    "request",
)


def _told(name: str) -> Column[str]:
    """What the body says under this name: the database computes it, nobody can set it."""
    return Column(name, Text, Computed(f"body::jsonb ->> '{name}'", persisted=True))


# Body and salt of an erased event are gone, and all that was computed from them.
audit_event = Table(
    "audit_event",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("body", Text, comment="Canonical JSON (RFC 8785)"),
    Column("salt", LargeBinary, comment="32 random bytes"),
    Column("commitment", LargeBinary, nullable=False, comment="SHA-256 of salt and body"),
    Column("signature", LargeBinary, nullable=False, comment="Id of the key (4 bytes), Ed25519"),
    Column("erased_by", ForeignKey("audit_event.id"), comment="The event that says why it is gone"),
    *map(_told, WORDS),
    Column(
        "occurred",
        BigInteger,
        Computed("(body::jsonb ->> 'occurred')::bigint", persisted=True),
        comment="Microseconds since 1970, UTC",
    ),
    Column("seen", JSONB, Computed("body::jsonb -> 'seen'", persisted=True)),
    CheckConstraint("id = body::jsonb ->> 'id'", name="id"),
    CheckConstraint("(body IS NULL) = (erased_by IS NOT NULL)", name="erased"),
    Index(None, "record", postgresql_where="record IS NOT NULL"),
    Index(None, "identity", postgresql_where="identity IS NOT NULL"),
    Index(None, "occurred"),
    Index(None, "who", "occurred"),
    Index(None, "action", "occurred"),
    Index(None, "system", "occurred"),
    Index(None, "purpose", "occurred"),
    # Nearly all is a success: for those the index on the time alone is as quick.
    Index(None, "outcome", "occurred", postgresql_where="outcome <> 'success'"),
    Index(None, "message", postgresql_where="message IS NOT NULL"),
    Index(None, "request", postgresql_where="request IS NOT NULL"),
    Index(
        None,
        "seen",
        postgresql_using="gin",
        postgresql_ops={"seen": "jsonb_path_ops"},
        postgresql_where="seen IS NOT NULL",
    ),
)

# `number` orders what waits as it was written. It is no sequence number: a lower one may be committed
# later than a higher one.
pending = Table(
    "audit_pending",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("id", ForeignKey("audit_event.id"), nullable=False, unique=True),
)

leaf = Table(
    "audit_leaf",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="From 0, no gaps"),
    Column("event_id", ForeignKey("audit_event.id"), nullable=False, unique=True),
    Column(
        "hash",
        LargeBinary,
        nullable=False,
        comment="RFC 9162: SHA-256(0x00, commitment, signature)",
    ),
)

tile = Table(
    "audit_tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="256 hashes (C2SP tlog-tiles)"),
    Column("root", LargeBinary, nullable=False, comment="Their root: one hash a level higher"),
)

checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("before", BigInteger, nullable=False, unique=True, comment="Size of the one before"),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False, comment="C2SP tlog-checkpoint, signed"),
)

# What stood among the pending, but was not written by a holder of the writer's key.
refused = Table(
    "audit_refused",
    metadata,
    Column("id", ForeignKey("audit_event.id"), primary_key=True),
    Column("alarm", ForeignKey("audit_event.id"), nullable=False),
)


def _written_by() -> Column[str]:
    """The event that tells of the row; without one it is not committed."""
    default = text("current_setting('motem.event'::text, true)")
    return Column("event", ForeignKey("audit_event.id"), nullable=False, server_default=default)


# What a rule noticed. `key` tells it from what the rule noticed before.
finding = Table(
    "audit_finding",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("rule", String(40), nullable=False),
    Column("key", Text, nullable=False),
    Column("who", Text, comment="The actor, where it is about one"),
    Column("child", Text, comment="Opaque id, where it is about one"),
    Column("occurred", BigInteger, nullable=False, comment="Of its last event"),
    Column("events", ARRAY(Text), nullable=False, comment="Ids of its events, 100 at most"),
    Column("count", Integer, nullable=False, comment="All of its events"),
    _written_by(),
    UniqueConstraint("rule", "key"),
    Index(None, "who"),
)

# Every state that a finding was in: the last one holds.
finding_state = Table(
    "audit_finding_state",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("finding", ForeignKey("audit_finding.id"), nullable=False),
    Column("state", String(8), nullable=False),
    Column("owner", Text, comment="Who looks into it"),
    Column("outcome", String(16), comment="What came of it, once it is closed"),
    Column("reason", Text),
    Column("who", Text, nullable=False, comment="Who changed the state"),
    Column("occurred", BigInteger, nullable=False),
    _written_by(),
    CheckConstraint("state IN ('open', 'taken', 'closed')", name="state"),
    CheckConstraint("(outcome IS NOT NULL) = (state = 'closed')", name="outcome"),
    CheckConstraint("(owner IS NULL) = (state = 'open')", name="owner"),
    Index(None, "finding", "number"),
)
