"""Findings in the database: each once, with every state that it was ever in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, Text, any_, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or_leave
from sqlalchemy.orm import Session
from ulid import ULID

from audit.body import microseconds, moment_of
from audit.canonical import canonical
from audit.event import Action, AuditEvent
from audit.findings import without_review
from audit.noticing import Noticed
from audit.queries import Wanted, every, times
from audit.tables import audit_event, finding, finding_state

OVERRIDES = timedelta(days=7)
"""How far back emergency accesses without review are looked for."""


class State(StrEnum):
    """How far a finding is."""

    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


class Conclusion(StrEnum):
    """What came of a closed finding."""

    CONFIRMED = "confirmed"
    """It was what the rule looks for."""
    FALSE_ALARM = "false-alarm"
    """There was a good reason."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A state that a finding came to, when and by whom."""

    state: State
    who: str
    occurred: datetime
    owner: str | None = None
    outcome: Conclusion | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a rule noticed, and where that stands."""

    id: str
    noticed: Noticed
    last: Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """How a rule has done so far. `false_share`: of those that came out one way or the other."""

    rule: str
    found: int
    closed: int
    confirmed: int
    false_alarms: int
    false_share: float | None


def add(session: Session, found: Iterable[Noticed], who: str, now: datetime) -> list[str]:
    """Keep what was not noticed before, as open; the ids of the new ones."""
    rows = [
        {
            "id": str(ULID()),
            "rule": one.rule,
            "key": one.key,
            "who": one.who,
            "child": one.child,
            "occurred": microseconds(one.occurred),
            "events": list(one.events),
            "count": one.count,
        }
        for one in found
    ]
    if not rows:
        return []
    kept = insert_or_leave(finding).values(rows).on_conflict_do_nothing()
    ids = sorted(session.scalars(kept.returning(finding.c.id)))
    for id_ in ids:
        add_step(session, id_, Step(state=State.OPEN, who=who, occurred=now))
    return ids


def digests(session: Session, ids: Sequence[str]) -> str:
    """Of these findings as they are kept, for the event that tells of them."""
    query = select(finding).where(finding.c.id == any_(literal(list(ids), ARRAY(Text))))
    found = {row.id: digest_of(row) for row in session.execute(query)}
    return " ".join(found[id_] for id_ in ids)


def digest_of(row: Row[Any]) -> str:
    """128 bits in hex of what a finding says."""
    told = {name: row._mapping[name] for name in SAYS if row._mapping[name] is not None}
    return sha256(canonical(told).encode()).hexdigest()[:32]


def add_step(session: Session, id_: str, step: Step) -> None:
    """A finding comes to another state; what it was in before stays."""
    session.execute(
        insert(finding_state).values(
            finding=id_,
            state=step.state.value,
            owner=step.owner,
            outcome=step.outcome.value if step.outcome else None,
            reason=step.reason,
            who=step.who,
            occurred=microseconds(step.occurred),
        )
    )


def lock(session: Session, id_: str) -> None:
    """Nobody else changes this finding before the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"finding/{id_}", 0))))


def one(session: Session, id_: str) -> Finding | None:
    row = session.execute(_standing().where(finding.c.id == id_)).first()
    return _finding(row) if row else None


def listed(
    session: Session, *, state: State | None = None, rule: str | None = None, most: int = 200
) -> list[Finding]:
    """Findings, the newest first."""
    query = _standing().order_by(finding.c.id.desc()).limit(most)
    if rule is not None:
        query = query.where(finding.c.rule == rule)
    if state is not None:
        query = query.where(finding_state.c.state == state.value)
    return [_finding(row) for row in session.execute(query)]


def history(session: Session, id_: str) -> list[Step]:
    """Every state of a finding, in order."""
    c = finding_state.c
    query = select(finding_state).where(c.finding == id_).order_by(c.number)
    return [_step(row) for row in session.execute(query)]


def rates(session: Session, rules: Sequence[str]) -> list[Rate]:
    """Of each rule, from how its findings were closed."""
    c = finding_state.c
    latest = _standing().with_only_columns(finding.c.rule, c.outcome, func.count())
    counts: dict[tuple[str, str | None], int] = {
        (rule, outcome): count
        for rule, outcome, count in session.execute(latest.group_by(finding.c.rule, c.outcome))
    }
    return [_rate(rule, counts) for rule in rules]


