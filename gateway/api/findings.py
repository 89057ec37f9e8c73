"""What the rules noticed in the access log, over HTTP: listed, taken, given to somebody, closed."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import findings
from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, Transaction
from gateway.api.outcome import failure
from gateway.api.payload import Document, parsed
from gateway.errors import NotFoundError
from gateway.findings import RULES, Conclusion, Finding, Rate, State, Step
from gateway.signature import LONGEST_REASON

router = APIRouter(prefix="/audit")
WORDS = {rule.name: rule.words for rule in RULES}
Id = Annotated[str, Path(pattern="^[0-9A-HJKMNP-TV-Z]{26}$")]
RuleName = Annotated[str | None, Query(pattern=f"^({'|'.join(WORDS)})$")]


class Taking(BaseModel):
    """An order that needs no words; it is JSON all the same, which no web form can send."""

    model_config = ConfigDict(extra="forbid")


class Assigning(BaseModel):
    """Who is to look into it: an account, as the log names it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    owner: str = Field(max_length=128)


class Closing(BaseModel):
    """What came of it, and why."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    outcome: Conclusion
    reason: str = Field(max_length=LONGEST_REASON)


@router.get("/findings")
def list_findings(
    session: Transaction,
    caller: CurrentCaller,
    state: Annotated[State | None, Query()] = None,
    rule: RuleName = None,
) -> Response:
    """The newest findings, 200 at most."""
    found = findings.listed(session, caller, state=state, rule=rule)
    return answers.document({"findings": [_told(one) for one in found]})


@router.get("/rules")
def list_rules(session: Transaction, caller: CurrentCaller) -> Response:
    """The rules, and how often each was wrong so far."""
    return answers.document({"rules": [_rate(one) for one in findings.rates(session, caller)]})


@router.get("/findings/{finding}")
def read_finding(finding: Id, session: Transaction, caller: CurrentCaller) -> Response:
    """One finding, with every state that it was in."""
    return _shown(session, finding, caller)


@router.post("/findings/{finding}/taken")
def take_finding(
    finding: Id, document: Document, session: Transaction, caller: CurrentCaller
) -> Response:
    """Say that you look into a finding."""
    parsed(Taking, document)
    return _changed(findings.take(session, finding, caller), session, finding, caller)


@router.post("/findings/{finding}/owner")
def assign_finding(
    finding: Id, document: Document, session: Transaction, caller: CurrentCaller
) -> Response:
    """Give a finding to somebody, also instead of its owner."""
    owner = parsed(Assigning, document).owner
    return _changed(findings.assign(session, finding, owner, caller), session, finding, caller)


@router.post("/findings/{finding}/outcome")
def close_finding(
    finding: Id, document: Document, session: Transaction, caller: CurrentCaller
) -> Response:
    """Say what came of a finding, and why."""
    told = parsed(Closing, document)
    known = findings.close(session, finding, told.outcome, told.reason, caller)
    return _changed(known, session, finding, caller)


def _changed(known: bool, session: Session, finding: str, caller: Caller) -> Response:
    # Returned, not raised: the event that somebody tried in vain is to be kept.
    return _shown(session, finding, caller) if known else failure(NotFoundError())


def _shown(session: Session, finding: str, caller: Caller) -> Response:
    found = findings.shown(session, finding, caller)
    if found is None:
        return failure(NotFoundError())
    one, steps = found
    return answers.document(_told(one) | {"steps": [_step(step) for step in steps]})


def _told(one: Finding) -> dict[str, Any]:
    told = one.noticed
    return {
        "finding": one.id,
        "rule": told.rule,
        "words": _words(told.rule),
        "who": told.who,
        "child": told.child,
        "last": told.occurred,
        "events": told.events,
        "count": told.count,
        "state": one.last.state,
        "owner": one.last.owner,
        "outcome": one.last.outcome,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "state": step.state,
        "time": step.occurred,
        "who": step.who,
        "owner": step.owner,
        "outcome": step.outcome,
        "reason": step.reason,
    }


def _rate(one: Rate) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "words": _words(one.rule),
        "found": one.found,
        "closed": one.closed,
        "confirmed": one.confirmed,
        "falseAlarms": one.false_alarms,
        "falseShare": None if one.false_share is None else round(one.false_share, 4),
    }


def _words(rule: str) -> dict[str, str]:
    vietnamese, english = WORDS.get(rule, ("", ""))
    return {"vi": vietnamese, "en": english}
