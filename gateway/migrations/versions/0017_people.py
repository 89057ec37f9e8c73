"""Emergency accesses to one child, and row-level security that shows nothing beside it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from gateway.migrations.roles import TableSet, grant
from gateway.migrations.row_security import narrow_to_one_child, no_longer_narrow, protect
from gateway.migrations.written_by import event_column

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OVERRIDE = "access_override"


def upgrade() -> None:
    _create_overrides()
    grant(op.get_bind(), TableSet.OVERRIDES, (OVERRIDE,))
    protect(op.get_bind(), OVERRIDE)
    narrow_to_one_child(op.get_bind())


def _create_overrides() -> None:
    op.create_table(
        OVERRIDE,
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column(
            "who", sa.String(64), nullable=False, comment="A client or a person, as in the log"
        ),
        sa.Column(
            "child", sa.String(64), nullable=False, comment="The identity, as it was when opened"
        ),
        sa.Column("code", sa.String(20), nullable=False, comment="Kind of reason"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="In words, veiled: they may be about the child",
        ),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finding", sa.String(26), nullable=False, comment="The review that is owed"),
        *event_column(OVERRIDE),
        sa.Column("custodian", sa.String(80), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", ARRAY(sa.String(40)), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{OVERRIDE}"),
    )
    op.create_index(f"ix_{OVERRIDE}_who_until", OVERRIDE, ["who", "until"])
    _written_by(OVERRIDE)


def _written_by(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_written_by BEFORE INSERT OR UPDATE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION audit_written_by()"
    )


def downgrade() -> None:
    no_longer_narrow(op.get_bind())
    op.drop_table(OVERRIDE)
