"""One question is answered at once: keys are looked up in the index, and columns kept as compared."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEX = "ix_linkage_record_block_keys"


def upgrade() -> None:
    # Without a default: records from before are computed when they are asked for.
    op.add_column(
        "linkage_record",
        sa.Column(
            "compared",
            sa.Text(),
            nullable=True,
            comment="The columns that are compared, of one version of them",
        ),
    )
    # A look-up reads through the list of pending entries, see docs/decisions/0006.
    op.execute(f"ALTER INDEX {INDEX} SET (fastupdate = off)")
    op.execute(f"SELECT gin_clean_pending_list('{INDEX}'::regclass)")


def downgrade() -> None:
    op.execute(f"ALTER INDEX {INDEX} RESET (fastupdate)")
    op.drop_column("linkage_record", "compared")
