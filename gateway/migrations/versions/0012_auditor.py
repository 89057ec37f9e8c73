"""Indexes behind every question of an auditor, and findings with every state that they were in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from gateway.migrations.roles import TableSet, grant
from gateway.migrations.written_by import event_column

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("audit_finding", "audit_finding_state")
INDEXES: dict[str, tuple[list[str], str | None]] = {
    "ix_audit_event_action_occurred": (["action", "occurred"], None),
    "ix_audit_event_system_occurred": (["system", "occurred"], None),
    "ix_audit_event_purpose_occurred": (["purpose", "occurred"], None),
    "ix_audit_event_outcome_occurred": (["outcome", "occurred"], "outcome <> 'success'"),
    "ix_audit_event_message": (["message"], "message IS NOT NULL"),
    "ix_audit_event_request": (["request"], "request IS NOT NULL"),
}


def upgrade() -> None:
    for name, (columns, where) in INDEXES.items():
        op.create_index(
            name, "audit_event", columns, postgresql_where=sa.text(where) if where else None
        )
    _create_findings()
    _create_states()
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
    grant(op.get_bind(), TableSet.FINDINGS, TABLES)


def _create_findings() -> None:
    op.create_table(
        "audit_finding",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), comment="The actor, where it is about one"),
        sa.Column("child", sa.Text(), comment="Opaque id, where it is about one"),
        sa.Column("occurred", sa.BigInteger(), nullable=False, comment="Of its last event"),
        sa.Column(
            "events", ARRAY(sa.Text()), nullable=False, comment="Ids of its events, 100 at most"
        ),
        sa.Column("count", sa.Integer(), nullable=False, comment="All of its events"),
        *event_column("audit_finding"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_finding"),
        sa.UniqueConstraint("rule", "key", name="uq_audit_finding_rule_key"),
    )
    op.create_index("ix_audit_finding_who", "audit_finding", ["who"])


def _create_states() -> None:
    check = sa.CheckConstraint
    op.create_table(
        "audit_finding_state",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("finding", sa.String(26), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("owner", sa.Text(), comment="Who looks into it"),
        sa.Column("outcome", sa.String(16), comment="What came of it, once it is closed"),
        sa.Column("reason", sa.Text()),
        sa.Column("who", sa.Text(), nullable=False, comment="Who changed the state"),
        sa.Column("occurred", sa.BigInteger(), nullable=False),
        *event_column("audit_finding_state"),
        check("state IN ('open', 'taken', 'closed')", name="ck_audit_finding_state_state"),
        check("(outcome IS NOT NULL) = (state = 'closed')", name="ck_audit_finding_state_outcome"),
        check("(owner IS NULL) = (state = 'open')", name="ck_audit_finding_state_owner"),
        sa.ForeignKeyConstraint(
            ["finding"], ["audit_finding.id"], name="fk_audit_finding_state_finding"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_audit_finding_state"),
    )
    op.create_index(
        "ix_audit_finding_state_finding_number", "audit_finding_state", ["finding", "number"]
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in INDEXES:
        op.drop_index(name, "audit_event")
