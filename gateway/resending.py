"""Use cases: a Subscription is told once more what happened since a moment, beside what is new.

Two lanes, each in the order of the log: what is new goes out as ever, and what is told once more
goes from the moment on up to where the other lane is by then, so that it ends with the newest.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.access.policy import Asking
from gateway.changes import KeptChange, Place, as_told
from gateway.database import seeing_everything, transaction
from gateway.errors import ConflictError, GatewayError, NotFoundError
from gateway.exporting import asking_client
from gateway.fhir.errors import WithdrawnError
from gateway.registry import changes, receivers
from gateway.registry.receivers import Again, Receiver, State
from gateway.subscribed import first_for
from gateway.telling import (
    AT_ONCE,
    ONCE_MORE,
    Clock,
    end,
    log,
    log_sending,
    message_id,
    pause,
    sent,
)
from gateway.webhook import Reply, Send

SINCE = "Parameters.parameter.where(name='since')"


class NotYetError(GatewayError):
    """`since` lies ahead: only what has happened can be told once more."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "value"
    vietnamese: ClassVar[str] = "`since` ở tương lai: chỉ gửi lại được những gì đã xảy ra."
    expression = SINCE


class NotKeptSoLongError(GatewayError):
    """What happened at `since` is not kept. The first change that is kept is of"""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "value"
    vietnamese: ClassVar[str] = (
        "Không còn lưu thay đổi ở thời điểm `since`; thay đổi đầu tiên còn lưu: xem phần tiếng Anh."
    )
    expression = SINCE

    def __init__(self, first: datetime) -> None:
        super().__init__(f"{type(self).__doc__} {first.astimezone(UTC).isoformat()}.")


class NotToldError(ConflictError):
    """This Subscription is off, so nothing is told once more. Please switch it on first (PUT)."""

    vietnamese = "Subscription này đang tắt nên không gửi lại được. Xin bật lại trước (PUT)."
    expression = "Subscription.status"


def replay(session: Session, caller: Caller, id_: str, since: datetime) -> datetime:
    """For the client that asks; from when on it is told once more.

    Raises NotFoundError, also for that of another, WithdrawnError, NotToldError, NotYetError,
    NotKeptSoLongError.
    """
    client = asking_client()
    with seeing_everything(session):
        begun = _begin(session, receivers.subscription(session, client, id_), since)
    log(session, caller, {"what": "replay", "receiver": id_, "since": begun.isoformat()})
    return begun


def replay_for(session: Session, caller: Caller, id_: str, since: datetime) -> datetime:
    """The same for those who run the service, whosever it is."""
    begun = _begin(session, receivers.subscription_of_any(session, id_), since)
    log(session, caller, {"what": "replay", "receiver": id_, "since": begun.isoformat()})
    return begun


def _begin(session: Session, one: Receiver | None, since: datetime) -> datetime:
    """Where it is told once more already, from the earlier of both places on: nothing is left out."""
    if one is None:
        raise NotFoundError
    if one.state is State.DELETED:
        raise WithdrawnError
    if one.state is not State.ACTIVE:
        raise NotToldError
    now, first = datetime.now(UTC), changes.earliest(session)
    if since > now:
        raise NotYetError
    if first is not None and since < (second := first.replace(microsecond=0)):
        raise NotKeptSoLongError(second)  # In whole seconds it can be asked for by everybody.
    place = changes.place_at(session, since)
    if one.again is not None:
        place = min(place, one.again.place)
    receivers.tell_again(session, one.id, Again(place=place, failures=0, due=now))
    return since.astimezone(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """The entry to be told, if any; the place after what was looked at; whether that was all."""

    entry: KeptChange | None
    last: Place
    is_all: bool


def is_due(one: Receiver, moment: datetime) -> bool:
    """Whether there may be something to tell once more by now."""
    return one.again is not None and one.again.due <= moment


def following(session: Session, caller: Caller, one: Receiver, asking: Asking | None) -> Due:
    """What is next to be told once more: as far as the client may see it at this moment."""
    assert one.again is not None, "it is told once more"
    found = changes.following(session, one.again.place, AT_ONCE, one.told)
    entry = first_for(session, one, asking, found)
    log_sending(session, caller, one, [entry] if entry else [], replay=True)
    if entry is not None:
        return Due(entry=entry, last=entry.place, is_all=False)
    last = found[-1].place if found else one.again.place
    return Due(entry=None, last=last, is_all=len(found) < AT_ONCE)


def bring(
    engine: Engine, caller: Caller, send: Send, clock: Clock, one: Receiver, due: Due
) -> Receiver:
    """The receiver after that. What fails comes again by pauses of its own, or is given up."""
    if due.entry is None:
        return _kept(engine, caller, one, None if due.is_all else _after(one, due.last), one.error)
    reply = sent(send, one, message_id(due.entry), as_told(due.entry), ONCE_MORE)
    if reply.is_taken:
        return _kept(engine, caller, one, _after(one, due.last), None)
    if reply.is_gone:
        end(engine, caller, one, "gone")
        return one
    return _failed(engine, caller, one, due.last, reply, clock())


def _after(one: Receiver, place: Place) -> Again:
    assert one.again is not None, "it is told once more"
    return replace(one.again, place=place, failures=0)


def _kept(
    engine: Engine, caller: Caller, one: Receiver, again: Again | None, error: str | None
) -> Receiver:
    """As it is now; as it was where it was asked for from another place on meanwhile."""
    with transaction(engine) as session:
        if not receivers.put_again(session, one, again, error):
            return one
        if again is None:
            log(session, caller, {"what": "replayed", "receiver": one.id})
    return replace(one, again=again, error=error)


def _failed(
    engine: Engine, caller: Caller, one: Receiver, place: Place, reply: Reply, moment: datetime
) -> Receiver:
    assert one.again is not None, "it is told once more"
    why, wait = reply.why or f"HTTP {reply.status}", pause(one.again.failures)
    if wait is not None:
        again = replace(one.again, failures=one.again.failures + 1, due=moment + wait)
        return _kept(engine, caller, one, again, why)
    again = _after(one, place)
    with transaction(engine) as session:
        if not receivers.put_again(session, one, again, why):
            return one
        receivers.give_up(session, one, place, why, moment)
        log(session, caller, {"what": "given up", "receiver": one.id})
    return replace(one, again=again, error=why)
