"""Takes source messages all the way to identities."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from adapters.contract import SourceAdapter, SourceMessage
from adapters.errors import Rejection, mistake
from audit.event import Action, AuditEvent, Caller, DetailValue, Seen
from gateway.acceptance import accept
from gateway.database import retried
from gateway.mistakes import is_mistake
from gateway.registry import corrections, messages
from gateway.registry.answered import RecordResult, answered
from gateway.registry.drafts import Draft, Numbered, ahead, batches, draft
from gateway.registry.messages import TAKEN, KeptMessage, MessageState
from gateway.registry.planning import Times

__all__ = [
    "Draft",
    "IngestResult",
    "MessageState",
    "RecordResult",
    "deliver",
    "deliver_many",
    "draft",
    "ingest",
    "keep",
    "receive",
    "take",
]

log = structlog.get_logger()
TOGETHER = 400
"""Statements that small messages may have together to share a transaction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestResult:
    """What became of one message. `repeated`: the same bytes had come before.

    `counts` has new, updated, unchanged (records), waiting (parts), rejected, and `left-out:…`.
    """

    message: str
    source: str
    state: MessageState
    counts: Mapping[str, int]
    records: tuple[RecordResult, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    repeated: bool = False
    still_refused: int = 0
    """Refusals that stand in the message that this one corrects."""


def deliver(
    engine: Engine, message: SourceMessage, adapter: SourceAdapter | None, caller: Caller
) -> IngestResult:
    """Ingest one message in a transaction of its own; what it returns is committed."""
    return _delivered(engine, draft(message, adapter), caller)


def _delivered(
    engine: Engine, one: Draft, caller: Caller, received: datetime | None = None
) -> IngestResult:
    """One message by itself; where a mistake of ours prevents that it is kept, to be read again."""
    try:
        (result,) = retried(engine, lambda session: _ingest(session, [one], caller, received))
    except Exception as error:
        if not is_mistake(error):
            raise
        wrong = error
        return retried(engine, lambda session: keep(session, one.message, caller, wrong))
    return result


def deliver_many(
    engine: Engine,
    deliveries: Iterable[tuple[SourceMessage, SourceAdapter | None]],
    caller: Caller,
    received: datetime | None = None,
) -> Iterator[IngestResult]:
    """Ingest messages; their results come in the order of the messages, and are committed.

    `received`: when they came, where that is not now. Small messages share a transaction as long
    as no two speak of the same record: the outcome is that of one after the other. Tries again
    where a parallel transaction came in between.
    """
    done: dict[int, IngestResult] = {}
    following = 0
    read = (draft(message, adapter) for message, adapter in deliveries)
    for batch in ahead(batches(read, TOGETHER)):

        def work(session: Session, batch: Sequence[Numbered] = batch) -> list[IngestResult]:
            return _ingest(session, [one for _, one in batch], caller, received)

        numbers = [number for number, _ in batch]
        try:
            results = retried(engine, work)
        # One that a mistake of ours keeps from being stored costs the others nothing.
        except Exception as error:
            if not is_mistake(error):
                raise
            results = [_delivered(engine, one, caller, received) for _, one in batch]
        done |= zip(numbers, results, strict=True)
        while following in done:
            yield done.pop(following)
            following += 1


def ingest(
    session: Session, message: SourceMessage, adapter: SourceAdapter | None, caller: Caller
) -> IngestResult:
    """Keep a message, make records of it, and give each an identity with decision `pending`.

    The same bytes again change nothing and are answered as before. A bad record is refused alone,
    and a message that cannot be read is kept as rejected.
    """
    return take(session, draft(message, adapter), caller)


def take(
    session: Session, one: Draft, caller: Caller, *, corrects: str | None = None
) -> IngestResult:
    """Ingest a message that was read already, before the transaction began.

    `corrects` is the id of a message whose refusals this one settles, if nothing in it is refused
    and enough comes in their place (`settle_corrected`). Raises NotFoundError and ConflictError
    where it cannot take the place of that message.
    """
    (result,) = _ingest(session, [one], caller)
    if corrects is None:
        return result
    corrections.correct(session, corrects, result.message, one.message.source)
    if result.state in TAKEN:
        corrections.settle_corrected(session, result.message, datetime.now(UTC))
    return replace(result, still_refused=corrections.still_refused(session, result.message))


def receive(
    session: Session, message: SourceMessage, caller: Caller, *, corrects: str | None = None
) -> tuple[str, MessageState]:
    """Keep a message that the worker is to read; its id and state. `corrects` as in `take`."""
    kept = _receive(session, message, caller, corrects)
    return kept.id, kept.state


def keep(
    session: Session,
    message: SourceMessage,
    caller: Caller,
    error: Exception,
    *,
    corrects: str | None = None,
) -> IngestResult:
    """Keep a message that a mistake of ours prevents from being stored, with what it was.

    It is `received`, for the worker or an operator to read it again, and stands among the refusals
    until then. Bytes that came before are answered as they were.
    """
    log.error("message cannot be stored", source=message.source, error=type(error).__name__)
    kept = _receive(session, message, caller, corrects)
    if kept.is_new:
        messages.note(session, kept.id, mistake(error), datetime.now(UTC))
    return IngestResult(
        message=kept.id,
        source=message.source,
        state=kept.state,
        counts={"rejected": 1} if kept.is_new else kept.counts,
        rejections=tuple(messages.refusals_of(session, kept.id)),
        repeated=not kept.is_new,
    )


def _receive(
    session: Session, message: SourceMessage, caller: Caller, corrects: str | None
) -> KeptMessage:
    now = datetime.now(UTC)
    (kept,) = messages.keep(session, [message], caller.who, caller.system, now)
    if corrects is not None:
        corrections.correct(session, corrects, kept.id, message.source)
        if kept.state in TAKEN:
            corrections.settle_corrected(session, kept.id, now)
    detail: dict[str, DetailValue] = {"source": message.source, "new": kept.is_new}
    event = AuditEvent(action=Action.MESSAGE_RECEIVE, caller=caller, message=kept.id, detail=detail)
    audit.append(session, event)
    return kept


def _ingest(
    session: Session, drafts: Sequence[Draft], caller: Caller, received: datetime | None = None
) -> list[IngestResult]:
    """Messages that speak of different records, in one transaction."""
    now = datetime.now(UTC)
    came = received or now
    sent = [one.message for one in drafts]
    kept = messages.keep(session, sent, caller.who, caller.system, came)
    new = {k.id: one for k, one in zip(kept, drafts, strict=True) if k.is_new}
    outcomes = accept(session, new, caller, Times(now=now, received=came))
    results = _results(session, drafts, kept, outcomes)
    audit.append_many(session, (_told_again(one, caller) for one in results if one.repeated))
    return results


def _told_again(result: IngestResult, caller: Caller) -> AuditEvent:
    """Who sends the same bytes again is told again to which children the records belong."""
    return AuditEvent(
        action=Action.MESSAGE_RECEIVE,
        caller=caller,
        message=result.message,
        seen=tuple(Seen(record=one.record, identity=one.identity) for one in result.records),
        detail={"source": result.source, "new": False},
    )


def _results(
    session: Session,
    drafts: Sequence[Draft],
    kept: Sequence[KeptMessage],
    outcomes: Mapping[str, messages.Outcome],
) -> list[IngestResult]:
    answers = [outcomes[k.id].answer if k.is_new else k.answer for k in kept]

    def result(one: KeptMessage, read: Draft, records: tuple[RecordResult, ...]) -> IngestResult:
        outcome = outcomes.get(one.id)
        rejections = outcome.rejections if outcome else messages.refusals_of(session, one.id)
        return IngestResult(
            message=one.id,
            source=read.message.source,
            state=outcome.state if outcome else one.state,
            counts=outcome.counts if outcome else one.counts,
            records=records,
            rejections=tuple(rejections),
            unknown_fields=read.reading.unknown_fields if one.is_new else {},
            repeated=not one.is_new,
        )

    found = zip(kept, drafts, answered(session, answers), strict=True)
    return [result(one, read, records) for one, read, records in found]
