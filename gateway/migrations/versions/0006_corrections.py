"""The corrections of a message are found by an index: what all of them brought is counted."""

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEX = "ix_registry_message_corrects"


def upgrade() -> None:
    where = text("corrects IS NOT NULL")
    op.create_index(INDEX, "registry_message", ["corrects"], postgresql_where=where)


def downgrade() -> None:
    op.drop_index(INDEX, "registry_message")
