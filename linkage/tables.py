"""The tables that linkage owns: compared records with their identity, decisions, reviews, models."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

DECISIONS = ("pending", "auto", "manual", "single")
VERDICTS = ("same", "not-same")
WITHDRAWN = "withdrawn"
"""What a row says that withdraws another."""


def label_columns() -> tuple[Column[str], Column[str | None], Column[list[str]]]:
    """Custodian, province and sensitivity of a row of child data."""
    return (
        Column("custodian", String(80), nullable=False),
        Column("province", String(2)),
        Column("sensitivity", ARRAY(String(40)), nullable=False, server_default="{}"),
    )


def written_by() -> Column[str]:
    """The event of the access log that tells of the last change; without one nothing is committed.

    Its foreign key is made by the migration: docs/decisions/0009.
    """
    default = text("current_setting('motem.event'::text, true)")
    return Column("event", String(26), nullable=False, server_default=default)


record = Table(
    "linkage_record",
    metadata,
    Column("record_id", String(64), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("source", String(40), nullable=False),
    Column("founding_id", String(64), nullable=False, unique=True),
    Column("identity_id", String(64), nullable=False, index=True),
    Column("decision", String(10), nullable=False),
    Column("content", Text, nullable=False),
    # Array with GIN rather than a table of keys: docs/decisions/0006.
    Column("block_keys", ARRAY(Text), nullable=False),
    Column("compared", Text, comment="The columns that are compared, of one version of them"),
    Column("changed", Boolean, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    written_by(),
    *label_columns(),
    CheckConstraint(f"decision in {DECISIONS}", name="decision"),
    Index(
        "ix_linkage_record_block_keys",
        "block_keys",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    ),
    # Of whom a body, or a source, has a record: a group of children, and its export.
    Index("ix_linkage_record_custodian", "custodian", "identity_id"),
    Index("ix_linkage_record_source", "source", "identity_id"),
)

# Rows are never changed or removed (triggers refuse it): a withdrawal is a row of its own.
decision = Table(
    "linkage_decision",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("left_id", String(64), nullable=False),
    Column("right_id", String(64), nullable=False),
    Column("left_key", Text, nullable=False),
    Column("right_key", Text, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("withdraws", String(26), ForeignKey("linkage_decision.id"), unique=True),
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("weight", Float, comment="Of the pair as the steward saw it, in bits"),
    Column("evidence", Text, comment="Of that weight, line by line; null: never scored"),
    Column("model", String(64), comment="The version that scored it"),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    written_by(),
    *label_columns(),
    CheckConstraint(f"verdict in {(*VERDICTS, WITHDRAWN)}", name="verdict"),
    CheckConstraint(f"(verdict = '{WITHDRAWN}') = (withdraws IS NOT NULL)", name="withdrawal"),
)

review = Table(
    "linkage_review",
    metadata,
    Column("left_key", Text, primary_key=True),
    Column("right_key", Text, primary_key=True),
    Column("weight", Float, nullable=False),
    Column("probability", Float, nullable=False),
    Column("reason", String(60), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("model", String(64), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    *label_columns(),
)

# What the rounds of the last linking saw (scores.py). An atom is a group in one round, by the id of
# its first record.
scored_with = Table(
    "linkage_scored_with",
    metadata,
    Column("version", String(200), primary_key=True, comment="Model, code and least weight"),
)

scored_atom = Table(
    "linkage_scored_atom",
    metadata,
    Column("record_id", String(64), primary_key=True),
    Column("fingerprint", String(32), nullable=False),
    Column("first_round", SmallInteger, primary_key=True),
    Column("last_round", SmallInteger, nullable=False),
)

scored_pair = Table(
    "linkage_scored_pair",
    metadata,
    Column("left_id", String(64), primary_key=True),
    Column("right_id", String(64), primary_key=True),
    Column("first_round", SmallInteger, primary_key=True),
    Column("last_round", SmallInteger, nullable=False),
    Column("weight", Float, nullable=False),
    Column("scores", Text, nullable=False, comment="Level and bits of each feature, as JSON"),
    Column("outcomes", Text, nullable=False, comment="What became of it in each round, as JSON"),
    *label_columns(),
)

# What the second look of the last linking joined, or found for a question that is asked.
judged = Table(
    "linkage_judged",
    metadata,
    Column("left_id", String(64), primary_key=True, comment="First record of the group by its key"),
    Column("right_id", String(64), primary_key=True),
    Column("joined", Boolean, nullable=False),
    Column("bits", Float, nullable=False, comment="Log odds to the base of two"),
    Column("clues", Text, nullable=False, comment="[clue, bits] of each, as JSON; they add up"),
    Column("left_records", ARRAY(Text), nullable=False, comment="Ids of the group as it stood"),
    Column("right_records", ARRAY(Text), nullable=False),
    *label_columns(),
    Index("ix_linkage_judged_left_records", "left_records", postgresql_using="gin"),
    Index("ix_linkage_judged_right_records", "right_records", postgresql_using="gin"),
)

# Rows are never changed or removed (triggers refuse it): the newest activation says what is in use.
model = Table(
    "linkage_model",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("content", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    written_by(),
)

model_activation = Table(
    "linkage_model_activation",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("version", String(64), ForeignKey("linkage_model.version"), nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()
    ),
    written_by(),
)
