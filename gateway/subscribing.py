"""Use cases: a client subscribes to changes of children (FHIR Subscription), changes that, and ends it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy.orm import Session

import audit
from adapters.contract import Resource
from audit.event import Action, AuditEvent, Caller
from gateway.access.errors import ScopeError
from gateway.database import seeing_everything
from gateway.errors import GatewayError, NotFoundError
from gateway.exporting import asking_client, may_take
from gateway.feed_words import VersionError
from gateway.fhir.errors import WithdrawnError
from gateway.outside import pinned
from gateway.registry import changes, receivers, subscription_versions
from gateway.registry.receivers import Owner, Receiver, State
from gateway.registry.subscription_versions import Method
from gateway.subscription_form import (
    KIND,
    UnsupportedSubscriptionError,
    Wanted,
    resource_of,
    status_of,
    wanted_of,
)
from gateway.webhook import new_secret

MOST = 20
"""Subscriptions of one client: all of them are on one page."""


class TooManySubscriptionsError(GatewayError):
    """This client has as many Subscriptions as one may have. Please delete some."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "too-costly"
    vietnamese: ClassVar[str] = "Hệ thống này đã có tối đa số Subscription. Xin xóa bớt."


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A Subscription as it stands. `secret`: by which notifications are signed, shown only once."""

    resource: Resource = field(repr=False)
    version: int
    changed: datetime
    secret: str | None = field(default=None, repr=False)


def subscribe(session: Session, caller: Caller, sent: Resource, *, inside: bool = False) -> Kept:
    """From now on. Raises UnsupportedSubscriptionError, TooManySubscriptionsError, ScopeError."""
    now = datetime.now(UTC)
    wanted = _wanted(sent, now, inside=inside)
    client, secret = asking_client(), new_secret()
    owner = Owner(client=client, purpose=caller.purpose, terms=wanted.terms)
    with seeing_everything(session):
        receivers.lock(session, client)
        if len(receivers.subscriptions(session, client)) >= MOST:
            raise TooManySubscriptionsError
        told = changes.place_at(session, now)
        state = _state_of(wanted)
        id_ = receivers.add(session, caller.system, wanted.url, secret, told, now, owner, state)
        one = _own(session, id_)
        subscription_versions.keep(session, one, Method.POST)
    _log(session, caller, "subscribe", id_)
    return _kept(one, secret)


def revise(
    session: Session,
    caller: Caller,
    id_: str,
    sent: Resource,
    version: int | None,
    *,
    inside: bool = False,
    method: Method = Method.PUT,
) -> Kept:
    """Anew as it is sent, and verified anew; what happened while it was off is told then.

    Raises NotFoundError, WithdrawnError, VersionError, UnsupportedSubscriptionError, ScopeError.
    """
    now = datetime.now(UTC)
    if sent.get("id") != id_:
        raise UnsupportedSubscriptionError("id", "It must be that of the URL.")
    wanted = _wanted(sent, now, inside=inside)
    with seeing_everything(session):
        one = _own(session, id_)
        _require(one, version)
        receivers.revise(
            session,
            one,
            now,
            url=wanted.url,
            terms=asdict(wanted.terms),
            purpose=caller.purpose,
            state=_state_of(wanted),
            verified=False,
            error=None,
            due=now,
        )
        one = _own(session, id_)
        subscription_versions.keep(session, one, method)
    _log(session, caller, "revise", id_)
    return _kept(one)


def patch(
    session: Session,
    caller: Caller,
    id_: str,
    change: Callable[[Resource], Resource],
    version: int | None,
    *,
    inside: bool = False,
) -> Kept:
    """What is made of it as it is shown, as `revise`; and raises also what `change` raises."""
    with seeing_everything(session):
        one = _own(session, id_)
        _require(one, version)
    made = change(resource_of(one))
    if made.get("resourceType") != KIND:
        raise UnsupportedSubscriptionError("", "It stays a Subscription.")
    return revise(session, caller, id_, made, version, inside=inside, method=Method.PATCH)


def unsubscribe(session: Session, caller: Caller, id_: str, version: int | None) -> None:
    """Nothing more is told; its secret and headers are gone. Raises as `revise` does."""
    with seeing_everything(session):
        one = _own(session, id_)
        _require(one, version)
        assert one.terms is not None, "a subscription has terms"
        bare = asdict(one.terms) | {"headers": []}
        receivers.revise(
            session, one, datetime.now(UTC), state=State.DELETED, secret="", terms=bare
        )
        subscription_versions.keep(session, _own(session, id_), Method.DELETE)
    _log(session, caller, "unsubscribe", id_)


def read(session: Session, caller: Caller, id_: str) -> Kept:
    """Raises NotFoundError, also for that of another; WithdrawnError for one that was deleted."""
    with seeing_everything(session):
        one = _own(session, id_)
    if one.state is State.DELETED:
        raise WithdrawnError
    _log(session, caller, "read", id_, Action.RECEIVER_READ)
    return _kept(one)


def search(
    session: Session, caller: Caller, ids: Sequence[str], statuses: Sequence[str]
) -> list[Kept]:
    """Those of the client, the oldest first; with an id and a status among those named, if any are."""
    with seeing_everything(session):
        found = receivers.subscriptions(session, asking_client())
    audit.append(session, AuditEvent(action=Action.RECEIVER_READ, caller=caller))
    return [
        _kept(one)
        for one in found
        if (not ids or one.id in ids) and (not statuses or status_of(one) in statuses)
    ]


def _wanted(sent: Resource, now: datetime, *, inside: bool) -> Wanted:
    """Whoever is told of Patients must be allowed to read them."""
    if not may_take("Patient"):
        raise ScopeError
    wanted = wanted_of(sent, now)
    try:
        pinned(wanted.url, inside=inside)
    except OSError:
        pass  # A name that leads nowhere yet: it stays `requested`.
    except ValueError as error:
        why = "An https address outside of private networks."
        raise UnsupportedSubscriptionError("channel.endpoint", why) from error
    return wanted


def _state_of(wanted: Wanted) -> State:
    return State.ACTIVE if wanted.is_on else State.STOPPED


def _own(session: Session, id_: str) -> Receiver:
    found = receivers.subscription(session, asking_client(), id_)
    if found is None:
        raise NotFoundError
    return found


def _require(one: Receiver, version: int | None) -> None:
    if one.state is State.DELETED:
        raise WithdrawnError
    if version is not None and version != one.version:
        raise VersionError


def _kept(one: Receiver, secret: str | None = None) -> Kept:
    assert one.changed is not None, "a subscription says when it was changed"
    return Kept(resource=resource_of(one), version=one.version, changed=one.changed, secret=secret)


def own(session: Session, id_: str) -> Receiver:
    """One of the client that asks, also one that it took back. Raises NotFoundError."""
    with seeing_everything(session):
        return _own(session, id_)


def _log(
    session: Session, caller: Caller, what: str, id_: str, action: Action = Action.RECEIVER_CHANGE
) -> None:
    detail = {"what": what, "receiver": id_}
    audit.append(session, AuditEvent(action=action, caller=caller, detail=detail))
