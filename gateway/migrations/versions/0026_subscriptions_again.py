"""Subscriptions keep versions and may be told once more; mothers are found by their name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gateway.migrations.roles import TableSet, grant
from gateway.migrations.row_security import VISIBLE, protect
from gateway.migrations.written_by import event_column

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

RECEIVER, VERSION = "registry_receiver", "registry_receiver_version"
STANDING = f"""
INSERT INTO {VERSION} (receiver_id, version, changed, method, is_on, url, terms, event, custodian,
                       province, sensitivity)
SELECT id, version, changed,
       CASE WHEN state = 'deleted' THEN 'DELETE' WHEN version = 1 THEN 'POST' ELSE 'PUT' END,
       state = 'active', url, terms || '{{"headers": []}}', event, custodian, province, sensitivity
FROM {RECEIVER} WHERE terms IS NOT NULL
"""
"""Of Subscriptions that are there the version that stands; those before it were not kept."""

MOTHERS = """
INSERT INTO registry_search (type, id, parameter, value, qualifier, listed, custodian, province,
                             sensitivity)
SELECT s.type, s.id, 'mothers-name', s.value, s.qualifier, s.listed, s.custodian, s.province,
       s.sensitivity
FROM registry_search s WHERE s.type = 'RelatedPerson' AND s.parameter = 'name'
AND EXISTS (SELECT FROM registry_search m WHERE m.type = s.type AND m.id = s.id
            AND m.parameter = 'relationship' AND m.value = 'MTH'
            AND m.qualifier = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode')
AND NOT EXISTS (SELECT FROM registry_search m WHERE m.type = s.type AND m.id = s.id
                AND m.parameter = 'mothers-name')
"""
"""Mothers by their name: what is taken out of new ones by `gateway.fhir.extraction`."""


def upgrade() -> None:
    for column in _columns():
        op.add_column(RECEIVER, column)
    op.create_table(
        VERSION,
        sa.Column("receiver_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(6), nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("terms", JSONB, nullable=False, comment="Without the values of headers"),
        *event_column(VERSION),
        sa.Column("custodian", sa.String(80), nullable=False),
        sa.Column("province", sa.String(2)),
        sa.Column("sensitivity", ARRAY(sa.String(40)), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("receiver_id", "version", name=f"pk_{VERSION}"),
        sa.ForeignKeyConstraint(
            ["receiver_id"], [f"{RECEIVER}.id"], name=f"fk_{VERSION}_receiver_id"
        ),
    )
    grant(op.get_bind(), TableSet.CHANGES, [VERSION])
    protect(op.get_bind(), VERSION)
    op.execute(STANDING)
    op.execute(MOTHERS)
    op.execute(f"ALTER POLICY seen ON registry_search USING ({VISIBLE['registry_search']})")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("again_leaf", sa.BigInteger, comment="Up to where it was told once more"),
        sa.Column("again_number", sa.BigInteger),
        sa.Column("again_failures", sa.Integer),
        sa.Column("again_due", sa.DateTime(timezone=True)),
    ]


def downgrade() -> None:
    op.execute("DELETE FROM registry_search WHERE parameter = 'mothers-name'")
    op.drop_table(VERSION)
    for column in reversed(_columns()):
        op.drop_column(RECEIVER, column.name)
