"""The log becomes a signed ledger, and what is written refers to the event that tells of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from gateway.migrations.roles import TableSet, grant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

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
INDEXES: dict[str, list[str]] = {
    "ix_audit_event_occurred": ["occurred"],
    "ix_audit_event_who_occurred": ["who", "occurred"],
}
PARTIAL = ("record", "identity")
TREE = ("audit_leaf", "audit_tile", "audit_checkpoint", "audit_refused")
NEVER = ("audit_leaf", "audit_tile", "audit_checkpoint", "audit_refused")
"""Tables whose rows are never changed; those of the events only to erase them."""
KEEP_BEFORE = """
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM audit_event) THEN
    CREATE TABLE audit_event_unsigned AS SELECT * FROM audit_event;
  END IF;
END $$
"""
ONLY_ERASED = """
CREATE FUNCTION audit_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.body IS NOT NULL AND NEW.body IS NULL AND NEW.salt IS NULL
     AND NEW.erased_by IS NOT NULL
     AND (NEW.id, NEW.commitment, NEW.signature)
       = (OLD.id, OLD.commitment, OLD.signature) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit events are never changed or removed' USING ERRCODE = '42501';
END $$
"""
WRITTEN_BY = """
CREATE FUNCTION audit_written_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.event := current_setting('motem.event', true);
  RETURN NEW;
