"""What the second look found is kept with its reasons, until the next linking."""

import sqlalchemy as sa
from alembic import op

from gateway.migrations.roles import TableSet, grant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "linkage_judged"
INDEXED = ("left_records", "right_records")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column(
            "left_id",
            sa.String(64),
            nullable=False,
            comment="First record of the group by its key",
        ),
        sa.Column("right_id", sa.String(64), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("bits", sa.Float(), nullable=False, comment="Log odds to the base of two"),
        sa.Column(
            "clues", sa.Text(), nullable=False, comment="[clue, bits] of each, as JSON; they add up"
        ),
        sa.Column(
            "left_records",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="Ids of the group as it stood",
        ),
        sa.Column("right_records", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("custodian", sa.String(80), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", sa.ARRAY(sa.String(40)), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("left_id", "right_id", name="pk_linkage_judged"),
    )
    for column in INDEXED:
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column], postgresql_using="gin")
    grant(op.get_bind(), TableSet.LINKAGE, (TABLE,))


def downgrade() -> None:
    op.drop_table(TABLE)
