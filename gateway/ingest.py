"""Takes source messages all the way to identities."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from adapters.contract import Reading, SourceAdapter, SourceMessage
from adapters.errors import Rejection
from audit import log as audit_log
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway.database import transaction
from gateway.golden import found, project
from gateway.registry import messages, records, resources, statements
from gateway.registry.drafts import Draft, Numbered, ahead, batches, draft, drafts
from gateway.registry.intake import Intake, intake
from gateway.registry.messages import KeptMessage, MessageState
from gateway.registry.planning import NEW, UNCHANGED, Origin, Plan
from gateway.registry.statements import KeptStatement
from gateway.registry.versions import SHARED_BY_ALL, labels_of
from linkage.records import Labels
from linkage.store import IdentityStore

ATTEMPTS = 5
AGAIN = frozenset({"40001", "40P01", "23505"})
"""SQLSTATE of what may succeed when tried again: serialization, deadlock, unique index."""
TOGETHER = 400
"""Statements that small messages may have together to share a transaction."""

log = structlog.get_logger()
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordResult:
    """What became of one record; its decision is `pending` until the next linking."""

    record: str
    """Opaque id, also that of the record's Patient."""
    identity: str
    change: str
    """new, updated or unchanged."""

    @property
    def reference(self) -> str:
        """The record's Patient as a FHIR reference."""
        return f"Patient/{self.record}"


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


def deliver(
    engine: Engine, message: SourceMessage, adapter: SourceAdapter | None, caller: Caller
) -> IngestResult:
    """Ingest one message in a transaction of its own; what it returns is committed."""
    one = draft(message, adapter)
    (result,) = retried(engine, lambda session: _ingest(session, [one], caller))
    return result


def deliver_many(
    engine: Engine,
    deliveries: Iterable[tuple[SourceMessage, SourceAdapter | None]],
    caller: Caller,
    readers: int = 0,
) -> Iterator[IngestResult]:
    """Ingest messages; their results come in the order of the messages, and are committed.

    `readers`: processes that read beside this one, which pays for hundreds of messages and more.
    Small messages share a transaction as long as no two speak of the same record: the outcome is
    that of one after the other. Tries again where a parallel transaction came in between.
    """
    done: dict[int, IngestResult] = {}
    following = 0
    for batch in ahead(batches(drafts(deliveries, readers), TOGETHER)):

        def work(session: Session, batch: Sequence[Numbered] = batch) -> list[IngestResult]:
            return _ingest(session, [one for _, one in batch], caller)

        numbers = [number for number, _ in batch]
        done |= zip(numbers, retried(engine, work), strict=True)
        while following in done:
            yield done.pop(following)
            following += 1


def retried(engine: Engine, work: Callable[[Session], Result]) -> Result:
    """Do the work in one transaction, again where another transaction got in its way."""
    for attempt in range(1, ATTEMPTS):
        try:
            with transaction(engine) as session:
                return work(session)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in AGAIN:
                raise
            log.info("transaction tried again", attempt=attempt)
    with transaction(engine) as session:
        return work(session)


def ingest(
    session: Session, message: SourceMessage, adapter: SourceAdapter | None, caller: Caller
) -> IngestResult:
    """Keep a message, make records of it, and give each an identity with decision `pending`.

    The same bytes again change nothing and are answered as before. A bad record is refused alone,
    and a message that cannot be read is kept as rejected.
    """
    (result,) = _ingest(session, [draft(message, adapter)], caller)
    return result


def _ingest(session: Session, drafts: Sequence[Draft], caller: Caller) -> list[IngestResult]:
    """Messages that speak of different records, in one transaction."""
    now = datetime.now(UTC)
    kept = messages.keep(session, [one.message for one in drafts], caller.who, now)
    new = {k.id: one for k, one in zip(kept, drafts, strict=True) if k.is_new}
    outcomes: dict[str, messages.Outcome] = {
        id_: _refused(id_, one) for id_, one in new.items() if one.refusal
    }
    events = [_rejected(outcome, caller) for outcome in outcomes.values()]
    for said in _by_source(new):
        taken, origin = _taken(session, said, now)
        identities = _store(session, origin, taken)
        plans = _by_message(taken.plans)
        ended = {
            id_: _outcome(id_, one.reading, taken, plans.get(id_, ())) for id_, one in said.items()
        }
        events += _events(ended.values(), origin, taken, identities, caller)
        outcomes |= ended
    messages.finish(session, list(outcomes.values()))
    audit_log.append_many(session, events)
    return _results(session, drafts, kept, outcomes)


