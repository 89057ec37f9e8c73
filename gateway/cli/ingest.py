"""`motem ingest`: takes payloads from files, folders, standard input or a drop folder."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import DBAPIError

from adapters.catalog import addressed
from adapters.contract import SourceAdapter, SourceMessage
from audit.event import Caller
from gateway import settings
from gateway.cli import dropfolder
from gateway.cli.caller import command_caller
from gateway.cli.files import payload_files
from gateway.cli.tally import Tally
from gateway.errors import DatabaseUnavailableError
from gateway.garbage import collect_seldom
from gateway.ingest import IngestResult, deliver, deliver_many
from gateway.migrate import require_newest
from gateway.parallel import Taker, deliver_in_processes, make_ready
from gateway.services import Services, open_services

SOME_REJECTED = 3
"""Exit status when something was refused (and kept)."""
MAX_BYTES = 256 * 1024 * 1024
"""Larger files are not read: one payload must fit into memory."""
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
    str | None, typer.Option(help="The sending system, as the site's file names it.")
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
    processes = _processes(files)
    if processes:
        make_ready()
    services = open_services(settings.load())
    if source is not None and source not in services.adapters:
        known = ", ".join(services.adapters)
        raise typer.BadParameter(f"no such source; there are: {known}", param_hint="--source")
    caller = command_caller(services.settings)
    door = Door(services, source, replace(caller, system=system or caller.system))
    if watch:
        require_newest(services.engine)
        with _told_to_stop() as stop:
            door.watch(watch, stop)
    else:
        _take_files(door, files, STDIN in (paths or []), processes)


class Door:
    """Whom payloads come from, and the service that takes them."""

    def __init__(self, services: Services, source: str | None, caller: Caller) -> None:
        self.services = services
        self.source = source
        self.caller = caller
        self.adapters: Mapping[str, SourceAdapter] = services.adapters_of(caller.system)
        self.failed: set[dropfolder.State] = set()

    def message(self, name: str, content: bytes) -> SourceMessage:
        """Of the source told; without one, it goes to the source that recognises it."""
        return SourceMessage(source=self.source or "", content=content, name=name)

    def take(
        self, messages: Iterator[SourceMessage], names: Sequence[str], processes: int
    ) -> Tally:
        """Ingest messages, with a bar that shows how far it is; in this process where 0."""
        tally = Tally()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            results = self._results(messages, processes)
            shown = progress.track(results, total=len(names), description="ingest")
            for name, result in zip(names, shown, strict=True):
                tally.add(name, result)
        return tally

    def _results(self, messages: Iterator[SourceMessage], processes: int) -> Iterator[IngestResult]:
        engine = self.services.engine
        if processes:
            url = engine.url.render_as_string(hide_password=False)
            taker = Taker(url=url, adapters=self.adapters, caller=self.caller)
            return deliver_in_processes(taker, messages, processes)
        collect_seldom()
        deliveries = (addressed(message, self.adapters) for message in messages)
        return deliver_many(engine, deliveries, self.caller)

    def watch(self, folder: Path, stop: threading.Event) -> None:
        """Take complete files one by one, and move each when it is committed, until told to stop."""
        before: dict[Path, dropfolder.State] = {}
        with dropfolder.held(folder):
            while not stop.is_set():
                now = dropfolder.files_in(folder)
                for path in dropfolder.complete(before, now):
                    if stop.is_set():
                        break
                    self._take_dropped(path)
                before = now
                stop.wait(LOOK_EVERY)

    def _take_dropped(self, path: Path) -> None:
        dropped = dropfolder.read(path, MAX_BYTES)
        if dropped is None or dropped.state in self.failed:
            return
        message, adapter = addressed(self.message(path.name, dropped.content), self.adapters)
        try:
            result = deliver(self.services.engine, message, adapter, self.caller)
        # The file stays, and is taken when the database is back.
        except (DatabaseUnavailableError, DBAPIError) as error:
            typer.echo(f"motem: {type(error).__name__}, waiting", err=True)
            return
        # A mistake of ours must not keep all other files back: until a restart this one stays.
        except Exception as error:
            self.failed.add(dropped.state)
            typer.echo(f"motem: unexpected {type(error).__name__}, left there: {path}", err=True)
            return
        where = dropfolder.REJECTED if result.rejections else dropfolder.DONE
        dropfolder.put_away(dropped, where)
        typer.echo(f"{where} {result.source} {result.state} {result.message}")


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


def _take_files(door: Door, files: Sequence[Path], piped: bool, processes: int) -> None:
    _refuse_large(files)
    require_newest(door.services.engine)
    content = _piped() if piped else b""
    first = [door.message("", content)] if piped else []
    messages = chain(first, (door.message(file.name, file.read_bytes()) for file in files))
    names = ["-"] * piped + [file.name for file in files]
    tally = door.take(messages, names, processes)
    door.services.engine.dispose()
    _show(tally)
    if tally.rejected:
        raise typer.Exit(SOME_REJECTED)


def _piped() -> bytes:
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise typer.BadParameter(f"larger than {MAX_BYTES >> 20} MiB, split it: -")
    return content


def _refuse_large(files: Sequence[Path]) -> None:
    for file in files:
        if file.stat().st_size > MAX_BYTES:
            raise typer.BadParameter(f"larger than {MAX_BYTES >> 20} MiB, split it: {file}")


def _processes(files: Sequence[Path]) -> int:
    large = sum(file.stat().st_size for file in files) >= PROCESSES_PAY_FROM
    return min((os.cpu_count() or 1) + MORE_THAN_CORES, MOST_PROCESSES) if large else 0


def _show(tally: Tally) -> None:
    console = Console()
    console.print(tally.table())
    if tally.reasons:
        console.print("Từ chối và vì sao · Refused (and kept), and why", style="italic")
    for line in [*tally.refusals(), *tally.remarks()]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
