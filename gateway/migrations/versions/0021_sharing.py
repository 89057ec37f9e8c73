"""Candidates of a question are found by index also where row-level security hides rows."""

from alembic import op

from gateway.migrations.row_security import SHARING

revision = "0021"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in SHARING.values():
        op.execute(statement)


def downgrade() -> None:
    for name in SHARING:
        op.execute(f"DROP FUNCTION {name}")
