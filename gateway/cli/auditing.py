"""The group `audit`: who saw a child, what an account did, searches, reports and incidents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from audit.event import Action, Outcome
from gateway import audit_files, auditing
from gateway.auditing import Logged, Sight, Wanted
from gateway.cli import ledger, screen
from gateway.cli.desk import Desk, open_desk, print_json
from gateway.cli.findings import add_findings
from gateway.cli.moments import From, To, since, until
from gateway.errors import NotFoundError
from gateway.guardian import COLUMNS, guardian_form
from gateway.incident import Incident, incident

Csv = Annotated[
    Path | None, typer.Option("--csv", help="Write this file, and its manifest beside it.")
]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
SIGHT = (
    "number",
    "time",
    "who",
    "system",
    "purpose",
    "action",
    "outcome",
    "because",
    "via",
    "event",
)
EVENTS = (
    *("time", "who", "system", "purpose", "action", "outcome"),
    *("identity", "record", "message", "event"),
)
EXACT = ("number", "time", "who", "system", "action", *COLUMNS)
"""Columns that stay in one line on a screen; ids are many, and fold."""
TOUCHED = (
    "child",
    "first",
    "last",
    "shown",
    "changed",
    "records",
    "versions",
    "messages",
    "who",
    "bodies",
)


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="The access log, for auditors.")
    for add in PARTS:
        add(group)
    app.add_typer(group, name="audit")


def add_questions(group: typer.Typer) -> None:
    group.command("who-saw")(who_saw)
    group.command("what-did")(what_did)
    group.command("search")(search)
    group.command("report")(report)
    group.command("incident")(tell_incident)


PARTS: tuple[Callable[[typer.Typer], None], ...] = (add_questions, add_findings, ledger.add)
"""Who adds commands to the group."""


def who_saw(
    child: Annotated[str, typer.Argument(help="The id of a child or of one of its records.")],
    guardian: Annotated[
        bool, typer.Option("--guardian", help="The form that a guardian may receive.")
    ] = False,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Ai đã xem trẻ này · Who saw this child, through merges and splits of its records."""
    question = "who-saw-guardian" if guardian else "who-saw"
    with open_desk() as desk:
        sight = desk.ask(lambda s: auditing.who_saw(s, child, desk.caller, question))
        if sight is None:
            raise NotFoundError
        answer = _for_guardian(sight) if guardian else _sight(sight)
        _give(desk, answer, csv, {"question": question, "child": sight.child}, as_json=as_json)


