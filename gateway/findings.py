"""Use cases: let the rules look at the log, and take up, close and count what they noticed."""

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
from audit.noticing import Surroundings
from audit.queries import Wanted
from gateway.errors import ConflictError

__all__ = [
    "RULES",
    "Conclusion",
    "Finding",
    "Rate",
    "State",
    "close",
    "listed",
    "look",
    "rates",
    "take",
]
REVIEW = "unreviewed"
"""The rule of emergency accesses, whose findings stand open from the moment of each."""
PAST = timedelta(days=30)
"""How far back an actor's own past is looked at."""


class ClosedError(ConflictError):
    """This finding is closed; or it was taken by somebody else."""

    vietnamese = "Phát hiện này đã đóng, hoặc người khác đã nhận."


class OwnFindingError(ConflictError):
    """An emergency access is reviewed by somebody else than who had it."""

    vietnamese = "Truy cập khẩn cấp phải do người khác kiểm tra, không phải chính người đã mở."


def look(
    session: Session,
    since: datetime,
    until: datetime,
    caller: Caller,
    about: Surroundings | None = None,
) -> list[str]:
    """Ids of what the rules notice in a period and had not noticed before: whole days, not months.

    `about`: the look-ups of the rules; without it, those that need accounts notice nothing.
    """
    wanted = Wanted(since=since, until=until)
    events = [found.event for found in queries.every(session, wanted)][::-1]
    known = replace(
        about or Surroundings(),
        past=store.shown_by_day(session, since - PAST, since),
        last=store.last_before(session, sorted({one.caller.who for one in events}), since),
        unreviewed=store.unreviewed(session, until),
    )
    ids = store.add(session, notice(events, known), caller.who, datetime.now(UTC))
    told: dict[str, DetailValue] = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "findings": len(ids),
    }
    audit.append(session, AuditEvent(action=Action.FINDING_OPEN, caller=caller, detail=told))
    return ids


def take(session: Session, id_: str, caller: Caller) -> bool:
    """The caller looks into a finding; False where there is none. Raises ClosedError."""
    step = Step(state=State.TAKEN, who=caller.who, owner=caller.who, occurred=datetime.now(UTC))
    return _change(session, id_, step, caller)


def close(session: Session, id_: str, outcome: Conclusion, reason: str, caller: Caller) -> bool:
    """What came of a finding, and why; False where there is none. Raises ClosedError."""
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


def _change(session: Session, id_: str, step: Step, caller: Caller) -> bool:
    store.lock(session, id_)
    found = store.one(session, id_)
    if found is None:
        event = AuditEvent(action=Action.FINDING_CHANGE, caller=caller, outcome=Outcome.FAILURE)
        audit.append(session, event)
        return False
    if found.last.state is State.CLOSED or found.last.owner not in (None, caller.who):
        raise ClosedError
    if found.noticed.rule == REVIEW:
        _reviewed(session, found, step, caller)
    store.add_step(session, id_, step)
    detail: dict[str, DetailValue] = {"finding": id_, "state": step.state.value}
    detail |= {"outcome": step.outcome.value} if step.outcome else {}
    audit.append(session, AuditEvent(action=Action.FINDING_CHANGE, caller=caller, detail=detail))
    return True


def _reviewed(session: Session, found: Finding, step: Step, caller: Caller) -> None:
    """Raises OwnFindingError."""
    if found.noticed.who == caller.who:
        raise OwnFindingError
    if step.state is State.CLOSED:
        told: dict[str, DetailValue] = {"override": found.noticed.key}
        event = AuditEvent(
            action=Action.OVERRIDE_REVIEW, caller=caller, identity=found.noticed.child, detail=told
        )
        audit.append(session, event)
