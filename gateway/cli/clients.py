"""Commands about who may: `client` (machines that may ask for tokens) and `policy`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import settings
from gateway.access import clients
from gateway.access.clients import Client, as_set
from gateway.access.policy import load_policy
from gateway.cli import screen
from gateway.cli.caller import command_caller
from gateway.database import open_engine, transaction
from gateway.migrate import require_newest

Id = Annotated[str, typer.Argument(metavar="CLIENT", help="Its id, also its name as a sender.")]
Name = Annotated[str, typer.Option(help="Whose program it is, for people.")]
Role = Annotated[str, typer.Option(help="Its role in the policy, as hospital.")]
Body = Annotated[str | None, typer.Option(help="The body that it is itself: hospital:22103.")]
Province = Annotated[
    list[str] | None, typer.Option(help="Two-digit code, * for all, unknown; may be repeated.")
]
Source = Annotated[
    list[str] | None, typer.Option(help="A source in which it may write; may be repeated.")
]
Purpose = Annotated[list[str], typer.Option(help="Purpose of use; may be repeated.")]
PerRequest = Annotated[
    bool, typer.Option("--per-request", help="It may name its purpose with each request.")
]
Scope = Annotated[list[str], typer.Option(help="As system/Patient.rs; may be repeated.")]
Keys = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="File with its JWK or JWK Set.")
]
KeysUrl = Annotated[str | None, typer.Option(help="https address of its JWK Set.")]
Enabled = Annotated[bool, typer.Option("--enable", help="Switch it on again.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Machines that may ask for tokens.")
    group.command("add")(add)
    group.command("list")(list_clients)
    group.command("show")(show)
    group.command("disable")(disable)
    group.command("key")(set_key)
    app.add_typer(group, name="client")
    policy = typer.Typer(no_args_is_help=True, help="Who may do what, for what purpose.")
    policy.command("show")(show_policy)
    policy.command("check")(check_policy)
    app.add_typer(policy, name="policy")


def add(
    client: Id,
    name: Name,
    role: Role,
    purpose: Purpose,
    scope: Scope,
    body: Body = None,
    province: Province = None,
    source: Source = None,
    per_request: PerRequest = False,
    keys: Keys = None,
    keys_url: KeysUrl = None,
) -> None:
    """Register a machine. Its private key stays with it; only the public one comes here."""
    made = Client(
        id=client,
        name=name,
        role=role,
        body=body,
        provinces=tuple(province or ()),
        sources=tuple(source or ()),
        purposes=tuple(purpose),
        per_request=per_request,
        scopes=tuple(scope),
        keys=as_set(keys.read_bytes()) if keys else None,
        keys_url=keys_url,
    )
    _done(lambda session, caller: clients.add(session, made, caller))
    typer.echo(f"Đã đăng ký · Registered: {client}", err=True)


def list_clients() -> None:
    """All machines, with their roles and what they may."""
    made = screen.table(*COLUMNS, exact=("client", "role"), title="Hệ thống · Clients")
    for one in _done(clients.listed):
        made.add_row(*_cells(one))
    screen.show(made)


COLUMNS = ("client", "name", "role", "body", "provinces", "purposes", "scopes", "on")


def _cells(one: Client) -> tuple[str, ...]:
    return (
        one.id,
        one.name,
        one.role,
        one.body or "",
        " ".join(one.provinces),
        " ".join(one.purposes) + (" (per request)" if one.per_request else ""),
        " ".join(one.scopes),
        "có · yes" if one.enabled else "không · no",
    )


def show(client: Id) -> None:
    """One machine, with the ids of its keys."""
    found = _done(lambda session, caller: clients.shown(session, client, caller))
    made = Table("what", "value")
    for what, value in zip(COLUMNS, _cells(found), strict=True):
        made.add_row(what, value)
    made.add_row("sources", " ".join(found.sources))
    kids = " ".join(str(key.get("kid")) for key in found.registered_keys)
    made.add_row("keys", found.keys_url or kids)
    screen.show(made)


def disable(client: Id, enable: Enabled = False) -> None:
    """Switch a machine off: its tokens end at once."""
    _done(lambda session, caller: clients.switch(session, client, caller, enabled=enable))
    typer.echo("Đã bật · Switched on" if enable else "Đã tắt · Switched off", err=True)


def set_key(client: Id, keys: Keys = None, keys_url: KeysUrl = None) -> None:
    """Give a machine other public keys: the old ones, and its tokens, end at once."""
    told = as_set(keys.read_bytes()) if keys else None
    _done(
        lambda session, caller: clients.set_keys(
            session, client, caller, keys=told, keys_url=keys_url
        )
    )
    typer.echo("Đã đổi khóa · Keys changed", err=True)


Result = TypeVar("Result")


def _done(work: Callable[[Session, Caller], Result]) -> Result:
    loaded = settings.load()
    engine = open_engine(loaded)
    try:
        require_newest(engine)
        with transaction(engine) as session:
            return work(session, command_caller(loaded))
    finally:
        engine.dispose()


def show_policy() -> None:
    """The rules in use, and the hash under which the log names them."""
    _print_policy(settings.load().policy)


def check_policy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A policy, in TOML.")],
) -> None:
    """Read a policy before it is used; says what is wrong with it."""
    _print_policy(file)


def _print_policy(file: Path | None) -> None:
    found = load_policy(file)
    names = ("rule", "role", "purposes", "actions", "sources", "provinces", "labels", "only")
    made = screen.table(*names, exact=("rule", "role"), title=f"{found.version} {found.sha256}")
    for rule in found.rules:
        listed = (rule.purposes, rule.actions, rule.sources)
        made.add_row(
            *(rule.name, rule.role),
            *(" ".join(sorted(one)) for one in listed),
            rule.provinces + (" + own body" if rule.own else "") if rule.sources else "",
            *(" ".join(sorted(one)) for one in (rule.labels, rule.only)),
        )
    screen.show(made)
