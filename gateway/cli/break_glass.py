"""Commands about emergency accesses: which there were, why, and what came of looking at them."""

from typing import Annotated

import typer
from rich.table import Table

from gateway import break_glass
from gateway.break_glass import Override
from gateway.cli import screen
from gateway.cli.desk import open_desk
from gateway.findings import Conclusion

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the emergency access.")]
COLUMNS = ("id", "who", "child", "code", "opened", "until", "reviewed")


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Emergency accesses, which need a review.")
    group.command("list")(list_overrides)
    group.command("show")(show)
    group.command("review")(review)
    app.add_typer(group, name="break-glass")


def list_overrides() -> None:
    """Truy cập khẩn cấp · Emergency accesses, the newest first."""
    made = screen.table(*COLUMNS, exact=("id", "child"), title="Khẩn cấp · Emergency accesses")
    with open_desk() as desk:
        for one in desk.ask(lambda session: break_glass.listed(session, desk.caller)):
            made.add_row(*_cells(one))
    screen.show(made)


def show(override: Id) -> None:
    """One, with its reason in words, which may be about the child."""
    made = Table("what", "value")
    with open_desk() as desk:
        found = desk.ask(lambda session: break_glass.shown(session, override, desk.caller))
    for what, value in zip(COLUMNS, _cells(found), strict=True):
        made.add_row(what, value)
    made.add_row("reason", found.reason)
    screen.show(made)


def review(
    override: Id,
    outcome: Annotated[Conclusion, typer.Option(help="What came of it.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Vì sao · why.")],
) -> None:
    """Kiểm tra · Close the review that is owed: not of one's own emergency access."""
    with open_desk() as desk:
        desk.ask(
            lambda session: break_glass.review(session, override, outcome, reason, desk.caller)
        )
    typer.echo("Đã kiểm tra · Reviewed", err=True)


def _cells(one: Override) -> tuple[str, ...]:
    return (
        one.id,
        one.who,
        one.child,
        one.code,
        one.opened.isoformat(timespec="seconds"),
        one.until.isoformat(timespec="seconds"),
        "rồi · yes" if one.reviewed else "chưa · no",
    )
