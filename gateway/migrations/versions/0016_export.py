"""Bulk exports: what was asked for, how far it was listed, and which resources each file names."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gateway.migrations.roles import TableSet, grant
from gateway.migrations.row_security import protect
from gateway.migrations.written_by import event_column

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

EXPORT, FILE = TABLES = ("registry_export", "registry_export_file")


def upgrade() -> None:
    _create_exports()
    _create_files()
    grant(op.get_bind(), TableSet.EXPORTS, TABLES)
    for table in TABLES:
        protect(op.get_bind(), table)


def _labels() -> tuple[sa.Column[str], sa.Column[str], sa.Column[list[str]]]:
    return (
        sa.Column("custodian", sa.String(80), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", ARRAY(sa.String(40)), nullable=False, server_default="{}"),
    )


def _create_exports() -> None:
    op.create_table(
        EXPORT,
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column(
            "client", sa.String(64), comment="Whose it is; none: nobody had to say (development)"
        ),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("policy", sa.String(64)),
        sa.Column(
            "request", sa.Text, nullable=False, comment="As asked; what may be a child's is veiled"
        ),
        sa.Column(
            "steps", JSONB, nullable=False, comment="Type and criteria of each, veiled likewise"
        ),
        sa.Column("elements", ARRAY(sa.Text), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column(
            "leaf", sa.BigInteger, nullable=False, comment="What was signed from here on is since"
        ),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False, comment="transactionTime"),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("after", sa.String(64), nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, comment="Of the page that is next"),
        sa.Column("why", sa.String(40), comment="Code of the error by which it ended"),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polled", sa.DateTime(timezone=True)),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        *event_column(EXPORT),
        *_labels(),
        sa.PrimaryKeyConstraint("id", name=f"pk_{EXPORT}"),
    )
    op.create_index(f"ix_{EXPORT}_expires", EXPORT, ["expires"])
    op.create_index(
        f"ix_{EXPORT}_due", EXPORT, ["due"], postgresql_where=sa.text("state = 'running'")
    )


def _create_files() -> None:
    op.create_table(
        FILE,
        sa.Column("export_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("ids", ARRAY(sa.Text), nullable=False),
        *event_column(FILE),
        *_labels(),
        sa.PrimaryKeyConstraint("export_id", "number", name=f"pk_{FILE}"),
        sa.ForeignKeyConstraint(
            ["export_id"], [f"{EXPORT}.id"], name=f"fk_{FILE}_export_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
