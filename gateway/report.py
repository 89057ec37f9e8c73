"""Use case: how much was received, refused, and became how many children; only counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.figures import Unsettled, figures
from gateway.registry import tables
from linkage.tables import record as linkage_record
from linkage.tables import review


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageCount:
    """Messages of a source in one state."""

    source: str
    state: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusalCount:
    """Refusals of a source for one reason."""

    source: str
    code: str
    element: str | None
    vietnamese: str
    english: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The state of the registry in numbers."""

    messages: Sequence[MessageCount]
    refusals: Sequence[RefusalCount]
    """Those that nobody has settled."""
    unsettled: Mapping[str, Unsettled]
    """The same by source, with how many are about children and over their deadline."""
    unread: float
    """Seconds since the message came that waits longest to be read."""
    records: dict[str, int]
    """Source → records."""
    waiting: Mapping[str, int]
    """Source → parts that wait for the statement which gives their key."""
    flags: dict[str, int]
    """unkeyed, reused-key → records."""
    children: int
    decisions: dict[str, int]
    """pending, auto, manual, single → records."""
    reviews: int
    questions: dict[str, int]
    """Reason → reviews: why a steward is asked."""
    lookups: Mapping[str, int]
    """Result → look-ups in the population database."""
    registrations: Mapping[str, int]
    """State → requests for a birth registration."""


def report(session: Session, caller: Caller) -> Report:
    """Count, and write into the log that it was asked for."""
    audit.append(session, AuditEvent(action=Action.REPORT_READ, caller=caller))
    of, counts = linkage_record.c, figures(session)
    children = session.scalar(select(func.count(of.identity_id.distinct())))
    questions = _counted(session, review.c.reason)
    return Report(
        messages=[
            MessageCount(source=source, state=state, count=count)
            for (source, state), count in counts.states.items()
        ],
        refusals=_refusals(session),
        unsettled=counts.unsettled,
        unread=counts.unread,
        records=_counted(session, tables.record.c.source),
        waiting=counts.waiting,
        flags=_counted(session, func.unnest(tables.record.c.flags)),
        children=children or 0,
        decisions=_counted(session, of.decision),
        reviews=sum(questions.values()),
        questions=questions,
        lookups=counts.lookups,
        registrations=counts.registrations,
    )


def _counted(session: Session, of: object) -> dict[str, int]:
    value = select(of.label("value")).subquery()  # type: ignore[attr-defined]
    query = select(value.c.value, func.count()).group_by(value.c.value).order_by(value.c.value)
    return {row[0]: row[1] for row in session.execute(query)}


def _refusals(session: Session) -> list[RefusalCount]:
    c, source = tables.rejection.c, tables.message.c.source
    columns = (source, c.code, c.element, c.vietnamese, c.english)
    query = (
        select(*columns, func.count())
        .join(tables.message, tables.message.c.id == c.message_id)
        .where(c.settled.is_(None))
        .group_by(*columns)
        .order_by(func.count().desc(), *columns)
    )
    return [
        RefusalCount(
            source=row[0],
            code=row[1],
            element=row[2],
            vietnamese=row[3],
            english=row[4],
            count=row[5],
        )
        for row in session.execute(query)
    ]
