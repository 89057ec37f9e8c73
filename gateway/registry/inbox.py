"""Questions about messages: lists, one with its refusals, refusals by their cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from adapters.errors import Problem
from gateway.registry import wholes
from gateway.registry.answered import RecordResult
from gateway.registry.messages import MessageState
from gateway.registry.tables import message, rejection
from gateway.registry.wholes import IS_WHOLE, STATE, Progress

MOST_REFUSALS = 1000
"""Of a message in parts: it may have as many as it has records."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptRefusal:
    """What was refused in a message, without the bytes; `settlement` says why it is over."""

    code: str
    position: str
    element: str | None
    vietnamese: str
    english: str
    about_child: bool
    due: datetime | None
    settled: datetime | None
    settlement: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A message without its bytes. In a list, without its records and refusals too."""

    id: str
    source: str
    sha256: str
    size: int
    sender: str
    system: str | None
    received: datetime
    state: MessageState
    counts: Mapping[str, int]
    unknown_fields: Mapping[str, int]
    corrects: str | None
    part_of: str | None
    part: int | None
    begins: int | None
    """Byte of the message that it is a part of."""
    parts: int | None = None
    """Into how many it was cut, if it is kept in parts and that is known yet."""
    progress: Progress | None = None
    """Of a message in parts."""
    answer: Mapping[str, str] = field(default_factory=dict)
    """Opaque record id → new, updated, unchanged."""
    records: Sequence[RecordResult] = ()
    """Those of the answer, with the identities that they have now."""
    refusals: Sequence[KeptRefusal] = ()
    still_refused: int = 0
    """Refusals that stand in the message that this one corrects."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Refusals that still stand and are alike: `position` has `*` in the place of numbers."""

    source: str
    code: str
    element: str | None
    position: str
    vietnamese: str
    english: str
    count: int
    messages: int
    oldest: str
    """The first message that one of them stands in."""
    about_child: int
    due: datetime | None
    """The earliest deadline."""


_c = message.c
ENTRY = (
    *(_c.id, _c.source, _c.sha256, func.coalesce(_c.size, func.length(_c.content)).label("size")),
    *(_c.sender, _c.system, _c.received, STATE.label("state"), _c.counts, _c.unknown_fields),
    *(_c.corrects, _c.part_of, _c.part, _c.begins, _c.parts, IS_WHOLE.label("is_whole")),
)
PLACE = func.regexp_replace(rejection.c.position, "[0-9]+", "*", "g")


def entries(
    session: Session,
    *,
    source: str | None = None,
    state: str | None = None,
    part_of: str | None = None,
    before: str | None = None,
    most: int,
) -> list[Entry]:
    """The newest first, without records and refusals; `before` is the last one known already.

    Parts stand in the list of their own message, `part_of`, and in no other.
    """
    query = select(*ENTRY).order_by(_c.id.desc()).limit(most)
    query = query.where(_c.part_of.is_not_distinct_from(part_of))
    if source is not None:
        query = query.where(_c.source == source)
    if state is not None:
        query = query.where(wholes.has_state(state))
    if before is not None:
        query = query.where(_c.id < before)
    rows = session.execute(query).all()
    found = wholes.progress(session, [row.id for row in rows if row.is_whole])
    return [_entry(row._mapping, found.get(row.id)) for row in rows]


def entry(session: Session, message_id: str) -> Entry | None:
    """One message with all that was ever refused in it; of one in parts, the first MOST_REFUSALS."""
    row = session.execute(select(*ENTRY, _c.answer).where(_c.id == message_id)).one_or_none()
    if row is None:
        return None
    c = rejection.c
    names = KeptRefusal.__dataclass_fields__
    query = select(*(c[name] for name in names)).order_by(c.id)
    if not row.is_whole:
        refused = session.execute(query.where(c.message_id == message_id))
        return _entry(row._mapping, None, [KeptRefusal(**one._mapping) for one in refused])
    query = query.join(message, _c.id == c.message_id).where(_c.part_of == message_id)
    refused = session.execute(query.limit(MOST_REFUSALS))
    found = wholes.progress(session, [message_id]).get(message_id)
    return _entry(row._mapping, found, [KeptRefusal(**one._mapping) for one in refused])


def _entry(
    row: Mapping[Any, Any], progress: Progress | None, refusals: Sequence[KeptRefusal] = ()
) -> Entry:
    """A message in parts holds what its parts hold together."""
    values = {name: value for name, value in row.items() if name != "is_whole"}
    if row["is_whole"]:
        found = progress or Progress()
        values |= {"counts": found.counts, "unknown_fields": found.unknown_fields}
        values |= {"progress": found}
    values |= {"state": MessageState(row["state"]), "refusals": tuple(refusals)}
    return Entry(**values)


def content(session: Session, message_id: str) -> bytes | None:
    """The bytes of a message as they were sent; None also for one in parts."""
    return session.scalar(select(_c.content).where(_c.id == message_id))


def causes(session: Session, source: str | None = None) -> list[Cause]:
    """Refusals that stand, by source, code and position, the most frequent first."""
    c = rejection.c
    alike = (_c.source, c.code, c.element, PLACE.label("position"), c.vietnamese, c.english)
    query = (
        select(
            *alike,
            func.count().label("count"),
            func.count(c.message_id.distinct()).label("messages"),
            func.min(c.message_id).label("oldest"),
            func.count().filter(c.about_child).label("about_child"),
            func.min(c.due).label("due"),
        )
        .join(message, _c.id == c.message_id)
        .where(c.settled.is_(None))
        .group_by(*alike)
        .order_by(func.count().desc(), *alike)
    )
    if source is not None:
        query = query.where(_c.source == source)
    return [Cause(**row._mapping) for row in session.execute(query)]


def is_refused(session: Session, message_id: str) -> bool:
    """Whether a refusal in the message stands."""
    c = rejection.c
    stands = exists().where(c.message_id == message_id, c.settled.is_(None))
    return bool(session.scalar(select(stands)))


def refused_ids(
    session: Session, source: str, code: str | None, most: int, after: str = ""
) -> list[str]:
    """Messages of a source with refusals that stand (of one code), the oldest first.

    Those whose reading ended processes only where they are asked for: it may do so again.
    """
    c = rejection.c
    stands = and_(c.message_id == _c.id, c.settled.is_(None))
    refused: Select[tuple[int]] = select(c.id).where(stands)
    refused = refused.where(c.code == code if code else c.code != Problem.BROKE_OFF)
    query = select(_c.id).where(_c.source == source, _c.id > after, refused.exists())
    return list(session.scalars(query.order_by(_c.id).limit(most)))
