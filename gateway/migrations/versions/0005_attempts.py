"""A message whose reading ends the process is not tried for ever: beginnings are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "registry_message"


def upgrade() -> None:
    op.add_column(
        TABLE,
        sa.Column(
            "attempts",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="How often its reading was begun in the background, and did not end",
        ),
    )


def downgrade() -> None:
    op.drop_column(TABLE, "attempts")
