"""Commands of the group `user`: people who may log in, and what the policy goes by."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import settings
from gateway.access import users
from gateway.access.users import User
from gateway.cli import screen
from gateway.cli.desk import open_desk

Id = Annotated[str, typer.Argument(metavar="USER", help="Its id here, as nguyen.an.")]
Role = Annotated[str, typer.Option(help="Its role in the policy, as hospital.")]
Result = TypeVar("Result")


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="People who may log in.")
    group.command("add")(add)
    group.command("list")(list_users)
    group.command("show")(show)
    group.command("role")(role)
    group.command("disable")(disable)
    app.add_typer(group, name="user")


def add(
    user: Id,
    name: Annotated[str, typer.Option(help="For people.")],
    role: Role,
    purpose: Annotated[list[str], typer.Option(help="Purpose of use; may be repeated.")],
    subject: Annotated[
        str | None, typer.Option(help="Who it is to the provider: `sub` of its id_token.")
    ] = None,
    ministry: Annotated[str | None, typer.Option(help="Where it works.")] = None,
    body: Annotated[str | None, typer.Option(help="The body it works for: hospital:22103.")] = None,
    province: Annotated[
        list[str] | None, typer.Option(help="Two-digit code, * for all, unknown; may be repeated.")
    ] = None,
) -> None:
    """Let a person log in. Without a subject only for development."""
    made = User(
        id=user,
        name=name,
        role=role,
        ministry=ministry,
        body=body,
        provinces=tuple(province or ()),
        purposes=tuple(purpose),
        issuer=settings.load().oidc_issuer if subject else None,
        subject=subject,
    )
    _done(lambda session, caller: users.add(session, made, caller))
    typer.echo(f"Đã thêm · Added: {user}", err=True)


COLUMNS = ("user", "name", "role", "ministry", "body", "provinces", "purposes", "subject", "on")


def list_users() -> None:
    """All people, with their roles."""
    made = screen.table(*COLUMNS, exact=("user", "role"), title="Người dùng · Users")
    for one in _done(users.listed):
        made.add_row(*_cells(one))
    screen.show(made)


def show(user: Id) -> None:
    """One person."""
    found = _done(lambda session, caller: users.shown(session, user, caller))
    made = Table("what", "value")
    for what, value in zip(COLUMNS, _cells(found), strict=True):
        made.add_row(what, value)
    screen.show(made)


def role(
    user: Id, role: Annotated[str, typer.Argument(metavar="ROLE", help="Of the policy.")]
) -> None:
    """Give a person another role: its sessions end at once."""
    _done(lambda session, caller: users.set_role(session, user, role, caller))
    typer.echo("Đã đổi vai trò · Role changed", err=True)


def disable(
    user: Id,
    enable: Annotated[bool, typer.Option("--enable", help="Switch it on again.")] = False,
) -> None:
    """Switch a person off: its sessions end at once."""
    _done(lambda session, caller: users.switch(session, user, caller, enabled=enable))
    typer.echo("Đã bật · Switched on" if enable else "Đã tắt · Switched off", err=True)


def _cells(one: User) -> tuple[str, ...]:
    return (
        one.id,
        one.name,
        one.role,
        one.ministry or "",
        one.body or "",
        " ".join(one.provinces),
        " ".join(one.purposes),
        one.subject or "",
        "có · yes" if one.enabled else "không · no",
    )


def _done(work: Callable[[Session, Caller], Result]) -> Result:
    with open_desk() as desk:
        return desk.ask(lambda session: work(session, desk.caller))
