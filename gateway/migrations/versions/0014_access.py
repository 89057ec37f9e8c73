"""Who may: clients and their tokens, and row-level security under all tables of child data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from gateway.migrations.roles import TableSet, grant
from gateway.migrations.row_security import CALLER, IS_OWN_CHILD, SAYS, VISIBLE, protect, unprotect
from gateway.migrations.written_by import event_column

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("access_client", "access_used", "access_token", "access_refusal")
PROTECTED = (
    "registry_message",
    "registry_rejection",
    "registry_request",
    "registry_statement",
    "registry_record",
    "registry_resource",
    "registry_search",
    "linkage_record",
    "linkage_decision",
    "linkage_review",
    "linkage_scored_atom",
    "linkage_scored_pair",
    "linkage_judged",
    "outbound_lookup",
    "outbound_registration",
    "outbound_registration_step",
)


def upgrade() -> None:
    _create_clients()
    _create_used()
    _create_tokens()
    _create_refusals()
    connection = op.get_bind()
    grant(connection, TableSet.ACCESS, TABLES)
    grant(connection, TableSet.AUDIT, ("audit_event",))
    grant(connection, TableSet.QUEUE, ("audit_pending",))
    op.execute(f"GRANT SELECT ON alembic_version TO {CALLER}")
    op.execute(IS_OWN_CHILD)
    op.execute(SAYS)
    for table in PROTECTED:
        protect(connection, table, VISIBLE.get(table))


def _written_by(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_written_by BEFORE INSERT OR UPDATE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION audit_written_by()"
    )


def _texts(name: str, comment: str | None = None) -> sa.Column[list[str]]:
    return sa.Column(name, ARRAY(sa.Text()), nullable=False, comment=comment)


def _create_clients() -> None:
    op.create_table(
        "access_client",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="For people: whose program it is"),
        sa.Column("role", sa.String(40), nullable=False, comment="Of the policy"),
        sa.Column("body", sa.String(80), comment="The custodian that it is itself: hospital:22103"),
        _texts("provinces", "Codes; * all, unknown: none known"),
        _texts("sources", "In which it may write"),
        _texts("purposes"),
        sa.Column(
            "per_request",
            sa.Boolean(),
            nullable=False,
            comment="May name its purpose with each request",
        ),
        _texts("scopes"),
        sa.Column("keys", sa.Text(), comment="JWK Set, where it is not fetched"),
        sa.Column("keys_url", sa.Text(), comment="Where its JWK Set is fetched"),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        *event_column("access_client"),
        sa.PrimaryKeyConstraint("id", name="pk_access_client"),
    )
    _written_by("access_client")


def _client(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["client"], ["access_client.id"], name=f"fk_{table}_client")


def _create_used() -> None:
    op.create_table(
        "access_used",
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(255), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        _client("access_used"),
        sa.PrimaryKeyConstraint("client", "jti", name="pk_access_used"),
    )
    op.create_index("ix_access_used_expires", "access_used", ["expires"])


def _create_tokens() -> None:
    op.create_table(
        "access_token",
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the token"),
        sa.Column("client", sa.String(64), nullable=False),
        _texts("scopes"),
        sa.Column(
            "purpose", sa.String(16), comment="Bound to it; none: it comes with each request"
        ),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        *event_column("access_token"),
        _client("access_token"),
        sa.PrimaryKeyConstraint("digest", name="pk_access_token"),
    )
    op.create_index("ix_access_token_expires", "access_token", ["expires"])
    _written_by("access_token")


def _create_refusals() -> None:
    op.create_table(
        "access_refusal",
        sa.Column(
            "client", sa.String(64), nullable=False, comment="unknown, where none was believed"
        ),
        sa.Column("action", sa.String(16), nullable=False, comment="token:refuse or access:refuse"),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("second", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("client", "action", "reason", "second", name="pk_access_refusal"),
    )


def downgrade() -> None:
    connection = op.get_bind()
    for table in reversed(PROTECTED):
        unprotect(connection, table)
        op.execute(f"REVOKE ALL ON {table} FROM {CALLER}")
    op.execute("DROP FUNCTION motem_is_own_child")
    op.execute("DROP FUNCTION motem_says")
    op.execute(f"REVOKE ALL ON audit_event, audit_pending, alembic_version FROM {CALLER}")
    for table in reversed(TABLES):
        op.drop_table(table)
