"""Models that were trained here, and which of them is in use since when: rows for ever."""

import sqlalchemy as sa
from alembic import op

from gateway.migrations.roles import TableSet, grant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("linkage_model", "linkage_model_activation")
REFUSES = """
    CREATE FUNCTION linkage_model_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'models are never changed or removed' USING ERRCODE = '42501';
    END
    $$
"""


def upgrade() -> None:
    op.create_table(
        "linkage_model",
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("version", name="pk_linkage_model"),
    )
    op.create_table(
        "linkage_model_activation",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.clock_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["linkage_model.version"], name="fk_linkage_model_activation_version"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_linkage_model_activation"),
    )
    op.execute(REFUSES)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION linkage_model_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION linkage_model_refuse()"
        )
    grant(op.get_bind(), TableSet.LINKAGE, TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION linkage_model_refuse()")
