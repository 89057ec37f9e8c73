"""`motem check URL`: whether a FHIR service, ours or a partner's, does what is asked of it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import httpx
import typer

from gateway.cli import screen
from gateway.cli.desk import print_json
from gateway.client.credentials import Credentials
from gateway.conformance import Finding, Probe, State, check

Url = Annotated[str, typer.Argument(metavar="URL", help="Base of FHIR, as https://host/fhir/R4")]
Key = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="Your private key, PEM.")
]
KeyId = Annotated[str, typer.Option(help="Its id (kid).")]
Client = Annotated[str, typer.Option(help="The id under which you are registered there.")]
Scope = Annotated[list[str] | None, typer.Option(help="As system/Patient.rs; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
TIMEOUT = 30.0
"""Seconds for one answer."""


def register(app: typer.Typer) -> None:
    app.command("check")(check_service)


def check_service(
    url: Url,
    key: Key = None,
    key_id: KeyId = "",
    client: Client = "",
    scope: Scope = None,
    is_json: Json = False,
) -> None:
    """Ask a FHIR service what FHIR R4, IHE and SMART want of it. Nothing is written there.

    Exit status 1 where something failed; what is not offered is no failure.
    """
    if not url.startswith(("https://", "http://")):
        raise typer.BadParameter("an address such as https://host/fhir/R4", param_hint="URL")
    who = None
    if key is not None:
        scopes = tuple(scope or ("system/Patient.rs",))
        who = Credentials.from_file(key, client=client, key_id=key_id, scopes=scopes)
    with httpx.Client(timeout=TIMEOUT) as http:
        findings = check(Probe(base=url.rstrip("/"), http=http, credentials=who))
    if is_json:
        print_json([asdict(one) for one in findings])
    else:
        _show(findings)
    if any(one.state is State.FAILED for one in findings):
        raise typer.Exit(1)


WORDS = {
    State.PASSED: "đạt · passed",
    State.FAILED: "KHÔNG ĐẠT · FAILED",
    State.NOT_OFFERED: "không có · not offered",
}


def _show(findings: tuple[Finding, ...]) -> None:
    made = screen.table("check", "requirement", "outcome", "detail", exact=("check",))
    for one in findings:
        made.add_row(one.check, one.requirement, WORDS[one.state], one.detail)
    screen.show(made)
