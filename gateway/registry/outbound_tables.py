"""The tables of what went out: look-ups, registration requests and their steps; all append-only."""

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
)

from linkage.tables import label_columns, written_by

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


# One row before a question leaves, one when its outcome is known. There is no column for anything
# that an answer says of a citizen (NĐ 69/2024 Đ19k4).
lookup = Table(
    "outbound_lookup",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("transaction_id", String(26), nullable=False),
    Column("subject", String(64), nullable=False, comment="The Patient that was asked about"),
    Column("patient_version", Integer, nullable=False),
    Column("identity_id", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("result", String(16), nullable=False),
    written_by(),
    *label_columns(),
    Index(None, "subject"),
    Index(None, "transaction_id"),
)

registration = Table(
    "outbound_registration",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("identity_id", String(64), nullable=False, comment="As it was when drafted"),
    Column("created", DateTime(timezone=True), nullable=False),
    written_by(),
    *label_columns(),
    Index(None, "identity_id"),
)

# The last step of a request is its state.
step = Table(
    "outbound_registration_step",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("registration_id", ForeignKey("outbound_registration.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("left", Boolean, nullable=False, comment="The message may have left"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("office", String(5), comment="Of a draft"),
    Column("content", Text, comment="Of a draft: the message"),
    Column("told_at", Text, comment="The office's own time"),
    Column("receipt", Text),
    Column("personal_id", String(12)),
    Column("entry", Text, comment="Key of the birth registration"),
    Column("registered_on", Text),
    Column("reason_code", Text),
    Column("reason", Text),
    written_by(),
    *label_columns(),
    Index(None, "registration_id"),
)
