"""Use case: resources of a sender's own children are written together, all of them or none."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from adapters.contract import REPLACES, Conversion, SourceMessage, Statement
from adapters.errors import Problem, Rejection
from adapters.fhir_body import as_content
from audit.event import Action, AuditEvent, Outcome
from audit.log import append_many
from gateway.database import retried
from gateway.errors import GatewayError
from gateway.fed import Fed, Kept, shown
from gateway.feed import (
    Feed,
    joined,
    link_at_once,
    require_own,
    survivor_of,
)
from gateway.feed_words import (
    ForeignDomainError,
    OtherChildError,
    OtherNumberError,
    UnknownSurvivorError,
)
from gateway.ingest import draft, take
from gateway.own_records import (
    PATIENT,
    SOURCE,
    OwnRecord,
    replaced_by,
)
from gateway.registry import records
from gateway.registry.drafts import Draft
from gateway.registry.planning import NEW, UNCHANGED
from gateway.registry.preparation import prepare
from gateway.registry.versions import is_shared, resource_id
from gateway.repeating import asked_anew, message, removed, unchanged
from gateway.write_entries import (
    Entry,
    MovedError,
    NotKeptTypeError,
    WriteRefusedError,
    as_asked,
    payload,
)
from gateway.write_targets import IN_ERROR, Target, Targets
from linkage.store import IdentityStore

PLACE = re.compile(r"/entry/(\d+)")
Read = Callable[[Session], Any]
"""A GET of a transaction, which sees what the transaction has written."""


def write(
    feed: Feed,
    entries: Sequence[Entry],
    *,
    base: str,
    content: bytes | None = None,
    reads: Sequence[Read] = (),
) -> tuple[list[Fed], list[Any]]:
    """What stands of each entry, in their order, and what `reads` give, in one transaction.

    `base`: our address, as references name it. `content`: the body, to be kept as it was sent.
    If one entry fails nothing is stored, and the error's `expression` names it. What came by itself
    and is refused by the source is kept as refused, to be somebody's work: `Fed.rejections`.
    """

    held: list[str] = []

    def work(session: Session) -> tuple[list[Kept], list[Any]]:
        if any(map(_may_join, entries)):
            IdentityStore(session).lock()  # Before any row is held, as a linking has it.
        means = Targets(session, feed, base)
        try:
            done = _Work(session, feed, means).done(entries, content)
            return done, [read(session) for read in reads]
        finally:
            held[:] = means.held()

    try:
        kept, found = retried(feed.engine, work)
    except GatewayError as error:
        _tell_of_refusal(feed, held, error)
        (entry, *others) = entries
        rejection = error.rejection if isinstance(error, WriteRefusedError) else None
        if content is not None or others or rejection is None or entry.resource is None:
            raise
        return [_kept_refusal(feed, entry, rejection)], []
    if any(one.change != UNCHANGED for one in kept):
        link_at_once(feed)

    def tell(session: Session) -> list[Fed]:
        return [shown(session, one, feed.caller) for one in kept]

    return retried(feed.engine, tell), found


def _tell_of_refusal(feed: Feed, held: Sequence[str], error: GatewayError) -> None:
    """That it was compared with what stands is a look: that a test of a patch fails, or a version is
    another one, says something of the record, and what was done is rolled back with its events."""
    if not held or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    events = [
        AuditEvent(
            action=Action.RECORD_READ,
            caller=feed.caller,
            record=id_,
            outcome=Outcome.FAILURE,
            detail={"write": error.code},
        )
        for id_ in held
    ]
    retried(feed.engine, lambda session: append_many(session, events))


def _may_join(entry: Entry) -> bool:
    is_patient = entry.kind == "Patient"
    return is_patient and (entry.change is not None or bool(survivor_of(entry.resource or {})))


def _kept_refusal(feed: Feed, entry: Entry, rejection: Rejection) -> Fed:
    told = {"resource": entry.resource} | as_asked(entry, None)
    refused = Draft(message=message([told]), adapter=feed.adapter, refusal=rejection)
    kept = retried(feed.engine, lambda session: take(session, refused, feed.caller))
    return Fed(kind=entry.kind, id=None, message=kept.message, rejections=kept.rejections)


class _Work:
    """One transaction."""

    def __init__(self, session: Session, feed: Feed, means: Targets) -> None:
        self._session, self._feed, self._means = session, feed, means

    def done(self, entries: Sequence[Entry], content: bytes | None) -> list[Kept]:
        targets = self._means.of(entries)
        told = self._told(targets)
        if not told.prepared:
            return [self._as_it_is(one) for one in targets]
        return self._stored(targets, told, content)

    def _told(self, targets: Sequence[Target]) -> Draft:
        bundle = payload([(one.entry, one.resource, one.id) for one in targets])
        sent = SourceMessage(source=SOURCE, content=as_content(bundle), known=self._means.known())
        read = draft(sent, self._feed.adapter)
        _require_taken(read, targets)
        said = [self._said(number, read, targets) for number in range(len(read.prepared))]
        for place, target in enumerate(targets):
            said += _ended(place, target)
        made = [prepare(SOURCE, self._feed.adapter, one) for one in said]
        left = {name: n for name, n in read.reading.left_out.items() if name != IN_ERROR}
        reading = replace(read.reading, statements=said, left_out=left)
        asked = [
            as_asked(one.entry, told) for one, told in zip(targets, bundle["entry"], strict=True)
        ]
        return replace(read, message=message(asked), reading=reading, prepared=made)

    def _said(self, number: int, read: Draft, targets: Sequence[Target]) -> Statement:
        """A statement as what was written: with what it takes the place of."""
        one = read.prepared[number]
        statement, conversion = one.statement, one.conversion
        assert conversion is not None, "what cannot be converted was refused"
        own = None if statement.unkeyed else self._means.record(str(statement.record_id))
        updated = []
        for position, named in read.reading.named.items():
            target = targets[int(position.split("/")[2])]
            if named.statement == number and target.id is not None:
                _require_same(target, own)
                updated.append(named.role)
            elif named.statement == number and target.entry.number is not None:
                _require_number(target, statement)
        return _instead(replace(statement, effective=None), conversion, own, updated, targets)

    def _stored(self, targets: Sequence[Target], told: Draft, content: bytes | None) -> list[Kept]:
        before = self._means.fingerprints()
        first = replace(told, message=replace(told.message, content=content)) if content else told
        result = take(self._session, first, self._feed.caller)
        if result.repeated and not all(one.fingerprint in before for one in told.prepared):
            # The same bytes as once before, and another word today.
            result = take(self._session, told, self._feed.caller)
        for one in result.rejections:
            raise _refused(one, targets)
        homes = self._homes([str(one.record_id) for one in told.reading.statements])
        # What the same bytes once changed, they do not change today.
        changes = {} if result.repeated else {one.record: one.change for one in result.records}
        found = []
        for place, target in enumerate(targets):
            named = told.reading.named.get(f"/entry/{place}/resource")
            if named is None:
                found.append(self._as_it_is(target, changes, result.message))
                continue
            record = homes[str(told.reading.statements[named.statement].record_id)]
            found.append(self._kept(target, record, named.role, changes, result.message))
        return [self._survived(target, one) for target, one in zip(targets, found, strict=True)]

    def _homes(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Key → record. Raises OtherChildError where a number would be two children's."""
        found = records.under(self._session, SOURCE, keys)
        if any(len(several) > 1 for several in found.values()):
            raise OtherChildError
        return {key: several[0].id for key, several in found.items()}

    def _kept(
        self,
        target: Target,
        record: str,
        role: str,
        changes: Mapping[str, str],
        message_id: str | None,
    ) -> Kept:
        change = changes.get(record, UNCHANGED)
        held = self._means.record_with(record)
        return Kept(
            kind=target.entry.kind,
            id=role if is_shared(role) else resource_id(record, role),
            record=record,
            change=change,
            is_new=change == NEW or held is None or not held.stating(role),
            message=message_id,
        )

    def _as_it_is(
        self,
        target: Target,
        changes: Mapping[str, str] = MappingProxyType({}),
        message_id: str | None = None,
    ) -> Kept:
        """What was there already, or what is no more."""
        record = target.record.id if target.record else str(target.id)
        return Kept(
            kind=target.entry.kind,
            id=str(target.id),
            record=record,
            change=changes.get(record, UNCHANGED),
            message=message_id,
        )

    def _survived(self, target: Target, kept: Kept) -> Kept:
        """The sender's word that another of its numbers replaces this one."""
        number = survivor_of(target.resource or {}) if kept.kind == "Patient" else None
        if number is None:
            return kept
        require_own(self._feed, number)
        into = records.under(self._session, SOURCE, [number.key]).get(number.key, [])
        if len(into) != 1:
            raise UnknownSurvivorError
        if into[0].id == kept.record:
            return kept
        told = joined(self._session, str(kept.record), into[0].id, self._feed.caller)
        return replace(kept, remarks=told)


