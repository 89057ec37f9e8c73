"""Use cases: receivers of changes, and bringing these to them: at least once, in order, signed.

What fails is tried again after a while, ever longer; after three days the entry is given up, told
to stewards, and the next one goes out. It can be polled for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.access.errors import NotAllowedHereError
from gateway.access.policy import Asking
from gateway.admission import Entrance
from gateway.changes import KeptChange, Place, as_told, seen_by
from gateway.database import retried, transaction
from gateway.errors import NotFoundError, WrongRequestError
from gateway.outside import pinned
from gateway.registry import changes, receivers
from gateway.registry.receivers import Receiver, Undelivered
from gateway.resending import bring, following, is_due
from gateway.subscribed import first_for, still
from gateway.telling import AT_ONCE, Clock, end, log, log_sending, message_id, pause, sent
from gateway.webhook import Reply, Send, new_secret

LEASE = timedelta(minutes=6)
"""Longer than they take, each with the longest wait."""
IDLE = timedelta(seconds=1)


def now() -> datetime:
    return datetime.now(UTC)


class WrongAddressError(WrongRequestError):
    """A receiver has an https address outside of private networks (MOTEM_RECEIVERS_INSIDE)."""

    vietnamese: ClassVar[str] = (
        "Bên nhận phải có địa chỉ https ngoài mạng nội bộ (MOTEM_RECEIVERS_INSIDE)."
    )


def add_receiver(
    session: Session, caller: Caller, name: str, url: str, since: datetime, *, inside: bool = False
) -> tuple[str, str]:
    """Id and secret, which is shown this once. `since`: from when on it is told.

    Raises WrongAddressError; a name that leads nowhere yet is taken.
    """
    try:
        pinned(url, inside=inside)
    except OSError:
        pass
    except ValueError as error:
        raise WrongAddressError from error
    told = changes.place_at(session, since)
    secret = new_secret()
    id_ = receivers.add(session, name, url, secret, told, now())
    log(session, caller, {"what": "add", "receiver": id_})
    return id_, secret


def stop_receiver(session: Session, caller: Caller, id_: str) -> None:
    """Raises NotFoundError."""
    if not receivers.stop(session, id_):
        raise NotFoundError
    log(session, caller, {"what": "stop", "receiver": id_})


def begin_again(session: Session, caller: Caller, id_: str, since: datetime) -> None:
    """Everything since then once more; also for one that was stopped. Raises NotFoundError."""
    if not receivers.begin_again(session, id_, changes.place_at(session, since), now()):
        raise NotFoundError
    log(session, caller, {"what": "again", "receiver": id_})


def receivers_of(session: Session, caller: Caller) -> list[Receiver]:
    audit.append(session, AuditEvent(action=Action.RECEIVER_READ, caller=caller))
    return receivers.all_of(session)


def given_up(session: Session, caller: Caller) -> Sequence[Undelivered]:
    """What could not be brought, the newest first."""
    audit.append(session, AuditEvent(action=Action.RECEIVER_READ, caller=caller))
    return receivers.given_up(session)


def deliver_due(
    engine: Engine,
    caller: Caller,
    send: Send,
    clock: Clock = now,
    entrance: Entrance | None = None,
) -> bool:
    """Bring what has changed to one receiver that is due; whether there was one.

    A process that ends amid this leaves it to the next one, from the first entry of which it was
    not written down that it arrived. `entrance`: says what clients may be told that subscribed.
    """
    moment = clock()
    one = retried(engine, lambda session: receivers.take_due(session, moment, moment + LEASE))
    if one is None:
        return False
    if one.terms is None:
        found = retried(engine, lambda session: _for_receiver(session, caller, one))
        stands = _brought(engine, caller, send, clock, one, found)
        if stands is not None:
            _turn_over(engine, stands, clock, more=found.more)
    else:
        _tell_subscriber(engine, caller, send, clock, one, entrance)
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Due:
    """What is to be told, the place after that, and whether there may be more at once."""

    entries: Sequence[KeptChange]
    last: Place
    more: bool


def _brought(
    engine: Engine, caller: Caller, send: Send, clock: Clock, one: Receiver, due: _Due
) -> Receiver | None:
    """The receiver after that; None where one was not taken, or it is not ours any more."""
    for entry in due.entries:
        reply = sent(send, one, message_id(entry), as_told(entry))
        if not reply.is_taken:
            _put_off(engine, caller, one, entry.place, reply, clock())
            return None
        one = replace(one, told=entry.place, failures=0, error=None)
        if not _written(engine, one, clock() + LEASE):
            return None  # Stopped, begun again, or taken by another meanwhile.
    return replace(one, told=due.last)


def _turn_over(engine: Engine, one: Receiver, clock: Clock, *, more: bool) -> None:
    _written(engine, one, clock() + (-IDLE if more else IDLE))


def _for_receiver(session: Session, caller: Caller, one: Receiver) -> _Due:
    """The log knows before it does."""
    found = changes.following(session, one.told, AT_ONCE)
    entries = list(seen_by(session, found))
    log_sending(session, caller, one, entries)
    last = found[-1].place if found else one.told
    return _Due(entries=entries, last=last, more=len(found) == AT_ONCE)


def _tell_subscriber(
    engine: Engine,
    worker: Caller,
    send: Send,
    clock: Clock,
    one: Receiver,
    entrance: Entrance | None,
) -> None:
    """By the rights of its client as they are now; first whether its address takes anything at all."""
    assert one.terms is not None, "a subscription has terms"
    ends = one.terms.is_over
    if ends is not None and ends <= clock():
        end(engine, worker, one, "ended")
        return
    try:
        if entrance is None:
            raise NotAllowedHereError
        asking = still(entrance, one)
    except NotAllowedHereError:
        end(engine, worker, one, "forbidden")
        return
    if not one.verified:
        _verify(engine, worker, send, clock, one)
        return
    caller = _subscriber(worker, one, asking)
    due = retried(engine, lambda session: _for_subscriber(session, caller, one, asking))
    stands = _brought(engine, worker, send, clock, one, due)
    if stands is None:
        return  # Both lanes wait: it is one address that took nothing.
    if is_due(stands, clock()):
        stands = _brought_again(engine, caller, worker, send, clock, stands, asking)
    _turn_over(engine, stands, clock, more=due.more or is_due(stands, clock()))


def _brought_again(
    engine: Engine,
    caller: Caller,
    worker: Caller,
    send: Send,
    clock: Clock,
    one: Receiver,
    asking: Asking | None,
) -> Receiver:
    due = retried(engine, lambda session: following(session, caller, one, asking))
    return bring(engine, worker, send, clock, one, due)


def _for_subscriber(session: Session, caller: Caller, one: Receiver, asking: Asking | None) -> _Due:
    found = changes.following(session, one.told, AT_ONCE)
    entry = first_for(session, one, asking, found)
    log_sending(session, caller, one, [entry] if entry else [])
    if entry is not None:
        return _Due(entries=(entry,), last=entry.place, more=True)
    last = found[-1].place if found else one.told
    return _Due(entries=(), last=last, more=len(found) == AT_ONCE)


def _subscriber(worker: Caller, one: Receiver, asking: Asking | None) -> Caller:
    """On whose behalf children are named: the client that learns of them."""
    if asking is None:
        return worker
    who, policy = asking.subject.client, asking.policy.sha256
    return Caller(who=who, system=who, purpose=asking.purpose, policy=policy)


def _verify(engine: Engine, caller: Caller, send: Send, clock: Clock, one: Receiver) -> None:
    """One message that names nobody: only an address that takes it is told anything."""
    told = {"type": "subscription.verified", "data": {"subscription": one.id}}
    reply = sent(send, one, f"msg_{one.id}_{one.version}", told)
    if not reply.is_taken:
        _put_off(engine, caller, one, None, reply, clock())
        return
    with transaction(engine) as session:
        if receivers.put(session, one, verified=True, failures=0, error=None, due=clock()):
            log(session, caller, {"what": "verified", "receiver": one.id})


def _written(engine: Engine, one: Receiver, due: datetime) -> bool:
    """Write down how far it was told; whether it is still ours."""
    place = {"leaf": one.told.leaf, "number": one.told.number}
    values = place | {"failures": 0, "error": one.error, "due": due}
    with transaction(engine) as session:
        return receivers.put(session, one, **values)


def _put_off(
    engine: Engine,
    caller: Caller,
    one: Receiver,
    place: Place | None,
    reply: Reply,
    moment: datetime,
) -> None:
    """Try again later, or give up the entry, or the receiver where it wants no more, or never took
    anything (without `place`)."""
    why, wait = reply.why or f"HTTP {reply.status}", pause(one.failures)
    if reply.is_gone or (place is None and wait is None):
        end(engine, caller, one, "gone" if reply.is_gone else why)
        return
    with transaction(engine) as session:
        if wait is not None:
            values = {"failures": one.failures + 1, "due": moment + wait, "error": why}
            receivers.put(session, one, **values)
            return
        assert place is not None, "without a place it has ended"
        told = {"leaf": place.leaf, "number": place.number}
        if receivers.put(session, one, failures=0, due=moment, error=why, **told):
            receivers.give_up(session, one, place, why, moment)
            log(session, caller, {"what": "given up", "receiver": one.id})
