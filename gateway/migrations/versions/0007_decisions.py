"""Decisions name records, keep their evidence, are withdrawn by further rows; scores are kept."""

import sqlalchemy as sa
from alembic import op
from ulid import ULID

from gateway.migrations.roles import TableSet, grant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "linkage_decision"
UNKNOWN = "unknown"
"""Id of a record that a decision of before names and that there is none of any more."""
COPIED = "left_id, right_id, left_key, right_key, custodian, province, sensitivity"
SCORES = ("linkage_scored_with", "linkage_scored_atom", "linkage_scored_pair")
APPEND_ONLY = (
    """
    CREATE FUNCTION linkage_decision_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'decisions are never changed or removed' USING ERRCODE = '42501';
    END
    $$
    """,
    f"""
    CREATE TRIGGER {TABLE}_refuse_change BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION linkage_decision_refuse()
    """,
    f"""
    CREATE TRIGGER {TABLE}_refuse_truncate BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION linkage_decision_refuse()
    """,
)


def upgrade() -> None:
    for side in ("left", "right"):
        op.add_column(TABLE, sa.Column(f"{side}_id", sa.String(64)))
        op.execute(
            f"UPDATE {TABLE} AS d SET {side}_id = coalesce("
            f"(SELECT record_id FROM linkage_record WHERE key = d.{side}_key), '{UNKNOWN}')"
        )
        op.alter_column(TABLE, f"{side}_id", nullable=False)
    op.add_column(TABLE, sa.Column("withdraws", sa.String(26)))
    seen = "Of the pair as the steward saw it, in bits"
    op.add_column(TABLE, sa.Column("weight", sa.Float(), comment=seen))
    lines = "Of that weight, line by line; null: never scored"
    op.add_column(TABLE, sa.Column("evidence", sa.Text(), comment=lines))
    version = "The version that scored it"
    op.add_column(TABLE, sa.Column("model", sa.String(64), comment=version))
    op.create_foreign_key(f"fk_{TABLE}_withdraws", TABLE, TABLE, ["withdraws"], ["id"])
    op.create_unique_constraint(f"uq_{TABLE}_withdraws", TABLE, ["withdraws"])
    _check("verdict in ('same', 'not-same', 'withdrawn')")
    op.create_check_constraint(
        f"ck_{TABLE}_withdrawal", TABLE, "(verdict = 'withdrawn') = (withdraws IS NOT NULL)"
    )
    _withdraw_those_of_before()
    op.drop_column(TABLE, "withdrawn_by")
    for statement in APPEND_ONLY:
        op.execute(statement)
    _create_scores()


def _create_scores() -> None:
    op.create_table(
        "linkage_scored_with",
        sa.Column(
            "version", sa.String(200), nullable=False, comment="Model, code and least weight"
        ),
        sa.PrimaryKeyConstraint("version", name="pk_linkage_scored_with"),
    )
    op.create_table(
        "linkage_scored_atom",
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("first_round", sa.SmallInteger(), nullable=False),
        sa.Column("last_round", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "first_round", name="pk_linkage_scored_atom"),
    )
    scores = "Level and bits of each feature, as JSON"
    outcomes = "What became of it in each round, as JSON"
    op.create_table(
        "linkage_scored_pair",
        sa.Column("left_id", sa.String(64), nullable=False),
        sa.Column("right_id", sa.String(64), nullable=False),
        sa.Column("first_round", sa.SmallInteger(), nullable=False),
        sa.Column("last_round", sa.SmallInteger(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False, comment=scores),
        sa.Column("outcomes", sa.Text(), nullable=False, comment=outcomes),
        sa.Column("custodian", sa.String(80), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", sa.ARRAY(sa.String(40)), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint(
            "left_id", "right_id", "first_round", name="pk_linkage_scored_pair"
        ),
    )
    grant(op.get_bind(), TableSet.LINKAGE, SCORES)


def _check(condition: str) -> None:
    """What a verdict may be."""
    op.drop_constraint(f"ck_{TABLE}_verdict", TABLE)
    op.create_check_constraint(f"ck_{TABLE}_verdict", TABLE, condition)


def _withdraw_those_of_before() -> None:
    """A row for each that was marked; who did it was not kept."""
    connection = op.get_bind()
    marked = f"SELECT id FROM {TABLE} WHERE withdrawn_by IS NOT NULL ORDER BY id"
    added = sa.text(
        f"INSERT INTO {TABLE} (id, withdraws, verdict, author, reason, {COPIED})"
        f" SELECT :id, id, 'withdrawn', '{UNKNOWN}', 'migration {revision}', {COPIED}"
        f" FROM {TABLE} WHERE id = :of"
    )
    for of in connection.scalars(sa.text(marked)).all():
        connection.execute(added, {"id": str(ULID()).lower(), "of": of})


def downgrade() -> None:
    for name in SCORES:
        op.drop_table(name)
    for name in ("change", "truncate"):
        op.execute(f"DROP TRIGGER {TABLE}_refuse_{name} ON {TABLE}")
    op.execute("DROP FUNCTION linkage_decision_refuse()")
    op.add_column(TABLE, sa.Column("withdrawn_by", sa.String(26)))
    op.execute(
        f"UPDATE {TABLE} AS d SET withdrawn_by = w.id FROM {TABLE} AS w WHERE w.withdraws = d.id"
    )
    op.drop_constraint(f"fk_{TABLE}_withdraws", TABLE)
    op.execute(f"DELETE FROM {TABLE} WHERE withdraws IS NOT NULL")
    op.drop_constraint(f"ck_{TABLE}_withdrawal", TABLE)
    for column in ("withdraws", "left_id", "right_id", "weight", "evidence", "model"):
        op.drop_column(TABLE, column)
    _check("verdict in ('same', 'not-same')")
