"""Stores what messages say: records, resources, identities, outcomes and events, together."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from adapters.contract import Reading
from audit import log as audit_log
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway.golden import found, project
from gateway.registry import changes, messages, records, resources, statements
from gateway.registry.drafts import Draft
from gateway.registry.intake import Intake, intake
from gateway.registry.messages import MessageState
from gateway.registry.planning import NEW, UNCHANGED, Origin, Plan, Times
from gateway.registry.statements import KeptStatement
from gateway.registry.versions import SHARED_BY_ALL, labels_of
from linkage.records import Labels
from linkage.store import IdentityStore


def accept(
    session: Session,
    drafts: Mapping[str, Draft],
    caller: Caller,
    times: Times,
    again: Mapping[str, datetime | None] = MappingProxyType({}),
) -> dict[str, messages.Outcome]:
    """Store what kept messages (id → draft) say, and what became of each; one event for each.

    No two of them may speak of the same record. What was said before changes nothing. `again`:
    messages that were refused before → the deadline of that.
    """
    outcomes = {id_: _refused(id_, one) for id_, one in drafts.items() if one.refusal}
    events = [_rejected(outcome, caller) for outcome in outcomes.values()]
    for said in _by_source(drafts):
        taken, origin = _taken(session, said, times)
        identities = _store(session, origin, taken)
        plans = _by_message(taken.plans)
        ended = {
            id_: _outcome(id_, one.reading, taken, plans.get(id_, ())) for id_, one in said.items()
        }
        events += _events(ended.values(), origin, taken, identities, caller)
        outcomes |= ended
    outcomes |= {id_: _replayed(outcomes[id_]) for id_ in again}
    messages.finish(session, list(outcomes.values()), times.now, again)
    audit_log.append_many(session, events)
    return outcomes


def _by_source(new: Mapping[str, Draft]) -> list[dict[str, Draft]]:
    """Message id → draft of those that were read, by source."""
    found: dict[str, dict[str, Draft]] = {}
    for id_, one in new.items():
        if not one.refusal:
            found.setdefault(one.message.source, {})[id_] = one
    return list(found.values())


def _taken(session: Session, said: Mapping[str, Draft], times: Times) -> tuple[Intake, Origin]:
    first = next(iter(said.values()))
    assert first.adapter is not None, "a draft without adapter is refused"
    origin = Origin(
        source=first.message.source,
        adapter_version=first.adapter.version,
        now=times.now,
        received=times.received,
    )
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
    moved = [p for p in plans if p.speaks_anew]
    identities = IdentityStore(session).register(
        [p.person for p in moved], {p.record.id: p.labels for p in moved}
    )
    new = {identities[p.record.id]: p for p in moved if p.change == NEW}
    found(session, new)
    project(session, set(identities.values()) - new.keys())
    told = (_change(p, identities[p.record.id]) for p in moved if p.change != UNCHANGED)
    changes.add(session, told, origin.now)
    return identities


def _change(p: Plan, identity: str) -> changes.Change:
    kind = changes.Kind.CREATED if p.change == NEW else changes.Kind.UPDATED
    return changes.Change(kind=kind, identity=identity, record=p.record.id, labels=p.labels)


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
        about_child=True,
    )


def _outcome(
    message_id: str, reading: Reading, taken: Intake, plans: Sequence[Plan]
) -> messages.Outcome:
    answer = {k.record_id: UNCHANGED for id_, k in taken.known if id_ == message_id and k.record_id}
    answer |= {p.record.id: p.change for p in plans}
    rejections = [*reading.rejections, *(r for id_, r in taken.refusals if id_ == message_id)]
    waiting = sum(kept.message_id == message_id for kept, _ in taken.waiting)
    waiting += _still_waiting(message_id, taken)
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
        unknown_fields=reading.unknown_fields,
    )


def _still_waiting(message_id: str, taken: Intake) -> int:
    """Parts of a message that is read again which waited before and do so still."""
    placed = {kept.number for p in taken.plans for kept in p.assembled.statements}
    return sum(
        id_ == message_id == kept.message_id and kept.base_key is None and kept.number not in placed
        for id_, kept in taken.known
    )


def _by_message(plans: Sequence[Plan]) -> dict[str, list[Plan]]:
    """Message id → plans of the records that it speaks of."""
    found: dict[str, list[Plan]] = {}
    for one in plans:
        for message_id in {kept.message_id for kept in one.assembled.statements}:
            found.setdefault(message_id, []).append(one)
    return found


def _replayed(outcome: messages.Outcome) -> messages.Outcome:
    settled = outcome.state is MessageState.ACCEPTED
    return replace(outcome, state=MessageState.REPLAYED) if settled else outcome


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
