"""Use cases: receivers of changes, and bringing these to them: at least once, in order, signed.

What fails is tried again after a while, ever longer; after three days the entry is given up, told
to stewards, and the next one goes out. It can be polled for ever.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import uniform
from typing import ClassVar

import orjson
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue, Seen, naming
from gateway.changes import KeptChange, Place, as_told, seen_by
from gateway.database import retried, transaction
from gateway.errors import NotFoundError, WrongRequestError
from gateway.outside import pinned
from gateway.registry import changes, receivers
from gateway.registry.receivers import Receiver, State, Undelivered
from gateway.webhook import Reply, Send, new_secret

AT_ONCE = 20
"""Entries that are taken for one receiver at a time: all of them are in the log before the first."""
LEASE = timedelta(minutes=6)
"""Longer than they take, each with the longest wait."""
IDLE = timedelta(seconds=1)
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Before the next attempt, as Standard Webhooks propose: three days in all."""
JITTER = 0.2
"""Share of a pause by which it is longer or shorter: receivers that were away come back at once."""

Clock = Callable[[], datetime]


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
    _log(session, caller, {"what": "add", "receiver": id_})
    return id_, secret


def stop_receiver(session: Session, caller: Caller, id_: str) -> None:
    """Raises NotFoundError."""
    if not receivers.stop(session, id_):
        raise NotFoundError
    _log(session, caller, {"what": "stop", "receiver": id_})


def begin_again(session: Session, caller: Caller, id_: str, since: datetime) -> None:
    """Everything since then once more; also for one that was stopped. Raises NotFoundError."""
    if not receivers.begin_again(session, id_, changes.place_at(session, since), now()):
        raise NotFoundError
    _log(session, caller, {"what": "again", "receiver": id_})


def receivers_of(session: Session, caller: Caller) -> list[Receiver]:
    audit.append(session, AuditEvent(action=Action.RECEIVER_READ, caller=caller))
    return receivers.all_of(session)


def given_up(session: Session, caller: Caller) -> Sequence[Undelivered]:
    """What could not be brought, the newest first."""
    audit.append(session, AuditEvent(action=Action.RECEIVER_READ, caller=caller))
    return receivers.given_up(session)


def _log(session: Session, caller: Caller, detail: Mapping[str, DetailValue]) -> None:
    audit.append(session, AuditEvent(action=Action.RECEIVER_CHANGE, caller=caller, detail=detail))


def deliver_due(engine: Engine, caller: Caller, send: Send, clock: Clock = now) -> bool:
    """Bring what has changed to one receiver that is due; whether there was one.

    A process that ends amid this leaves it to the next one, from the first entry of which it was
    not written down that it arrived.
    """
    taken = retried(engine, lambda session: _taken(session, caller, clock()))
    if taken is None:
        return False
    one, found, last = taken
    for entry in found:
        reply = send(one.url, one.secret, message_id(entry), orjson.dumps(as_told(entry)))
        if not reply.is_taken:
            _put_off(engine, caller, one, entry, reply, clock())
            return True
        one = replace(one, told=entry.place, failures=0)
        if not _written(engine, one, clock() + LEASE):
            return True  # Stopped, begun again, or taken by another meanwhile.
    _written(engine, replace(one, told=last), clock() + (IDLE if len(found) < AT_ONCE else -IDLE))
    return True


def _taken(
    session: Session, caller: Caller, moment: datetime
) -> tuple[Receiver, list[KeptChange], Place] | None:
    """A receiver, what it is to be told, and the place after that; the log knows before it does."""
    one = receivers.take_due(session, moment, moment + LEASE)
    if one is None:
        return None
    found = changes.following(session, one.told, AT_ONCE)
    entries = list(seen_by(session, found))
    seen = sorted({(entry.identity, id_) for entry in entries for id_ in entry.records})
    if seen:
        told = (Seen(identity=identity, record=id_) for identity, id_ in seen)
        detail: dict[str, DetailValue] = {"receiver": one.id, "entries": len(entries)}
        audit.append_many(session, naming(Action.CHANGES_SEND, caller, told, detail))
    return one, entries, found[-1].place if found else one.told


def _written(engine: Engine, one: Receiver, due: datetime) -> bool:
    """Write down how far it was told; whether it is still ours."""
    values = {"leaf": one.told.leaf, "number": one.told.number, "failures": 0, "due": due}
    with transaction(engine) as session:
        return receivers.put(session, one, **values)


def _put_off(
    engine: Engine, caller: Caller, one: Receiver, entry: KeptChange, reply: Reply, moment: datetime
) -> None:
    """Try again later, or give up the entry, or the receiver where it wants no more."""
    why = reply.why or f"HTTP {reply.status}"
    with transaction(engine) as session:
        if reply.is_gone:
            if receivers.put(session, one, state=State.GONE):
                _log(session, caller, {"what": "gone", "receiver": one.id})
        elif one.failures < len(PAUSES):
            pause = PAUSES[one.failures] * uniform(1 - JITTER, 1 + JITTER)
            receivers.put(session, one, failures=one.failures + 1, due=moment + pause)
        else:
            place = {"leaf": entry.place.leaf, "number": entry.place.number}
            if receivers.put(session, one, failures=0, due=moment, **place):
                receivers.give_up(session, one, entry.place, why, moment)
                _log(session, caller, {"what": "given up", "receiver": one.id})


def message_id(entry: KeptChange) -> str:
    """The same each time that the entry is sent, so that a receiver can pass over what it has."""
    return f"msg_{entry.place.leaf}_{entry.place.number}"
