"""The command `mllp`: the door for hospitals that speak HL7 v2."""

import ssl
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gateway import settings
from gateway.cli.caller import command_caller, named
from gateway.configured import telling_how, told_of
from gateway.errors import GatewayError
from gateway.garbage import collect_seldom
from gateway.migrate import require_newest
from gateway.mllp import SOURCE, Certificates, Listener
from gateway.services import open_services

Port = Annotated[int, typer.Option(help="TCP port to listen on.", min=0, max=65535)]
System = Annotated[
    str, typer.Option(help="The sending system, as the site's file names it.", callback=named)
]
Pem = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="PEM file, for TLS.")]
Clients = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="PEM file of those who sign clients."),
]


class WrongCertificateError(GatewayError):
    """The certificate, its key or the authorities cannot be used."""


def register(app: typer.Typer) -> None:
    app.command("mllp")(listen)


def listen(
    port: Port = 2575,
    system: System = "motem-cli",
    certificate: Pem = None,
    key: Pem = None,
    clients: Clients = None,
) -> None:
    """Take HL7 v2 messages over MLLP on this machine; each is answered once it is committed."""
    loaded = settings.load()
    services = open_services(loaded)
    require_newest(services.engine)
    address, caller = (loaded.host, port), replace(command_caller(loaded), system=system)
    try:
        listener = Listener(
            address,
            services.engine,
            services.adapters_of(system)[SOURCE],
            caller,
            _certificates(certificate, key, clients),
        )
    except ssl.SSLError as error:
        raise WrongCertificateError from error
    told = told_of(loaded) | {"port": port, "system": system, "tls": certificate is not None}
    told |= {"known-clients": clients is not None}
    collect_seldom()
    with telling_how(services.engine, told, replace(caller, system="motem-mllp")), listener:
        typer.echo(
            f"MLLP: {loaded.host}:{listener.server_address[1]}, chỉ máy này · this machine only",
            err=True,
        )
        try:
            listener.serve_forever()
        except KeyboardInterrupt:
            typer.echo("Đã dừng. Stopped.", err=True)
    services.engine.dispose()


def _certificates(
    certificate: Path | None, key: Path | None, clients: Path | None
) -> Certificates | None:
    if certificate is None or key is None:
        if certificate or key or clients:
            raise typer.BadParameter("TLS needs --certificate and --key")
        return None
    return Certificates(certificate=certificate, key=key, clients=clients)
