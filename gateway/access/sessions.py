"""Use cases: a person's session begins at a login, ends by time or by hand, and is known by a cookie.

Of the secret in the cookie only its hash is kept; the token against forged requests is made of the
secret, so that it is kept nowhere.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.access import tables
from gateway.access.tokens import Holder, digest
from gateway.access.users import User, find

TOUCHED = timedelta(seconds=30)
"""How old the time of the last use may become before it is written anew."""
LOGIN_LASTS = timedelta(minutes=10)
"""From the way to the provider until the way back."""
_s, _l = tables.session, tables.login


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Seconds: without use, and in all."""

    idle: int
    longest: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """Who is logged in, and until when at most. `authenticated`: when it last proved who it is."""

    user: User
    until: datetime
    authenticated: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """A login on its way: all of it follows from one secret, which only the browser has."""

    secret: str = field(repr=False)

    @property
    def state(self) -> str:
        return _derived(self.secret, "state")

    @property
    def nonce(self) -> str:
        return _derived(self.secret, "nonce")

    @property
    def verifier(self) -> str:
        """Of PKCE (RFC 7636): 43 characters."""
        return _derived(self.secret, "verifier")


def begin(session: Session, *, fresh: bool) -> Begun:
    """`fresh`: the provider is to ask for the password again."""
    made = Begun(secret=secrets.token_urlsafe(32))
    now = datetime.now(UTC)
    row = {"digest": digest(made.secret), "fresh": fresh, "begun": now, "until": now + LOGIN_LASTS}
    session.execute(insert(_l), [row])
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenUp:
    """A login whose browser came back. `since`: when the password was to be asked for, if it was."""

    since: datetime | None


def take_up(session: Session, begun: Begun) -> TakenUp | None:
    """Once; None where there is none, or it took too long."""
    found = delete(_l).where(_l.c.digest == digest(begun.secret), _l.c.until > datetime.now(UTC))
    row = session.execute(found.returning(_l.c.fresh, _l.c.begun)).one_or_none()
    if row is None:
        return None
    return TakenUp(since=row.begun if row.fresh else None)


def open_for(
    session: Session, user: User, times: Times, authenticated: datetime, purpose: str, policy: str
) -> str:
    """The secret of a new session, which is told this once."""
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    row = {
        "digest": digest(secret),
        "user": user.id,
        "authenticated": authenticated,
        "seen": now,
        "idle": times.idle,
        "until": now + timedelta(seconds=times.longest),
    }
    session.execute(insert(_s), [row])
    _told(session, Action.SESSION_OPEN, user, purpose, policy)
    return secret


def opened(session: Session, secret: str) -> Opened | None:
    """Whose session this is; None where it is nobody's, or over."""
    row = _row(session, secret)
    user = find(session, row.user) if row else None
    if row is None or user is None or not user.enabled:
        return None
    return Opened(user=user, until=row.until, authenticated=row.authenticated)


def holder(session: Session, secret: str) -> Holder | None:
    """The same for admission."""
    found = opened(session, secret)
    if found is None:
        return None
    caller = found.user.caller
    return Holder(
        client=caller, scopes=caller.scopes, purpose=None, authenticated=found.authenticated
    )


def use(session: Session, secret: str) -> None:
    """From here on it is in use again, unless it is over."""
    row, now = _row(session, secret), datetime.now(UTC)
    if row is not None and row.seen < now - TOUCHED:
        session.execute(update(_s).where(_s.c.digest == digest(secret)).values(seen=now))


def close(session: Session, secret: str, purpose: str, policy: str) -> None:
    """Log out: the session is gone at once. Nothing where there is none."""
    found = opened(session, secret)
    session.execute(delete(_s).where(_s.c.digest == digest(secret)))
    if found is not None:
        _told(session, Action.SESSION_CLOSE, found.user, purpose, policy)


def forget(session: Session) -> None:
    """Remove what is over."""
    for table in (_s, _l):
        session.execute(delete(table).where(table.c.until < datetime.now(UTC)))


def csrf_of(secret: str) -> str:
    """What a page of ours must say with a request that changes something."""
    return _derived(secret, "csrf")


def is_csrf_of(secret: str, told: str) -> bool:
    return hmac.compare_digest(csrf_of(secret).encode(), told.encode("utf-8", "replace"))


def _derived(secret: str, what: str) -> str:
    made = hmac.new(secret.encode("utf-8", "replace"), what.encode(), sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _row(session: Session, secret: str) -> Any:
    now = datetime.now(UTC)
    query = select(_s).where(_s.c.digest == digest(secret), _s.c.until > now)
    row = session.execute(query).one_or_none()
    if row is None or row.seen + timedelta(seconds=row.idle) <= now:
        return None
    return row


def _told(session: Session, action: Action, user: User, purpose: str, policy: str) -> None:
    who = user.caller.id
    caller = Caller(who=who, system=who, purpose=purpose, policy=policy)
    audit.append(session, AuditEvent(action=action, caller=caller))
