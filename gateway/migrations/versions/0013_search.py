"""Every current resource has rows by which it is found, and histories of a type an index."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from gateway.migrations.roles import TableSet, grant
from gateway.registry.search_rows import fill

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "registry_search"
HISTORY = "ix_registry_resource_history"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("type", sa.String(32, collation="C"), nullable=False),
        sa.Column("id", sa.String(64, collation="C"), nullable=False),
        sa.Column("parameter", sa.String(40, collation="C"), nullable=False),
        sa.Column(
            "value", sa.Text(collation="C"), comment="Code, folded text, id of what is referred to"
        ),
        sa.Column(
            "qualifier", sa.Text(), comment="System, text as written, type of what is referred to"
        ),
        sa.Column("low", TIME, comment="-infinity where a period has no start"),
        sa.Column("high", TIME, comment="Not included"),
        sa.Column(
            "listed",
            sa.Boolean(),
            nullable=False,
            comment="Shown where no tag and no id is asked for",
        ),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.create_table(
        "registry_veil", sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_registry_veil"),
    )  # fmt: skip
    op.create_index(HISTORY, "registry_resource", ["type", "last_updated", "id", "version_id"])
    connection = op.get_bind()
    grant(connection, TableSet.REGISTRY, (TABLE,))
    grant(connection, TableSet.KEYS, ("registry_veil",))
    key = secrets.token_bytes(32)
    connection.execute(sa.text("INSERT INTO registry_veil (key) VALUES (:key)"), {"key": key})
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        fill(session)
        session.commit()
    # After the rows: an index is made faster than it is kept.
    _create_indexes()
    # How many rows a parameter of a type has follows from neither by itself.
    op.execute(f"CREATE STATISTICS {TABLE}_kinds (mcv) ON type, parameter, listed FROM {TABLE}")


def _create_indexes() -> None:
    op.create_index(
        "ix_registry_search_value",
        TABLE,
        ["type", "parameter", "listed", "value", "id"],
        postgresql_where=sa.text("value IS NOT NULL"),
    )
    op.create_index(
        "ix_registry_search_time",
        TABLE,
        ["type", "parameter", "listed", "low", "high", "id"],
        postgresql_where=sa.text("low IS NOT NULL"),
    )
    op.create_index("ix_registry_search_of", TABLE, ["type", "id", "parameter"])
    op.create_index(
        "ix_registry_search_page",
        TABLE,
        ["type", "listed", "id"],
        postgresql_where=sa.text("parameter = '_meta'"),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_table("registry_veil")
    op.drop_index(HISTORY, "registry_resource")
