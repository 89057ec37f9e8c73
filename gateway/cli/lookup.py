"""The command `lookup`: asks the population database whether it knows a child."""

from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.outbound import FAILED, Desk, open_desk, table_of, way_out, why
from gateway.database import transaction
from gateway.errors import NotFoundError
from gateway.outbound.failures import OutboundError
from gateway.outbound.lookup import candidates_for_lookup, look_up
from gateway.outbound.platform import Platform

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Records or identities.")]
Next = Annotated[
    int | None, typer.Option("--next", min=1, max=10_000, help="So many never asked about.")
]
Again = Annotated[bool, typer.Option("--again", help="Also where it was answered before.")]


def register(app: typer.Typer) -> None:
    app.command("lookup")(lookup)


def lookup(ids: Ids = None, following: Next = None, again: Again = False) -> None:
    """Tra cứu CSDL dân cư · Ask the population database to confirm number, name and birth date.

    Kept is only whether it confirmed. Exit status 1: something could not be asked or not reached.
    """
    if bool(ids) == bool(following):
        raise typer.BadParameter("name records or identities, or say how many with --next")
    table = table_of("about", "result", "asked", "transaction", "vì sao · why")
    with open_desk() as desk, way_out(desk) as platform:
        cells = [
            _cells(desk, platform, id_, again=again) for id_ in ids or _next(desk, following or 0)
        ]
    for row in cells:
        table.add_row(*row)
    Console().print(table)
    if any(row[-1] for row in cells):
        raise typer.Exit(FAILED)


def _next(desk: Desk, most: int) -> list[str]:
    with transaction(desk.services.engine) as session:
        return candidates_for_lookup(session, desk.caller, most)


def _cells(desk: Desk, platform: Platform, id_: str, *, again: bool) -> tuple[str, ...]:
    try:
        found = look_up(desk.services.engine, platform, id_, desk.caller, again=again)
    except (OutboundError, NotFoundError) as error:
        # What was typed may be anybody's number: an id that is not known is not shown again.
        return ("?" if isinstance(error, NotFoundError) else id_, "", "", "", why(error))
    asked = "rồi · now" if found.asked else "trước đây · before"
    return (found.subject, found.result, asked, found.transaction_id, why(found.failure))
