"""The commands `receiver`: who is told of changes, from when on, and what could not be brought."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from gateway import settings
from gateway.cli.desk import open_desk
from gateway.cli.outbound import table_of
from gateway.delivery import add_receiver, begin_again, given_up, receivers_of, stop_receiver
from gateway.resending import replay_for

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the receiver.")]
Since = Annotated[
    datetime | None,
    typer.Option("--since", help="From when on it is told, in UTC; now if not given."),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Bên nhận thông báo · Who is told of changes.")
    group.command("add")(add)
    group.command("list")(list_receivers)
    group.command("stop")(stop)
    group.command("again")(again)
    group.command("replay")(replay)
    group.command("lost")(lost)
    app.add_typer(group, name="receiver")


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="https address that takes POST.")],
    name: Annotated[str, typer.Option("--name", help="Whose it is.")],
    since: Since = None,
) -> None:
    """Thêm bên nhận · Add a receiver; its secret is shown this once."""
    inside = settings.load().receivers_inside
    with open_desk() as desk:
        id_, secret = desk.ask(
            lambda session: add_receiver(
                session, desk.caller, name, url, _utc(since), inside=inside
            )
        )
    typer.echo(f"{id_}\n{secret}")


def list_receivers() -> None:
    """Các bên nhận · Receivers, how far each was told, and what was given up."""
    with open_desk() as desk:
        found = desk.ask(lambda session: receivers_of(session, desk.caller))
    table = table_of("id", "name", "url", "state", "told", "again", "failures", "lost")
    for one in found:
        again = one.again.place if one.again else ""
        told = (one.state, one.told, again, one.failures, one.undelivered)
        cells = (one.id, one.name, one.url, *told)
        table.add_row(*map(str, cells))
    Console().print(table)


def stop(id_: Id) -> None:
    """Dừng · Tell a receiver nothing any more."""
    with open_desk() as desk:
        desk.ask(lambda session: stop_receiver(session, desk.caller, id_))


def again(id_: Id, since: Since = None) -> None:
    """Gửi lại · Tell a receiver everything since a moment once more, stopped or not."""
    with open_desk() as desk:
        desk.ask(lambda session: begin_again(session, desk.caller, id_, _utc(since)))


def replay(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of the Subscription.")],
    since: Annotated[datetime, typer.Option("--since", help="From when on, in UTC.")],
) -> None:
    """Gửi lại song song · Tell a Subscription once more, beside what is new, as its $replay does."""
    with open_desk() as desk:
        desk.ask(lambda session: replay_for(session, desk.caller, id_, _utc(since)))


def lost() -> None:
    """Không chuyển được · Entries that were given up after three days; polling still gives them."""
    with open_desk() as desk:
        found = desk.ask(lambda session: given_up(session, desk.caller))
    table = table_of("receiver", "entry", "why", "given up")
    for one in found:
        table.add_row(one.receiver, str(one.place), one.why, one.given_up.isoformat())
    Console().print(table)


def _utc(moment: datetime | None) -> datetime:
    return moment.replace(tzinfo=UTC) if moment else datetime.now(UTC)
