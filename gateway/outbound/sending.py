"""Use cases: send a request for a birth registration, and ask the office what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from adapters.errors import PayloadError
from adapters.outbound import registration_reply
from adapters.outbound.registration_reply import Reply
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway.database import transaction
from gateway.outbound.child import child
from gateway.outbound.failures import (
    RefusedError,
    UnwelcomeError,
    WrongAnswerError,
)
from gateway.outbound.obstacles import (
    AlreadyRequestedError,
    CannotRequestError,
    check_unregistered,
    standing_request,
)
from gateway.outbound.platform import Platform
from gateway.registry import registrations
from gateway.registry.registration_states import OPEN, State
from gateway.registry.registrations import Registration, Step, Told

NOT_NEEDED = "KHONG_CAN_NUA"
"""Reason code of ours: since the draft the child has got a number, or another request."""
Change = Callable[[Session, Registration], Registration]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A request as it stands now, and what kept it from leaving, if something did."""

    request: Registration
    obstacle: CannotRequestError | None = None


def send(engine: Engine, platform: Platform, request_id: str, caller: Caller) -> Sent:
    """Send a draft; one that has left and whose arrival is not known goes again under its id.

    A request that needs no sending is given back as it is. One that is not needed any more is
    refused by us. Raises NotFoundError; UnreachableError and UnwelcomeError, and the request stays
    a draft that may have left; RefusedError, and it is refused.
    """
    platform.registrations.require()
    with transaction(engine) as session:
        ready = _prepare(session, request_id, caller)
    if ready.obstacle or ready.request.state is not State.DRAFTED:
        return ready
    content = (ready.request.draft.content or "").encode()
    try:
        answer = platform.hand_in(request_id, content)
    except UnwelcomeError:
        raise
    except RefusedError as error:
        told = Told(reason_code=error.detail)
        _change(engine, request_id, caller, lambda s, one: _moved(s, one, State.REFUSED, told))
        raise
    sent = _change(engine, request_id, caller, _arrived)
    return Sent(request=_told(engine, sent, answer, caller))


def refresh(engine: Engine, platform: Platform, request_id: str, caller: Caller) -> Registration:
    """Ask the office what became of a request.

    Raises NotFoundError, UnreachableError, RefusedError, WrongAnswerError (also where the reply
    cannot be read) and IllegalTransitionError: the request keeps its state.
    """
    platform.registrations.require()
    with transaction(engine) as session:
        one = registrations.one(session, request_id)
        waits = one.state in OPEN or (one.state is State.ANSWERED and not one.has_number)
        if one.state is State.DRAFTED or not waits:
            _log(session, one, caller, Action.REGISTRATION_READ)
            return one
        _log(session, one, caller, Action.REGISTRATION_ASK)
    return _told(engine, one, platform.news(request_id), caller)


def _prepare(session: Session, request_id: str, caller: Caller) -> Sent:
    registrations.lock(session)
    one = registrations.one(session, request_id)
    if one.state is not State.DRAFTED:
        _log(session, one, caller, Action.REGISTRATION_READ)
        return Sent(request=one)
    try:
        if not one.left:
            _check_needed(session, one)
    except CannotRequestError as obstacle:
        refused = _moved(session, one, State.REFUSED, Told(reason_code=NOT_NEEDED))
        _log(session, refused, caller, Action.REGISTRATION_CHANGE)
        return Sent(request=refused, obstacle=obstacle)
    if not one.left:
        one = registrations.append(session, one, replace(_again(one), left=True))
    _log(session, one, caller, Action.REGISTRATION_SEND)
    return Sent(request=one)


def _check_needed(session: Session, one: Registration) -> None:
    """Since it was drafted, identities may have become one, and numbers may have come."""
    found = child(session, one.identity_id)
    other = standing_request(session, found, but=one.id)
    if other is not None and (other.left or other.id < one.id):
        raise AlreadyRequestedError(f"{other.id}: {other.state}")
    check_unregistered(session, found)


def _again(one: Registration) -> Step:
    """The draft's own state once more, without its content."""
    return Step(state=State.DRAFTED, at=datetime.now(UTC), office=one.draft.office)


def _arrived(session: Session, one: Registration) -> Registration:
    """Another process may have sent it at the same time, and even have its answer."""
    return _moved(session, one, State.SENT, Told()) if one.state is State.DRAFTED else one


def _told(engine: Engine, one: Registration, content: bytes | None, caller: Caller) -> Registration:
    if content is None:
        return one
    try:
        reply = registration_reply.reply(content, one.id)
    except PayloadError as error:
        raise WrongAnswerError(error.rejection.problem) from None
    return _change(engine, one.id, caller, lambda session, now: _follow(session, now, reply))


def _follow(session: Session, one: Registration, reply: Reply) -> Registration:
    """The state that a reply leads to. The same news again changes nothing."""
    state, told = State(reply.state), _from(reply)
    last = one.steps[-1].told
    if state is one.state:
        again = state is not State.ANSWERED or told.personal_id in (None, last.personal_id)
        if again:
            return one
    if told.personal_id:
        _check_number(session, one, told.personal_id)
    return _moved(session, one, state, told)


def _check_number(session: Session, one: Registration, number: str) -> None:
    """No other number than before, and nobody else's. Raises WrongAnswerError."""
    before = {step.told.personal_id for step in one.steps} - {None}
    mine = child(session, one.identity_id).identities
    others = registrations.with_number(session, number)
    if before - {number} or any(other.identity_id not in mine for other in others):
        raise WrongAnswerError("soDinhDanh")


def _from(reply: Reply) -> Told:
    return Told(
        told_at=reply.at,
        receipt=reply.receipt,
        personal_id=reply.personal_id,
        entry=reply.registration,
        registered_on=reply.registered_on,
        reason_code=reply.reason_code,
        reason=reply.reason,
    )


def _change(engine: Engine, request_id: str, caller: Caller, change: Change) -> Registration:
    """One change in a transaction of its own, with its event."""
    with transaction(engine) as session:
        registrations.lock(session)
        before = registrations.one(session, request_id)
        after = change(session, before)
        if after is not before:
            _log(session, after, caller, Action.REGISTRATION_CHANGE)
    return after


def _moved(session: Session, one: Registration, state: State, told: Told) -> Registration:
    step = Step(state=state, at=datetime.now(UTC), left=state is not State.REFUSED, told=told)
    return registrations.append(session, one, step)


def _log(session: Session, one: Registration, caller: Caller, action: Action) -> None:
    event = AuditEvent(
        action=action,
        caller=caller,
        identity=one.identity_id,
        outcome=Outcome.REFUSED if one.state is State.REFUSED else Outcome.SUCCESS,
        detail={"request": one.id, "state": str(one.state)},
    )
    audit.append(session, event)
