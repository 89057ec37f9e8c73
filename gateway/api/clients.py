"""Machines that may ask for tokens, administered over HTTP as by `motem client`."""

from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.access import clients
from gateway.access.clients import Client, as_set
from gateway.access.errors import NotAllowedHereError
from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, CurrentEntrance, Transaction
from gateway.api.payload import Document, parsed
from gateway.errors import NotFoundError

router = APIRouter(prefix="/clients")
Words = Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=100)]


class Keys(BaseModel):
    """Public keys: `keys`, a JWK or JWK Set, or `keysUrl`, its https address."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    keys: dict[str, Any] | None = None
    keys_url: str | None = Field(default=None, alias="keysUrl", max_length=500)

    @property
    def as_text(self) -> str | None:
        return as_set(orjson.dumps(self.keys)) if self.keys is not None else None


class Registering(Keys):
    """A client as it is registered; what each means: docs/access.md."""

    id: str = Field(max_length=64)
    name: str = Field(max_length=200)
    role: str = Field(max_length=40)
    body: str | None = Field(default=None, max_length=80)
    provinces: Words = ()
    sources: Words = ()
    purposes: Words = ()
    per_request: bool = Field(default=False, alias="perRequest")
    scopes: Words = ()

    @property
    def client(self) -> Client:
        told = self.model_dump(exclude={"keys"})
        return Client(**told, keys=self.as_text)


class Switch(BaseModel):
    """An order that needs no words; it is JSON all the same, which no web form can send."""

    model_config = ConfigDict(extra="forbid")


async def client_id_of(client_id: str) -> str:
    """The id in the path. Raises NotFoundError for what no client can have."""
    if not clients.ID.fullmatch(client_id):
        raise NotFoundError
    return client_id


ClientId = Annotated[str, Depends(client_id_of)]


@router.get("")
def list_clients(session: Transaction, caller: CurrentCaller) -> Response:
    """All clients, without their keys."""
    return answers.document({"clients": [_told(one) for one in clients.listed(session, caller)]})


@router.post("")
def add_client(
    document: Document, session: Transaction, caller: CurrentCaller, entrance: CurrentEntrance
) -> Response:
    """Register a client that is no administrator."""
    made = parsed(Registering, document).client
    _require_below(entrance.administrators, made.role)
    clients.add(session, made, caller)
    response = answers.document(_told(made))
    response.status_code = HTTPStatus.CREATED
    response.headers["Location"] = f"/clients/{made.id}"
    return response


@router.get("/{client_id}")
def read_client(client_id: ClientId, session: Transaction, caller: CurrentCaller) -> Response:
    """One client, with the ids of its keys."""
    return answers.document(_told(clients.shown(session, client_id, caller)))


@router.post("/{client_id}/disable")
def disable_client(
    client_id: ClientId,
    document: Document,
    session: Transaction,
    caller: CurrentCaller,
    entrance: CurrentEntrance,
) -> Response:
    """Switch a client off: its tokens end at once."""
    parsed(Switch, document)
    return _switched(session, client_id, caller, entrance.administrators, enabled=False)


@router.post("/{client_id}/enable")
def enable_client(
    client_id: ClientId,
    document: Document,
    session: Transaction,
    caller: CurrentCaller,
    entrance: CurrentEntrance,
) -> Response:
    """Switch a client on again."""
    parsed(Switch, document)
    return _switched(session, client_id, caller, entrance.administrators, enabled=True)


@router.post("/{client_id}/keys")
def give_keys(
    client_id: ClientId,
    document: Document,
    session: Transaction,
    caller: CurrentCaller,
    entrance: CurrentEntrance,
) -> Response:
    """Give a client other public keys: the old ones, and its tokens, end at once."""
    told = parsed(Keys, document)
    _require_lower(session, client_id, entrance.administrators)
    clients.set_keys(session, client_id, caller, keys=told.as_text, keys_url=told.keys_url)
    return answers.document(_told(clients.shown(session, client_id, caller)))


def _switched(
    session: Session,
    client_id: str,
    caller: Caller,
    administrators: frozenset[str],
    *,
    enabled: bool,
) -> Response:
    _require_lower(session, client_id, administrators)
    clients.switch(session, client_id, caller, enabled=enabled)
    return answers.document(_told(clients.shown(session, client_id, caller)))


def _require_lower(session: Session, client_id: str, administrators: frozenset[str]) -> None:
    found = clients.find(session, client_id)
    if found is not None:
        _require_below(administrators, found.role)


def _require_below(administrators: frozenset[str], role: str) -> None:
    """Whoever holds an administrator's token must not be able to make more of them, or to lock the
    others out: that is for `motem client`. Raises NotAllowedHereError."""
    if role in administrators:
        raise NotAllowedHereError


def _told(one: Client) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "role": one.role,
        "body": one.body,
        "provinces": one.provinces,
        "sources": one.sources,
        "purposes": one.purposes,
        "perRequest": one.per_request,
        "scopes": one.scopes,
        "keys": [key.get("kid") for key in one.registered_keys],
        "keysUrl": one.keys_url,
        "enabled": one.enabled,
    }
