"""Large messages are kept in their parts, each a message by itself that says where it begins."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE = "registry_message"
NEW: tuple[sa.Column[Any], ...] = (
    sa.Column("size", sa.BigInteger(), comment="Bytes of a message that is kept in its parts"),
    sa.Column("parts", sa.Integer(), comment="Into how many it was cut, once that is known"),
    sa.Column("begins", sa.BigInteger(), comment="Byte of that message at which it begins"),
    sa.Column(
        "place", postgresql.JSONB(), comment="What makes of a position in it one in that message"
    ),
)
COMMENTS: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {
    "content": (sa.LargeBinary(), "Nothing where it is kept in its parts"),
    "part_of": (sa.String(26), "The message it was cut from"),
    "part": (sa.Integer(), "Its number in that message, from 1"),
}


def upgrade() -> None:
    # Nothing has ever filled it: it was made for a place in words.
    op.drop_column(TABLE, "begins")
    for column in NEW:
        op.add_column(TABLE, column)
    op.alter_column(TABLE, "content", nullable=True)
    for name, (kind, comment) in COMMENTS.items():
        op.alter_column(TABLE, name, existing_type=kind, comment=comment)
    op.create_index(
        "ix_registry_message_same",
        TABLE,
        ["source", "sha256", "part_of", "part"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("ix_registry_message_source_sha256", TABLE)
    op.create_index(
        "ix_registry_message_whole", TABLE, ["parts"], postgresql_where=sa.text("content IS NULL")
    )


def downgrade() -> None:
    op.create_index("ix_registry_message_source_sha256", TABLE, ["source", "sha256"], unique=True)
    op.drop_index("ix_registry_message_same", TABLE)
    op.drop_index("ix_registry_message_whole", TABLE)
    op.alter_column(TABLE, "content", nullable=False)
    for column in NEW:
        op.drop_column(TABLE, column.name)
    op.add_column(TABLE, sa.Column("begins", sa.Text(), comment="Where in that file it begins"))