def shown_by_day(session: Session, since: datetime, until: datetime) -> dict[str, list[int]]:
    """Per actor, how many children were shown on each day that has any; days of UTC.

    Counted are events, and the children of those that showed many: never fewer than there were.
    """
    c = audit_event.c
    day = c.occurred / 86_400_000_000
    number = func.coalesce(func.jsonb_array_length(c.seen), 1)
    query = (
        times()
        .with_only_columns(c.who, func.sum(number))
        .where(c.occurred >= microseconds(since), c.occurred < microseconds(until))
        .where(c.who.is_not(None))
        .group_by(c.who, func.floor(day))
    )
    found: dict[str, list[int]] = {}
    for who, count in session.execute(query):
        found.setdefault(who, []).append(int(count))
    return found


def last_before(session: Session, actors: Iterable[str], moment: datetime) -> dict[str, datetime]:
    """When each actor was last seen before a moment; who never was is left out."""
    c = audit_event.c
    found = {}
    for who in actors:
        query = times().where(c.who == who, c.occurred < microseconds(moment))
        last = session.scalar(query.order_by(c.occurred.desc()).limit(1))
        if last is not None:
            found[who] = moment_of(last)
    return found


def writers(session: Session, records: Iterable[str]) -> dict[str, frozenset[str]]:
    """Who brought each record, or a version of it, as the log has it."""
    c = audit_event.c
    brought = (Action.RECORD_CREATE.value, Action.RECORD_UPDATE.value)
    query = (
        times()
        .with_only_columns(c.record, c.who)
        .where(
            c.record == any_(literal(sorted(set(records)), ARRAY(Text))),
            c.action.in_(brought),
        )
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for record, who in session.execute(query.distinct()):
        found[record].add(who)
    return {record: frozenset(own) for record, own in found.items()}


def unreviewed(session: Session, now: datetime) -> list[AuditEvent]:
    """Emergency accesses of the last week that nobody else has looked at in time."""

    def since(action: Action) -> list[AuditEvent]:
        wanted = Wanted(actions=(action,), since=now - OVERRIDES)
        return [found.event for found in every(session, wanted)]

    return without_review(since(Action.OVERRIDE_OPEN), since(Action.OVERRIDE_REVIEW), now)


def _standing() -> Select[Any]:
    """Each finding with its last state."""
    c = finding_state.c
    other = finding_state.alias()
    last = select(func.max(other.c.number)).where(other.c.finding == finding.c.id)
    columns = [column for column in c if column.name in STEP]
    standing = (c.finding == finding.c.id) & (c.number == last.scalar_subquery())
    return select(
        *(column for column in finding.c if column.name != "event"),
        *(column.label(f"step_{column.name}") for column in columns),
    ).select_from(finding.join(finding_state, standing))


SAYS = ("id", "rule", "key", "who", "child", "occurred", "events", "count")
STEP = ("state", "owner", "outcome", "reason", "who", "occurred")


def _finding(row: Row[Any]) -> Finding:
    told = row._mapping
    return Finding(
        id=row.id,
        noticed=Noticed(
            rule=row.rule,
            key=row.key,
            who=row.who,
            child=row.child,
            occurred=moment_of(row.occurred),
            events=tuple(row.events),
            count=told["count"],
        ),
        last=_step_of({name: told[f"step_{name}"] for name in STEP}),
    )


def _step(row: Row[Any]) -> Step:
    return _step_of({name: row._mapping[name] for name in STEP})


def _step_of(told: dict[str, Any]) -> Step:
    return Step(
        state=State(told["state"]),
        who=told["who"],
        occurred=moment_of(told["occurred"]),
        owner=told["owner"],
        outcome=Conclusion(told["outcome"]) if told["outcome"] else None,
        reason=told["reason"],
    )


def _rate(rule: str, counts: dict[tuple[str, str | None], int]) -> Rate:
    confirmed = counts.get((rule, Conclusion.CONFIRMED), 0)
    false = counts.get((rule, Conclusion.FALSE_ALARM), 0)
    own = {outcome: count for (name, outcome), count in counts.items() if name == rule}
    return Rate(
        rule=rule,
        found=sum(own.values()),
        closed=sum(count for outcome, count in own.items() if outcome),
        confirmed=confirmed,
        false_alarms=false,
        false_share=false / (false + confirmed) if false + confirmed else None,
    )
