"""What others are told of: each change, who gets it, and what could not be brought."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gateway.migrations.roles import TableSet, grant
from gateway.migrations.row_security import protect
from gateway.migrations.written_by import event_column

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CHANGE, RECEIVER, UNDELIVERED = TABLES = (
    "registry_change",
    "registry_receiver",
    "registry_undelivered",
)


def upgrade() -> None:
    _create_changes()
    _create_receivers()
    _create_undelivered()
    grant(op.get_bind(), TableSet.CHANGES, [CHANGE, UNDELIVERED])
    grant(op.get_bind(), TableSet.RECEIVERS, [RECEIVER])
    for table in TABLES:
        protect(op.get_bind(), table)


def _written_and_labelled(table: str) -> tuple[sa.Column[Any] | sa.ForeignKeyConstraint, ...]:
    return (
        *event_column(table),
        sa.Column("custodian", sa.String(80), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", ARRAY(sa.String(40)), nullable=False, server_default="{}"),
    )


def _create_changes() -> None:
    op.create_table(
        CHANGE,
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("record", sa.String(26)),
        sa.Column("before", JSONB, comment="Identity → its records, of all that are concerned"),
        sa.Column("after", JSONB),
        sa.Column("occurred", sa.DateTime(timezone=True), nullable=False),
        *_written_and_labelled(CHANGE),
        sa.PrimaryKeyConstraint("number", name=f"pk_{CHANGE}"),
    )
    for column in ("event", "occurred"):
        op.create_index(f"ix_{CHANGE}_{column}", CHANGE, [column])


def _create_receivers() -> None:
    op.create_table(
        RECEIVER,
        sa.Column("id", sa.String(26), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "url", "secret")),
        sa.Column("state", sa.String(8), nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("leaf", "number")),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("lease", "failures")),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        *_written_and_labelled(RECEIVER),
        sa.PrimaryKeyConstraint("id", name=f"pk_{RECEIVER}"),
    )
    op.create_index(
        f"ix_{RECEIVER}_due", RECEIVER, ["due"], postgresql_where=sa.text("state = 'active'")
    )


def _create_undelivered() -> None:
    op.create_table(
        UNDELIVERED,
        sa.Column("receiver_id", sa.String(26), nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("leaf", "number")),
        sa.Column("why", sa.String(40), nullable=False),
        sa.Column("given_up", sa.DateTime(timezone=True), nullable=False),
        *_written_and_labelled(UNDELIVERED),
        sa.PrimaryKeyConstraint("receiver_id", "leaf", "number", name=f"pk_{UNDELIVERED}"),
        sa.ForeignKeyConstraint(
            ["receiver_id"], [f"{RECEIVER}.id"], name=f"fk_{UNDELIVERED}_receiver_id"
        ),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