def _ended(place: int, target: Target) -> list[Statement]:
    """What is said where a resource shall be no more."""
    record = target.record
    if record is None or not target.is_ended:
        return []
    if target.role == PATIENT:
        return [removed(record)]
    system, _, value = record.key.partition("|")
    content = {
        "own": {"system": system, "value": value},
        "house": record.custodian,
        "resources": [],
        "bodies": [],
        REPLACES: {target.role: list(record.stating(str(target.role)))},
    }
    position = f"/entry/{place}"
    return [Statement(kind=PATIENT, record_id=record.key, content=content, position=position)]


def _require_taken(read: Draft, targets: Sequence[Target]) -> None:
    """Raises WriteRefusedError, which names the entry."""
    refused = [read.refusal, *read.reading.rejections, *(one.refusal for one in read.prepared)]
    for rejection in filter(None, refused):
        raise _refused(rejection, targets)
    for place, one in enumerate(targets):
        is_said = f"/entry/{place}/resource" in read.reading.named
        if one.resource is not None and not is_said and not one.is_in_error:
            raise NotKeptTypeError(element=one.entry.place or one.entry.kind)


def _refused(one: Rejection, targets: Sequence[Target]) -> GatewayError:
    told = PLACE.match(one.position)
    place = targets[int(told[1])].entry.place if told else ""
    if one.problem is Problem.INTERNAL:
        return GatewayError()
    if one.problem is Problem.FOREIGN_DOMAIN:
        error: GatewayError = ForeignDomainError()
        error.expression = place or one.element or error.expression
        return error
    return WriteRefusedError(one, element=place or one.element or "")


