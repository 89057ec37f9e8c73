"""Keeps what stewards assert of two records: each decision and each withdrawal is a row for ever."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import any_, insert, literal, or_, select
from sqlalchemy.orm import Session
from ulid import ULID

from linkage import tables
from linkage.records import Labels

SHARED = "shared"
"""Custodian of what is said of two bodies' records."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A record that a decision can name: its opaque id, its key and its labels."""

    record_id: str
    key: str = field(repr=False)
    labels: Labels


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A pair as the steward saw it: bits, the lines that add up to them (JSON), who scored it."""

    weight: float
    evidence: str = field(repr=False)
    model: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a steward says, and why."""

    verdict: str
    author: str
    reason: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """One row: what was said of two records, or (`withdraws`) that an earlier row no longer holds.

    Ids and keys are those that the records have now; of a record that is gone, those it had.
    """

    id: str
    left_id: str
    right_id: str
    left_key: str = field(repr=False)
    right_key: str = field(repr=False)
    said: Said
    made_at: datetime
    snapshot: Snapshot | None
    withdraws: str | None
    stands: bool
    event: str = ""
    """The first event of the transaction that wrote it; of rows before the ledger, one for all."""

    @property
    def pair(self) -> frozenset[str]:
        return frozenset((self.left_key, self.right_key))

    def is_of_one_act(self, other: "Assertion") -> bool:
        """Whether both were said in one transaction, whose time all its rows have."""
        return (self.event, self.made_at) == (other.event, other.made_at)


def find(session: Session, name: str) -> Known | None:
    """The record of an id or a key (`<source>:<record id>`)."""
    c = tables.record.c
    row = session.execute(
        select(tables.record).where(or_(c.record_id == name, c.key == name))
    ).first()
    if row is None:
        return None
    return Known(
        record_id=row.record_id,
        key=row.key,
        labels=Labels(
            custodian=row.custodian, province=row.province, sensitivity=tuple(row.sensitivity)
        ),
    )


def assertions(session: Session) -> list[Assertion]:
    """Every row, the oldest first.

    A decision is of the record that it names by its id, whatever its key is today (a key that turns
    out to be reused becomes `<key>~…`); of one that is gone, of what comes again under its key.
    """
    c = tables.decision.c
    rows = session.execute(select(tables.decision).order_by(c.made_at, c.id)).all()
    sides = {(getattr(row, f"{s}_id"), getattr(row, f"{s}_key")) for row in rows for s in SIDES}
    keys = _records(session, "record_id", {id_ for id_, _ in sides})
    ids = {key: id_ for id_, key in _records(session, "key", {key for _, key in sides}).items()}
    now = {
        (id_, key): (id_, keys[id_]) if id_ in keys else (ids.get(key, id_), key)
        for id_, key in sides
    }
    withdrawn = {row.withdraws for row in rows}
    return [
        _assertion(
            row,
            now[row.left_id, row.left_key],
            now[row.right_id, row.right_key],
            stands=row.withdraws is None and row.id not in withdrawn,
        )
        for row in rows
    ]


SIDES = ("left", "right")


def _records(session: Session, column: str, values: Collection[str]) -> dict[str, str]:
    """Record id → key, of those whose `column` is among the values."""
    c = tables.record.c
    found = session.execute(
        select(c.record_id, c.key).where(c[column] == any_(literal(list(values))))
    )
    return {row.record_id: row.key for row in found}


def _assertion(
    row: Any, left: tuple[str, str], right: tuple[str, str], *, stands: bool
) -> Assertion:
    return Assertion(
        id=row.id,
        left_id=left[0],
        right_id=right[0],
        left_key=left[1],
        right_key=right[1],
        said=Said(verdict=row.verdict, author=row.author, reason=row.reason),
        made_at=row.made_at,
        snapshot=(
            None
            if row.evidence is None
            else Snapshot(weight=row.weight, evidence=row.evidence, model=row.model)
        ),
        withdraws=row.withdraws,
        stands=stands,
        event=row.event,
    )


def add(session: Session, pair: Iterable[Known], said: Said, snapshot: Snapshot | None) -> str:
    """Keep a decision; its id."""
    left, right = sorted(pair, key=lambda known: known.key)
    return _insert(
        session,
        said,
        left_id=left.record_id,
        right_id=right.record_id,
        left_key=left.key,
        right_key=right.key,
        weight=snapshot and snapshot.weight,
        evidence=snapshot and snapshot.evidence,
        model=snapshot and snapshot.model,
        **_common(left.labels, right.labels),
    )


def withdraw(session: Session, assertion: str, said: Said) -> str:
    """Keep that a decision (its id) no longer holds; the id of the withdrawal."""
    row = session.execute(select(tables.decision).where(tables.decision.c.id == assertion)).one()
    copied = ("left_id", "right_id", "left_key", "right_key")
    labels = ("custodian", "province", "sensitivity")
    values = {name: getattr(row, name) for name in (*copied, *labels)}
    return _insert(session, said, withdraws=assertion, **values)


def _insert(session: Session, said: Said, **values: Any) -> str:
    id_ = str(ULID()).lower()
    row = {"id": id_, "verdict": said.verdict, "author": said.author, "reason": said.reason}
    session.execute(insert(tables.decision), [row | values])
    return id_


def _common(left: Labels, right: Labels) -> dict[str, Any]:
    return {
        "custodian": left.custodian if left.custodian == right.custodian else SHARED,
        "province": left.province if left.province == right.province else None,
        "sensitivity": sorted({*left.sensitivity, *right.sensitivity}),
    }
