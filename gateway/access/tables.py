"""The tables of who may: clients, their assertions that were used, their tokens, refusals to tell."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from linkage.tables import label_columns, written_by

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

client = Table(
    "access_client",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False, comment="For people: whose program it is"),
    Column("role", String(40), nullable=False, comment="Of the policy"),
    Column("body", String(80), comment="The custodian that it is itself: hospital:22103"),
    Column("provinces", ARRAY(Text), nullable=False, comment="Codes; * all, unknown: none known"),
    Column("sources", ARRAY(Text), nullable=False, comment="In which it may write"),
    Column("purposes", ARRAY(Text), nullable=False),
    Column(
        "per_request", Boolean, nullable=False, comment="May name its purpose with each request"
    ),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("keys", Text, comment="JWK Set, where it is not fetched"),
    Column("keys_url", Text, comment="Where its JWK Set is fetched"),
    Column("enabled", Boolean, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
    written_by(),
)

# Each assertion is good once: the unique index refuses it at every process of the service.
used = Table(
    "access_used",
    metadata,
    Column("client", ForeignKey("access_client.id"), primary_key=True),
    Column("jti", String(255), primary_key=True),
    Column("expires", DateTime(timezone=True), nullable=False, index=True),
)

# A token itself is kept nowhere.
token = Table(
    "access_token",
    metadata,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the token"),
    Column("client", ForeignKey("access_client.id"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("purpose", String(16), comment="Bound to it; none: it comes with each request"),
    Column("expires", DateTime(timezone=True), nullable=False, index=True),
    written_by(),
)

# Refusals of one second are told as one event with their number, as soon as the second is over.
refusal = Table(
    "access_refusal",
    metadata,
    Column("client", String(64), primary_key=True, comment="unknown, where none was believed"),
    Column("action", String(16), primary_key=True, comment="token:refuse or access:refuse"),
    Column("reason", String(40), primary_key=True),
    Column("second", DateTime(timezone=True), primary_key=True),
    Column("count", Integer, nullable=False, server_default=text("1")),
)

# Who looked at one child in an emergency, why, and until when; the id is that of its event. Rows stay.
override = Table(
    "access_override",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("who", String(64), nullable=False, comment="A client or a person, as in the log"),
    Column("child", String(64), nullable=False, comment="The identity, as it was when opened"),
    Column("code", String(20), nullable=False, comment="Kind of reason"),
    Column("reason", Text, nullable=False, comment="In words, veiled: they may be about the child"),
    Column("opened", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("finding", String(26), nullable=False, comment="The review that is owed"),
    written_by(),
    *label_columns(),
    Index(None, "who", "until"),
)

# Who may log in: by what the provider says who it is (issuer and subject), and by nothing else.
user = Table(
    "access_user",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(40), nullable=False, comment="Of the policy"),
    Column("ministry", Text),
    Column("body", String(80), comment="The custodian that it works for: hospital:22103"),
    Column("provinces", ARRAY(Text), nullable=False, comment="Codes; * all, unknown: none known"),
    Column("purposes", ARRAY(Text), nullable=False),
    Column("issuer", Text),
    Column("subject", Text),
    Column("enabled", Boolean, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
    written_by(),
    UniqueConstraint("issuer", "subject", name="uq_access_user_issuer"),
)

# The secret itself is in the cookie and nowhere else.
session = Table(
    "access_session",
    metadata,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the secret"),
    Column("user", ForeignKey("access_user.id"), nullable=False),
    Column("authenticated", DateTime(timezone=True), nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
    Column("idle", Integer, nullable=False, comment="Seconds without use after which it is over"),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)

# Logins on their way to the provider and back; each is good once.
login = Table(
    "access_login",
    metadata,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the secret"),
    Column("fresh", Boolean, nullable=False, comment="The password is asked for again"),
    Column("begun", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)
