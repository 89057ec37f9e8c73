"""What went out: look-ups in the population database, requests for birth registrations."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.migrations.roles import TableSet, grant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("outbound_lookup", "outbound_registration", "outbound_registration_step")


def upgrade() -> None:
    _create(
        "outbound_lookup",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transaction_id", sa.String(26), nullable=False),
        sa.Column(
            "subject", sa.String(64), nullable=False, comment="The Patient that was asked about"
        ),
        sa.Column("patient_version", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        key="number",
        indexes=("subject", "transaction_id"),
    )
    _create(
        "outbound_registration",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("identity_id", sa.String(64), nullable=False, comment="As it was when drafted"),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        key="id",
        indexes=("identity_id",),
    )
    _create(
        "outbound_registration_step",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("registration_id", sa.String(26), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("left", sa.Boolean(), nullable=False, comment="The message may have left"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("office", sa.String(5), comment="Of a draft"),
        sa.Column("content", sa.Text(), comment="Of a draft: the message"),
        sa.Column("told_at", sa.Text(), comment="The office's own time"),
        sa.Column("receipt", sa.Text()),
        sa.Column("personal_id", sa.String(12)),
        sa.Column("entry", sa.Text(), comment="Key of the birth registration"),
        sa.Column("registered_on", sa.Text()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("reason", sa.Text()),
        key="number",
        indexes=("registration_id",),
    )
    op.create_foreign_key(
        "fk_outbound_registration_step_registration_id",
        "outbound_registration_step",
        "outbound_registration",
        ["registration_id"],
        ["id"],
    )
    grant(op.get_bind(), TableSet.OUTBOUND, TABLES)


def _create(name: str, *columns: sa.Column[Any], key: str, indexes: tuple[str, ...]) -> None:
    op.create_table(
        name,
        *columns,
        sa.Column("custodian", sa.String(80), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", sa.ARRAY(sa.String(40)), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint(key, name=f"pk_{name}"),
    )
    for column in indexes:
        op.create_index(f"ix_{name}_{column}", name, [column])


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
