"""The command `sandbox population`: a stand-in for the exchange platform, on this machine."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from gateway.sandbox.population import Behaviour, Sandbox, site
from gateway.sandbox.register import Register, read_register

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

    @group.callback()
    def begin() -> None:
        """A group, even with one command."""

    group.command("population")(population)
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
