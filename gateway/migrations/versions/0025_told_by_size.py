"""Which message is kept in its parts is told by its size, so that whoever counts touches no payload."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE, INDEX = "registry_message", "ix_registry_message_whole"
CHECK = "ck_registry_message_size"


def upgrade() -> None:
    op.create_check_constraint(op.f(CHECK), TABLE, "(content IS NULL) = (size IS NOT NULL)")
    _index("size IS NOT NULL")


def downgrade() -> None:
    op.drop_constraint(op.f(CHECK), TABLE)
    _index("content IS NULL")


def _index(where: str) -> None:
    op.drop_index(INDEX, TABLE)
    op.create_index(INDEX, TABLE, ["parts"], postgresql_where=sa.text(where))
