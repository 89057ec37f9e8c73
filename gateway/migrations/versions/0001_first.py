"""Roles, the first tables of all three sets, and their rights."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations.roles import OWNER, TableSet, become_owner, create_roles, grant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REGISTRY_TABLES = (
    "registry_message",
    "registry_record",
    "registry_rejection",
    "registry_resource",
    "registry_statement",
)
LINKAGE_TABLES = (
    "linkage_decision",
    "linkage_record",
    "linkage_review",
)
AUDIT_TABLES = ("audit_event",)

APPEND_ONLY = (
    """
    CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit events are never changed or removed' USING ERRCODE = '42501';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_event_refuse_change BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()
    """,
    """
    CREATE TRIGGER audit_event_refuse_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
    """,
)


def upgrade() -> None:
    connection = op.get_bind()
    create_roles(connection)
    op.execute(f"ALTER TABLE alembic_version OWNER TO {OWNER}")
    become_owner(connection)
    op.execute("GRANT SELECT ON alembic_version TO motem_app, motem_linkage, motem_audit")
    _create_registry_tables()
    _create_linkage_tables()
    _create_audit_tables()
    for statement in APPEND_ONLY:
        op.execute(statement)
    grant(connection, TableSet.REGISTRY, REGISTRY_TABLES)
    grant(connection, TableSet.LINKAGE, LINKAGE_TABLES)
    grant(connection, TableSet.AUDIT, AUDIT_TABLES)


def downgrade() -> None:
    """Drop the tables. The roles stay: other databases of the server use them."""
    for name in (*REGISTRY_TABLES, *LINKAGE_TABLES, *AUDIT_TABLES):
        op.execute(f'DROP TABLE "{name}" CASCADE')
    op.execute("DROP FUNCTION audit_refuse()")


def _create_registry_tables() -> None:
    op.create_table(
        "registry_message",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column(
            "answer",
            postgresql.JSONB(),
            nullable=False,
            comment="Opaque record id → new, updated, unchanged",
        ),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_message"),
    )
    op.create_index(
        "ix_registry_message_source_sha256", "registry_message", ["source", "sha256"], unique=True
    )
    op.create_index("ix_registry_message_state", "registry_message", ["state"], unique=False)
    op.create_table(
        "registry_record",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("base_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("flags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_record"),
        sa.UniqueConstraint("key", name="uq_registry_record_key"),
    )
    op.create_index(
        "ix_registry_record_source_base_key",
        "registry_record",
        ["source", "base_key"],
        unique=False,
    )
    op.create_table(
        "registry_rejection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=True),
        sa.Column("vietnamese", sa.Text(), nullable=False),
        sa.Column("english", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.LargeBinary(), nullable=False),
        sa.Column("about_child", sa.Boolean(), nullable=False),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["registry_message.id"], name="fk_registry_rejection_message_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_rejection"),
    )
    op.create_index(
        "ix_registry_rejection_message_id", "registry_rejection", ["message_id"], unique=False
    )
    op.create_table(
        "registry_resource",
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("last_updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["registry_record.id"], name="fk_registry_resource_record_id"
        ),
        sa.PrimaryKeyConstraint("type", "id", "version_id", name="pk_registry_resource"),
    )
    op.create_index(
        "ix_registry_resource_current",
        "registry_resource",
        ["type", "id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_index(
        "ix_registry_resource_record_id", "registry_resource", ["record_id"], unique=False
    )
    op.create_table(
        "registry_statement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("base_key", sa.Text(), nullable=True),
        sa.Column("keyed", sa.Boolean(), nullable=False),
        sa.Column("episode", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("unkeyed", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.String(length=26), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=True),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["registry_message.id"], name="fk_registry_statement_message_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_statement"),
        sa.UniqueConstraint("fingerprint", name="uq_registry_statement_fingerprint"),
    )
    op.create_index(
        "ix_registry_statement_source_base_key",
        "registry_statement",
        ["source", "base_key"],
        unique=False,
    )
    op.create_index(
        "ix_registry_statement_source_episode",
        "registry_statement",
        ["source", "episode"],
        unique=False,
        postgresql_where=sa.text("episode IS NOT NULL"),
    )
    op.create_index(
        "ix_registry_statement_waiting",
        "registry_statement",
        ["message_id"],
        unique=False,
        postgresql_where=sa.text("base_key IS NULL"),
    )


def _create_linkage_tables() -> None:
    op.create_table(
        "linkage_decision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("left_key", sa.Text(), nullable=False),
        sa.Column("right_key", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("withdrawn_by", sa.String(length=26), nullable=True),
        sa.Column("custodian", sa.String(length=80), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity",
            postgresql.ARRAY(sa.String(length=40)),
            server_default="{}",
            nullable=False,
        ),
        sa.CheckConstraint("verdict in ('same', 'not-same')", name="ck_linkage_decision_verdict"),
        sa.PrimaryKeyConstraint("id", name="pk_linkage_decision"),
    )
    op.create_table(
        "linkage_record",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("founding_id", sa.String(length=64), nullable=False),
        sa.Column("identity_id", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("block_keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("custodian", sa.String(length=80), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity",
            postgresql.ARRAY(sa.String(length=40)),
            server_default="{}",
            nullable=False,
        ),
        sa.CheckConstraint(
            "decision in ('pending', 'auto', 'manual', 'single')", name="ck_linkage_record_decision"
        ),
        sa.PrimaryKeyConstraint("record_id", name="pk_linkage_record"),
        sa.UniqueConstraint("founding_id", name="uq_linkage_record_founding_id"),
        sa.UniqueConstraint("key", name="uq_linkage_record_key"),
    )
    op.create_index(
        "ix_linkage_record_block_keys",
        "linkage_record",
        ["block_keys"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_linkage_record_identity_id", "linkage_record", ["identity_id"], unique=False
    )
    op.create_table(
        "linkage_review",
        sa.Column("left_key", sa.Text(), nullable=False),
        sa.Column("right_key", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column(
            "opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("custodian", sa.String(length=80), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column(
            "sensitivity",
            postgresql.ARRAY(sa.String(length=40)),
            server_default="{}",
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("left_key", "right_key", name="pk_linkage_review"),
    )


def _create_audit_tables() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("occurred", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("record", sa.String(), nullable=True),
        sa.Column("identity", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
        sa.UniqueConstraint("number", name="uq_audit_event_number"),
    )
    op.create_index(
        "ix_audit_event_identity",
        "audit_event",
        ["identity"],
        unique=False,
        postgresql_where="identity IS NOT NULL",
    )
    op.create_index("ix_audit_event_occurred", "audit_event", ["occurred"], unique=False)
    op.create_index(
        "ix_audit_event_record",
        "audit_event",
        ["record"],
        unique=False,
        postgresql_where="record IS NOT NULL",
    )
