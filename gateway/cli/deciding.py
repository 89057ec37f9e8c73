"""Commands of a steward: `decide` and `undecide`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import deciding, settings
from gateway.cli.linking import model_in_use, work
from gateway.deciding import Outcome, Verdict
from gateway.errors import GatewayError
from gateway.linking import Progress
from linkage.model import MatchModel

FAILED = 1
Record = Annotated[str, typer.Argument(help="A record: source:record or its id.")]
Reason = Annotated[str, typer.Option(help="Vì sao · why; kept with the decision.")]
Model = Annotated[
    Path | None, typer.Option(help="A model file; default: the one in use, see `motem model`.")
]


def register(app: typer.Typer) -> None:
    app.command("decide")(decide)
    app.command("undecide")(undecide)


def decide(
    left: Record,
    right: Record,
    reason: Reason,
    same: Annotated[
        bool, typer.Option("--same/--not-same", help="One child, or two.", show_default=False)
    ],
    model: Model = None,
) -> None:
    """Quyết định · Say that two records are one child, or are not; identities follow at once.

    It holds at every later run, until it is withdrawn. As in `motem link`, only what is near a change
    is scored and decided anew.
    """
    with _desk("decide", model) as (session, caller, chosen, progress):
        verdict: Verdict = "same" if same else "not-same"
        names = (left, right)
        outcome = deciding.decide(session, names, verdict, reason, chosen, caller, progress)
    _tell(outcome, "Đã có từ trước · It stood before")


def undecide(
    decision: Annotated[str, typer.Argument(help="The decision's id.")],
    reason: Reason,
    model: Model = None,
) -> None:
    """Rút lại quyết định · Withdraw a decision; identities follow at once.

    Both stay in `motem export decisions`.
    """
    with _desk("undecide", model) as (session, caller, chosen, progress):
        outcome = deciding.undecide(session, decision, reason, chosen, caller, progress)
    _tell(outcome, "Đã rút lại từ trước · It was withdrawn before")


@contextmanager
def _desk(title: str, model: Path | None) -> Iterator[tuple[Session, Caller, MatchModel, Progress]]:
    """One decision, one transaction; what is refused is said in both languages."""
    try:
        with work(settings.load(), title) as (session, caller, progress):
            yield session, caller, model_in_use(session, model), progress
    except GatewayError as error:
        typer.echo(f"motem: {error.vietnamese} {error}", err=True)
        raise typer.Exit(FAILED) from None


def _tell(outcome: Outcome, before: str) -> None:
    typer.echo(outcome.id)
    if outcome.linking is None:
        typer.echo(f"{before}.", err=True)
        return
    done = outcome.linking
    words = f"Đã liên kết lại {done.records} bản ghi · {done.records} records linked anew"
    typer.echo(f"{words}, {done.moved} đổi chỗ · moved.", err=True)
