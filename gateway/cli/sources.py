"""Commands about sources: `ingest`, `sources`, `report` and `serve`."""

from contextlib import ExitStack, suppress
from ipaddress import ip_address
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway import register as register_case
from gateway import report as report_case
from gateway import settings
from gateway.admission import Entrance
from gateway.cli import sandbox as practice
from gateway.cli import screen
from gateway.cli.caller import command_caller
from gateway.database import settle, transaction
from gateway.errors import DatabaseUnavailableError
from gateway.garbage import collect_seldom
from gateway.logins import Logins
from gateway.migrate import require_newest
from gateway.services import open_services

Host = Annotated[str | None, typer.Option(help="Loopback address to listen on.")]
Sandbox = Annotated[
    bool,
    typer.Option("--sandbox", help="With made-up children in a database of its own: sandbox.md."),
]
Port = Annotated[int | None, typer.Option(help="TCP port to listen on.", min=0, max=65535)]
Workers = Annotated[
    int | None, typer.Option(help="Processes that answer, one for each core.", min=1, max=64)
]


COLUMNS = ("source", "accepts", "owner", "agreement", "rhythm", "last", "errors", "open")


def register(app: typer.Typer) -> None:
    app.command("sources")(list_sources)
    app.command("report")(show_report)
    app.command("serve")(serve)


def list_sources() -> None:
    """The source register: what is read, under which agreement, what came, and what is late."""
    services = open_services(settings.load())
    require_newest(services.engine)
    with transaction(services.engine) as session:
        caller = command_caller(services.settings)
        found = register_case.register(session, services.adapters, services.site, caller)
    services.engine.dispose()
    table = screen.table(*COLUMNS, exact=("source", "agreement"), title="Nguồn · Sources")
    for one in found:
        table.add_row(*_register_cells(one))
    screen.show(table)
    console = screen.console()
    for one in found:
        for name, times in one.unknown_fields.items():
            line = f"{one.source}: unknown field {name!r}, {times} times"
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _register_cells(one: register_case.Entry) -> tuple[str, ...]:
    terms = one.agreement
    last = one.last.isoformat(timespec="minutes") if one.last else ""
    return (
        one.source + (f" / {one.system}" if one.system else ""),
        f"{one.accepts} ({one.version})",
        terms.owner if terms else "",
        (terms.agreement or "") if terms else "",
        str(terms.rhythm) if terms and terms.rhythm else "",
        last + (" trễ · late" if one.late else ""),
        f"{one.error_rate:.1%}",
        f"{one.open_refusals}" + (f" ({one.overdue} quá hạn · overdue)" if one.overdue else ""),
    )


def show_report() -> None:
    """Show what was received, refused and why, and how many children the records make."""
    services = open_services(settings.load())
    require_newest(services.engine)
    with transaction(services.engine) as session:
        found = report_case.report(session, command_caller(services.settings))
    services.engine.dispose()
    for table in _report_tables(found):
        screen.show(table)


def _report_tables(found: report_case.Report) -> list[Table]:
    messages = Table("source", "state", "count", title="Thông điệp · Messages")
    for line in found.messages:
        messages.add_row(line.source, line.state, str(line.count))
    refusals = screen.table(
        *("source", "code", "vì sao · why", "count"),
        exact=("source", "code"),
        title="Từ chối · Refused",
    )
    for why in found.refusals:
        sentences = f"{why.vietnamese}\n{why.english}"
        refusals.add_row(why.source, why.code, sentences, str(why.count))
    children = Table("what", "count", title="Hồ sơ → trẻ em · Records → children")
    for label, count in _children_rows(found):
        children.add_row(label, str(count))
    unsettled = [refusals, _unsettled(found)] if found.refusals else []
    return [messages, *unsettled, children, *_outbound(found)]


def _outbound(found: report_case.Report) -> list[Table]:
    """Nothing where nothing ever went out."""
    rows = [
        *(("tra cứu · look-ups", result, count) for result, count in found.lookups.items()),
        *(("khai sinh · registrations", state, n) for state, n in found.registrations.items()),
    ]
    table = Table("what", "state", "count", title="Gửi đi · Sent out")
    for what, state, count in rows:
        if count:
            table.add_row(what, state, str(count))
    return [table] if table.row_count else []


