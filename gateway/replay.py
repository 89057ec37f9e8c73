"""Use cases: read a refused message again, or put it aside; its bytes never change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeAlias

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

import audit
from adapters.catalog import recognise
from adapters.contract import Reading, SourceAdapter, SourceMessage
from adapters.errors import Problem, Rejection, mistake
from audit.event import Action, AuditEvent, Caller, DetailValue
from gateway.acceptance import accept
from gateway.errors import ConflictError, NotFoundError
from gateway.mistakes import is_mistake, may_pass
from gateway.registry import corrections, inbox, messages, pieces, wholes
from gateway.registry.drafts import Draft, draft
from gateway.registry.messages import TAKEN, UNKNOWN_SOURCE, MessageState, Outcome, Settlement
from gateway.registry.planning import Times
from gateway.registry.tables import among, message

__all__ = [
    "UNKNOWN_SOURCE",
    "AdaptersOf",
    "MessageState",
    "Reason",
    "Replay",
    "give_up",
    "refused_messages",
    "replay",
    "withdraw",
]
log = structlog.get_logger()
KEPT = tuple(
    message.c[name]
    for name in [
        "source",
        "content",
        "state",
        "system",
        "sha256",
        "part_of",
        "part",
        "begins",
        "place",
    ]
)
AdaptersOf: TypeAlias = Callable[[str], Mapping[str, SourceAdapter]]
"""Sending system → the adapters for what it sends."""


class Reason(StrEnum):
    """Why nothing is lost by a refused message. A choice: free text would hold child data."""

    SENT_BY_MISTAKE = "sent-by-mistake"
    NOT_ABOUT_A_CHILD = "not-about-a-child"
    SENT_AGAIN = "sent-again"
    TEST = "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What reading a message again gives, or would give."""

    message: str
    source: str
    before: MessageState
    after: MessageState
    counts: Mapping[str, int]
    rejections: Sequence[Rejection]


def replay(
    session: Session,
    message_id: str,
    adapters_of: AdaptersOf,
    caller: Caller,
    *,
    dry_run: bool = False,
) -> Replay:
    """Read the kept bytes with the adapter of today. `dry_run`: all is undone but the event.

    Raises NotFoundError, and ConflictError where nothing in the message is refused any more.
    """
    c = message.c
    query = select(*KEPT).where(c.id == message_id)
    kept = session.execute(query.with_for_update(key_share=True)).one_or_none()
    if kept is None:
        raise NotFoundError
    if kept.content is None:  # Its parts are messages by themselves.
        raise ConflictError
    before = MessageState(kept.state)
    if before is not MessageState.RECEIVED and not inbox.is_refused(session, message_id):
        raise ConflictError
    one = _draft(pieces.kept_message(kept.source, kept), adapters_of(kept.system or ""))
    if kept.source == UNKNOWN_SOURCE:
        _give_source(session, message_id, kept, one.message.source)
    outcome = _tried(session, message_id, one, before, caller, dry_run=dry_run)
    detail: dict[str, DetailValue] = {
        "before": before.value,
        "after": outcome.state.value,
        "dry": dry_run,
    }
    if dry_run or before is not MessageState.RECEIVED:
        event = AuditEvent(
            action=Action.MESSAGE_REPLAY, caller=caller, message=message_id, detail=detail
        )
        audit.append(session, event)
    return Replay(
        message=message_id,
        source=one.message.source,
        before=before,
        after=outcome.state,
        counts=outcome.counts,
        rejections=outcome.rejections,
    )


def _draft(sent: SourceMessage, adapters: Mapping[str, SourceAdapter]) -> Draft:
    """As it would be read if it came today; what nobody knew may have a source now."""
    if sent.source == UNKNOWN_SOURCE:
        sent = replace(sent, source=recognise(sent, adapters) or UNKNOWN_SOURCE)
    return draft(sent, adapters.get(sent.source))