def what_did(
    actor: Annotated[str, typer.Argument(help="The account, as the log names it.")],
    since_: From = None,
    until_: To = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Người này đã làm gì · What an account did, the newest first."""
    _tell(Wanted(who=actor, since=since(since_), until=until(until_)), None, csv, as_json=as_json)


def search(
    child: Annotated[str | None, typer.Option(help="About this child, or its record.")] = None,
    who: Annotated[str | None, typer.Option(help="The account.")] = None,
    system: Annotated[str | None, typer.Option(help="The system.")] = None,
    action: Annotated[list[Action] | None, typer.Option(help="What was done.")] = None,
    outcome: Annotated[list[Outcome] | None, typer.Option(help="How it ended.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Why: a code of v3-ActReason.")] = None,
    request: Annotated[str | None, typer.Option(help="The id of a request.")] = None,
    message: Annotated[str | None, typer.Option(help="The id of a message.")] = None,
    since_: From = None,
    until_: To = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Tìm trong nhật ký · Events that say all that is told here, the newest first."""
    wanted = Wanted(
        who=who,
        system=system,
        purpose=purpose,
        actions=tuple(action or ()),
        outcomes=tuple(outcome or ()),
        request=request,
        message=message,
        since=since(since_),
        until=until(until_),
    )
    _tell(wanted, child, csv, as_json=as_json)


def report(since_: From = None, until_: To = None, as_json: Json = False) -> None:
    """Thống kê · Counts of a period by action, outcome, purpose, account and system."""
    first, end = _period(since_, until_)
    with open_desk() as desk:
        found = desk.ask(lambda s: auditing.report(s, first, end, desk.caller))
    if as_json:
        print_json(found)
        return
    for column, counts in found.counts.items():
        table = screen.table(column, "events", exact=(column,))
        for value, count in counts.items():
            table.add_row(value, str(count))
        screen.show(table)


def tell_incident(
    since_: From = None,
    until_: To = None,
    who: Annotated[str | None, typer.Option(help="Only what this account touched.")] = None,
    system: Annotated[str | None, typer.Option(help="Only what this system touched.")] = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Sự cố · What a breach may have touched: children, records, messages and fields."""
    first, end = _period(since_, until_)
    with open_desk() as desk:
        found = desk.ask(lambda s: incident(s, first, end, desk.caller, who=who, system=system))
        query = {"question": "incident", "from": first.isoformat(), "to": end.isoformat()}
        query |= {name: value for name, value in (("who", who), ("system", system)) if value}
        _give(desk, _incident(found), csv, query, as_json=as_json)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is shown as a table, written as CSV, or printed whole as JSON."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    whole: object
    remarks: Sequence[str] = ()


def _tell(wanted: Wanted, child: str | None, csv: Path | None, *, as_json: bool) -> None:
    with open_desk() as desk:
        found = desk.ask(lambda s: auditing.search_all(s, wanted, desk.caller, child=child))
        answer = Answer(
            columns=EVENTS,
            rows=[_event(one) for one in found],
            whole=[asdict(one) for one in found],
        )
        told = {
            name: str(value) for name, value in asdict(wanted).items() if value not in (None, ())
        }
        told |= {"child": child} if child else {}
        _give(desk, answer, csv, {"question": "search", **told}, as_json=as_json)


def _give(
    desk: Desk, answer: Answer, csv: Path | None, query: Mapping[str, str], *, as_json: bool
) -> None:
    if csv is not None:
        checkpoint = desk.ask(auditing.last_checkpoint)
        manifest = audit_files.write(
            csv,
            audit_files.csv_of(answer.columns, answer.rows),
            query=query,
            count=len(answer.rows),
            checkpoint=checkpoint,
            made=datetime.now(UTC),
        )
        typer.echo(f"{csv}\n{manifest}")
    elif as_json:
        print_json(answer.whole)
    else:
        table = screen.table(*answer.columns, exact=EXACT)
        for row in answer.rows:
            table.add_row(*row)
        screen.show(table)
    for line in answer.remarks:
        typer.echo(line, err=as_json or csv is not None)


def _sight(sight: Sight) -> Answer:
    rows = [
        (
            str(one.seq),
            *_event(one)[:6],
            " ".join(one.because),
            " ".join(one.via),
            one.event.id,
        )
        for one in sight.looks
    ]
    complete = (
        f"Đầy đủ đến sự kiện thứ {sight.size} của nhật ký · Complete up to event {sight.size}"
        f" of the log. Trẻ · Child: {sight.child}"
    )
    return Answer(columns=SIGHT, rows=rows, whole=asdict(sight), remarks=(complete,))


def _for_guardian(sight: Sight) -> Answer:
    form = guardian_form(sight)
    remarks = [" ".join(words) for words in form.withheld]
    return Answer(columns=COLUMNS, rows=form.rows, whole=asdict(form), remarks=remarks)


def _event(one: Logged | auditing.Look) -> tuple[str, ...]:
    told = one.event
    return (
        told.occurred.isoformat(timespec="milliseconds"),
        told.caller.who,
        told.caller.system,
        told.caller.purpose,
        told.action.value,
        told.outcome.value,
        told.identity or "",
        told.record or "",
        told.message or "",
        told.id,
    )


def _incident(found: Incident) -> Answer:
    rows = [
        (
            one.child,
            one.first.isoformat(timespec="seconds"),
            one.last.isoformat(timespec="seconds"),
            str(one.shown),
            str(one.changed),
            *(" ".join(sorted(ids)) for ids in (one.records, one.versions, one.messages)),
            *(" ".join(sorted(ids)) for ids in (one.who, one.bodies)),
            "" if one.withheld is None else " ".join(sorted(one.withheld)) or "–",
        )
        for one in found.children
    ]
    bulk = ", ".join(f"{name} × {count}" for name, count in found.bulk.items()) or "0"
    bodies = sorted({body for one in found.children for body in one.bodies})
    remarks = (
        f"Cơ quan có hồ sơ bị chạm đến · Bodies whose records were touched: {' '.join(bodies) or '0'}",
        f"Trẻ · Children: {len(found.children)}. Sự kiện · Events: {found.events}."
        f" Bị từ chối hoặc không thành · Refused or failed: {found.refused}.",
        f"Thông điệp đã đọc mà nhật ký không ghi của trẻ nào · Messages that were read and name no"
        f" child: {' '.join(found.messages) or '0'}",
        f"Kết xuất, tìm kiếm không ghi từng trẻ · Exports and searches that name no child: {bulk}",
    )
    columns = (*TOUCHED, "withheld")
    return Answer(columns=columns, rows=rows, whole=asdict(found), remarks=remarks)


def _period(since_: datetime | None, until_: datetime | None) -> tuple[datetime, datetime]:
    first, end = since(since_), until(until_)
    if first is None or end is None or first >= end:
        raise typer.BadParameter("--from and --to name a period")
    return first, end
