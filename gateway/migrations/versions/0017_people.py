"""People who log in and their sessions; emergency accesses to one child, beside which nothing is shown."""

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
USER, SESSION, LOGIN = PEOPLE = ("access_user", "access_session", "access_login")


def upgrade() -> None:
    _create_overrides()
    grant(op.get_bind(), TableSet.OVERRIDES, (OVERRIDE,))
    protect(op.get_bind(), OVERRIDE)
    narrow_to_one_child(op.get_bind())
    _create_users()
    _create_sessions()
    _create_logins()
    grant(op.get_bind(), TableSet.ACCESS, PEOPLE)


def _create_users() -> None:
    op.create_table(
        USER,
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False, comment="Of the policy"),
        sa.Column("ministry", sa.Text()),
        sa.Column("body", sa.String(80), comment="The custodian that it works for: hospital:22103"),
        sa.Column(
            "provinces",
            ARRAY(sa.Text()),
            nullable=False,
            comment="Codes; * all, unknown: none known",
        ),
        sa.Column("purposes", ARRAY(sa.Text()), nullable=False),
        sa.Column("issuer", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        *event_column(USER),
        sa.PrimaryKeyConstraint("id", name=f"pk_{USER}"),
        sa.UniqueConstraint("issuer", "subject", name=f"uq_{USER}_issuer"),
    )
    _written_by(USER)


def _create_sessions() -> None:
    op.create_table(
        SESSION,
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the secret"),
        sa.Column("user", sa.String(40), nullable=False),
        sa.Column("authenticated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "idle",
            sa.Integer(),
            nullable=False,
            comment="Seconds without use after which it is over",
        ),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=f"pk_{SESSION}"),
        sa.ForeignKeyConstraint(["user"], [f"{USER}.id"], name=f"fk_{SESSION}_user"),
    )
    op.create_index(f"ix_{SESSION}_until", SESSION, ["until"])


def _create_logins() -> None:
    op.create_table(
        LOGIN,
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the secret"),
        sa.Column("fresh", sa.Boolean(), nullable=False, comment="The password is asked for again"),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=f"pk_{LOGIN}"),
    )
    op.create_index(f"ix_{LOGIN}_until", LOGIN, ["until"])


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
    for table in (LOGIN, SESSION, USER):
        op.drop_table(table)
    no_longer_narrow(op.get_bind())
    op.drop_table(OVERRIDE)
