"""Keeps messages as received, what became of them, and what was refused in them."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, insert, select, text, update
from sqlalchemy.orm import Session
from ulid import ULID

from adapters.contract import SourceMessage
from adapters.errors import Problem, Rejection
from gateway.registry.bulk import update_rows
from gateway.registry.tables import among, message, rejection, statement
from gateway.registry.versions import SHARED_BY_ALL, label_values
from linkage.records import Labels

INSERTION = text(
    "INSERT INTO registry_message"
    " (id, source, sha256, content, sender, received, state, counts, answer, custodian)"
    " VALUES (:id, :source, :sha256, :content, :sender, :received, :state, '{}', '{}', :custodian)"
    " ON CONFLICT DO NOTHING RETURNING true"
)
"""One by one: only a parameter of its own travels in binary, and messages may be large."""


class MessageState(StrEnum):
    """What became of a message."""

    RECEIVED = "received"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly-accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptMessage:
    """A message in the registry; `is_new` is false where these bytes came before."""

    id: str
    is_new: bool
    state: MessageState
    counts: Mapping[str, int] = field(default_factory=dict)
    answer: Mapping[str, str] = field(default_factory=dict)


def keep(
    session: Session, received: Sequence[SourceMessage], sender: str, now: datetime
) -> list[KeptMessage]:
    """Keep bytes as sent, in the order given; no two of the messages may be the same.

    Waits for a transaction that is keeping the same bytes.
    """
    rows = {(row["source"], row["sha256"]): row for row in map(_row, received)}
    # Always in one order, so that two transactions with the same messages do not block each other.
    new = {
        name: rows[name]["id"]
        for name in sorted(rows)
        if session.scalar(INSERTION, rows[name] | {"sender": sender, "received": now})
    }
    return [
        KeptMessage(id=new[name], is_new=True, state=MessageState.RECEIVED)
        if name in new
        else _known(session, *name)
        for name in rows
    ]


def _digest(received: SourceMessage) -> str:
    return hashlib.sha256(received.content).hexdigest()


def _row(received: SourceMessage) -> dict[str, Any]:
    return {
        "id": str(ULID()).lower(),
        "source": received.source,
        "sha256": _digest(received),
        "content": received.content,
        "state": MessageState.RECEIVED,
        "custodian": SHARED_BY_ALL.custodian,
    }


def _known(session: Session, source: str, digest: str) -> KeptMessage:
    columns = (message.c.id, message.c.state, message.c.counts, message.c.answer)
    query = select(*columns).where(message.c.source == source, message.c.sha256 == digest)
    row = session.execute(query).one()
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
    """Whether the rejections are about a child."""


def finish(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Write down what became of messages, with the bytes of what was refused."""
    if not outcomes:
        return
    rows = [
        {
            "id": outcome.message_id,
            "state": outcome.state,
            "counts": dict(outcome.counts),
            "answer": dict(outcome.answer),
        }
        | label_values(outcome.labels)
        for outcome in outcomes
    ]
    update_rows(session, message, rows)
    refused = [_refusal(outcome, one) for outcome in outcomes for one in outcome.rejections]
    if refused:
        session.execute(insert(rejection), refused)


def _refusal(outcome: Outcome, refused: Rejection) -> dict[str, Any]:
    return {
        "message_id": outcome.message_id,
        "code": refused.problem,
        "position": refused.position,
        "element": refused.element,
        "vietnamese": refused.vietnamese,
        "english": refused.english,
        "excerpt": refused.excerpt,
        "about_child": outcome.about_child,
    } | label_values(SHARED_BY_ALL)


def refusals_of(session: Session, message_id: str) -> list[Rejection]:
    """The refusals of a message in their order, without the bytes."""
    columns = (rejection.c.code, rejection.c.position, rejection.c.element)
    query = select(*columns).where(rejection.c.message_id == message_id).order_by(rejection.c.id)
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