def _require_same(target: Target, own: OwnRecord | None) -> None:
    if target.record is None or own is None or own.id != target.record.id:
        raise MovedError(element=target.entry.place or target.entry.kind)


def _require_number(target: Target, statement: Statement) -> None:
    number = target.entry.number
    is_update = target.entry.kind == "Patient" and target.entry.method == "PUT"
    if is_update and number is not None and statement.record_id != number.key:
        error = OtherNumberError()
        error.expression = target.entry.place or error.expression
        raise error


def _instead(
    said: Statement,
    conversion: Conversion,
    own: OwnRecord | None,
    updated: Sequence[str],
    targets: Sequence[Target],
) -> Statement:
    """What was said before and still stands is not said again; what stands no longer is."""
    if own is None:
        return replace(said, content={**said.content, REPLACES: {}})
    ended = any(
        one.record is own and one.role == PATIENT and survivor_of(one.resource or {})
        for one in targets
    )
    # Whose number ends takes nothing back: its word is of the number and not of the child.
    roles = [role for role in updated if not (ended and role == PATIENT)]
    stated = [one["id"] for one in conversion.resources]
    if roles and (standing := unchanged(own, said, stated)) is not None:
        return standing
    told = replaced_by(own, said, conversion, roles)
    made = replace(said, content={**said.content, REPLACES: told})
    return _once_more(made, own, stated)


def _once_more(said: Statement, own: OwnRecord, stated: Sequence[str]) -> Statement:
    """What was said before counts anew where it no longer stands; but a correction stands."""
    digest = said.content_hash
    if digest not in {kept.content_hash for kept in own.said}:
        return said
    others = [role for role in stated if role != PATIENT and own.stating(role)]
    corrected = {role for role in others if digest not in own.stating(role)}
    if all(role in corrected or own.stating(role)[-1:] == [digest] for role in stated):
        return said
    kept = [one for one in said.content["resources"] if one["id"] not in corrected]
    return asked_anew(replace(said, content={**said.content, "resources": kept}))
