"""What a table needs whose rows cannot be committed without an event of the log."""

import sqlalchemy as sa


def event_column(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    """Deferred: the rows of a transaction may be written before its first event."""
    default = sa.text("current_setting('motem.event', true)")
    return (
        sa.Column("event", sa.String(26), nullable=False, server_default=default),
        sa.ForeignKeyConstraint(
            ["event"],
            ["audit_event.id"],
            name=f"fk_{table}_event",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
