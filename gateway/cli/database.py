"""Commands about the database: `db url`, `db stop` and `migrate`."""

from typing import Annotated

import typer

from audit.anchor import forget
from gateway import postgres, settings
from gateway.cli.caller import command_caller
from gateway.database import database_url, open_engine, printable
from gateway.migrate import migrate


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="The database in use.")
    group.command("url")(show_url)
    group.command("stop")(stop)
    app.add_typer(group, name="db")
    app.command("migrate")(migrate_database)


def show_url() -> None:
    """Print the URL of the database in use, password included, for psql or SQLAlchemy.

    Starts the embedded PostgreSQL where DATABASE_URL is not set. Changes no table.
    """
    typer.echo(printable(database_url(settings.load())))


def stop(
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove its data too, for ever.", show_default=False)
    ] = False,
) -> None:
    """Stop the embedded PostgreSQL of this MOTEM_HOME. Its data stays. Leaves DATABASE_URL alone."""
    loaded = settings.load()
    stopped = postgres.stop(loaded.home)
    if delete:
        postgres.delete(loaded.home)
        forget(loaded.audit_folder, postgres.DATABASE)
    if stopped:
        typer.echo("Embedded PostgreSQL stopped.", err=True)
    else:
        typer.echo(f"No embedded PostgreSQL runs in {loaded.home}.", err=True)


def migrate_database() -> None:
    """Bring the tables to the newest version. Safe to run again, and by several at once."""
    loaded = settings.load()
    engine = open_engine(loaded, role=None)
    done = migrate(engine, command_caller(loaded))
    engine.dispose()
    if done.before == done.after:
        typer.echo(f"The database is up to date ({done.after}).", err=True)
    else:
        typer.echo(f"Migrated from {done.before or 'nothing'} to {done.after}.", err=True)
