"""`motem ingest`: takes payloads from files, folders, standard input or a drop folder."""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import DBAPIError

from adapters.catalog import addressed
from adapters.contract import SourceAdapter, SourceMessage
from adapters.formats.parts import WHOLE
from audit.event import Caller
from gateway import large, settings, spool
from gateway.cli import dropfolder
from gateway.cli.caller import command_caller, named
from gateway.cli.dropfolder import Dropped
from gateway.cli.files import payload_files
from gateway.cli.tally import Tally
from gateway.database import log_of
from gateway.errors import DatabaseUnavailableError
from gateway.garbage import collect_seldom
from gateway.ingest import IngestResult, deliver, deliver_many
from gateway.large import CannotCutError, Large
from gateway.migrate import require_newest
from gateway.parallel import Taker, deliver_in_processes, early_pool
from gateway.services import Services, open_services
from gateway.spool import Spooled

SOME_REJECTED = 3
"""Exit status when something was refused (and kept)."""
MORE_THAN_CORES = 1
"""Processes beyond the number of cores: each waits for the database now and then."""
MOST_PROCESSES = 8
"""More than the database has room for is of no use."""
PROCESSES_PAY_FROM = 2 * 1024 * 1024
"""Bytes in all files; below, starting processes takes longer than the work."""
STDIN = Path("-")
LOOK_EVERY = 1.0
"""Seconds between two looks into a drop folder."""

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Payload files, folders of them, or - (standard input)."),
]
Source = Annotated[str | None, typer.Option(help="The sender; found by content when not told.")]
System = Annotated[
    str | None,
    typer.Option(help="The sending system, as the site's file names it.", callback=named),
]
Watch = Annotated[
    Path | None,
    typer.Option(
        help="A drop folder: take what is put there, until told to stop.",
        exists=True,
        file_okay=False,
    ),
]


def register(app: typer.Typer) -> None:
    app.command("ingest")(ingest_files)


def ingest_files(
    paths: Paths = None, source: Source = None, system: System = None, watch: Watch = None
) -> None:
    """Take payloads into the registry. Exit status 3 where something was rejected (and kept)."""
    if bool(paths) == bool(watch):
        raise typer.BadParameter("name files and folders, or a folder to --watch")
    for path in paths or []:
        if path != STDIN and not path.exists():
            raise typer.BadParameter(f"there is no such file or folder: {path}")
    files = payload_files([path for path in paths or [] if path != STDIN])
    processes = _processes([file.stat().st_size for file in files])
    with early_pool(processes) if processes else nullcontext() as early:
        door = _door(source, system, early)
        require_newest(door.services.engine)
        if watch:
            collect_seldom()
            with _told_to_stop() as stop:
                door.watch(watch, stop)
        else:
            _take_files(door, files, STDIN in (paths or []))


def _door(source: str | None, system: str | None, early: Executor | None) -> "Door":
    services = open_services(settings.load())
    if source is not None and source not in services.adapters:
        known = ", ".join(services.adapters)
        raise typer.BadParameter(f"no such source; there are: {known}", param_hint="--source")
    caller = command_caller(services.settings)
    return Door(services, source, replace(caller, system=system or caller.system), early)


