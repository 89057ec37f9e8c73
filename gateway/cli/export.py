"""The commands `export`: links, reviews, decisions, and what a client may see in its own columns."""

from pathlib import Path
from typing import Annotated

import typer

from gateway import settings
from gateway.admission import Entrance
from gateway.cli.caller import command_caller
from gateway.cli.linking import export_decisions, export_links, export_reviews, save
from gateway.consumers import load_consumer
from gateway.database import Role, database_url, engine_for, log_of
from gateway.handing_over import Table, table
from gateway.migrate import require_newest

Mapping = Annotated[Path, typer.Argument(help="The mapping file (TOML): docs/export.md.")]
File = Annotated[Path, typer.Argument(help="The CSV file to write.")]
Client = Annotated[
    str, typer.Option(help="For which registered machine: the table holds what it may see.")
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help="Write links, reviews, decisions, or a consumer's table to a CSV file.",
    )
    group.command("links")(export_links)
    group.command("reviews")(export_reviews)
    group.command("decisions")(export_decisions)
    group.command("consumer")(export_consumer)
    app.add_typer(group, name="export")


def export_consumer(mapping: Mapping, path: File, client: Client) -> None:
    """A table in a consumer's own columns and codes, for one client and by its rights: child data."""
    loaded = settings.load()
    consumer = load_consumer(mapping)
    engine = engine_for(database_url(loaded), Role.CALLER, audit=log_of(loaded))
    try:
        require_newest(engine)
        account = command_caller(loaded).who
        found = table(engine, Entrance(loaded, engine), consumer, client, account)
    finally:
        engine.dispose()
    save(path, found.text)
    _report(path, found)


def _report(path: Path, found: Table) -> None:
    typer.echo(f"{found.rows} rows written to {path}", err=True)
    for words, counts in (
        ("chưa có mã · no code for", found.tally.unmapped),
        ("thiếu · missing", found.tally.missing),
    ):
        for column, count in sorted(counts.items()):
            if count:
                typer.echo(f"{words}: {column}: {count}", err=True)