def _give_source(session: Session, message_id: str, kept: Any, source: str) -> None:
    """Raises ConflictError where the source has sent the same bytes under its name meanwhile."""
    c = message.c
    same = exists().where(c.source == source, c.sha256 == kept.sha256, c.id != message_id)
    if session.scalar(select(same.where(c.part_of.is_not_distinct_from(kept.part_of)))):
        raise ConflictError
    session.execute(update(message).where(c.id == message_id).values(source=source))


def _tried(
    session: Session,
    message_id: str,
    one: Draft,
    before: MessageState,
    caller: Caller,
    *,
    dry_run: bool,
) -> Outcome:
    """Store what is read; where a mistake of ours prevents that, the message is refused.

    Otherwise one message that cannot be stored would keep all after it from being read.
    """
    trial = session.begin_nested()
    try:
        outcome = _again(session, message_id, one, before, caller)
    except Exception as error:
        trial.rollback()
        if may_pass(error) or not is_mistake(error):
            raise
        log.error("message cannot be stored", message=message_id, error=type(error).__name__)
        trial = session.begin_nested()
        refused = replace(one, reading=Reading(), prepared=(), refusal=mistake(error))
        outcome = _again(session, message_id, refused, before, caller)
    trial.rollback() if dry_run else trial.commit()
    return outcome


def _again(
    session: Session, message_id: str, one: Draft, before: MessageState, caller: Caller
) -> Outcome:
    now = datetime.now(UTC)
    due = messages.settle(session, [message_id], Settlement.REPLAYED, now)
    times = Times(now=now, received=now)
    again = {} if before is MessageState.RECEIVED else {message_id: due.get(message_id)}
    outcome = accept(session, {message_id: one}, caller, times, again)[message_id]
    if outcome.state in TAKEN:
        corrections.settle_corrected(session, message_id, now)
    return outcome


def give_up(session: Session, message_id: str, adapters_of: AdaptersOf, caller: Caller) -> None:
    """Refuse a message that was only received, without reading it: that ends the process.

    It stays as it was sent, and somebody may replay it, with more memory or after an upgrade.
    """
    kept = session.execute(select(*KEPT).where(message.c.id == message_id)).one()
    sent = pieces.kept_message(kept.source, kept)
    refusal = pieces.located_refusal(sent, Rejection(problem=Problem.BROKE_OFF, position="/"))
    adapter = adapters_of(kept.system or "").get(kept.source)
    one = Draft(message=sent, adapter=adapter, refusal=refusal)
    _again(session, message_id, one, MessageState.RECEIVED, caller)
    log.error("message given up", message=message_id, source=kept.source)


def refused_messages(
    session: Session, caller: Caller, source: str, code: str | None, most: int, after: str = ""
) -> list[str]:
    """Messages of a source with refusals that stand, of one code or any, the oldest first.

    `after` is the id of the last one that is known already.
    """
    found = inbox.refused_ids(session, source, code, most, after)
    detail: dict[str, DetailValue] = {"source": source, "count": len(found)}
    audit.append(session, AuditEvent(action=Action.MESSAGE_SEARCH, caller=caller, detail=detail))
    return found


def withdraw(session: Session, message_id: str, reason: Reason, caller: Caller) -> None:
    """Settle the refusals of a message, or of all its parts, without taking it.

    Raises NotFoundError, and ConflictError where nothing in the message is refused.
    """
    c = message.c
    query = select(c.state).where(c.id == message_id).with_for_update(key_share=True)
    state = session.scalar(query)
    if state is None:
        raise NotFoundError
    ids = wholes.with_parts(session, message_id)
    if not messages.settle(session, ids, Settlement.WITHDRAWN, datetime.now(UTC)):
        raise ConflictError
    refused = (among(c.id, ids), c.state == MessageState.REJECTED)
    session.execute(update(message).where(*refused).values(state=MessageState.WITHDRAWN))
    detail = {"reason": reason.value}
    audit.append(
        session,
        AuditEvent(
            action=Action.MESSAGE_WITHDRAW, caller=caller, message=message_id, detail=detail
        ),
    )
