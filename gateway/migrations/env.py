"""What Alembic runs first: the five table sets, on the connection that it is given."""

from alembic import context
from sqlalchemy import Connection

from audit.tables import metadata as audit_tables
from gateway import settings
from gateway.access.tables import metadata as access_tables
from gateway.database import open_engine
from gateway.migrations.comparison import compared
from gateway.registry.change_tables import metadata as change_tables
from gateway.registry.export_tables import metadata as export_tables
from gateway.registry.outbound_tables import metadata as outbound_tables
from gateway.registry.tables import metadata as registry_tables
from linkage.tables import metadata as linkage_tables

TABLES = [
    registry_tables,
    linkage_tables,
    audit_tables,
    outbound_tables,
    change_tables,
    export_tables,
    access_tables,
]


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=TABLES, include_object=compared)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:  # `alembic revision --autogenerate`, by a developer.
    with open_engine(settings.load(), role=None).connect() as own:
        run(own)
