"""Commands of the group `audit` about what the rules noticed: look, list, take, close, rates."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway import findings
from gateway.cli import screen
from gateway.cli.desk import Desk, open_desk, print_json
from gateway.cli.moments import From, To, since, until
from gateway.errors import NotFoundError
from gateway.findings import RULES, Conclusion, Finding, Rate, State
from gateway.surroundings import Actor, staff_of

DAY = timedelta(days=1)
Id = Annotated[str, typer.Argument(help="The finding's id.")]
WORDS = {rule.name: " · ".join(rule.words) for rule in RULES}


def add_findings(group: typer.Typer) -> None:
    """Put these commands into the group `audit`."""
    group.command("findings")(list_findings)
    group.command("take")(take)
    group.command("assign")(assign)
    group.command("close")(close)


def list_findings(
    look: Annotated[
        bool, typer.Option("--look", help="First let the rules look at --from … --to.")
    ] = False,
    since_: From = None,
    until_: To = None,
    staff: Annotated[
        Path | None,
        typer.Option(
            help="With --look: CSV of accounts; see docs/operations.md.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    state: Annotated[State | None, typer.Option(help="Only in this state.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    rates: Annotated[bool, typer.Option("--rates", help="How often each rule was wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Phát hiện · What the rules noticed in the log, the newest first.

    --look without a period looks at the last 24 hours.
    """
    if rule is not None and rule not in WORDS:
        raise typer.BadParameter(f"there are: {', '.join(WORDS)}", param_hint="--rule")
    with open_desk() as desk:
        if look:
            _look(desk, since(since_), until(until_), _staff(staff))
        if rates:
            found = desk.ask(lambda session: findings.rates(session, desk.caller))
            _show_rates(found, as_json=as_json)
            return
        listed = desk.ask(
            lambda session: findings.listed(session, desk.caller, state=state, rule=rule)
        )
    _show(listed, as_json=as_json)


def take(finding: Id) -> None:
    """Nhận xử lý · Say that you look into a finding."""
    with open_desk() as desk:
        known = desk.ask(lambda session: findings.take(session, finding, desk.caller))
    if not known:
        raise NotFoundError


def assign(
    finding: Id,
    owner: Annotated[str, typer.Option(help="The account, as the log names it.")],
) -> None:
    """Giao xử lý · Give a finding to somebody, also instead of its owner."""
    with open_desk() as desk:
        known = desk.ask(lambda session: findings.assign(session, finding, owner, desk.caller))
    if not known:
        raise NotFoundError


def close(
    finding: Id,
    outcome: Annotated[Conclusion, typer.Option(help="What came of it.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Vì sao · why.")],
) -> None:
    """Đóng · Say what came of a finding."""
    with open_desk() as desk:
        known = desk.ask(
            lambda session: findings.close(session, finding, outcome, reason, desk.caller)
        )
    if not known:
        raise NotFoundError


def _staff(file: Path | None) -> list[Actor]:
    if file is None:
        return []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return staff_of(lines)


def _look(desk: Desk, first: datetime | None, end: datetime | None, staff: Sequence[Actor]) -> None:
    last = end or datetime.now(UTC)
    begin = first or last - DAY
    if begin >= last:
        raise typer.BadParameter("--from and --to name a period")
    new = desk.ask(lambda session: findings.look(session, begin, last, desk.caller, staff))
    typer.echo(f"Phát hiện mới · New findings: {len(new)}", err=True)


def _show(found: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    columns = (
        "finding",
        "rule",
        "what",
        "who",
        "child",
        "events",
        "last",
        "state",
        "owner",
        "outcome",
    )
    table = screen.table(*columns, exact=("finding", "rule", "state"))
    for one in found:
        told, step = one.noticed, one.last
        table.add_row(
            one.id,
            told.rule,
            WORDS.get(told.rule, ""),
            told.who or "",
            told.child or "",
            str(told.count),
            told.occurred.isoformat(timespec="seconds"),
            step.state,
            step.owner or "",
            step.outcome or "",
        )
    screen.show(table)


def _show_rates(found: Sequence[Rate], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    table = screen.table(
        *("rule", "found", "closed", "confirmed", "false alarms", "báo động sai · false"),
        exact=("rule",),
    )
    for one in found:
        share = "–" if one.false_share is None else f"{one.false_share:.0%}"
        counts = (one.found, one.closed, one.confirmed, one.false_alarms)
        table.add_row(one.rule, *map(str, counts), share)
    screen.show(table)
