"""What the doors need: parts of large files, corrections, deadlines, answers under a key."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations.roles import TableSet, grant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OF_MESSAGES: tuple[sa.Column[Any], ...] = (
    sa.Column("system", sa.Text(), comment="The program that it was sent with"),
    sa.Column("unknown_fields", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    sa.Column("corrects", sa.String(26), comment="The message that it replaces"),
    sa.Column("part_of", sa.String(26), comment="The large file it was cut from"),
    sa.Column("part", sa.Integer(), comment="Its number in that file, from 1"),
    sa.Column("begins", sa.Text(), comment="Where in that file it begins"),
)
OF_REJECTIONS: tuple[sa.Column[Any], ...] = (
    sa.Column("due", sa.DateTime(timezone=True), comment="By when somebody must have settled it"),
    sa.Column("settled", sa.DateTime(timezone=True)),
    sa.Column("settlement", sa.String(16), comment="replayed, corrected or withdrawn"),
)


def upgrade() -> None:
    for column in OF_MESSAGES:
        op.add_column("registry_message", column)
    for name in ("corrects", "part_of"):
        op.create_foreign_key(
            f"fk_registry_message_{name}", "registry_message", "registry_message", [name], ["id"]
        )
    op.create_index(
        "ix_registry_message_part_of",
        "registry_message",
        ["part_of"],
        postgresql_where=sa.text("part_of IS NOT NULL"),
    )
    for column in OF_REJECTIONS:
        op.add_column("registry_rejection", column)
    op.create_index(
        "ix_registry_rejection_open",
        "registry_rejection",
        ["due"],
        postgresql_where=sa.text("settled IS NULL"),
    )
    # What was refused before there were deadlines is settled by nobody, and has its own now.
    op.execute(
        "UPDATE registry_rejection AS r SET due = m.received + interval '12 hours'"
        " FROM registry_message AS m WHERE m.id = r.message_id AND r.about_child"
    )
    _create_requests()
    grant(op.get_bind(), TableSet.REGISTRY, ["registry_request"])


def _create_requests() -> None:
    op.create_table(
        "registry_request",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of what was asked"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("province", sa.String(2), nullable=True),
        sa.Column(
            "sensitivity", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("sender", "key", name="pk_registry_request"),
    )


def downgrade() -> None:
    op.drop_table("registry_request")
    for column in OF_REJECTIONS:
        op.drop_column("registry_rejection", column.name)
    for column in OF_MESSAGES:
        op.drop_column("registry_message", column.name)