def _by_source(new: Mapping[str, Draft]) -> list[dict[str, Draft]]:
    """Message id → draft of those that were read, by source."""
    found: dict[str, dict[str, Draft]] = {}
    for id_, one in new.items():
        if not one.refusal:
            found.setdefault(one.message.source, {})[id_] = one
    return list(found.values())


def _taken(session: Session, said: Mapping[str, Draft], now: datetime) -> tuple[Intake, Origin]:
    first = next(iter(said.values()))
    assert first.adapter is not None, "a draft without adapter is refused"
    origin = Origin(source=first.message.source, adapter_version=first.adapter.version, now=now)
    read = {id_: one.prepared for id_, one in said.items()}
    return intake(session, first.adapter, origin, read), origin


def _store(session: Session, origin: Origin, taken: Intake) -> dict[str, str]:
    """Write what changes, in few statements of SQL however many records; their identities."""
    plans = taken.plans
    changed = [(p.record, p.labels) for p in plans if p.change not in (NEW, UNCHANGED)]
    # Old records first: where a key turns out to be reused, the old one gives up the plain key.
    records.change(session, changed, origin.now)
    records.add(session, [(p.record, p.labels) for p in plans if p.change == NEW], origin.now)
    _store_statements(session, origin, taken)
    resources.withdraw(session, [name for p in plans for name in p.withdrawn])
    resources.save(session, [version for p in plans for version in p.versions])
    resources.add_shared(session, [r for p in plans for r in p.shared], origin.now)
    moved = [p for p in plans if p.change != UNCHANGED]
    identities = IdentityStore(session).register(
        [p.person for p in moved], {p.record.id: p.labels for p in moved}
    )
    new = {identities[p.record.id]: p for p in moved if p.change == NEW}
    found(session, new)
    project(session, set(identities.values()) - new.keys())
    return identities


def _store_statements(session: Session, origin: Origin, taken: Intake) -> None:
    placed = [kept for p in taken.plans for kept in p.assembled.statements]
    fresh = [kept for kept in placed if kept.number is None]
    fresh += [kept for kept, _ in taken.waiting]
    statements.save(session, origin.source, [(k, _labels(taken, k)) for k in fresh])
    moved = [kept for kept in placed if kept.moved and kept.number is not None]
    statements.assign(session, moved)
    messages.release(session, {kept.message_id for kept in moved})


def _labels(taken: Intake, kept: KeptStatement) -> Labels:
    conversion = taken.conversions[kept.fingerprint]
    codes = {
        code
        for resource in conversion.resources
        for code in labels_of(resource, conversion.custodian, None).sensitivity
    }
    return Labels(
        custodian=conversion.custodian,
        province=conversion.province,
        sensitivity=tuple(sorted(codes)),
    )


def _refused(message_id: str, one: Draft) -> messages.Outcome:
    assert one.refusal is not None, "only of drafts that were refused"
    return messages.Outcome(
        message_id=message_id,
        state=MessageState.REJECTED,
        counts={"rejected": 1},
        answer={},
        labels=SHARED_BY_ALL,
        rejections=[one.refusal],
        about_child=one.adapter is not None,
    )


