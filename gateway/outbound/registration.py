"""Use cases: draft a request for a birth registration or withdraw it, list requests, show one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from ulid import ULID

import audit
from adapters import communes
from adapters.formats.placeholders import read_name
from adapters.formats.values import VIETNAM
from adapters.legacy_text import clean
from adapters.outbound.reading import name_of
from adapters.outbound.registration_request import Draft, message
from adapters.outbound.registration_request import draft as form
from audit.event import Action, AuditEvent, Caller, Outcome, Seen, naming
from gateway.database import transaction
from gateway.outbound.child import Child, child
from gateway.outbound.obstacles import (
    AlreadyRequestedError,
    CannotRequestError,
    HasNameError,
    IncompleteError,
    UnknownOfficeError,
    UnusableNameError,
    check_unregistered,
    standing_request,
)
from gateway.registry import candidates, registrations
from gateway.registry.registration_states import HasLeftError, State
from gateway.registry.registrations import Registration, Step, Told

__all__ = [
    "Choices",
    "Registration",
    "State",
    "Step",
    "WithdrawalReason",
    "draft",
    "listed",
    "shown",
    "unfinished",
    "withdraw",
    "without_number",
]
MOST = 500
LONGEST_NAME = 255
"""Characters, as in the health standard's HO_TEN."""


class WithdrawalReason(StrEnum):
    """Why a draft is put aside. A choice: free text would hold child data."""

    WRONG_DATA = "wrong-data"
    FAMILY_FOUND = "family-found"
    ASKED_OTHERWISE = "asked-otherwise"
    """On paper, or by another system."""
    TEST = "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What a person chose where the records leave it open.

    `office`: a commune of today, else the one that made the minutes. `name`: proposed for a child
    who has none by the home, or by who cares for the child (BLDS 2015 Đ26k3).
    """

    office: str | None = None
    name: str | None = field(default=None, repr=False)


def draft(
    engine: Engine,
    id_: str,
    caller: Caller,
    *,
    chosen: Choices = Choices(),
    requester: str | None = None,
    renew: bool = False,
) -> Registration:
    """Draft the request for a child, from the form's data and the minutes that its records know.

    `renew`: a draft that has not left is written anew. Raises NotFoundError and the errors of
    `obstacles`; the log has both.
    """
    chosen = _checked(chosen)
    failure: CannotRequestError | None = None
    with transaction(engine) as session:
        registrations.lock(session)
        found = child(session, id_)
        try:
            made = _draft(session, found, chosen, requester, renew=renew)
        except CannotRequestError as error:
            failure = error
        detail = {} if failure else {"request": made.id}
        outcome = Outcome.REFUSED if failure else Outcome.SUCCESS
        event = AuditEvent(
            action=Action.REGISTRATION_DRAFT,
            caller=caller,
            identity=found.golden.id,
            outcome=outcome,
            detail=detail,
        )
        audit.append(session, event)
    if failure:
        raise failure
    return made


def _checked(chosen: Choices) -> Choices:
    if chosen.office is not None and communes.name_of(chosen.office) is None:
        raise UnknownOfficeError
    if chosen.name is None:
        return chosen
    name = clean(chosen.name)
    letters = name.replace(" ", "").replace("'", "").replace("-", "")
    if not letters.isalpha() or len(name) > LONGEST_NAME or read_name(name):
        raise UnusableNameError
    return replace(chosen, name=name)


def _draft(
    session: Session, found: Child, chosen: Choices, requester: str | None, *, renew: bool
) -> Registration:
    standing = standing_request(session, found)
    renewed = standing if renew and standing and _can_be_renewed(standing) else None
    if standing is not None and renewed is None:
        raise AlreadyRequestedError(f"{standing.id}: {standing.state}")
    check_unregistered(session, found)
    if chosen.name and name_of(found.golden.patient):
        raise HasNameError
    now = datetime.now(UTC)
    new = renewed or Registration(
        id=str(ULID()).lower(),
        identity_id=found.golden.id,
        created=now,
        labels=found.golden.labels,
    )
    filled = form(
        found.golden.patient,
        found.resources(session),
        request_id=new.id,
        made_at=now.astimezone(VIETNAM).isoformat(timespec="seconds"),
        office=chosen.office,
        name=chosen.name,
        requester=requester,
    )
    if filled.missing:
        raise IncompleteError(filled.missing)
    if renewed is None:
        registrations.add(session, new)
    return registrations.append(session, new, _step(filled, now))


def _can_be_renewed(standing: Registration) -> bool:
    return standing.state is State.DRAFTED and not standing.left


def _step(filled: Draft, now: datetime) -> Step:
    (office,) = filled.offices
    return Step(state=State.DRAFTED, at=now, office=office, content=message(filled).decode())


def withdraw(
    session: Session, request_id: str, reason: WithdrawalReason, caller: Caller
) -> Registration:
    """Put a draft aside that has not left. The child may be drafted for again, by name only.

    Raises NotFoundError, HasLeftError, IllegalTransitionError.
    """
    registrations.lock(session)
    one = registrations.one(session, request_id)
    if one.left:
        raise HasLeftError
    told = Told(reason_code=reason.value)
    step = Step(state=State.WITHDRAWN, at=datetime.now(UTC), told=told)
    ended = registrations.append(session, one, step)
    event = AuditEvent(
        action=Action.REGISTRATION_WITHDRAW,
        caller=caller,
        identity=one.identity_id,
        detail={"request": one.id, "reason": reason.value},
    )
    audit.append(session, event)
    return ended


def without_number(session: Session, caller: Caller, most: int) -> list[str]:
    """Found children without number for whom nobody asked yet, the oldest first."""
    found = list(islice(candidates.to_register(session), most))
    seen = (Seen(identity=one) for one in found)
    audit.append_many(session, naming(Action.PATIENT_SEARCH, caller, seen, {"count": len(found)}))
    return found


def unfinished(session: Session, caller: Caller, states: Collection[State]) -> list[str]:
    """Ids of requests in these states whose number has not come, the oldest first."""
    found = registrations.unfinished(session, states)
    _searched(session, caller, len(found))
    return found


def listed(
    session: Session, caller: Caller, states: Collection[State] = tuple(State), most: int = 50
) -> list[Registration]:
    """Requests in these states, the newest first."""
    found = registrations.newest(session, states, most)
    _searched(session, caller, len(found), [one.identity_id for one in found])
    return found


def _searched(session: Session, caller: Caller, count: int, children: Sequence[str] = ()) -> None:
    seen = (Seen(identity=one) for one in children)
    audit.append_many(session, naming(Action.REGISTRATION_SEARCH, caller, seen, {"count": count}))


def shown(session: Session, request_id: str, caller: Caller) -> Registration:
    """One request with its history and what was sent. Raises NotFoundError."""
    found = registrations.one(session, request_id)
    event = AuditEvent(
        action=Action.REGISTRATION_READ,
        caller=caller,
        identity=found.identity_id,
        detail={"request": found.id},
    )
    audit.append(session, event)
    return found