END $$
"""
REFERRING: dict[str, str] = {
    "registry_message": "UPDATE OF state, counts, answer",
    "registry_record": "UPDATE",
    "registry_resource": "UPDATE",
    "linkage_record": "UPDATE OF identity_id, decision",
    "linkage_decision": "UPDATE",
    "linkage_model": "UPDATE",
    "linkage_model_activation": "UPDATE",
    "outbound_lookup": "UPDATE",
    "outbound_registration": "UPDATE",
    "outbound_registration_step": "UPDATE",
}
"""Tables whose rows cannot be committed without an event, and what changes of them want one too."""


UNSIGNED = (
    "CREATE TABLE audit_event_before AS SELECT l.seq, p.number, e.id, to_timestamp(occurred / 1e6) AS occurred,"
    " action, who, system, purpose, message, record, identity, outcome,"
    " body::jsonb -> 'detail' AS detail FROM audit_event e LEFT JOIN audit_leaf l ON l.event_id = e.id"
    " LEFT JOIN audit_pending p ON p.id = e.id WHERE body IS NOT NULL",
    "DROP TABLE audit_refused, audit_checkpoint, audit_tile, audit_leaf, audit_pending, audit_event",
    "DROP FUNCTION audit_only_erased, audit_written_by",
    """
    CREATE TABLE audit_event (
      id varchar(26) CONSTRAINT pk_audit_event PRIMARY KEY,
      number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT uq_audit_event_number UNIQUE,
      occurred timestamptz NOT NULL, action varchar(64) NOT NULL, who varchar NOT NULL,
      system varchar NOT NULL, purpose varchar NOT NULL, message varchar, record varchar,
      identity varchar, outcome varchar(16) NOT NULL, detail jsonb NOT NULL)
    """,
    "INSERT INTO audit_event (id, occurred, action, who, system, purpose, message, record, identity,"
    " outcome, detail) SELECT id, occurred, action, who, system, purpose, message, record, identity,"
    " outcome, detail FROM audit_event_before ORDER BY seq, number",
    "DROP TABLE audit_event_before",
    "CREATE INDEX ix_audit_event_identity ON audit_event (identity) WHERE identity IS NOT NULL",
    "CREATE INDEX ix_audit_event_record ON audit_event (record) WHERE record IS NOT NULL",
    "CREATE INDEX ix_audit_event_occurred ON audit_event (occurred)",
    "CREATE TRIGGER audit_event_refuse_change BEFORE UPDATE OR DELETE ON audit_event"
    " FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_event_refuse_truncate BEFORE TRUNCATE ON audit_event"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
)
"""Back to the table of the first migration."""


def upgrade() -> None:
    op.execute(KEEP_BEFORE)
    op.drop_table("audit_event")
    _create_events()
    _create_tree()
    op.execute(ONLY_ERASED)
    op.execute(WRITTEN_BY)
    op.execute(
        "CREATE TRIGGER audit_event_refuse_change BEFORE UPDATE OR DELETE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_only_erased()"
    )
    for name in NEVER:
        op.execute(
            f"CREATE TRIGGER {name}_refuse_change BEFORE UPDATE OR DELETE ON {name}"
            " FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        )
    for name in ("audit_event", *NEVER):
        op.execute(
            f"CREATE TRIGGER {name}_refuse_truncate BEFORE TRUNCATE ON {name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
    connection = op.get_bind()
    grant(connection, TableSet.AUDIT, ("audit_event",))
    grant(connection, TableSet.QUEUE, ("audit_pending",))
    grant(connection, TableSet.LEDGER, TREE)
    for name, changes in REFERRING.items():
        _refer(name, changes)


def _create_events() -> None:
    def told(name: str) -> sa.Column[str]:
        computed = sa.Computed(f"body::jsonb ->> '{name}'", persisted=True)
        return sa.Column(name, sa.Text(), computed, nullable=True)

    op.create_table(
        "audit_event",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("body", sa.Text(), comment="Canonical JSON (RFC 8785)"),
        sa.Column("salt", sa.LargeBinary(), comment="32 random bytes"),
        sa.Column(
            "commitment", sa.LargeBinary(), nullable=False, comment="SHA-256 of salt and body"
        ),
        sa.Column(
            "signature",
            sa.LargeBinary(),
            nullable=False,
            comment="Id of the key (4 bytes), Ed25519",
        ),
        sa.Column("erased_by", sa.String(26), comment="The event that says why it is gone"),
        *map(told, WORDS),
        sa.Column(
            "occurred",
            sa.BigInteger(),
            sa.Computed("(body::jsonb ->> 'occurred')::bigint", persisted=True),
            comment="Microseconds since 1970, UTC",
        ),
        sa.Column("seen", JSONB(), sa.Computed("body::jsonb -> 'seen'", persisted=True)),
        sa.CheckConstraint("id = body::jsonb ->> 'id'", name="ck_audit_event_id"),
        sa.CheckConstraint(
            "(body IS NULL) = (erased_by IS NOT NULL)", name="ck_audit_event_erased"
        ),
        sa.ForeignKeyConstraint(["erased_by"], ["audit_event.id"], name="fk_audit_event_erased_by"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_event", columns)
    for name in PARTIAL:
        op.create_index(
            f"ix_audit_event_{name}",
            "audit_event",
            [name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    op.create_index(
        "ix_audit_event_seen",
        "audit_event",
        ["seen"],
        postgresql_using="gin",
        postgresql_ops={"seen": "jsonb_path_ops"},
        postgresql_where=sa.text("seen IS NOT NULL"),
    )


def _create_tree() -> None:
    def event(table: str, name: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint([name], ["audit_event.id"], name=f"fk_{table}_{name}")

    op.create_table(
        "audit_pending",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.String(26), nullable=False),
        event("audit_pending", "id"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_pending"),
        sa.UniqueConstraint("id", name="uq_audit_pending_id"),
    )
    op.create_table(
        "audit_leaf",
        sa.Column(
            "seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="From 0, no gaps"
        ),
        sa.Column("event_id", sa.String(26), nullable=False),
        sa.Column(
            "hash",
            sa.LargeBinary(),
            nullable=False,
            comment="RFC 9162: SHA-256(0x00, commitment, signature)",
        ),
        event("audit_leaf", "event_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_leaf"),
        sa.UniqueConstraint("event_id", name="uq_audit_leaf_event_id"),
    )
    op.create_table(
        "audit_tile",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "hashes", sa.LargeBinary(), nullable=False, comment="256 hashes (C2SP tlog-tiles)"
        ),
        sa.Column(
            "root", sa.LargeBinary(), nullable=False, comment="Their root: one hash a level higher"
        ),
        sa.PrimaryKeyConstraint("level", "number", name="pk_audit_tile"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False, comment="Size of the one before"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="C2SP tlog-checkpoint, signed"),
        sa.PrimaryKeyConstraint("size", name="pk_audit_checkpoint"),
        sa.UniqueConstraint("before", name="uq_audit_checkpoint_before"),
    )
    op.create_table(
        "audit_refused",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("alarm", sa.String(26), nullable=False),
        event("audit_refused", "id"),
        event("audit_refused", "alarm"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_refused"),
    )


def _refer(name: str, changes: str) -> None:
    """What stands in the table already is of the event that tells of this migration."""
    op.execute(
        f'ALTER TABLE "{name}" ADD COLUMN event varchar(26)'
        " NOT NULL DEFAULT current_setting('motem.event', true)"
    )
    op.execute(
        f'ALTER TABLE "{name}" ADD CONSTRAINT fk_{name}_event FOREIGN KEY (event)'
        " REFERENCES audit_event (id) DEFERRABLE INITIALLY DEFERRED"
    )
    op.execute(
        f'CREATE TRIGGER {name}_written_by BEFORE INSERT OR {changes} ON "{name}"'
        " FOR EACH ROW EXECUTE FUNCTION audit_written_by()"
    )


def downgrade() -> None:
    """Events go back into a table without signatures; those that were erased stay out."""
    for name in REFERRING:
        op.execute(f"DROP TRIGGER {name}_written_by ON {name}")
        op.drop_column(name, "event")
    for statement in UNSIGNED:
        op.execute(statement)
    grant(op.get_bind(), TableSet.AUDIT, ("audit_event",))
