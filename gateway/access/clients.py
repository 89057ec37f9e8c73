"""Use cases: clients are registered, shown, switched off and given keys; each is an event."""

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller
from audit.purposes import PURPOSES
from gateway.access import tables
from gateway.access.errors import WrongClientError
from gateway.access.keys import Jwk, UnusableKeyError, key_set, require_new
from gateway.access.policy import Subject
from gateway.access.scopes import is_known
from gateway.errors import ConflictError, NotFoundError

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROVINCE = re.compile(r"\d{2}|\*|unknown")
BODY = re.compile(r"(hospital|home|commune|school):[A-Za-z0-9._-]{1,60}")
NAMED = re.compile(r"[a-z0-9_-]{1,40}")


class KnownClientError(ConflictError):
    """There is a client of this id already."""

    vietnamese = "Đã có hệ thống với mã này."


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """A machine that may ask for tokens. `keys`: a JWK Set; else `keys_url`, where it is fetched.

    `body`: the custodian that it is itself. `provinces`: two-digit codes, `*` or `unknown`.
    `sources`: in which it may write. `per_request`: it may name its purpose with each request.
    """

    id: str
    name: str
    role: str
    body: str | None = None
    provinces: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    per_request: bool = False
    scopes: tuple[str, ...] = ()
    keys: str | None = field(default=None, repr=False)
    keys_url: str | None = None
    enabled: bool = True

    @property
    def subject(self) -> Subject:
        """As the policy sees it."""
        return Subject(
            client=self.id,
            role=self.role,
            body=self.body or "",
            provinces=frozenset(self.provinces),
        )

    @property
    def registered_keys(self) -> tuple[Jwk, ...]:
        """Those that stand with it; none where they are fetched."""
        return key_set(self.keys.encode()) if self.keys else ()


def add(session: Session, client: Client, caller: Caller) -> None:
    """Register a client. Raises WrongClientError, KnownClientError."""
    _require_sound(client)
    c = tables.client.c
    if session.scalar(select(c.id).where(c.id == client.id)):
        raise KnownClientError
    session.execute(insert(tables.client), [asdict(client) | {"changed": datetime.now(UTC)}])
    _told(session, caller, Action.CLIENT_ADD, client.id, role=client.role)


def listed(session: Session, caller: Caller) -> list[Client]:
    """All clients, by their ids."""
    rows = session.execute(select(tables.client).order_by(tables.client.c.id))
    found = [client_of(row._mapping) for row in rows]
    _told(session, caller, Action.CLIENT_READ, None, clients=len(found))
    return found


def shown(session: Session, id_: str, caller: Caller) -> Client:
    """One client. Raises NotFoundError."""
    found = find(session, id_)
    if found is None:
        raise NotFoundError
    _told(session, caller, Action.CLIENT_READ, id_)
    return found


def switch(session: Session, id_: str, caller: Caller, *, enabled: bool) -> None:
    """Switch a client on or off; off, its tokens are gone too. Raises NotFoundError."""
    _change(session, id_, enabled=enabled)
    if not enabled:
        session.execute(delete(tables.token).where(tables.token.c.client == id_))
    _told(session, caller, Action.CLIENT_CHANGE, id_, enabled=enabled)


def set_keys(
    session: Session, id_: str, caller: Caller, *, keys: str | None, keys_url: str | None
) -> None:
    """Give a client other keys: its tokens end. Raises NotFoundError, WrongClientError."""
    _require_keys(keys, keys_url)
    _change(session, id_, keys=keys, keys_url=keys_url)
    session.execute(delete(tables.token).where(tables.token.c.client == id_))
    _told(session, caller, Action.CLIENT_CHANGE, id_, keys="url" if keys_url else "inline")


def find(session: Session, id_: str) -> Client | None:
    """A client for the service itself, which tells of it by what it does."""
    row = session.execute(select(tables.client).where(tables.client.c.id == id_)).one_or_none()
    return client_of(row._mapping) if row else None


def client_of(row: Any) -> Client:
    """From its row."""
    told: dict[str, Any] = {}
    for name in Client.__dataclass_fields__:
        told[name] = tuple(row[name]) if isinstance(row[name], list) else row[name]
    return Client(**told)


def _change(session: Session, id_: str, **values: Any) -> None:
    c = tables.client.c
    changed = update(tables.client).where(c.id == id_).values(changed=datetime.now(UTC), **values)
    if not session.execute(changed.returning(c.id)).all():
        raise NotFoundError


def _told(
    session: Session, caller: Caller, action: Action, id_: str | None, **detail: str | int | bool
) -> None:
    named = {"client": id_} if id_ is not None else {}
    audit.append(session, AuditEvent(action=action, caller=caller, detail={**named, **detail}))


def _require_sound(client: Client) -> None:
    checks = {
        "id: 1 to 64 letters, digits, '.', '_' or '-'": _all(ID, client.id),
        "role: small letters, digits, '_' or '-'": _all(NAMED, client.role),
        "name: 1 to 200 characters": 0 < len(client.name.strip()) <= 200
        and "\0" not in client.name,
        "province: two digits, '*' or 'unknown'": _all(PROVINCE, *client.provinces),
        "source: a name of docs/sources": _all(NAMED, *client.sources),
        "body: as hospital:22103, home:…, commune:…, school:…": client.body is None
        or _all(BODY, client.body),
        "purpose: at least one of the codes of docs/operations.md": bool(client.purposes)
        and set(client.purposes) <= PURPOSES.keys(),
        "scope: at least one, as docs/access.md lists them": bool(client.scopes)
        and all(map(is_known, client.scopes)),
    }
    wrong = [sentence for sentence, holds in checks.items() if not holds]
    if wrong:
        raise WrongClientError("Wrong " + "; ".join(wrong))
    _require_keys(client.keys, client.keys_url)


def _all(form: re.Pattern[str], *values: str) -> bool:
    return all(form.fullmatch(value) for value in values)


def _require_keys(keys: str | None, keys_url: str | None) -> None:
    if (keys is None) == (keys_url is None):
        raise WrongClientError("Keys: either a JWK Set, or the address of one.")
    if keys_url is not None and not keys_url.startswith(("https://", "http://")):
        raise WrongClientError("Keys: an address begins with https://")
    try:
        if keys is not None:
            require_new(key_set(keys.encode()))
    except UnusableKeyError as error:
        raise WrongClientError(f"Keys: {error}") from None


def as_set(content: bytes) -> str:
    """A JWK Set out of a file that holds one, or one JWK. Raises WrongClientError."""
    try:
        told = json.loads(content)
    except ValueError:
        raise WrongClientError("Keys: the file is no JSON.") from None
    return json.dumps({"keys": [told]} if isinstance(told, dict) and "kty" in told else told)
