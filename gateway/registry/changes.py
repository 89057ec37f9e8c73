"""Keeps what others are told of: that a record or a child's identity is other than before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from audit.tables import leaf
from gateway.registry.bulk import insert_rows
from gateway.registry.change_tables import change as table
from gateway.registry.tables import among, record
from gateway.registry.versions import SHARED_BY_ALL, label_values
from linkage.records import Labels

Partition: TypeAlias = Mapping[str, Sequence[str]]
"""Identity → its records, all of them; one that was retired has none."""


class Kind(StrEnum):
    """What changed; the words are those that receivers get."""

    CREATED = "record.created"
    UPDATED = "record.updated"
    IDENTITY = "identity.changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry: opaque ids only. `before` and `after` are whole, so that nothing must be asked."""

    kind: Kind
    identity: str
    record: str | None = None
    before: Partition | None = None
    after: Partition | None = None
    labels: Labels = SHARED_BY_ALL


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """Where an entry stands: its transaction's place in the signed log, and its number in it.

    Leaves of the log are committed in their order, so that nothing comes in before a place later.
    """

    leaf: int = -1
    number: int = 0

    def __str__(self) -> str:
        return f"{self.leaf}.{self.number}"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptChange:
    """An entry as it is kept."""

    place: Place
    occurred: datetime
    kind: Kind
    identity: str
    record: str | None
    before: Partition | None
    after: Partition | None

    @property
    def records(self) -> frozenset[str]:
        """Every record that it names."""
        named = [ids for part in (self.before, self.after) if part for ids in part.values()]
        return frozenset(id_ for ids in named for id_ in ids) | {
            id_ for id_ in (self.record,) if id_
        }


def add(session: Session, changes: Iterable[Change], now: datetime) -> None:
    """In the transaction of the change, once what it is about is locked: in order for each child."""
    rows = [_row(one, now) for one in changes]
    insert_rows(session, table, rows)


def _row(one: Change, now: datetime) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "identity": one.identity,
        "record": one.record,
        "before": one.before,
        "after": one.after,
        "occurred": now,
    } | label_values(one.labels)


def following(
    session: Session, after: Place, most: int, until: Place | None = None
) -> list[KeptChange]:
    """The entries after a place, up to and with another, in the order in which they were signed."""
    c, seq = table.c, leaf.c.seq
    query = (
        select(table, seq)
        .select_from(table.join(leaf, leaf.c.event_id == c.event))
        .where(seq >= after.leaf, tuple_(seq, c.number) > tuple_(after.leaf, after.number))
        .order_by(seq, c.number)
        .limit(most)
    )
    if until is not None:
        query = query.where(
            seq <= until.leaf, tuple_(seq, c.number) <= tuple_(until.leaf, until.number)
        )
    return [_kept(row) for row in session.execute(query)]


def _kept(row: Any) -> KeptChange:
    return KeptChange(
        place=Place(leaf=row.seq, number=row.number),
        occurred=row.occurred,
        kind=Kind(row.kind),
        identity=row.identity,
        record=row.record,
        before=row.before,
        after=row.after,
    )


def place_at(session: Session, moment: datetime) -> Place:
    """After all that had occurred before a moment."""
    first = select(leaf.c.seq).join(table, leaf.c.event_id == table.c.event)
    seq = session.scalar(first.where(table.c.occurred >= moment).order_by(leaf.c.seq).limit(1))
    last = session.scalar(select(func.max(leaf.c.seq)))
    return Place(leaf=last + 1 if last is not None else -1) if seq is None else Place(leaf=seq)


def earliest(session: Session) -> datetime | None:
    """When the first of those occurred that are kept."""
    first: datetime | None = session.scalar(select(func.min(table.c.occurred)))
    return first


def visible(session: Session, ids: Collection[str]) -> frozenset[str]:
    """Those of the records that stand, for whom this transaction may see."""
    return frozenset(session.scalars(select(record.c.id).where(among(record.c.id, ids))))