def _unsettled(found: report_case.Report) -> Table:
    table = Table(
        *("source", "open", "about children", "quá hạn · overdue"),
        title="Chưa ai xử lý · Nobody has settled (zero is the only good number)",
    )
    for source, one in found.unsettled.items():
        table.add_row(source, str(one.refusals), str(one.children), str(one.overdue))
    return table


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
        *((f"reviews because {reason}", count) for reason, count in found.questions.items()),
        ("seconds that the oldest unread message waits", int(found.unread)),
    ]


def serve(
    host: Host = None, port: Port = None, sandbox: Sandbox = False, workers: Workers = None
) -> None:
    """Serve FHIR R4 on a loopback address: to this machine, and to a proxy that adds TLS."""
    loaded = settings.load()
    if sandbox:
        loaded = practice.sandbox_settings(loaded)
    address = host or loaded.host
    if not _is_loopback(address):
        raise typer.BadParameter(
            "only a loopback address (127.0.0.1 or ::1): a proxy adds TLS", param_hint="--host"
        )
    if sandbox and workers is not None and workers > 1:
        raise typer.BadParameter("a sandbox is one process", param_hint="--workers")
    # The web framework takes most of a second to load, and no other command needs it.
    import uvicorn
    from starlette.types import ASGIApp

    from gateway.app import create_app
    from gateway.renewal import Renewed
    from gateway.serving import in_several, make_ready

    served: ASGIApp
    with ExitStack() as stack:
        if sandbox:
            states = stack.enter_context(practice.states(loaded))
            typer.echo("Đang tạo dữ liệu giả · making children up …", err=True)
            states.clear_up()
            renewed = Renewed(states)
            typer.echo(f"{practice.BANNER}Khóa · key: {practice.key_of(loaded)}", err=True)
            served, app = renewed, renewed.app
        else:
            served = app = create_app(loaded)
        _require_whole_log(app.state.services.engine)
        number = loaded.port if port is None else port
        typer.echo(f"http://{address}:{number}/fhir/R4/metadata", err=True)
        _warn_if_open(app.state.entrance, app.state.logins)
        several = 1 if sandbox else workers or loaded.workers
        if several > 1:
            app.state.services.engine.dispose()  # Each process has its own.
            in_several(address, number, several)
            return
        if not sandbox:  # Else what was made up has been linked, and all is ready.
            make_ready(app.state.services.engine)
        collect_seldom()
        # Addresses may hold what somebody typed: no access log.
        uvicorn.run(served, host=address, port=number, log_config=None, access_log=False)


BANNER = """
******************************************************************************
* CHẾ ĐỘ PHÁT TRIỂN: không hỏi mã truy cập, ai gọi cũng có MỌI QUYỀN.        *
* Chỉ dùng với dữ liệu giả. Để bắt buộc mã truy cập: MOTEM_ACCESS=required   *
* DEVELOPMENT: no token is asked for, and every caller has EVERY RIGHT.      *
* For made-up data only. To have tokens asked for: MOTEM_ACCESS=required     *
******************************************************************************
"""


LOGINS = """
******************************************************************************
* CHẾ ĐỘ PHÁT TRIỂN: ai cũng đăng nhập được (/login) dưới tên bất kỳ.        *
* DEVELOPMENT: at /login anybody may log in as anybody. Made-up data only.   *
******************************************************************************
"""


def _warn_if_open(entrance: Entrance, logins: Logins) -> None:
    with suppress(DatabaseUnavailableError, SQLAlchemyError):
        if entrance.is_open:
            typer.echo(BANNER, err=True)
        if logins.is_development:
            typer.echo(LOGINS, err=True)


def _require_whole_log(engine: Engine) -> None:
    """No service on a database that is older than what was signed. Raises NotSignedError."""
    try:
        require_newest(engine)
    except DatabaseUnavailableError:
        return  # That may pass, and /readyz says so until then.
    settle(engine)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
