"""Commands about requests for birth registrations, from the draft to the answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway.cli.outbound import FAILED, Desk, open_desk, table_of, way_out, why
from gateway.database import transaction
from gateway.errors import GatewayError
from gateway.outbound.obstacles import MISSING_WORDS, CannotRequestError, IncompleteError
from gateway.outbound.platform import Platform
from gateway.outbound.registration import (
    MOST,
    Choices,
    Registration,
    State,
    Step,
    WithdrawalReason,
    draft,
    listed,
    shown,
    unfinished,
    withdraw,
    without_number,
)
from gateway.outbound.sending import refresh, send

LOOKED_AT = 10_000
"""Children whom one command looks at."""
COLUMNS = ("request", "child", "state", "office", "vì sao · why")
UNSENT, UNDER_WAY = (State.DRAFTED,), (State.SENT, State.ACKNOWLEDGED, State.ANSWERED)
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Records or identities.")]
Requests = Annotated[
    list[str] | None, typer.Argument(metavar="REQUEST…", help="Requests; without any, all.")
]
Next = Annotated[
    int | None, typer.Option("--next", min=1, max=10_000, help="So many, of whom all is known.")
]
Office = Annotated[
    str | None, typer.Option(help="Today's commune, where it is not that of the minutes.")
]
Name = Annotated[
    bool,
    typer.Option("--name", help="Propose a name for one child who has none; it is asked for."),
]
Renew = Annotated[bool, typer.Option("--renew", help="Write a draft that has not left anew.")]
Send = Annotated[bool, typer.Option("--send", help="And send what was drafted.")]


class Rows:
    """What is shown of each request, and whether anything failed."""

    def __init__(self) -> None:
        self.table = table_of(*COLUMNS)
        self.failed = False
        self.passed_over: Counter[str] = Counter()
        """What is missing → of how many children who were looked at."""

    def add(self, one: Registration, error: GatewayError | None = None) -> None:
        office = one.draft.office or ""
        state = _state(one.steps[-1])
        self.table.add_row(one.id, one.identity_id, state, office, why(error))
        self.failed = self.failed or error is not None

    def add_failure(self, id_: str, error: GatewayError) -> None:
        # What was typed may be anybody's number: an id that is not known is not shown again.
        self.table.add_row("", id_ if error.status != 404 else "?", "", "", why(error))
        self.failed = True

    def print(self) -> None:
        """Exit status 1 where anything failed."""
        console = Console()
        console.print(self.table)
        for name, count in self.passed_over.most_common():
            words = " · ".join(MISSING_WORDS[name])
            console.print(f"{count} × thiếu · lacking: {words}", highlight=False)
        if self.failed:
            raise typer.Exit(FAILED)


def _state(step: Step) -> str:
    leaving = step.state is State.DRAFTED and step.left
    return f"{step.state} (đang gửi · leaving)" if leaving else str(step.state)


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help="Đề nghị đăng ký khai sinh · Birth registration."
    )
    group.command("draft")(draft_requests)
    group.command("send")(send_requests)
    group.command("refresh")(refresh_requests)
    group.command("withdraw")(withdraw_request)
    group.command("list")(list_requests)
    group.command("show")(show_request)
    app.add_typer(group, name="registration")


def draft_requests(
    ids: Ids = None,
    following: Next = None,
    office: Office = None,
    name: Name = False,
    renew: Renew = False,
    and_send: Send = False,
) -> None:
    """Soạn đề nghị · Draft requests from the children's records and minutes.

    Exit status 1: a child has a number or a request already, or something is missing.
    """
    if bool(ids) == bool(following):
        raise typer.BadParameter("name records or identities, or say how many with --next")
    if name and len(ids or ()) != 1:
        raise typer.BadParameter("a name is proposed for one child", param_hint="--name")
    # Not as an argument, which stays in the shell's history and shows in the list of processes.
    proposed = typer.prompt("Họ tên đề nghị · Proposed name", err=True) if name else None
    chosen = Choices(office=office, name=proposed)
    rows = Rows()
    with open_desk() as desk:
        drafted = (
            _drafted(desk, ids, chosen, rows, renew=renew)
            if ids
            else islice(_of_next(desk, chosen, rows), following)
        )
        if and_send:
            with way_out(desk) as platform:
                _each(desk, platform, [one.id for one in drafted], rows, _send)
        else:
            for one in drafted:
                rows.add(one)
    rows.print()


def send_requests(requests: Requests = None) -> None:
    """Gửi · Send drafts, and again those whose arrival is not known, under the same id."""
    rows = Rows()
    with open_desk() as desk, way_out(desk) as platform:
        _each(desk, platform, requests or _ids(desk, UNSENT), rows, _send)
    rows.print()


def refresh_requests(requests: Requests = None) -> None:
    """Hỏi kết quả · Ask the offices what became of what was sent."""
    rows = Rows()
    with open_desk() as desk, way_out(desk) as platform:
        _each(desk, platform, requests or _ids(desk, UNDER_WAY), rows, _refresh)
    rows.print()


def withdraw_request(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST")],
    reason: Annotated[WithdrawalReason, typer.Option(help="Why it is not to be sent.")],
) -> None:
    """Rút bản soạn · Put a draft aside that has not left; what has left only the office can."""
    rows = Rows()
    with open_desk() as desk:
        try:
            with transaction(desk.services.engine) as session:
                rows.add(withdraw(session, request_id, reason, desk.caller))
        except GatewayError as error:
            rows.add_failure(request_id, error)
    rows.print()


def list_requests(
    state: Annotated[State | None, typer.Option(help="Only in this state.")] = None,
    count: Annotated[int, typer.Option(help="How many.", min=1, max=MOST)] = 50,
) -> None:
    """Danh sách · Requests and where they stand, the newest first."""
    rows = Rows()
    with open_desk() as desk, transaction(desk.services.engine) as session:
        found = listed(session, desk.caller, [state] if state else tuple(State), count)
    for one in found:
        rows.add(one)
    rows.print()


def show_request(request_id: Annotated[str, typer.Argument(metavar="REQUEST")]) -> None:
    """Một đề nghị · One request with its history, and what was or will be sent: a child's data."""
    with open_desk() as desk, transaction(desk.services.engine) as session:
        found = shown(session, request_id, desk.caller)
    table = Table("state", "since", "receipt", "number", "entry", "vì sao · why")
    for step in found.steps:
        told = step.told
        reason = " ".join(filter(None, (told.reason_code, told.reason)))
        cells = (told.receipt, told.personal_id, told.entry, reason)
        since = step.at.isoformat(timespec="seconds")
        table.add_row(_state(step), since, *(cell or "" for cell in cells))
    console = Console()
    console.print(f"{found.id}  {found.identity_id}  {found.draft.office}", highlight=False)
    console.print(table)
    console.print(found.draft.content, markup=False, highlight=False, soft_wrap=True)


