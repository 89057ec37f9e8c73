"""Links of records and identities page by page: who is in which, and what is asked about whom."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, any_, func, literal, or_, select
from sqlalchemy.orm import Session

from linkage import tables

_record = tables.record.c
_review = tables.review.c
_left, _right = tables.record.alias("l"), tables.record.alias("r")


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """Which part of a list: from the n-th (counted from 0), so many at most."""

    offset: int
    count: int

    def after(self, passed: int) -> "Slice":
        """What is left of it behind a list of so many."""
        behind = max(0, self.offset - passed)
        there = max(0, min(passed - self.offset, self.count))
        return Slice(offset=behind, count=self.count - there)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A record in its identity, and since when it is as it is now."""

    record_id: str
    founding_id: str
    identity_id: str
    decision: str
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """An open question about two records, by their ids, and the identities that they are in."""

    left_id: str
    right_id: str
    left_identity: str
    right_identity: str
    probability: float
    reason: str
    opened_at: datetime


def members(
    session: Session,
    part: Slice,
    *,
    identity: str | None = None,
    record: str | None = None,
    decisions: Collection[str] = tables.DECISIONS,
) -> tuple[int, list[Member]]:
    """How many there are in all, and those of the part, in the order of their ids."""
    conditions: list[ColumnElement[bool]] = [_record.decision.in_(decisions)]
    conditions += [] if identity is None else [_record.identity_id == identity]
    conditions += [] if record is None else [_record.record_id == record]
    names = Member.__dataclass_fields__
    query = select(*(_record[name] for name in names)).where(*conditions)
    total = session.scalar(select(func.count()).select_from(tables.record).where(*conditions))
    rows = session.execute(_part(query.order_by(_record.record_id), part))
    return total or 0, [Member(**row._mapping) for row in rows]


def questions(
    session: Session,
    part: Slice,
    *,
    about: Sequence[str] | None = None,
    apart: bool = False,
) -> tuple[int, list[Question]]:
    """The most probable first. `about`: one side is one of these records; `apart`: the two sides are
    two identities."""
    conditions: list[ColumnElement[bool]] = []
    if about is not None:
        ids = literal(list(about))
        conditions.append(or_(_left.c.record_id == any_(ids), _right.c.record_id == any_(ids)))
    if apart:
        conditions.append(_left.c.identity_id != _right.c.identity_id)
    joined = tables.review.join(_left, _left.c.key == _review.left_key).join(
        _right, _right.c.key == _review.right_key
    )
    query = (
        select(
            _left.c.record_id.label("left_id"),
            _right.c.record_id.label("right_id"),
            _left.c.identity_id.label("left_identity"),
            _right.c.identity_id.label("right_identity"),
            *(_review[name] for name in ("probability", "reason", "opened_at")),
        )
        .select_from(joined)
        .where(*conditions)
        .order_by(_review.probability.desc(), _left.c.record_id, _right.c.record_id)
    )
    total = session.scalar(select(func.count()).select_from(joined).where(*conditions))
    return total or 0, [Question(**row._mapping) for row in session.execute(_part(query, part))]


def _part(query: Select[tuple[object, ...]], part: Slice) -> Select[tuple[object, ...]]:
    return query.offset(part.offset).limit(part.count)
