"""Use case: what a breach may have touched, for the notice that is due within 72 hours."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

import audit
from audit import queries
from audit.balp_codes import KINDS, Kind
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome, Seen
from audit.membership import Membership
from audit.queries import Wanted
from gateway.auditing import words_asked
from gateway.database import seeing_everything
from gateway.registry.tables import among
from linkage.tables import record as linked

SHOWN = frozenset(
    (
        *(Kind.READ, Kind.VREAD, Kind.HISTORY, Kind.SEARCH),
        *(Kind.OPERATION, Kind.EXPORT, Kind.LOG_USED),
    )
)
"""Kinds of events that gave something away; others changed it."""


@dataclass(kw_only=True, slots=True)
class Touched:
    """One child: what of it was touched, by whom, how often and when."""

    child: str
    first: datetime
    last: datetime
    shown: int = 0
    changed: int = 0
    records: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    """`record/version`, where the log has the version."""
    messages: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    """Custodians whose records were touched; where none is named, of all records of the child."""
    who: set[str] = field(default_factory=set)
    withheld: set[str] | None = None
    """Fields that were left out every time; all others were touched. None: nothing was shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """All that was touched between two moments.

    `messages` without a child: their bytes were read, and whose they are the log does not say.
    `bulk`: exports and jobs that name no child by itself. `refused`: attempts that gave nothing.
    """

    since: datetime
    until: datetime
    events: int
    children: Sequence[Touched]
    messages: Sequence[str]
    bulk: Mapping[str, int]
    refused: int


def incident(
    session: Session,
    since: datetime,
    until: datetime,
    caller: Caller,
    *,
    who: str | None = None,
    system: str | None = None,
) -> Incident:
    """What was touched from `since` up to `until`, by anybody or by one account or system."""
    wanted = Wanted(since=since, until=until, who=who, system=system)
    events = [found.event for found in queries.every(session, wanted)]
    good = [one for one in events if one.outcome is Outcome.SUCCESS]
    named = {
        id_ for one in good for part in parts(one) for id_ in (part.record, part.identity) if id_
    }
    membership = queries.moves_near(session, named, queries.tree_size(session))
    children = _children(good, membership)
    with seeing_everything(session):  # Bodies alone: an auditor may see no record.
        _name_bodies(session, children)
    unnamed = [one for one in good if not any(part.record or part.identity for part in parts(one))]
    bulk: defaultdict[str, int] = defaultdict(int)
    for one in unnamed:
        if one.message is None and one.action in BULK:
            bulk[one.action.value] += 1
    detail: dict[str, DetailValue] = {
        "question": "incident",
        "since": since.isoformat(),
        "until": until.isoformat(),
    }
    detail |= words_asked(session, wanted)
    seen = tuple(
        Seen(identity=child) if membership.child_of(child) else Seen(record=child)
        for child in sorted(children)
    )
    audit.append(
        session,
        AuditEvent(action=Action.AUDIT_READ, caller=caller, detail=detail, seen=seen),
    )
    return Incident(
        since=since,
        until=until,
        events=len(events),
        children=[children[child] for child in sorted(children)],
        messages=sorted({one.message for one in unnamed if one.message}),
        bulk=dict(sorted(bulk.items())),
        refused=len(events) - len(good),
    )


BULK = frozenset(
    action for action, kind in KINDS.items() if kind in (Kind.EXPORT, Kind.SEARCH, Kind.OPERATION)
)


def parts(event: AuditEvent) -> Iterator[Seen]:
    """What an event names: for itself, and for what its answer showed."""
    version = event.detail.get("version")
    yield Seen(
        record=event.record,
        identity=event.identity,
        message=event.message,
        version=version if isinstance(version, int) else None,
    )
    yield from event.seen


def _children(events: Sequence[AuditEvent], membership: Membership) -> dict[str, Touched]:
    """By today's identity; what the log never said whose it is stands under its own id."""
    found: dict[str, Touched] = {}
    for event in events:
        for part in parts(event):
            id_ = part.record or part.identity
            if id_ is not None:
                child = membership.child_of(id_) or id_
                one = found.setdefault(
                    child, Touched(child=child, first=event.occurred, last=event.occurred)
                )
                _add(one, event, part)
    return found


def _name_bodies(session: Session, children: Mapping[str, Touched]) -> None:
    """As they stand today: who must be told that records of theirs were touched."""
    c = linked.c
    of_record: dict[str, str] = {}
    of_child: defaultdict[str, set[str]] = defaultdict(set)
    records = {id_ for child, one in children.items() for id_ in (child, *one.records)}
    wanted = or_(among(c.record_id, records), among(c.identity_id, children))
    for row in session.execute(select(c.record_id, c.identity_id, c.custodian).where(wanted)):
        of_record[row.record_id] = row.custodian
        of_child[row.identity_id].add(row.custodian)
    for child, one in children.items():
        touched = {of_record[id_] for id_ in (child, *one.records) if id_ in of_record}
        one.bodies |= touched or of_child[child]


def _add(one: Touched, event: AuditEvent, part: Seen) -> None:
    one.first = min(one.first, event.occurred)
    one.last = max(one.last, event.occurred)
    one.who.add(event.caller.who)
    if part.record:
        one.records.add(part.record)
        if part.version is not None:
            one.versions.add(f"{part.record}/{part.version}")
    if part.message:
        one.messages.add(part.message)
    if KINDS[event.action] in SHOWN:
        one.shown += 1
        withheld = set(event.withheld)
        one.withheld = withheld if one.withheld is None else one.withheld & withheld
    else:
        one.changed += 1
