"""Receivers that are subscriptions of a client (FHIR Subscription): their terms, and how they fare."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

RECEIVER = "registry_receiver"


def upgrade() -> None:
    for column in _columns():
        op.add_column(RECEIVER, column)
    op.create_index(f"ix_{RECEIVER}_client", RECEIVER, ["client"])


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("client", sa.String(64), comment="Whose subscription it is"),
        sa.Column("purpose", sa.String(16)),
        sa.Column("terms", JSONB, comment="Of a subscription; none: told of all changes"),
        sa.Column("verified", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("error", sa.String(40)),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("changed", sa.DateTime(timezone=True)),
    ]


def downgrade() -> None:
    op.drop_index(f"ix_{RECEIVER}_client", RECEIVER)
    for column in reversed(_columns()):
        op.drop_column(RECEIVER, column.name)
