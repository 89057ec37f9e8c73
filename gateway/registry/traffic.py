"""Counts messages and what was refused in them, by source and sending system; only counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Integer, Row, func, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from adapters.errors import OURS
from gateway.registry.messages import MessageState
from gateway.registry.tables import message, rejection
from gateway.registry.wholes import IS_WHOLE

_m, _r = message.c, rejection.c
_part = message.alias("part")
TOLD = ("new", "updated", "unchanged", "waiting", "rejected")
"""Counts of a message that are records or parts of records."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsettled:
    """Refusals of a source that nobody has settled; `children`: those of reports about children."""

    refusals: int = 0
    children: int = 0
    overdue: int = 0
    """Of those about children, how many are over their deadline."""
    mistakes: int = 0
    """Those that are no fault of the sender: an error of ours."""
    due: datetime | None = None
    """The earliest deadline."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What came from one system of a source, in the time that was asked for."""

    source: str
    system: str | None
    last: datetime | None
    """When its last message came, at whatever time."""
    messages: int
    records: int
    """New, updated, unchanged, waiting and refused ones together."""
    refused: int
    unsettled: Unsettled = Unsettled()
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    """Names that the source never sent before → in how many records."""


def states(session: Session) -> dict[tuple[str, str], int]:
    """(source, state) → messages."""
    query = select(_m.source, _m.state, func.count()).where(~IS_WHOLE)
    query = query.group_by(_m.source, _m.state)
    ordered = query.order_by(_m.source, _m.state)
    return {(source, state): count for source, state, count in session.execute(ordered)}


def oldest_unread(session: Session) -> datetime | None:
    """When the message came that waits longest to be read, or the last part of one that has not
    come to its end."""
    unread = select(func.min(_m.received)).where(_m.state == MessageState.RECEIVED, ~IS_WHOLE)
    last = select(func.max(_part.c.received)).where(_part.c.part_of == _m.id).scalar_subquery()
    broken_off = select(func.min(func.coalesce(last, _m.received))).where(
        IS_WHOLE, _m.parts.is_(None)
    )
    found = [session.scalar(unread), session.scalar(broken_off)]
    return min((time for time in found if time is not None), default=None)


def unsettled(session: Session, now: datetime) -> dict[str, Unsettled]:
    """Source → refusals that stand."""
    query = select(_m.source, *_open(now)).join(message, _m.id == _r.message_id)
    query = query.where(_r.settled.is_(None)).group_by(_m.source).order_by(_m.source)
    return {row.source: _unsettled(row) for row in session.execute(query)}


def traffic(session: Session, since: datetime, now: datetime) -> list[Traffic]:
    """Every system of every source that ever sent; its counts since a time."""
    recent = _m.received >= since
    told = (func.coalesce(_m.counts[name].astext.cast(Integer), 0) for name in TOLD)
    records = sum(told, start=type_coerce(0, Integer))
    refused = func.coalesce(_m.counts["rejected"].astext.cast(Integer), 0)
    query = select(
        _m.source,
        _m.system,
        func.max(_m.received).label("last"),
        func.count().filter(recent, _m.part_of.is_(None)).label("messages"),
        func.coalesce(func.sum(records).filter(recent), 0).label("records"),
        func.coalesce(func.sum(refused).filter(recent), 0).label("refused"),
    ).group_by(_m.source, _m.system)
    stands = _unsettled_by_system(session, now)
    unknown = _unknown_fields(session, since)
    return [
        Traffic(
            **row._mapping,
            unsettled=stands.get((row.source, row.system), Unsettled()),
            unknown_fields=unknown.get((row.source, row.system), {}),
        )
        for row in session.execute(query.order_by(_m.source, _m.system))
    ]


def _open(now: datetime) -> tuple[object, ...]:
    return (
        func.count().label("refusals"),
        func.count().filter(_r.about_child).label("children"),
        func.count().filter(_r.about_child, _r.due < now).label("overdue"),
        func.count().filter(_r.code.in_(OURS)).label("mistakes"),
        func.min(_r.due).label("due"),
    )


def _unsettled(row: Row) -> Unsettled:  # type: ignore[type-arg]
    return Unsettled(**{name: getattr(row, name) for name in Unsettled.__dataclass_fields__})


def _unsettled_by_system(
    session: Session, now: datetime
) -> dict[tuple[str, str | None], Unsettled]:
    query = select(_m.source, _m.system, *_open(now)).join(message, _m.id == _r.message_id)
    query = query.where(_r.settled.is_(None)).group_by(_m.source, _m.system)
    return {(row.source, row.system): _unsettled(row) for row in session.execute(query)}


def _unknown_fields(
    session: Session, since: datetime
) -> dict[tuple[str, str | None], dict[str, int]]:
    each = func.jsonb_each_text(type_coerce(_m.unknown_fields, JSONB)).table_valued("key", "value")
    times = func.sum(each.c.value.cast(Integer))
    query = (
        select(_m.source, _m.system, each.c.key, times)
        .select_from(message.join(each, onclause=_m.id.is_not(None)))
        .where(_m.received >= since)
        .group_by(_m.source, _m.system, each.c.key)
        .order_by(each.c.key)
    )
    found: dict[tuple[str, str | None], dict[str, int]] = {}
    for source, system, name, count in session.execute(query):
        found.setdefault((source, system), {})[name] = count
    return found
