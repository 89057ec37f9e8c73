"""A group of children is found by whose records they have, without reading all records."""

from alembic import op

revision = "0024"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE = "linkage_record"
COLUMNS = ("custodian", "source")


def upgrade() -> None:
    for column in COLUMNS:
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column, "identity_id"])


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"ix_{TABLE}_{column}", TABLE)
