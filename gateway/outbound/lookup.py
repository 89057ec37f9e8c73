"""Use case: ask the population database about a child; each question is logged before it leaves."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import ClassVar

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from ulid import ULID

import audit
from adapters.outbound.population_lookup import Question, question_about
from audit.event import Action, AuditEvent, Caller, Outcome, Seen, naming
from gateway.database import transaction
from gateway.outbound.child import Subject, subject
from gateway.outbound.failures import OutboundError, RefusedError, UnreachableError
from gateway.outbound.platform import Platform
from gateway.registry import candidates, lookups
from gateway.registry.lookups import SETTLED, KeptLookup, Result

__all__ = ["CannotAskError", "Looked", "Result", "candidates_for_lookup", "look_up"]


class CannotAskError(OutboundError):
    """A question needs a number of twelve digits, a name and a birth date; not all are known."""

    status = 422
    code = "business-rule"
    vietnamese: ClassVar[str] = (
        "Tra cứu cần số định danh 12 chữ số, họ tên và ngày sinh; hồ sơ chưa có đủ."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """How a look-up ended. `failure` says why the database was not reachable."""

    subject: str
    result: Result
    at: datetime
    transaction_id: str
    asked: bool
    """False: it was answered before, and nothing has left."""
    failure: OutboundError | None = None


def look_up(
    engine: Engine, platform: Platform, id_: str, caller: Caller, *, again: bool = False
) -> Looked:
    """Ask about a record (its own Patient) or a child (the golden one), or give the known result.

    A Patient that has not changed since it was answered is asked about only `again`. A question
    whose outcome is not known, also after a crash, keeps its transaction id. Raises NotFoundError,
    CannotAskError, and RestingError where nothing would be sent.
    """
    platform.lookups.require()
    with transaction(engine) as session:
        one = subject(session, id_)
        kept = _begin(session, one, caller, again=again)
        question = question_about(one.patient, kept.transaction_id)
        if kept.result is Result.ASKED and question is not None:
            lookups.add(session, kept, one.labels)
        _log(session, one, kept, caller, question)
    if kept.result in SETTLED:
        return _looked(kept, asked=False)
    if question is None:
        raise CannotAskError
    return _ask(engine, platform, one, kept, question, caller)


def candidates_for_lookup(session: Session, caller: Caller, most: int) -> list[str]:
    """Identities with a number that nobody has asked about, the oldest first."""
    found = list(islice(candidates.to_look_up(session), most))
    seen = (Seen(identity=one) for one in found)
    audit.append_many(session, naming(Action.PATIENT_SEARCH, caller, seen, {"count": len(found)}))
    return found


def _begin(session: Session, one: Subject, caller: Caller, *, again: bool) -> KeptLookup:
    """The result that still holds, or a question: a new one, or the one without outcome."""
    # Two who ask about one child at once ask the same question.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(one.id, 0))))
    last = lookups.last(session, one.id)
    same = last is not None and last.patient_version == one.version
    if last and same and last.result in SETTLED and not again:
        return last
    unknown = last if last and same and last.result not in SETTLED else None
    return KeptLookup(
        transaction_id=unknown.transaction_id if unknown else str(ULID()).lower(),
        subject=one.id,
        patient_version=one.version,
        identity_id=one.identity_id,
        at=datetime.now(UTC),
        result=Result.ASKED,
    )


def _log(
    session: Session, one: Subject, kept: KeptLookup, caller: Caller, question: Question | None
) -> None:
    action = Action.LOOKUP_READ if kept.result in SETTLED else Action.LOOKUP_ASK
    refused = question is None and action is Action.LOOKUP_ASK
    event = AuditEvent(
        action=action,
        caller=caller,
        record=one.record_id,
        identity=one.identity_id,
        outcome=Outcome.REFUSED if refused else Outcome.SUCCESS,
        detail={} if refused else {"transaction": kept.transaction_id, "version": one.version},
    )
    audit.append(session, event)


def _ask(
    engine: Engine,
    platform: Platform,
    one: Subject,
    kept: KeptLookup,
    question: Question,
    caller: Caller,
) -> Looked:
    failure: OutboundError | None = None
    try:
        result = Result.CONFIRMED if platform.ask(question) else Result.NOT_CONFIRMED
    except (UnreachableError, RefusedError) as error:
        result, failure = Result.NOT_REACHABLE, error
    ended = replace(kept, result=result, at=datetime.now(UTC))
    with transaction(engine) as session:
        lookups.add(session, ended, one.labels)
        event = AuditEvent(
            action=Action.LOOKUP_ANSWER,
            caller=caller,
            record=one.record_id,
            identity=one.identity_id,
            outcome=Outcome.FAILURE if failure else Outcome.SUCCESS,
            detail={"transaction": ended.transaction_id, "result": result.value},
        )
        audit.append(session, event)
    return _looked(ended, asked=True, failure=failure)


def _looked(kept: KeptLookup, *, asked: bool, failure: OutboundError | None = None) -> Looked:
    return Looked(
        subject=kept.subject,
        result=kept.result,
        at=kept.at,
        transaction_id=kept.transaction_id,
        asked=asked,
        failure=failure,
    )