def _drafted(
    desk: Desk, ids: Iterable[str], chosen: Choices, rows: Rows, *, renew: bool
) -> Iterator[Registration]:
    for id_ in ids:
        try:
            yield _draft(desk, id_, chosen, renew=renew)
        except GatewayError as error:
            rows.add_failure(id_, error)


def _of_next(desk: Desk, chosen: Choices, rows: Rows) -> Iterator[Registration]:
    """Whoever lacks something is passed over: the next one may not."""
    with transaction(desk.services.engine) as session:
        ids = without_number(session, desk.caller, LOOKED_AT)
    for id_ in ids:
        try:
            yield _draft(desk, id_, chosen, renew=False)
        except IncompleteError as error:
            rows.passed_over.update(error.missing)
        except CannotRequestError:  # Somebody was quicker.
            continue


def _draft(desk: Desk, id_: str, chosen: Choices, *, renew: bool) -> Registration:
    terms = desk.services.site.platform
    requester = terms.requester if terms else None
    engine = desk.services.engine
    return draft(engine, id_, desk.caller, chosen=chosen, requester=requester, renew=renew)


def _ids(desk: Desk, states: tuple[State, ...]) -> list[str]:
    with transaction(desk.services.engine) as session:
        return unfinished(session, desk.caller, states)


def _each(
    desk: Desk,
    platform: Platform,
    requests: Iterable[str],
    rows: Rows,
    work: Callable[[Desk, Platform, str, Rows], None],
) -> None:
    for request_id in requests:
        try:
            work(desk, platform, request_id, rows)
        except GatewayError as error:
            rows.add_failure(request_id, error)


def _send(desk: Desk, platform: Platform, request_id: str, rows: Rows) -> None:
    found = send(desk.services.engine, platform, request_id, desk.caller)
    rows.add(found.request, found.obstacle)


def _refresh(desk: Desk, platform: Platform, request_id: str, rows: Rows) -> None:
    rows.add(refresh(desk.services.engine, platform, request_id, desk.caller))
