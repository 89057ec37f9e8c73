"""Commands of whoever keeps the access log: its keys, checks, exports, proofs, witness, erasure."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from audit.checkpoint import Checkpoint
from audit.keys import key_in
from audit.notes import COSIGNER, NoteError, VerifierKey
from audit.witness import Witness
from audit.witness_server import WitnessServer
from gateway import ledger_keeping as keeping
from gateway import settings
from gateway.cli import moments
from gateway.cli.caller import command_caller
from gateway.cli.moments import FORMATS, From, To
from gateway.database import Role, ledger_of, open_engine, settle
from gateway.migrate import require_newest

FAILED = 1
"""Exit status where the log is not whole."""


def add(group: typer.Typer) -> None:
    """Put these commands into the group `audit`."""
    group.command("keys")(keys)
    group.command("verify")(verify)
    group.command("export")(export)
    group.command("proof")(proof)
    group.command("witness")(witness)
    group.command("reconcile")(reconcile)
    group.command("erase")(erase)
    group.command("declare-gap")(declare_gap)
    group.command("rotate")(rotate)


@contextmanager
def _engine(role: Role = Role.APP) -> Iterator[Engine]:
    engine = open_engine(settings.load(), role)
    try:
        require_newest(engine)
        yield engine
    finally:
        engine.dispose()


def keys() -> None:
    """Print the public keys of the log, for auditors and witnesses; makes the keys where missing."""
    with _engine() as engine:
        ledger = ledger_of(engine)
        note = ledger.anchor.read()
        names = ledger.log_key.epochs(note) if note else [ledger.log_key.named(1).public]
    for kind, key in (("log", names[0]), ("events", ledger.event_key.public)):
        typer.echo(f"{kind}\t{key}")


def verify() -> None:
    """Check the whole log against what was signed; exit status 1 and what is wrong, where it is not."""
    loaded = settings.load()
    with _engine() as engine:
        checked = keeping.verified(engine, command_caller(loaded))
    for one in checked.findings:
        where = one.id if one.seq is None else str(one.seq)
        typer.echo(f"{one.code}\t{where or '-'}\t{one.words}")
    for one in checked.remarks:
        typer.echo(f"remark {one.code}: {one.words}", err=True)
    typer.echo(
        f"{checked.size} events, {checked.erased} of them erased; findings: {len(checked.findings)}",
        err=True,
    )
    if checked.findings:
        raise typer.Exit(FAILED)


def export(
    path: Annotated[Path, typer.Argument(help="File to write; it must not exist.")],
    since: From = None,
    until: To = None,
) -> None:
    """Write a part of the log, or all of it, with what an auditor needs to check it elsewhere.

    `python audit/verifier.py FILE --key KEY` checks it and says who saw a child, without Motem.
    """
    loaded = settings.load()
    if path.exists():
        raise typer.BadParameter(f"there is a file already: {path}")
    with _engine() as engine:
        written = keeping.exported(
            engine,
            command_caller(loaded),
            moments.since(since),
            moments.until(until),
            lambda: path.open("xb"),
        )
    last = written.first + written.count - 1
    typer.echo(f"Events {written.first} to {last} of {written.size}: {path}", err=True)


def proof(
    event: Annotated[str, typer.Argument(help="Id of an event, as in X-Audit-Event.")],
) -> None:
    """Print the proof (c2sp.org/tlog-proof) that an event stands in the signed log."""
    with _engine() as engine:
        typer.echo(str(keeping.proof_of(engine, event)), nl=False)


def witness(
    folder: Annotated[Path, typer.Option("--folder", help="Its key, and what it saw last.")],
    log: Annotated[list[str], typer.Option("--log", help="Key of a log that it watches.")],
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8555,
) -> None:
    """Run a witness: it cosigns only what follows from what it saw before. Needs no database.

    Run it where whoever runs the log has no say. It prints its own key.
    """
    try:
        known = {key.name: key for key in map(VerifierKey.parsed, log)}
    except NoteError as error:
        raise typer.BadParameter(str(error), param_hint="--log") from None
    key = key_in(folder, "witness")
    server = WitnessServer(
        Witness(folder=folder, name=key.name, private=key.private, logs=known), host, port
    )
    typer.echo(f"{VerifierKey.of(key.name, key.private, COSIGNER)}")
    typer.echo(f"Witness at {server.url}", err=True)
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def reconcile(
    path: Annotated[Path, typer.Argument(help="Log of PostgreSQL with pgaudit, as CSV, in UTC.")],
    login: Annotated[list[str], typer.Option("--login", help="Account of Motem in the database.")],
) -> None:
    """Compare what the database says was read with the log: docs/audit.md. Exit status 1 if they differ.

    Prints minute, account, reads, and whether the account is a stranger.
    """
    loaded = settings.load()
    with _engine() as engine, path.open(encoding="utf-8", newline="") as lines:
        told = keeping.reconciled(engine, command_caller(loaded), lines, login)
    for one in told:
        kind = "stranger" if one.stranger else "no event"
        typer.echo(f"{one.minute.isoformat()}\t{one.user}\t{one.reads}\t{kind}")
    if told:
        raise typer.Exit(FAILED)


def erase(
    before: Annotated[
        datetime, typer.Option("--before", formats=FORMATS, help="Older bodies go; Việt Nam time.")
    ],
) -> None:
    """Erase the bodies of old events for ever, by the rule of retention; every proof stays valid.

    Events that say which record belongs to which child stay, and those about the log itself.
    """
    loaded = settings.load()
    moment = moments.since(before)
    assert moment is not None, "it was given"
    with _engine(Role.OWNER) as engine:
        count = keeping.erased(engine, command_caller(loaded), moment)
    typer.echo(f"{count} bodies erased.", err=True)


def declare_gap(
    reason: Annotated[
        str,
        typer.Option("--reason", help="Why signed events are lost for ever; nothing of a child."),
    ],
) -> None:
    """After an old backup was restored: name the range that is lost, and go on in a new epoch."""
    loaded = settings.load()
    with _engine() as engine:
        first, last = keeping.gap_declared(engine, command_caller(loaded), reason)
        note = ledger_of(engine).anchor.read() or ""
    typer.echo(
        f"Lost: events {first} to {'?' if last is None else last}. The log goes on as {_origin(note)}.",
        err=True,
    )


def rotate() -> None:
    """Put a new key in the place of the one that signs the tree; stop the service before.

    Prints the new public key. What the old one signed stays valid; its private half is destroyed.
    """
    loaded = settings.load()
    with _engine() as engine:
        key = keeping.rotated(engine, command_caller(loaded), loaded.audit_folder)
    with _engine() as engine:
        settle(engine)
    typer.echo(f"log\t{key}")


def _origin(note: str) -> str:
    return Checkpoint.of(note).origin
