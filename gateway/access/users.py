"""Use cases: people who may log in are added, shown, given a role and switched off; each is an event."""

import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller
from audit.purposes import PURPOSES
from gateway.access import tables
from gateway.access.clients import BODY, NAMED, PROVINCE, Client
from gateway.access.errors import WrongUserError
from gateway.access.scopes import EVERY
from gateway.errors import ConflictError, NotFoundError

ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
PREFIX = "user:"
"""Before the id of a person in the log, so that no machine can have the same name."""
_t = tables.user


class KnownUserError(ConflictError):
    """There is a user of this id, or with this subject of the provider, already."""

    vietnamese = "Đã có người dùng với mã này, hoặc với định danh này của nhà cung cấp."


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A person who may log in, and what the policy goes by.

    `issuer` and `subject`: who it is to the provider (`iss`, `sub` of its id_token).
    """

    id: str
    name: str
    role: str
    ministry: str | None = None
    body: str | None = None
    provinces: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    issuer: str | None = None
    subject: str | None = None
    enabled: bool = True

    @property
    def caller(self) -> Client:
        """As admission sees it. A person has no scopes (the policy decides alone), says the purpose
        with each request, and writes in no source."""
        return Client(
            id=PREFIX + self.id,
            name=self.name,
            role=self.role,
            body=self.body,
            provinces=self.provinces,
            purposes=self.purposes,
            per_request=True,
            scopes=EVERY,
        )


def add(session: Session, user: User, caller: Caller) -> None:
    """Raises WrongUserError, KnownUserError."""
    _require_sound(user)
    c = _t.c
    same = (c.issuer == user.issuer) & (c.subject == user.subject)
    if session.scalar(select(c.id).where(or_(c.id == user.id, same))):
        raise KnownUserError
    session.execute(insert(_t), [asdict(user) | {"changed": datetime.now(UTC)}])
    _told(session, caller, Action.USER_ADD, user.id, role=user.role)


def listed(session: Session, caller: Caller) -> list[User]:
    """All, by their ids."""
    found = [_user(row) for row in session.execute(select(_t).order_by(_t.c.id)).mappings()]
    _told(session, caller, Action.USER_READ, None, users=len(found))
    return found


def shown(session: Session, id_: str, caller: Caller) -> User:
    """Raises NotFoundError."""
    found = find(session, id_)
    if found is None:
        raise NotFoundError
    _told(session, caller, Action.USER_READ, id_)
    return found


def set_role(session: Session, id_: str, role: str, caller: Caller) -> None:
    """Another role; who is logged in has to do so again. Raises NotFoundError, WrongUserError."""
    known = find(session, id_)
    if known is None:
        raise NotFoundError
    _require_sound(replace(known, role=role))
    _change(session, id_, role=role)
    _told(session, caller, Action.USER_CHANGE, id_, role=role)


def switch(session: Session, id_: str, caller: Caller, *, enabled: bool) -> None:
    """On or off; off, the sessions are gone too. Raises NotFoundError."""
    if find(session, id_) is None:
        raise NotFoundError
    _change(session, id_, enabled=enabled)
    _told(session, caller, Action.USER_CHANGE, id_, enabled=enabled)


def find(session: Session, id_: str) -> User | None:
    """For the service itself."""
    row = session.execute(select(_t).where(_t.c.id == id_)).mappings().one_or_none()
    return _user(row) if row else None


def of_subject(session: Session, issuer: str, subject: str) -> User | None:
    """Who this is, by what the provider says of who logged in; None: nobody, who may do nothing."""
    c = _t.c
    query = select(_t).where(c.issuer == issuer, c.subject == subject, c.enabled)
    row = session.execute(query).mappings().one_or_none()
    return _user(row) if row else None


def _user(row: Any) -> User:
    told = {name: row[name] for name in User.__dataclass_fields__}
    lists = {name: tuple(told[name]) for name in ("provinces", "purposes")}
    return User(**told | lists)


def _change(session: Session, id_: str, **values: Any) -> None:
    changed = {"changed": datetime.now(UTC), **values}
    session.execute(update(_t).where(_t.c.id == id_).values(changed))
    session.execute(delete(tables.session).where(tables.session.c.user == id_))


def _told(
    session: Session, caller: Caller, action: Action, id_: str | None, **detail: str | int | bool
) -> None:
    named = {"user": id_} if id_ is not None else {}
    audit.append(session, AuditEvent(action=action, caller=caller, detail={**named, **detail}))


def _require_sound(user: User) -> None:
    texts = (user.name, user.ministry or "-", user.subject or "-")
    checks = {
        "id: 1 to 40 letters, digits, '.', '_' or '-'": bool(ID.fullmatch(user.id)),
        "name, ministry, subject: 1 to 200 characters": all(
            0 < len(one.strip()) <= 200 and one.isprintable() for one in texts
        ),
        "role: small letters, digits, '_' or '-'": bool(NAMED.fullmatch(user.role)),
        "province: two digits, '*' or 'unknown'": all(map(PROVINCE.fullmatch, user.provinces)),
        "body: as hospital:22103, home:…, commune:…, school:…": user.body is None
        or bool(BODY.fullmatch(user.body)),
        "purpose: at least one of the codes of docs/operations.md": bool(user.purposes)
        and set(user.purposes) <= PURPOSES.keys(),
        "subject: needs MOTEM_OIDC_ISSUER": user.subject is None or user.issuer is not None,
    }
    wrong = [sentence for sentence, holds in checks.items() if not holds]
    if wrong:
        raise WrongUserError("Wrong " + "; ".join(wrong))
