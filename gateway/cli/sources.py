"""Commands about sources: `ingest`, `sources`, `report` and `serve`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from adapters.catalog import accepts, load_adapters, recognise
from adapters.contract import SourceAdapter, SourceMessage
from gateway import report as report_case
from gateway import settings
from gateway.cli.caller import command_caller
from gateway.cli.files import payload_files
from gateway.cli.tally import Tally
from gateway.database import transaction
from gateway.garbage import collect_seldom
from gateway.ingest import deliver_many
from gateway.migrate import require_newest
from gateway.services import Services, open_services

SOME_REJECTED = 3
"""Exit status when something was refused (and kept)."""
MAX_BYTES = 256 * 1024 * 1024
"""Larger files are not read: one payload must fit into memory."""
READERS = 1
"""Processes that read beside the one that writes: more than it can keep up with are of no use."""
READERS_PAY_FROM = 2 * 1024 * 1024
"""Bytes in all files; below, starting processes takes longer than reading."""

Paths = Annotated[
    list[Path], typer.Argument(exists=True, help="Payload files, or folders of them.")
]
Source = Annotated[str | None, typer.Option(help="The sender; found by content when not told.")]
Host = Annotated[str | None, typer.Option(help="Loopback address to listen on.")]
Port = Annotated[int | None, typer.Option(help="TCP port to listen on.", min=0, max=65535)]


def register(app: typer.Typer) -> None:
    app.command("sources")(list_sources)
    app.command("ingest")(ingest_files)
    app.command("report")(show_report)
    app.command("serve")(serve)


def list_sources() -> None:
    """List the sources that can be read, with the version of each adapter."""
    table = Table("source", "version", "accepts", title="Nguồn · Sources", title_justify="left")
    for name, adapter in load_adapters().items():
        table.add_row(name, adapter.version, accepts(adapter))
    Console().print(table)


def ingest_files(paths: Paths, source: Source = None) -> None:
    """Take payloads into the registry. Exit status 3 where something was rejected (and kept)."""
    services = open_services(settings.load())
    if source is not None and source not in services.adapters:
        known = ", ".join(services.adapters)
        raise typer.BadParameter(f"no such source; there are: {known}", param_hint="--source")
    files = payload_files(paths)
    _refuse_large(files)
    require_newest(services.engine)
    collect_seldom()
    tally = _take(services, files, source)
    services.engine.dispose()
    _show(tally)
    if tally.rejected:
        raise typer.Exit(SOME_REJECTED)


def _refuse_large(files: Sequence[Path]) -> None:
    for file in files:
        if file.stat().st_size > MAX_BYTES:
            raise typer.BadParameter(f"larger than {MAX_BYTES >> 20} MiB, split it: {file}")


def _take(services: Services, files: Sequence[Path], source: str | None) -> Tally:
    caller, tally = command_caller(services.settings), Tally()
    deliveries = (_delivery(file, source, services.adapters) for file in files)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        results = deliver_many(services.engine, deliveries, caller, _readers(files))
        shown = progress.track(results, total=len(files), description="ingest")
        for file, result in zip(files, shown, strict=True):
            tally.add(file.name, result)
    return tally


def _readers(files: Sequence[Path]) -> int:
    large = sum(file.stat().st_size for file in files) >= READERS_PAY_FROM
    return READERS if large and (os.cpu_count() or 1) > 1 else 0


def _delivery(
    file: Path, source: str | None, adapters: Mapping[str, SourceAdapter]
) -> tuple[SourceMessage, SourceAdapter | None]:
    """The file as a message of the source told, else of the one that recognises it."""
    message = SourceMessage(source=source or "", content=file.read_bytes(), name=file.name)
    found = source or recognise(message, adapters)
    return replace(message, source=found or ""), adapters.get(found or "")


def _show(tally: Tally) -> None:
    console = Console()
    console.print(tally.table())
    if tally.reasons:
        console.print("Từ chối và vì sao · Refused (and kept), and why", style="italic")
    for line in [*tally.refusals(), *tally.remarks()]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def show_report() -> None:
    """Show what was received, refused and why, and how many children the records make."""
    services = open_services(settings.load())
    require_newest(services.engine)
    with transaction(services.engine) as session:
        found = report_case.report(session, command_caller(services.settings))
    services.engine.dispose()
    for table in _report_tables(found):
        Console().print(table)


def _report_tables(found: report_case.Report) -> list[Table]:
    messages = Table("source", "state", "count", title="Thông điệp · Messages")
    for line in found.messages:
        messages.add_row(line.source, line.state, str(line.count))
    refusals = Table("source", "code", "vì sao · why", "count", title="Từ chối · Refused")
    for why in found.refusals:
        sentences = f"{why.vietnamese}\n{why.english}"
        refusals.add_row(why.source, why.code, sentences, str(why.count))
    children = Table("what", "count", title="Hồ sơ → trẻ em · Records → children")
    for label, count in _children_rows(found):
        children.add_row(label, str(count))
    return [messages, refusals, children] if found.refusals else [messages, children]


def _children_rows(found: report_case.Report) -> list[tuple[str, int]]:
    return [
        *((f"records of {source}", count) for source, count in found.records.items()),
        *((f"records with decision {kind}", count) for kind, count in found.decisions.items()),
        *((f"records flagged {flag}", count) for flag, count in found.flags.items()),
        ("children (identities)", found.children),
        *(
            (f"parts of {source} waiting for their record", n)
            for source, n in found.waiting.items()
        ),
        ("reviews waiting for a steward", found.reviews),
    ]


def serve(host: Host = None, port: Port = None) -> None:
    """Serve FHIR R4 to this machine only, because there is no login yet."""
    loaded = settings.load()
    address = host or loaded.host
    if not _is_loopback(address):
        raise typer.BadParameter(
            "only a loopback address (127.0.0.1 or ::1), until logins exist", param_hint="--host"
        )
    # The web framework takes most of a second to load, and no other command needs it.
    import uvicorn

    from gateway.app import create_app

    app = create_app(loaded)
    number = loaded.port if port is None else port
    typer.echo(
        f"Chỉ nghe trên máy này, chưa có đăng nhập. Listens on this machine only, there is no"
        f" login yet: http://{address}:{number}/fhir/R4/metadata",
        err=True,
    )
    # Addresses may hold what somebody typed: no access log.
    uvicorn.run(app, host=address, port=number, log_config=None, access_log=False)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
