"""Keeps messages as received, what became of them, and what was refused in them."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import TextClause, and_, exists, insert, select, text, update
from sqlalchemy.orm import Session
from ulid import ULID

from adapters.contract import SourceMessage
from adapters.errors import Problem, Rejection
from gateway.registry import pieces
from gateway.registry.bulk import update_rows
from gateway.registry.tables import among, message, rejection, statement
from gateway.registry.versions import SHARED_BY_ALL, label_values
from linkage.records import Labels

COLUMNS: Mapping[str, str] = {
    "id": "text",
    "source": "text",
    "sha256": "text",
    "content": "bytea",
    "part_of": "text",
    "part": "integer",
    "begins": "bigint",
    "place": "text",
}
"""In which messages that are kept together differ → their types."""


def _insertion(rows: str) -> TextClause:
    return text(
        "INSERT INTO registry_message"
        " (id, source, sha256, content, part_of, part, begins, place,"
        " sender, system, received, state, counts, answer, custodian)"
        " SELECT new.id, new.source, new.sha256, new.content, new.part_of, new.part, new.begins,"
        " CAST(new.place AS jsonb), :sender, :system, :received, :state, '{}', '{}', :custodian"
        f" FROM {rows} AS new ({', '.join(COLUMNS)})"
        " ON CONFLICT DO NOTHING RETURNING id"
    )


INSERT_ONE = _insertion(
    f"(VALUES ({', '.join(f'CAST(:{name} AS {kind})' for name, kind in COLUMNS.items())}))"
)
INSERT_MANY = _insertion(
    f"unnest({', '.join(f'CAST(:{name} AS {kind}[])' for name, kind in COLUMNS.items())})"
)
"""Arrays travel in binary, and are copied once more: a large message comes alone."""


class MessageState(StrEnum):
    """What became of a message."""

    RECEIVED = "received"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly-accepted"
    REJECTED = "rejected"
    REPLAYED = "replayed"
    """Refused at first, and taken when it was read again."""
    WITHDRAWN = "withdrawn"
    """Refused, and somebody said that nothing is lost by it."""


TAKEN = frozenset({MessageState.ACCEPTED, MessageState.WAITING, MessageState.REPLAYED})
"""States in which nothing of a message is refused."""


class Settlement(StrEnum):
    """Why a refusal needs no more work."""

    REPLAYED = "replayed"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


UNKNOWN_SOURCE = "unknown"
"""Source of messages that no adapter recognises."""

DEADLINE = timedelta(hours=12)
"""In which a refused report about a child must be settled: the report of an emergency has twelve
hours until somebody must have acted (NĐ 56/2017 Đ26-32), and a refused one may be such a report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptMessage:
    """A message in the registry; `is_new` is false where these bytes came before."""

    id: str
    is_new: bool
    state: MessageState
    counts: Mapping[str, int] = field(default_factory=dict)
    answer: Mapping[str, str] = field(default_factory=dict)


def keep(
    session: Session, received: Sequence[SourceMessage], sender: str, system: str, now: datetime
) -> list[KeptMessage]:
    """Keep bytes as sent, in the order given; no two of the messages may be the same.

    `system` is the program that sends them. Waits for a transaction that keeps the same bytes.
    """
    rows = {_name(row): row for row in map(_row, received)}
    # Always in one order, so that two transactions with the same messages do not block each other.
    ordered = [rows[name] for name in sorted(rows)]
    values: dict[str, Any] = {
        "sender": sender,
        "system": system,
        "received": now,
        "state": MessageState.RECEIVED,
        "custodian": SHARED_BY_ALL.custodian,
    }
    if len(ordered) == 1:
        new = set(session.scalars(INSERT_ONE, values | ordered[0]))
    else:
        arrays = {name: [row[name] for row in ordered] for name in COLUMNS}
        new = set(session.scalars(INSERT_MANY, values | arrays))
    return [
        KeptMessage(id=row["id"], is_new=True, state=MessageState.RECEIVED)
        if row["id"] in new
        else _known(session, row)
        for row in rows.values()
    ]


