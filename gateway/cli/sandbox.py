"""`motem serve --sandbox` and the commands `sandbox`: all that is made up, on this machine."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway import settings
from gateway.access.published import private_pem
from gateway.cli.caller import command_caller
from gateway.errors import GatewayError
from gateway.sandbox.population import Behaviour, Sandbox, site
from gateway.sandbox.register import Register, read_register
from gateway.states import EmbeddedStates

Port = Annotated[int, typer.Option(help="TCP port; 0 takes a free one.", min=0, max=65535)]
Site = Annotated[
    Path | None,
    typer.Option("--site", help="Write a site's file that leads to it (for MOTEM_SITE)."),
]
Citizens = Annotated[
    Path | None,
    typer.Option(
        "--register", exists=True, dir_okay=False, help="CSV of made-up citizens whom it knows."
    ),
]
Slow = Annotated[float, typer.Option(help="Seconds before each answer.", min=0, max=600)]
Fail = Annotated[int, typer.Option(help="So many messages are answered with 503.", min=0)]
Refuse = Annotated[bool, typer.Option("--refuse", help="Refuse every question and request.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Stand-ins, for tests and demonstration only.")

    group.command("population")(population)
    group.command("reset")(reset)
    app.add_typer(group, name="sandbox")


def population(
    port: Port = 8037,
    site_file: Site = None,
    citizens: Citizens = None,
    slow: Slow = 0.0,
    fail: Fail = 0,
    refuse: Refuse = False,
) -> None:
    """Bản mô phỏng, không phải hệ thống thật · A made-up population database and civil-status office.

    Listens on this machine only, keeps what it is told in memory, refuses numbers that could be
    real. Without a register it knows the numbers that end in an even digit.
    """
    register = read_register(citizens) if citizens else Register()
    behaviour = Behaviour(register=register, slow=slow, fail=fail, refuse=refuse)
    with Sandbox(behaviour, port) as server:
        if site_file:
            site_file.write_text(site(server.address), encoding="utf-8")
        typer.echo(f"Chỉ máy này, dữ liệu giả · this machine only, made up: {server.address}")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            typer.echo("Đã dừng. Stopped.", err=True)


class RealDatabaseError(GatewayError):
    """DATABASE_URL is set: the sandbox has a database of its own, and leaves every other alone."""


BANNER = """
******************************************************************************
* HỘP CÁT: mọi trẻ em ở đây đều không có thật; khóa truy cập ai cũng có.     *
* Không bao giờ gửi dữ liệu của trẻ em có thật vào đây.                      *
* SANDBOX: every child here is made up, and everybody has the key.           *
* Never send anything of a real child here.   docs/sandbox.md                *
******************************************************************************
"""


def sandbox_settings(loaded: settings.Settings) -> settings.Settings:
    """Its own folder, database and log; tokens are asked for. Raises RealDatabaseError."""
    if loaded.database_url is not None:
        raise RealDatabaseError
    own = {"home": loaded.home / "sandbox", "access": settings.Access.REQUIRED}
    none = dict.fromkeys(("audit", "audit_witness", "audit_syslog", "site", "policy"))
    return loaded.model_copy(update={**none, **own, "audit_shared": False})


@contextmanager
def states(own: settings.Settings) -> Iterator[EmbeddedStates]:
    """Where the sandbox is, and where it is put back; for one process. Raises SandboxInUseError."""
    found = EmbeddedStates(own, command_caller(own))
    with found.held():
        yield found


def key_of(own: settings.Settings) -> Path:
    """The file of the key that everybody has."""
    file = own.home / "sandbox.pem"
    file.write_bytes(private_pem())
    file.chmod(0o600)
    return file


def reset() -> None:
    """Remove the sandbox with all that was sent to it; `motem serve --sandbox` makes it anew."""
    own = sandbox_settings(settings.load())
    with states(own) as found:
        found.remove_all()
    typer.echo("Đã xóa hộp cát · The sandbox is removed", err=True)
