"""Use cases: somebody opens one child in an emergency, ends that, and somebody else looks at it after."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

import audit
from audit import finding_store
from audit.event import Action, AuditEvent, Caller, DetailValue, Seen
from audit.finding_store import Conclusion
from audit.noticing import Noticed
from audit.units import unit_of
from gateway import acting, findings
from gateway.access import overrides, tables
from gateway.access.errors import NotAllowedHereError
from gateway.access.policy import Asking, rule_of
from gateway.errors import ConflictError, NotFoundError, WrongRequestError
from gateway.findings import REVIEW
from gateway.registry.search import veil_of
from gateway.registry.versions import SHARED_BY_ALL, label_values

LONGEST = 60
"""Minutes."""
CODES = ("treatment", "danger", "found", "court", "other")
"""Kinds of reasons: a child is to be treated at once, is in danger, was just found; an order."""
WORDS = range(20, 501)
"""Characters of a reason: a word is none."""
MOST = 200
VEILED = "break-glass"
_t = tables.override
_c = _t.c


class WrongReasonError(WrongRequestError):
    """An emergency access needs a kind of reason (docs/access.md), 20 to 500 characters, 1 to 60 minutes."""

    vietnamese = (
        "Truy cập khẩn cấp cần loại lý do (docs/access.md), 20 đến 500 ký tự và 1 đến 60 phút."
    )


class OpenAlreadyError(ConflictError):
    """You have a child open already: end that first (POST /break-glass/{id}/end)."""

    vietnamese = "Bạn đang mở một trẻ khác: hãy kết thúc lần đó trước (POST /break-glass/{id}/end)."


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """An emergency access. `child`: the identity when it was opened; `finding`: the review owed;
    `reviewed`: whether somebody else has closed that."""

    id: str
    who: str
    child: str
    code: str
    opened: datetime
    until: datetime
    finding: str
    reason: str = field(default="", repr=False)
    reviewed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody asks for: a child by an id of ours, and why."""

    child: str
    code: str
    reason: str = field(repr=False)
    minutes: int = LONGEST


def open_one(session: Session, wish: Wish, caller: Caller) -> Override:
    """Open one child for at most an hour; the review is owed, and told of, from this moment.

    Raises NotAllowedHereError where no rule lets this caller do it, WrongReasonError, NotFoundError
    (also for a sealed adoption), OpenAlreadyError.
    """
    if (
        wish.code not in CODES
        or len(wish.reason.strip()) not in WORDS
        or not 1 <= wish.minutes <= LONGEST
    ):
        raise WrongReasonError
    child = overrides.child_of(session, wish.child, _labels())
    if child is None:
        raise NotFoundError
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(caller.who, 0))))
    now = datetime.now(UTC)
    if session.scalar(select(_c.id).where(_c.who == caller.who, _c.until > now).limit(1)):
        raise OpenAlreadyError
    until = now + timedelta(minutes=wish.minutes)
    event = AuditEvent(
        action=Action.OVERRIDE_OPEN,
        caller=caller,
        identity=child,
        detail={"code": wish.code, "until": until.isoformat(timespec="seconds")},
        occurred=now,
    )
    event = _written(session, event)
    made = Override(
        id=event.id,
        who=caller.who,
        child=child,
        code=wish.code,
        opened=now,
        until=until,
        finding=_owe_review(session, event, child, caller),
        reason=wish.reason.strip(),
    )
    _keep(session, made)
    return made


def end(session: Session, id_: str, caller: Caller) -> None:
    """One's own ends at once. Raises NotFoundError for what is another's, or over."""
    now = datetime.now(UTC)
    ended = update(_t).where(_c.id == id_, _c.who == caller.who, _c.until > now).values(until=now)
    child = session.scalar(ended.returning(_c.child))
    if child is None:
        raise NotFoundError
    _told(session, Action.OVERRIDE_CLOSE, caller, id_, child)


def listed(session: Session, caller: Caller) -> list[Override]:
    """All, the newest first, without the words of their reasons."""
    rows = session.execute(select(_t).order_by(_c.id.desc()).limit(MOST)).mappings().all()
    found = [_override(session, row) for row in rows]
    seen = tuple(Seen(identity=child) for child in sorted({one.child for one in found}))
    event = AuditEvent(
        action=Action.FINDING_READ, caller=caller, detail={"overrides": len(found)}, seen=seen
    )
    audit.append(session, event)
    return found


def shown(session: Session, id_: str, caller: Caller) -> Override:
    """One, with its reason in words: for who reviews it. Raises NotFoundError."""
    row = _row(session, id_)
    event = AuditEvent(
        action=Action.FINDING_READ,
        caller=caller,
        identity=row["child"],
        detail={"override": id_, "reason": True},
    )
    audit.append(session, event)
    words = veil_of(session).under(row["reason"], VEILED)
    return replace(_override(session, row), reason=words)


def review(session: Session, id_: str, outcome: Conclusion, reason: str, caller: Caller) -> None:
    """Say what came of looking at it. Raises NotFoundError, and ConflictErrors where it was closed
    already or is one's own."""
    findings.close(session, _row(session, id_)["finding"], outcome, reason, caller)


def _labels() -> Sequence[str]:
    """That the caller's rule opens. Raises NotAllowedHereError."""
    request = acting.current()
    asking = request.subject if request else None
    rule = rule_of(asking) if isinstance(asking, Asking) else None
    if rule is None:  # Where nobody is asked everything is open, and nothing can be broken.
        raise NotAllowedHereError
    return sorted(rule.labels)


def _written(session: Session, event: AuditEvent) -> AuditEvent:
    """With the id that it has in the log: the first of a transaction has that of the transaction."""
    before = unit_of(session)
    audit.append(session, event)
    return event if before else replace(event, id=str(unit_of(session)))


def _owe_review(session: Session, event: AuditEvent, child: str, caller: Caller) -> str:
    """The finding stands from the first moment; after a day the rule `unreviewed` notices the same."""
    owed = Noticed(
        rule=REVIEW,
        key=event.id,
        who=caller.who,
        child=child,
        occurred=event.occurred,
        events=(event.id,),
        count=1,
    )
    (id_,) = finding_store.add(session, [owed], caller.who, event.occurred)
    digests = finding_store.digests(session, [id_])
    told: dict[str, DetailValue] = {"findings": 1, "named": id_, "digests": digests}
    told |= {"override": event.id}
    audit.append(session, AuditEvent(action=Action.FINDING_OPEN, caller=caller, detail=told))
    return id_


def _keep(session: Session, one: Override) -> None:
    row = {
        "id": one.id,
        "who": one.who,
        "child": one.child,
        "code": one.code,
        "reason": veil_of(session).over(one.reason, VEILED),
        "opened": one.opened,
        "until": one.until,
        "finding": one.finding,
    }
    session.execute(insert(_t), [row | label_values(SHARED_BY_ALL)])


def _row(session: Session, id_: str) -> Any:
    row = session.execute(select(_t).where(_c.id == id_)).mappings().one_or_none()
    if row is None:
        raise NotFoundError
    return row


def _override(session: Session, row: Any) -> Override:
    owed = finding_store.one(session, row["finding"])
    names = ("id", "who", "child", "code", "opened", "until", "finding")
    return Override(
        **{name: row[name] for name in names},
        reviewed=owed is not None and owed.last.state is finding_store.State.CLOSED,
    )


def _told(session: Session, action: Action, caller: Caller, id_: str, child: str) -> None:
    told = AuditEvent(action=action, caller=caller, identity=child, detail={"override": id_})
    audit.append(session, told)