class Door:
    """Whom payloads come from, and the service that takes them."""

    def __init__(
        self, services: Services, source: str | None, caller: Caller, early: Executor | None
    ) -> None:
        self.services = services
        self.early = early
        self.source = source
        self.caller = caller
        self.adapters: Mapping[str, SourceAdapter] = services.adapters_of(caller.system)
        self.failed: set[dropfolder.State] = set()
        self.told: set[Path] = set()

    def take(self, payloads: Iterator[Spooled], total: int, processes: int) -> Tally:
        """`total`: bytes of all payloads, to show how far it is."""
        tally, taking = Tally(), Taking(self)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("ingest", total=total)
            for result in self._results(taking.messages(payloads), processes):
                name, size = taking.following.popleft()
                progress.advance(task, size)
                if name is not None:
                    tally.add(name, result)
        for name, whole in taking.wholes:
            tally.add(name, large.outcome(self.services.engine, whole))
        return tally

    def _results(self, messages: Iterator[SourceMessage], processes: int) -> Iterator[IngestResult]:
        engine = self.services.engine
        if processes:
            url = engine.url.render_as_string(hide_password=False)
            taker = Taker(
                url=url,
                audit=log_of(self.services.settings),
                adapters=self.adapters,
                caller=self.caller,
            )
            return deliver_in_processes(taker, messages, processes, self.early)
        collect_seldom()
        deliveries = (addressed(message, self.adapters) for message in messages)
        return deliver_many(engine, deliveries, self.caller)

    def watch(self, folder: Path, stop: threading.Event) -> None:
        """Take complete files one by one, and move each when it is committed, until told to stop."""
        before: dict[Path, dropfolder.State] = {}
        with dropfolder.held(folder):
            while not stop.is_set():
                try:
                    now = dropfolder.files_in(folder)
                except OSError as error:  # A share that is away comes back.
                    typer.echo(f"motem: {error.strerror}, waiting", err=True)
                    stop.wait(LOOK_EVERY)
                    continue
                for path in dropfolder.complete(before, now):
                    if stop.is_set():
                        break
                    self._take_dropped(path, stop)
                before = now
                stop.wait(LOOK_EVERY)

    def _take_dropped(self, path: Path, stop: threading.Event) -> None:
        with dropfolder.read(path) as dropped:
            if dropped is None:
                self._left(path, "cannot be read")
            elif dropped.state not in self.failed:
                self._take_open(dropped, stop)

    def _take_open(self, dropped: Dropped, stop: threading.Event) -> None:
        path = dropped.path
        try:
            result = self._taken(dropped, stop)
        # The file stays, and is taken when the database is back.
        except (DatabaseUnavailableError, DBAPIError) as error:
            typer.echo(f"motem: {type(error).__name__}, waiting", err=True)
            return
        except OSError:
            return
        # Neither a mistake of ours nor a file that cannot be taken must keep all others back: until
        # a restart this one stays.
        except Exception as error:
            self.failed.add(dropped.state)
            told = isinstance(error, CannotCutError)
            self._left(path, str(error) if told else f"unexpected {type(error).__name__}")
            return
        if result is None:
            return
        where = dropfolder.REJECTED if result.rejections else dropfolder.DONE
        try:
            dropfolder.put_away(dropped, where)
        except OSError as error:
            self.failed.add(dropped.state)
            self._left(path, f"taken, and cannot be moved ({error.strerror})")
            return
        typer.echo(f"{where} {result.source} {result.state} {result.message}")

    def _taken(self, dropped: Dropped, stop: threading.Event) -> IngestResult | None:
        """None where the command was told to stop in the middle; the next one goes on from there."""
        engine = self.services.engine
        payload = spool.of(dropped.stream, dropped.path.name)
        found = large.opened(payload, self.source, self.adapters)
        if not dropfolder.is_unchanged(dropped):
            return None
        if not isinstance(found, Large):
            return deliver(engine, *addressed(found, self.adapters), self.caller)
        whole = large.begin(engine, found, self.caller)
        coming = takewhile(lambda _: not stop.is_set(), large.deliveries(engine, found, whole))
        for _ in self._results((piece for piece, _ in coming), _processes([payload.size])):
            pass
        return None if stop.is_set() else large.outcome(engine, whole)

    def _left(self, path: Path, why: str) -> None:
        """Said once for each file that stays, so that somebody looks."""
        if path not in self.told:
            self.told.add(path)
            typer.echo(f"motem: {why}, left there: {os.fsencode(path)!r}", err=True)


class Taking:
    """Payloads on their way: which message is of which file, and which files are in parts."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.following: deque[tuple[str | None, int]] = deque()
        """Of each message, in their order: the file's name (None: one of its parts), bytes."""
        self.wholes: list[tuple[str, str]] = []
        """Name and message of each payload in parts."""

    def messages(self, payloads: Iterator[Spooled]) -> Iterator[SourceMessage]:
        """A message of each small payload, and the parts of each large one."""
        engine, caller = self.door.services.engine, self.door.caller
        for payload in payloads:
            found = large.opened(payload, self.door.source, self.door.adapters)
            if not isinstance(found, Large):
                self.following.append((payload.name, payload.size))
                yield found
                continue
            whole = large.begin(engine, found, caller)
            self.wholes.append((payload.name, whole))
            for piece, _ in large.deliveries(engine, found, whole):
                self.following.append((None, len(piece.content)))
                yield piece


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Set by SIGTERM and Ctrl-C, so that the file at hand is still put away."""
    stop = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: stop.set()) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _take_files(door: Door, files: Sequence[Path], is_piped: bool) -> None:
    with ExitStack() as piped:
        first = []
        if is_piped:
            stdin = spool.spooled(sys.stdin.buffer, door.services.settings.spool)
            first.append(replace(piped.enter_context(stdin), name="-"))
        _refuse(door, first, files)
        sizes = [payload.size for payload in first] + [file.stat().st_size for file in files]
        tally = door.take(_all(first, files), sum(sizes), _processes(sizes))
    door.services.engine.dispose()
    _show(tally)
    if tally.rejected:
        raise typer.Exit(SOME_REJECTED)


def _all(first: Sequence[Spooled], files: Sequence[Path]) -> Iterator[Spooled]:
    yield from first
    for file in files:
        with spool.opened(file) as payload:
            yield payload


def _refuse(door: Door, first: Sequence[Spooled], files: Sequence[Path]) -> None:
    """Before anything is taken: who sends a folder wants all of it."""
    for file in files:
        if not os.access(file, os.R_OK):
            raise typer.BadParameter(f"cannot be read, nothing was taken: {file}")
    for payload in _all(first, [file for file in files if file.stat().st_size > WHOLE]):
        try:
            large.opened(payload, door.source, door.adapters)
        except CannotCutError as error:
            raise typer.BadParameter(f"{payload.name}: {error}") from None


def _processes(sizes: Sequence[int]) -> int:
    pays = sum(sizes) >= PROCESSES_PAY_FROM
    return min((os.cpu_count() or 1) + MORE_THAN_CORES, MOST_PROCESSES) if pays else 0


def _show(tally: Tally) -> None:
    console = Console()
    console.print(tally.table())
    if tally.reasons:
        console.print("Từ chối và vì sao · Refused (and kept), and why", style="italic")
    for line in [*tally.refusals(), *tally.remarks()]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
