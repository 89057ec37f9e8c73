"""Use cases: let the rules look at the log, and take up, close and count what they noticed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

import audit
from audit import finding_store as store
from audit import queries
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome, Seen
from audit.finding_store import Conclusion, Finding, Rate, State, Step
from audit.findings import RULES, notice
from audit.queries import Wanted
from gateway.errors import ConflictError, WrongRequestError
from gateway.signature import require_reason
from gateway.surroundings import Actor, surroundings

__all__ = [
    "RULES",
    "Conclusion",
    "Finding",
    "Rate",
    "State",
    "Step",
    "assign",
    "close",
    "listed",
    "look",
    "rates",
    "shown",
    "take",
]
REVIEW = "unreviewed"
"""The rule of emergency accesses, whose findings stand open from the moment of each."""
ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:\-]{0,127}")
"""A name of an account; nothing else may come into the log by it."""
PAST = timedelta(days=30)
"""How far back an actor's own past is looked at."""


class ClosedError(ConflictError):
    """This finding is closed; or it was taken by somebody else."""

    vietnamese = "Phát hiện này đã đóng, hoặc người khác đã nhận."


class OwnFindingError(ConflictError):
    """This finding is about you, or about whom you name: somebody else must look into it."""

    vietnamese = (
        "Phát hiện này nói về chính bạn, hoặc về người được giao: phải do người khác xem xét."
    )


class WrongOwnerError(WrongRequestError):
    """No account has such a name."""

    vietnamese = "Không có tài khoản nào mang tên như vậy."


def look(
    session: Session,
    since: datetime,
    until: datetime,
    caller: Caller,
    staff: Sequence[Actor] = (),
) -> list[str]:
    """Ids of what the rules notice in a period and had not noticed before: whole days, not months.

    `staff`: accounts of people, as whoever employs them knows them. The transaction sees all rows.
    """
    wanted = Wanted(since=since, until=until)
    events = [found.event for found in queries.every(session, wanted)][::-1]
    decided = {one.record for one in events if one.action is Action.DECISION_MAKE and one.record}
    known = replace(
        surroundings(session, events, staff),
        past=store.shown_by_day(session, since - PAST, since),
        last=store.last_before(session, sorted({one.caller.who for one in events}), since),
        unreviewed=store.unreviewed(session, until),
        writers=store.writers(session, decided),
    )
    ids = store.add(session, notice(events, known), caller.who, datetime.now(UTC))
    told: dict[str, DetailValue] = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "findings": len(ids),
    }
    if ids:
        told |= {"named": " ".join(ids), "digests": store.digests(session, ids)}
    audit.append(session, AuditEvent(action=Action.FINDING_OPEN, caller=caller, detail=told))
    return ids


def shown(session: Session, id_: str, caller: Caller) -> tuple[Finding, Sequence[Step]] | None:
    """A finding with every state it was in; None where there is none."""
    found = store.one(session, id_)
    event = AuditEvent(
        action=Action.FINDING_READ,
        caller=caller,
        identity=found.noticed.child if found else None,
        outcome=Outcome.SUCCESS if found else Outcome.FAILURE,
        detail={"finding": id_} if found else {},
    )
    audit.append(session, event)
    return (found, store.history(session, id_)) if found else None


def assign(session: Session, id_: str, owner: str, caller: Caller) -> bool:
    """Somebody is to look into a finding, also instead of its owner; False where there is none.

    Raises WrongOwnerError for a name that no account has, ClosedError and OwnFindingError.
    """
    if not ACCOUNT.fullmatch(owner):
        raise WrongOwnerError
    step = Step(state=State.TAKEN, who=caller.who, owner=owner, occurred=datetime.now(UTC))
    return _change(session, id_, step, caller, from_anybody=True)


def take(session: Session, id_: str, caller: Caller) -> bool:
    """The caller looks into a finding; False where there is none. Raises ClosedError and
    OwnFindingError."""
    step = Step(state=State.TAKEN, who=caller.who, owner=caller.who, occurred=datetime.now(UTC))
    return _change(session, id_, step, caller)


def close(session: Session, id_: str, outcome: Conclusion, reason: str, caller: Caller) -> bool:
    """What came of a finding, and why; False where there is none. Raises ClosedError,
    OwnFindingError, and NoReasonError where nobody says why."""
    require_reason(reason)
    step = Step(
        state=State.CLOSED,
        who=caller.who,
        owner=caller.who,
        outcome=outcome,
        reason=reason,
        occurred=datetime.now(UTC),
    )
    return _change(session, id_, step, caller)


def listed(
    session: Session, caller: Caller, *, state: State | None = None, rule: str | None = None
) -> list[Finding]:
    """Findings, the newest first."""
    found = store.listed(session, state=state, rule=rule)
    children = sorted({one.noticed.child for one in found if one.noticed.child})
    event = AuditEvent(
        action=Action.FINDING_READ,
        caller=caller,
        detail={"findings": len(found)},
        seen=tuple(Seen(identity=child) for child in children),
    )
    audit.append(session, event)
    return found


def rates(session: Session, caller: Caller) -> Sequence[Rate]:
    """Of each rule, how many of its findings were false alarms."""
    event = AuditEvent(action=Action.FINDING_READ, caller=caller, detail={"question": "rates"})
    audit.append(session, event)
    return store.rates(session, [rule.name for rule in RULES])


def _change(
    session: Session, id_: str, step: Step, caller: Caller, *, from_anybody: bool = False
) -> bool:
    """`from_anybody`: also where somebody else owns it, who may have left."""
    store.lock(session, id_)
    found = store.one(session, id_)
    if found is None:
        event = AuditEvent(action=Action.FINDING_CHANGE, caller=caller, outcome=Outcome.FAILURE)
        audit.append(session, event)
        return False
    is_anothers = found.last.owner not in (None, caller.who) and not from_anybody
    if found.last.state is State.CLOSED or is_anothers:
        raise ClosedError
    if found.noticed.who in (caller.who, step.owner):
        raise OwnFindingError
    if found.noticed.rule == REVIEW and step.state is State.CLOSED:
        _reviewed(session, found, caller)
    store.add_step(session, id_, step)
    detail: dict[str, DetailValue] = {"finding": id_, "state": step.state.value}
    detail |= {"outcome": step.outcome.value} if step.outcome else {}
    detail |= {"owner": step.owner} if step.owner not in (None, caller.who) else {}
    audit.append(session, AuditEvent(action=Action.FINDING_CHANGE, caller=caller, detail=detail))
    return True


def _reviewed(session: Session, found: Finding, caller: Caller) -> None:
    told: dict[str, DetailValue] = {"override": found.noticed.key}
    event = AuditEvent(
        action=Action.OVERRIDE_REVIEW, caller=caller, identity=found.noticed.child, detail=told
    )
    audit.append(session, event)
