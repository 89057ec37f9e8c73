"""People who may log in, administered over HTTP as by `motem user`."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.access import users
from gateway.access.errors import NotAllowedHereError
from gateway.access.users import User
from gateway.api import answers
from gateway.api.clients import Switch, Words
from gateway.api.dependencies import (
    CurrentCaller,
    CurrentEntrance,
    CurrentServices,
    Transaction,
)
from gateway.api.payload import Document, parsed
from gateway.errors import NotFoundError

router = APIRouter(prefix="/users")


class Adding(BaseModel):
    """A person as it is added; what each means: docs/access.md."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    id: str = Field(max_length=40)
    name: str = Field(max_length=200)
    role: str = Field(max_length=40)
    ministry: str | None = Field(default=None, max_length=200)
    body: str | None = Field(default=None, max_length=80)
    provinces: Words = ()
    purposes: Words = ()
    subject: str = Field(max_length=200)

    def user(self, issuer: str | None) -> User:
        return User(**self.model_dump(), issuer=issuer)


class Role(BaseModel):
    """The role that somebody is given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    role: str = Field(max_length=40)


async def user_id_of(user_id: str) -> str:
    """The id in the path. Raises NotFoundError for what nobody can have."""
    if not users.ID.fullmatch(user_id):
        raise NotFoundError
    return user_id


UserId = Annotated[str, Depends(user_id_of)]


@router.get("")
def list_users(session: Transaction, caller: CurrentCaller) -> Response:
    """All people who may log in."""
    return answers.document({"users": [_told(one) for one in users.listed(session, caller)]})


@router.post("")
def add_user(
    document: Document,
    session: Transaction,
    caller: CurrentCaller,
    entrance: CurrentEntrance,
    services: CurrentServices,
) -> Response:
    """Let a person log in who is no administrator."""
    made = parsed(Adding, document).user(services.settings.oidc_issuer)
    _require_below(entrance.administrators, made.role)
    users.add(session, made, caller)
    response = answers.document(_told(made))
    response.status_code = HTTPStatus.CREATED
    response.headers["Location"] = f"/users/{made.id}"
    return response


@router.get("/{user_id}")
def read_user(user_id: UserId, session: Transaction, caller: CurrentCaller) -> Response:
    """One person."""
    return answers.document(_told(users.shown(session, user_id, caller)))


@router.post("/{user_id}/role")
def give_role(
    user_id: UserId,
    document: Document,
    session: Transaction,
    caller: CurrentCaller,
    entrance: CurrentEntrance,
) -> Response:
    """Give a person another role: its sessions end at once."""
    role = parsed(Role, document).role
    _require_below(entrance.administrators, role)
    _require_lower(session, user_id, entrance.administrators)
    users.set_role(session, user_id, role, caller)
    return answers.document(_told(users.shown(session, user_id, caller)))


@router.post("/{user_id}/disable")
def disable_user(
    user_id: UserId,
    document: Document,
    session: Transaction,
    caller: CurrentCaller,
    entrance: CurrentEntrance,
) -> Response:
    """Switch a person off: its sessions end at once."""
    parsed(Switch, document)
    return _switched(session, user_id, caller, entrance.administrators, enabled=False)


@router.post("/{user_id}/enable")
def enable_user(
    user_id: UserId,
    document: Document,
    session: Transaction,
    caller: CurrentCaller,
    entrance: CurrentEntrance,
) -> Response:
    """Switch a person on again; it has to log in."""
    parsed(Switch, document)
    return _switched(session, user_id, caller, entrance.administrators, enabled=True)


def _switched(
    session: Session,
    user_id: str,
    caller: Caller,
    administrators: frozenset[str],
    *,
    enabled: bool,
) -> Response:
    _require_lower(session, user_id, administrators)
    users.switch(session, user_id, caller, enabled=enabled)
    return answers.document(_told(users.shown(session, user_id, caller)))


def _require_lower(session: Session, user_id: str, administrators: frozenset[str]) -> None:
    found = users.find(session, user_id)
    if found is not None:
        _require_below(administrators, found.role)


def _require_below(administrators: frozenset[str], role: str) -> None:
    """As of clients: administrators are made, changed and locked out by `motem user` alone. Raises
    NotAllowedHereError."""
    if role in administrators:
        raise NotAllowedHereError


def _told(one: User) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "role": one.role,
        "ministry": one.ministry,
        "body": one.body,
        "provinces": one.provinces,
        "purposes": one.purposes,
        "subject": one.subject,
        "enabled": one.enabled,
    }
