"""Use cases: an assertion becomes an access token, once; whom a token belongs to."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.access import tables
from gateway.access.assertion import SKEW, Assertion, RefusedAssertionError
from gateway.access.clients import Client, client_of, find
from gateway.access.scopes import granted, purposes_in, without_purposes
from gateway.prepared import Prepared

LASTS = 300
"""Seconds that a token is good for."""


HOLDER = Prepared(
    select(
        tables.client,
        tables.token.c.scopes.label("granted"),
        tables.token.c.purpose.label("bound"),
    )
    .join_from(tables.token, tables.client)
    .where(
        tables.token.c.digest == bindparam("digest"),
        tables.token.c.expires > bindparam("now"),
        tables.client.c.enabled,
    )
)


class RefusedScopeError(Exception):
    """None of these scopes can be given, or the purpose of use is not clear; says which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Issued:
    """A token as it is given out, this one time. `purpose`: bound to it; None: with each request."""

    token: str
    scopes: tuple[str, ...]
    purpose: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Whose token it is, and what it is good for. `child`: whom it has open in an emergency."""

    client: Client
    scopes: tuple[str, ...]
    purpose: str | None
    child: str | None = None
    authenticated: datetime | None = None
    """Of a person: when it last proved who it is."""


def issue(session: Session, said: Assertion, asked: Collection[str], policy: str) -> Issued:
    """A token for a believed assertion, in one transaction with the note that it was used.

    `asked`: scopes. Raises RefusedAssertionError (no such client any more, or used before) and
    RefusedScopeError.
    """
    client = find(session, said.client)
    if client is None or not client.enabled:
        raise RefusedAssertionError("client")
    _use(session, said)
    made = Issued(
        token=secrets.token_urlsafe(32),
        scopes=_scopes(client, asked),
        purpose=_purpose(client, asked),
    )
    row = {
        "digest": digest(made.token),
        "client": client.id,
        "scopes": list(made.scopes),
        "purpose": made.purpose,
        "expires": datetime.now(UTC) + timedelta(seconds=LASTS),
    }
    session.execute(insert(tables.token), [row])
    audit.append(session, _event(client, made, policy))
    return made


def _use(session: Session, said: Assertion) -> None:
    """The unique index decides, whichever process is asked; whoever is second waits for the first."""
    row = {
        "client": said.client,
        "jti": said.jti,
        "expires": datetime.fromtimestamp(said.expires + 2 * SKEW, UTC),
    }
    once = insert_or(tables.used).values(row).on_conflict_do_nothing()
    if not session.execute(once.returning(tables.used.c.jti)).all():
        raise RefusedAssertionError("replay")


def _scopes(client: Client, asked: Collection[str]) -> tuple[str, ...]:
    found = granted(without_purposes(asked), client.scopes)
    if not found:
        raise RefusedScopeError("None of these scopes is registered for this client.")
    return found


def _purpose(client: Client, asked: Collection[str]) -> str | None:
    """Told by a scope, else the only one of the client, else with each request; never guessed."""
    told = purposes_in(asked)
    if len(told) > 1 or not set(told) <= set(client.purposes):
        raise RefusedScopeError("One purpose/<code>, of those registered for this client.")
    if told:
        return told[0]
    if client.per_request:
        return None
    if len(client.purposes) > 1:
        raise RefusedScopeError("This client has several purposes: name one, purpose/<code>.")
    return client.purposes[0]


def _event(client: Client, made: Issued, policy: str) -> AuditEvent:
    return AuditEvent(
        action=Action.TOKEN_ISSUE,
        caller=Caller(
            who=client.id, system=client.id, purpose=made.purpose or "HOPERAT", policy=policy
        ),
        detail={"scopes": " ".join(made.scopes), "bound": made.purpose is not None},
    )


def digest(token: str) -> str:
    """As it is kept: a token of 256 random bits needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def holder(session: Session, token: str) -> Holder | None:
    """Whose token this is; None where it is nobody's, or over, or its client is switched off."""
    found = HOLDER.rows(session, {"digest": digest(token), "now": datetime.now(UTC)})
    if not found:
        return None
    (told,) = found  # The digest is the table's key.
    scopes, purpose = told.pop("granted"), told.pop("bound")
    return Holder(client=client_of(told), scopes=tuple(scopes), purpose=purpose)


def forget(session: Session) -> None:
    """Remove tokens and used assertions whose time is over."""
    for table in (tables.token, tables.used):
        session.execute(delete(table).where(table.c.expires < datetime.now(UTC)))