def _name(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The same bytes are the same message, and in a large one the same part."""
    return (row["source"], row["sha256"], row["part_of"] or "", row["part"] or 0)


def _digest(received: SourceMessage) -> str:
    return hashlib.sha256(received.content).hexdigest()


def _row(received: SourceMessage) -> dict[str, Any]:
    return {
        "id": str(ULID()).lower(),
        "source": received.source,
        "sha256": _digest(received),
        "content": received.content,
    } | pieces.columns_of(received)


def _known(session: Session, sent: Mapping[str, Any]) -> KeptMessage:
    c = message.c
    same = (
        *(c.source == sent["source"], c.sha256 == sent["sha256"]),
        *(c[name].is_not_distinct_from(sent[name]) for name in ("part_of", "part")),
    )
    row = session.execute(select(c.id, c.state, c.counts, c.answer).where(*same)).one()
    return KeptMessage(
        id=row.id,
        is_new=False,
        state=MessageState(row.state),
        counts=row.counts,
        answer=row.answer,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a message; `answer` is opaque record id → change."""

    message_id: str
    state: MessageState
    counts: Mapping[str, int]
    answer: Mapping[str, str]
    labels: Labels
    rejections: Sequence[Rejection]
    about_child: bool
    """Whether the rejections may be about a child, as far as they do not say otherwise."""
    unknown_fields: Mapping[str, int] = field(default_factory=dict)


def finish(
    session: Session,
    outcomes: Sequence[Outcome],
    now: datetime,
    due: Mapping[str, datetime | None] = MappingProxyType({}),
) -> None:
    """Write down what became of messages, with the bytes of what was refused.

    `due`: message id → deadline of a refusal that stood before; others begin now.
    """
    if not outcomes:
        return
    rows = [
        {
            "id": outcome.message_id,
            "state": outcome.state,
            "counts": dict(outcome.counts),
            "answer": dict(outcome.answer),
            "unknown_fields": dict(outcome.unknown_fields),
        }
        | label_values(outcome.labels)
        for outcome in outcomes
    ]
    update_rows(session, message, rows)
    refused = [
        _refusal(
            outcome.message_id,
            one,
            due.get(outcome.message_id) or now + DEADLINE,
            about_child=outcome.about_child and one.about_child,
        )
        for outcome in outcomes
        for one in outcome.rejections
    ]
    if refused:
        session.execute(insert(rejection), refused)


def note(session: Session, message_id: str, refused: Rejection, now: datetime) -> None:
    """Write down why a message of a known source is not read yet: somebody must look at it."""
    change = update(message).where(message.c.id == message_id)
    session.execute(change.values(counts={"rejected": 1}))
    session.execute(
        insert(rejection), [_refusal(message_id, refused, now + DEADLINE, about_child=True)]
    )


def _refusal(
    message_id: str, refused: Rejection, due: datetime, *, about_child: bool
) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "code": refused.problem,
        "position": refused.position,
        "element": refused.element,
        "vietnamese": refused.vietnamese,
        "english": refused.english,
        "excerpt": refused.excerpt,
        "about_child": about_child,
        "due": due if about_child else None,
    } | label_values(SHARED_BY_ALL)


def settle(
    session: Session, message_ids: Collection[str], how: Settlement, now: datetime
) -> dict[str, datetime | None]:
    """Nothing more is to be done about the refusals of messages; message id → their deadline."""
    c = rejection.c
    change = (
        update(rejection)
        .where(among(c.message_id, message_ids), c.settled.is_(None))
        .values(settled=now, settlement=how)
        .returning(c.message_id, c.due)
    )
    found: dict[str, datetime | None] = {}
    for message_id, due in session.execute(change):
        known = found.get(message_id)
        found[message_id] = min(known, due) if known and due else known or due
    return found


def refusals_of(session: Session, message_id: str) -> list[Rejection]:
    """The standing refusals of a message in their order, without the bytes."""
    columns = (rejection.c.code, rejection.c.position, rejection.c.element)
    stands = and_(rejection.c.message_id == message_id, rejection.c.settled.is_(None))
    query = select(*columns).where(stands).order_by(rejection.c.id)
    return [
        Rejection(problem=Problem(row.code), position=row.position, element=row.element)
        for row in session.execute(query)
    ]


def release(session: Session, message_ids: Collection[str]) -> None:
    """Messages whose parts waited and now all have their record are accepted."""
    if not message_ids:
        return
    waiting = exists().where(
        and_(statement.c.message_id == message.c.id, statement.c.base_key.is_(None))
    )
    session.execute(
        update(message)
        .where(among(message.c.id, message_ids))
        .where(message.c.state == MessageState.WAITING, ~waiting)
        .values(state=MessageState.ACCEPTED)
    )
