"""Commands about messages: `messages list`, `show`, `errors`, `replay` and `withdraw`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import inbox, settings
from gateway.cli import screen
from gateway.cli.caller import command_caller
from gateway.database import retried
from gateway.errors import ConflictError, NotFoundError
from gateway.inbox import Entry, KeptRefusal, MessageState
from gateway.large import replay_message
from gateway.migrate import require_newest
from gateway.replay import UNKNOWN_SOURCE, Reason, Replay, refused_messages, withdraw
from gateway.services import Services, open_services

AT_ONCE = 1000
"""Ids of a group that are asked for at once; each message is read in a transaction of its own."""
STILL_REFUSED = 3
"""Exit status when something is refused after all, as `motem ingest` has it."""
Result = TypeVar("Result")
Id = Annotated[str, typer.Argument(help="The message's id.")]
Source = Annotated[str | None, typer.Option(help="Only of this source.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Messages: what became of them, and again.")
    group.command("list")(list_messages)
    group.command("show")(show_message)
    group.command("errors")(list_errors)
    group.command("replay")(replay_messages)
    group.command("withdraw")(withdraw_message)
    app.add_typer(group, name="messages")


def list_messages(
    source: Source = None,
    state: Annotated[MessageState | None, typer.Option(help="Only in this state.")] = None,
    count: Annotated[int, typer.Option(help="How many.", min=1, max=inbox.MOST)] = 50,
    part_of: Annotated[str | None, typer.Option(help="The parts of this message.")] = None,
) -> None:
    """Messages without their bytes, the newest first; parts only where they are asked for."""
    with _desk() as desk:
        found = desk.ask(
            lambda session: inbox.listed(
                session, desk.caller, source=source, state=state, part_of=part_of, most=count
            )
        )
    columns = ("message", "received", "source", "system", "state", "counts", "corrects")
    table = screen.table(*columns, exact=("message", "source", "system", "state", "corrects"))
    for one in found:
        table.add_row(*_cells(one), one.corrects or "")
    screen.show(table)


def show_message(message_id: Id) -> None:
    """One message with its records, and all that was ever refused in it; without its bytes."""
    with _desk() as desk:
        found = desk.ask(lambda session: inbox.one(session, message_id, desk.caller))
    if found is None:
        raise NotFoundError
    console = screen.console()
    for name, value in zip(
        ("message", "received", "source", "system", "state", "counts"), _cells(found), strict=True
    ):
        console.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)
    for line in _parts(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for one in found.records:
        told = f"record: {one.record} {one.change}, identity: {one.identity} {one.decision}"
        console.print(told, highlight=False, soft_wrap=True)
    if found.corrects:
        told = f"corrects: {found.corrects}, in which {found.still_refused} refusals still stand"
        console.print(told, markup=False, highlight=False, soft_wrap=True)
    if found.refusals:
        screen.show(_refusals(found.refusals))


def list_errors(source: Source = None) -> None:
    """Refusals that nobody has settled, those that are alike together."""
    with _desk() as desk:
        found = desk.ask(lambda session: inbox.causes(session, desk.caller, source))
    columns = ("source", "code", "where", "vì sao · why", "count", "messages", "oldest", "due")
    table = screen.table(*columns, exact=("source", "code", "where", "oldest"))
    for one in found:
        why = f"{one.vietnamese}\n{one.english}"
        counts = (str(one.count), str(one.messages), one.oldest)
        table.add_row(one.source, one.code, one.position, why, *counts, _time(one.due))
    screen.show(table)
    if found:
        hint = "motem messages show OLDEST · motem messages replay --source SOURCE --code CODE"
        typer.echo(f"{hint} --dry-run")


def replay_messages(
    message_ids: Annotated[list[str] | None, typer.Argument(help="Ids of messages.")] = None,
    source: Annotated[str | None, typer.Option(help="All refused ones of this source.")] = None,
    code: Annotated[str | None, typer.Option(help="With --source: refused for this.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the outcome.")] = False,
) -> None:
    """Read refused messages again, with the adapters of today. Exit status 3: some still refused."""
    if bool(message_ids) == bool(source) or (code and not source):
        raise typer.BadParameter("name messages, or a --source (and a --code)")
    columns = ("message", "source", "before", "after", "counts")
    table = screen.table(*columns, exact=columns[:-1])
    refused = False
    with _desk() as desk:
        if source and source not in {*desk.services.adapters, UNKNOWN_SOURCE}:
            raise typer.BadParameter("there is no such source", param_hint="--source")
        for message_id in message_ids or desk.group(source or "", code):
            one = desk.replay(message_id, dry_run=dry_run, listed=bool(source))
            if one is not None:
                table.add_row(one.message, one.source, one.before, one.after, _counts(one.counts))
                refused = refused or bool(one.rejections)
    screen.show(table)
    if refused:
        raise typer.Exit(STILL_REFUSED)


def withdraw_message(
    message_id: Id,
    reason: Annotated[Reason, typer.Option(help="Why nothing is lost by it.")],
) -> None:
    """Put a refused message aside, with a reason."""
    with _desk() as desk:
        desk.ask(lambda session: withdraw(session, message_id, reason, desk.caller))


class Desk:
    """The service, and who asks it."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self.services = services
        self.caller = caller

    def ask(self, work: Callable[[Session], Result]) -> Result:
        """One use case in one transaction."""
        return retried(self.services.engine, work)

    def group(self, source: str, code: str | None) -> Iterator[str]:
        """Ids of refused messages, as many as there are; each once, whatever became of it."""
        after = ""

        def following(session: Session) -> list[str]:
            return refused_messages(session, self.caller, source, code, AT_ONCE, after)

        while ids := self.ask(following):
            yield from ids
            after = ids[-1]

    def replay(self, message_id: str, *, dry_run: bool, listed: bool) -> Replay | None:
        """None where somebody else has settled a message that was `listed` as refused."""
        engine, adapters_of = self.services.engine, self.services.adapters_of
        try:
            return replay_message(engine, message_id, adapters_of, self.caller, dry_run=dry_run)
        except ConflictError:
            if listed:
                return None
            raise


@contextmanager
def _desk() -> Iterator[Desk]:
    services = open_services(settings.load())
    try:
        require_newest(services.engine)
        yield Desk(services, command_caller(services.settings))
    finally:
        services.engine.dispose()


def _cells(one: Entry) -> tuple[str, ...]:
    counts = _counts(one.counts)
    return (one.id, _time(one.received), one.source, one.system or "", one.state.value, counts)


def _parts(one: Entry) -> Iterator[str]:
    """Of what it is a part, or what parts it has and how far they are."""
    if one.part_of:
        yield f"part: {one.part} of {one.part_of}, from byte {one.begins}"
    if one.progress:
        done, parts = one.progress, one.parts or "?"
        yield f"parts: {done.parts_read} of {parts} read, {done.bytes_read} of {one.size} bytes"
        yield f"see them: motem messages list --part-of {one.id}"


def _counts(counts: Mapping[str, int]) -> str:
    return " ".join(f"{name}={number}" for name, number in counts.items() if number)


def _refusals(refusals: Sequence[KeptRefusal]) -> Table:
    table = screen.table(
        *("code", "where", "vì sao · why", "due", "settled"), exact=("code", "where")
    )
    for one in refusals:
        settled = f"{one.settlement} {_time(one.settled)}" if one.settlement else ""
        why = f"{one.vietnamese}\n{one.english}"
        table.add_row(one.code, one.position, why, _time(one.due), settled)
    return table


def _time(value: datetime | None) -> str:
    return value.isoformat(timespec="seconds") if value else ""