def _outcome(
    message_id: str, reading: Reading, taken: Intake, plans: Sequence[Plan]
) -> messages.Outcome:
    answer = {k.record_id: UNCHANGED for id_, k in taken.known if id_ == message_id and k.record_id}
    answer |= {p.record.id: p.change for p in plans}
    rejections = [*reading.rejections, *(r for id_, r in taken.refusals if id_ == message_id)]
    waiting = sum(kept.message_id == message_id for kept, _ in taken.waiting)
    counts = Counter(answer.values()) + Counter(
        {f"left-out:{reason}": count for reason, count in reading.left_out.items()}
    )
    counts += Counter(waiting=waiting, rejected=len(rejections))
    return messages.Outcome(
        message_id=message_id,
        state=_state(records=len(answer), waiting=waiting, rejected=len(rejections)),
        counts=counts,
        answer=answer,
        labels=_common([p.labels for p in plans]),
        rejections=rejections,
        about_child=True,
    )


def _by_message(plans: Sequence[Plan]) -> dict[str, list[Plan]]:
    """Message id → plans of the records that it speaks of."""
    found: dict[str, list[Plan]] = {}
    for one in plans:
        for message_id in {kept.message_id for kept in one.assembled.statements}:
            found.setdefault(message_id, []).append(one)
    return found


def _state(*, records: int, waiting: int, rejected: int) -> MessageState:
    if rejected:
        return MessageState.PARTLY_ACCEPTED if records or waiting else MessageState.REJECTED
    return MessageState.WAITING if waiting and not records else MessageState.ACCEPTED


def _common(labels: Sequence[Labels]) -> Labels:
    """Labels of a message: those that all its records share, every sensitivity of any."""
    custodians = {label.custodian for label in labels}
    provinces = {label.province for label in labels}
    return Labels(
        custodian=custodians.pop() if len(custodians) == 1 else SHARED_BY_ALL.custodian,
        province=provinces.pop() if len(provinces) == 1 else None,
        sensitivity=tuple(sorted({code for label in labels for code in label.sensitivity})),
    )


def _rejected(outcome: messages.Outcome, caller: Caller) -> AuditEvent:
    return AuditEvent(
        action=Action.MESSAGE_REJECT,
        caller=caller,
        message=outcome.message_id,
        outcome=Outcome.REFUSED,
        detail={"code": outcome.rejections[0].problem.value},
    )


def _events(
    outcomes: Iterable[messages.Outcome],
    origin: Origin,
    taken: Intake,
    identities: Mapping[str, str],
    caller: Caller,
) -> Iterator[AuditEvent]:
    """One event for each message, and one for each record that is new or changed."""
    for outcome in outcomes:
        yield AuditEvent(
            action=Action.MESSAGE_INGEST,
            caller=caller,
            message=outcome.message_id,
            detail={"source": origin.source, **outcome.counts},
        )
    for p in taken.plans:
        if p.change != UNCHANGED:
            yield AuditEvent(
                action=Action.RECORD_CREATE if p.change == NEW else Action.RECORD_UPDATE,
                caller=caller,
                message=next(k.message_id for k in reversed(p.assembled.statements)),
                record=p.record.id,
                identity=identities[p.record.id],
                detail={"version": p.record.version},
            )


def _results(
    session: Session,
    drafts: Sequence[Draft],
    kept: Sequence[KeptMessage],
    outcomes: Mapping[str, messages.Outcome],
) -> list[IngestResult]:
    answers = {k.id: outcomes[k.id].answer if k.is_new else k.answer for k in kept}
    asked = {record for answer in answers.values() for record in answer}
    identities = IdentityStore(session).identities_of(asked) if asked else {}

    def result(one: KeptMessage, read: Draft) -> IngestResult:
        outcome = outcomes.get(one.id)
        rejections = outcome.rejections if outcome else messages.refusals_of(session, one.id)
        return IngestResult(
            message=one.id,
            source=read.message.source,
            state=outcome.state if outcome else one.state,
            counts=outcome.counts if outcome else one.counts,
            records=tuple(
                RecordResult(record=record, identity=identities[record], change=change)
                for record, change in answers[one.id].items()
            ),
            rejections=tuple(rejections),
            unknown_fields=read.reading.unknown_fields if one.is_new else {},
            repeated=not one.is_new,
        )

    return [result(k, one) for k, one in zip(kept, drafts, strict=True)]
