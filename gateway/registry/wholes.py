"""Messages that are kept in their parts: one row for the whole, which says what its parts say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session
from ulid import ULID

from gateway.registry import pieces
from gateway.registry.messages import MessageState
from gateway.registry.tables import among, message, rejection
from gateway.registry.versions import SHARED_BY_ALL

_c = message.c
_part = message.alias("part")
_p = _part.c
_REFUSED = (MessageState.REJECTED, MessageState.PARTLY_ACCEPTED, MessageState.WITHDRAWN)

IS_WHOLE: ColumnElement[bool] = _c.size.is_not(None)
"""Its own `state` stays `received` and says nothing: STATE does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """A message in parts; `is_new` is false where these bytes came before."""

    id: str
    is_new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How much of a message in parts was read, and what its parts hold together."""

    parts: int = 0
    """Kept so far."""
    parts_read: int = 0
    bytes_read: int = 0
    """Bytes before the first part that is not read."""
    counts: Mapping[str, int] = field(default_factory=dict)
    unknown_fields: Mapping[str, int] = field(default_factory=dict)


def _state() -> ColumnElement[str]:
    """Of a message in parts: received until every part is read; then what all of them say, or what came of the mixture."""
    p = _p.state
    of_parts = select(
        case(
            (
                or_(
                    _c.parts.is_(None),
                    func.count() < _c.parts,
                    func.bool_or(p == MessageState.RECEIVED),
                ),
                MessageState.RECEIVED,
            ),
            (func.min(p) == func.max(p), func.min(p)),
            (func.bool_or(p.in_(_REFUSED)), MessageState.PARTLY_ACCEPTED),
            (func.bool_or(p == MessageState.REPLAYED), MessageState.REPLAYED),
            else_=MessageState.ACCEPTED,
        )
    ).where(_p.part_of == _c.id)
    return of_parts.correlate(message).scalar_subquery()


_of_parts = _state()
STATE = case((~IS_WHOLE, _c.state), else_=_of_parts)
"""The state of any message; that of a whole follows from its parts, so that it cannot drift."""


def has_state(state: str) -> ColumnElement[bool]:
    """Whether a message is in a state; so that indexes can answer it."""
    in_one = and_(_c.state == state, ~IS_WHOLE)
    return or_(in_one, and_(IS_WHOLE, _of_parts == state))


def keep(
    session: Session, source: str, sha256: str, size: int, sender: tuple[str, str], now: datetime
) -> Whole:
    """The row of a message whose bytes are kept in its parts; `sender`: who, with which system.

    Waits for a transaction that keeps the same bytes.
    """
    row = {
        "id": str(ULID()).lower(),
        "source": source,
        "sha256": sha256,
        "size": size,
        "sender": sender[0],
        "system": sender[1],
        "received": now,
        "state": MessageState.RECEIVED,
        "counts": {},
        "answer": {},
        "custodian": SHARED_BY_ALL.custodian,
    }
    adding = insert(message).values(row).on_conflict_do_nothing().returning(_c.id)
    new = session.scalar(adding)
    if new is not None:
        return Whole(id=new, is_new=True)
    same = (_c.source == source, _c.sha256 == sha256, _c.part_of.is_(None))
    known = session.scalars(select(_c.id).where(*same)).one()
    return Whole(id=known, is_new=False)


def finish(session: Session, whole: str, parts: int) -> None:
    """All of it was cut, into so many parts."""
    session.execute(update(message).where(_c.id == whole).values(parts=parts))


def known_parts(session: Session, whole: str) -> set[tuple[int, str]]:
    """(number, SHA-256) of the parts that are kept."""
    query = select(_c.part, _c.sha256).where(_c.part_of == whole)
    return {(row.part, row.sha256) for row in session.execute(query)}


def is_complete(session: Session, whole: str) -> bool:
    """Whether all of its bytes are kept."""
    kept = select(func.count()).where(_p.part_of == whole).scalar_subquery()
    complete = or_(~IS_WHOLE, kept >= _c.parts)
    return bool(session.scalar(select(complete).where(_c.id == whole)))


def refused_parts(session: Session, whole: str) -> list[str]:
    """Parts in which a refusal stands, in their order."""
    r = rejection.c
    stands = exists().where(r.message_id == _c.id, r.settled.is_(None))
    query = select(_c.id).where(_c.part_of == whole, stands)
    return list(session.scalars(query.order_by(_c.part, _c.id)))


def part_ids(session: Session, message_id: str) -> list[str]:
    """The parts of a message in their order; nothing where it is kept as one."""
    query = select(_c.id).where(_c.part_of == message_id)
    return list(session.scalars(query.order_by(_c.part, _c.id)))


def with_parts(session: Session, message_id: str) -> list[str]:
    """A message and its parts: all that stands for its bytes."""
    return [message_id, *part_ids(session, message_id)]


def progress(session: Session, ids: Collection[str]) -> dict[str, Progress]:
    """Message in parts → how far it is."""
    if not ids:
        return {}
    unread = _c.state == MessageState.RECEIVED
    first_unread = func.min(_c.begins).filter(unread)
    last = func.max(_c.begins + func.length(_c.content))
    query = (
        select(
            _c.part_of,
            func.count().label("parts"),
            func.count().filter(~unread).label("parts_read"),
            func.coalesce(first_unread, last).label("bytes_read"),
        )
        .where(among(_c.part_of, ids))
        .group_by(_c.part_of)
    )
    counts, unknown = (_sums(session, ids, name) for name in ("counts", "unknown_fields"))
    return {
        row.part_of: Progress(
            parts=row.parts,
            parts_read=row.parts_read,
            bytes_read=row.bytes_read,
            counts=counts.get(row.part_of, {}),
            unknown_fields=unknown.get(row.part_of, {}),
        )
        for row in session.execute(query)
    }


def _sums(session: Session, ids: Collection[str], column: str) -> dict[str, dict[str, int]]:
    """Whole → name → sum over its parts."""
    each = func.jsonb_each_text(type_coerce(_c[column], JSONB)).table_valued("key", "value")
    query = (
        select(_c.part_of, each.c.key, func.sum(each.c.value.cast(Integer)))
        .select_from(message.join(each, onclause=_c.id.is_not(None)))
        .where(among(_c.part_of, ids))
        .group_by(_c.part_of, each.c.key)
        .order_by(each.c.key)
    )
    found: dict[str, dict[str, int]] = {}
    for whole, name, count in session.execute(query):
        found.setdefault(whole, {})[name] = count
    return found


def own_bytes(session: Session, whole: str, at: int) -> bytes:
    """The bytes of a message from `at` on to the end of the part that begins there; none behind."""
    query = select(_c.content, _c.begins, _c.place).where(_c.part_of == whole, _c.begins == at)
    row = session.execute(query.order_by(_c.id).limit(1)).one_or_none()
    return pieces.own_bytes(row) if row else b""
