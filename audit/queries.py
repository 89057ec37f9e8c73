"""Finds events by what they say: on generated columns, page by page, each with an index behind it.

Only what stands in the tree answers, or waits for it: what somebody has put into the table by hand
is refused as soon as anybody signs, and is no event.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session

from audit.body import event_of, microseconds
from audit.event import Action, AuditEvent, Outcome
from audit.membership import MOVES, Membership, Move
from audit.tables import audit_event, checkpoint, leaf, pending

MOST = 1000
"""Events on one page at most."""
C = audit_event.c
IS_MOVE = C.action.in_([action.value for action in MOVES])


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What events must say; what is not told does not matter. `since` is included, `until` is not.

    `record` and `identity` are looked for as they stand; for a child through merges and splits, see
    `audit.who_saw`, whose ids go into `events`.
    """

    events: tuple[str, ...] | None = None
    actions: tuple[Action, ...] = ()
    who: str | None = None
    system: str | None = None
    purpose: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    record: str | None = None
    identity: str | None = None
    message: str | None = None
    request: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Logged:
    """An event with its place in the signed tree, once it is there."""

    seq: int | None
    event: AuditEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class After:
    """Where a page ended: microseconds since 1970 and id of its last event."""

    occurred: int
    id: str


def search(
    session: Session, wanted: Wanted, *, after: After | None = None, most: int = 100
) -> list[Logged]:
    """One page, the newest first. Erased events are left out. `most`: up to 1,000."""
    query = standing(_signed()).where(C.body.is_not(None), *_conditions(wanted))
    if after is not None:
        # The first says nothing new, but an index on the time understands it.
        query = query.where(
            C.occurred <= after.occurred,
            tuple_(C.occurred, C.id) < tuple_(literal(after.occurred), literal(after.id)),
        )
    query = query.order_by(C.occurred.desc(), C.id.desc()).limit(min(most, MOST))
    return [logged(row) for row in session.execute(query)]


def every(session: Session, wanted: Wanted) -> Iterator[Logged]:
    """All that `search` finds, page after page, the newest first."""
    after: After | None = None
    while page := search(session, wanted, after=after, most=MOST):
        yield from page
        after = end_of(page)


def end_of(page: Sequence[Logged]) -> After:
    """Where the next page goes on."""
    last = page[-1]
    return After(occurred=microseconds(last.event.occurred), id=last.event.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Ids that events are looked for by; of `moved` only that they came to another identity."""

    records: Collection[str]
    identities: Collection[str]
    moved: Collection[str]


def naming(session: Session, named: Named, size: int) -> Iterator[tuple[int, AuditEvent]]:
    """Events of the tree of this size that name any of the ids, in its order, with their places."""
    seen = [json.dumps([{"record": one}]) for one in sorted(named.records)]
    seen += [json.dumps([{"identity": one}]) for one in sorted(named.identities)]
    showed = cast(literal(seen, ARRAY(Text)), ARRAY(JSONB))
    any_of_them = or_(
        *_is_one(C.record, named.records),
        *_is_one(C.identity, named.identities),
        *(one & IS_MOVE for one in _is_one(C.record, named.moved)),
        C.seen.is_not(None) & C.seen.op("@>")(any_(showed)),
    )
    query = _signed(inner=True).where(any_of_them, leaf.c.seq < size).order_by(leaf.c.seq)
    for row in session.execute(query.execution_options(yield_per=MOST)):
        yield row.seq, event_of(row.body)


def tree_size(session: Session) -> int:
    """How many events have their place in the tree."""
    last = session.scalar(select(func.max(leaf.c.seq)))
    return 0 if last is None else last + 1


def waiting(session: Session) -> int:
    """How many events wait for their place."""
    return session.scalar(select(func.count()).select_from(pending)) or 0


def moves_near(session: Session, ids: Collection[str], size: int) -> Membership:
    """Who belonged where, of all records and identities ever connected with some of either.

    As the tree of this size says. Nothing else is read: what was never connected with a child says nothing about it.
    """
    found: dict[int, Move] = {}
    new: tuple[set[str], set[str]] = (set(ids), set(ids))
    known: tuple[set[str], set[str]] = (set(), set())
    while any(new):
        for move in _moves(session, size, *new):
            found[move.place] = move
        for ids, fresh in zip(known, new, strict=True):
            ids |= fresh
        new = (
            {one.record for one in found.values()} - known[0],
            {one.identity for one in found.values()} - known[1],
        )
    return Membership(found[place] for place in sorted(found))


def last_checkpoint(session: Session) -> str | None:
    """The newest signed note in the database; None before anything was signed."""
    query = select(checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(1)
    return session.scalar(query)


def logged(row: Row[Any]) -> Logged:
    return Logged(seq=row.seq, event=event_of(row.body))


def _moves(session: Session, size: int, records: set[str], identities: set[str]) -> list[Move]:
    query = (
        select(leaf.c.seq, C.record, C.identity)
        .join(leaf, leaf.c.event_id == C.id)
        .where(
            or_(*_is_one(C.record, records), *_is_one(C.identity, identities)),
            C.record.is_not(None),
            C.identity.is_not(None),
            IS_MOVE,
            leaf.c.seq < size,
        )
    )
    return [
        Move(place=row.seq, record=row.record, identity=row.identity)
        for row in session.execute(query)
    ]


def _signed(*, inner: bool = False) -> Select[Any]:
    tree = leaf.c.event_id == C.id
    return select(leaf.c.seq, C.body).join(leaf, tree, isouter=not inner)


def times() -> Select[Any]:
    """When events occurred, of those that stand."""
    return standing(select(C.occurred).outerjoin(leaf, leaf.c.event_id == C.id))


def standing(query: Select[Any]) -> Select[Any]:
    """Of events (joined with their leaves) only those that stand in the tree or wait for it.

    Joins, not EXISTS: two of these with OR the database would ask for each row.
    """
    waits = query.outerjoin(pending, pending.c.id == C.id)
    return waits.where(or_(leaf.c.seq.is_not(None), pending.c.number.is_not(None)))


def _is_one(column: ColumnElement[Any], values: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """`is_not(None)` lets the partial index be used; one of no values would be read from any."""
    if values:
        yield column.is_not(None) & (column == any_(literal(sorted(values), ARRAY(Text))))


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for name in ("who", "system", "purpose", "record", "identity", "message", "request"):
        value = getattr(wanted, name)
        if value is not None:
            yield C[name] == value
    if wanted.events is not None:
        yield C.id == any_(literal(list(wanted.events), ARRAY(Text)))
    if wanted.actions:
        yield C.action.in_([action.value for action in wanted.actions])
    if wanted.outcomes:
        yield C.outcome.in_([outcome.value for outcome in wanted.outcomes])
    if wanted.since is not None:
        yield C.occurred >= microseconds(wanted.since)
    if wanted.until is not None:
        yield C.occurred < microseconds(wanted.until)


def is_known(session: Session, name: str, value: str) -> bool:
    """Whether any event has this value in a column of words."""
    return (
        session.scalar(times().with_only_columns(C.id).where(C[name] == value).limit(1)) is not None
    )


def counted(session: Session, name: str, since: datetime, until: datetime) -> dict[str, int]:
    """How many events of a period have each value of a column of words, the most frequent first."""
    total = func.count()
    query = (
        standing(_signed())
        .with_only_columns(C[name], total)
        .where(C.body.is_not(None), *_conditions(Wanted(since=since, until=until)))
        .group_by(C[name])
        .order_by(total.desc(), C[name])
    )
    return {row[0]: row[1] for row in session.execute(query)}
