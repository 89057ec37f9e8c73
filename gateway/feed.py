"""Use cases: a partner's system writes, merges and takes back its own Patients (IHE ITI-104), linked at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from adapters.contract import Domains, Resource, SourceAdapter, SourceMessage
from audit.event import Caller
from gateway import modelling
from gateway.database import retried
from gateway.deciding import Judgement, decide_all
from gateway.errors import ConflictError, GatewayError
from gateway.fed import Fed, Kept, shown
from gateway.feed_words import (
    NOT_JOINED,
    REUSED,
    ForeignDomainError,
    NobodyError,
    OtherChildError,
    OtherIdError,
    OtherNumberError,
    SeveralMatchError,
    UnknownSurvivorError,
    VersionError,
    Words,
)
from gateway.ingest import IngestResult, draft, take
from gateway.linking import link_if_small
from gateway.own_records import SOURCE, OwnRecord, own_record
from gateway.registry import numbers, records, resources, statements
from gateway.registry.drafts import Draft
from gateway.registry.planning import NEW, UNCHANGED, UPDATED
from gateway.repeating import removal, request, said_again, said_instead
from linkage import index
from linkage.conflicts import conflict
from linkage.store import IdentityStore

CHANGES = (NEW, UPDATED, UNCHANGED)
JOINING = "replaced-by (IHE ITI-104)"
"""Why a source's own merge is kept as a decision."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """An identifier by which a sender names its Patient."""

    system: str
    value: str = field(repr=False)

    @property
    def key(self) -> str:
        return f"{self.system}|{self.value}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A Patient as it came, and the same as plain JSON."""

    content: bytes = field(repr=False)
    patient: Resource = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """On whose behalf, and by which rules, Patients are written."""

    engine: Engine
    adapter: SourceAdapter
    domains: Domains
    caller: Caller


def put(
    feed: Feed, number: Number, sent: Sent, version: int | None = None, *, by_id: bool = False
) -> Fed:
    """Add or revise the Patient that bears a number; `active` false with a link of type `replaced-by`
    to another number of the same system's merges the two. `version`: of If-Match. What the body does
    not state is no more. `by_id`: never another one, which a number given again would make.

    Raises ForeignDomainError, OtherNumberError, OtherIdError, SeveralMatchError, VersionError,
    UnknownSurvivorError, OtherChildError.
    """
    require_own(feed, number)
    read = draft(_message(sent.content, number), feed.adapter)
    said = [one.record_id for one in read.reading.statements]
    if said and said != [number.key]:
        raise OtherNumberError
    survivor = survivor_of(sent.patient)
    if survivor is not None:
        require_own(feed, survivor)

    def work(session: Session) -> Kept:
        if survivor is not None:  # Before any row is held, as a linking has it.
            IdentityStore(session).lock()
        known = own_record(session, feed.adapter, number.key)
        _require_expected(session, known, sent.patient.get("id"), version)
        into = own_record(session, feed.adapter, survivor.key) if survivor else None
        if survivor and into is None:
            raise UnknownSurvivorError
        if into is None:
            kept = _taken(session, said_instead(read, known), known, sent.patient, feed)
            return _require_one(kept) if by_id else kept
        # Whose number ends takes nothing back: its word is of the number and not of the child.
        kept = _taken(session, said_again(read, known, sent.patient), known, sent.patient, feed)
        if kept.record and into.id != kept.record:
            told = joined(session, kept.record, into.id, feed.caller)
            kept = replace(kept, remarks=(*kept.remarks, *told))
        return kept

    return _answered(feed, retried(feed.engine, work))


def create(feed: Feed, sent: Sent, unless: Number | None = None) -> Fed:
    """Take a Patient; where a number is given that somebody bears already, nothing but to name who.

    Raises SeveralMatchError where several do.
    """
    read = draft(_message(sent.content), feed.adapter)

    def work(session: Session) -> Kept:
        if unless is not None:
            statements.lock(session, SOURCE, [unless.key])
            bears = bearer(session, unless)
            if bears is not None:
                return Kept(record=bears)
        known = _standing(session, read, feed)
        return _taken(session, said_again(read, known, sent.patient), known, sent.patient, feed)

    return _answered(feed, retried(feed.engine, work))


def remove(feed: Feed, number: Number, version: int | None = None) -> Fed:
    """The number is nobody's any more: its Patient is marked as not active, and nothing is lost.

    `version`: of If-Match. Raises ForeignDomainError, SeveralMatchError, NobodyError, VersionError.
    """
    require_own(feed, number)

    def work(session: Session) -> Kept:
        known = own_record(session, feed.adapter, number.key)
        if known is None:
            raise NobodyError
        _require_expected(session, known, None, version)
        return _kept(take(session, removal(known, feed.adapter), feed.caller))

    return _answered(feed, retried(feed.engine, work))


def require_own(feed: Feed, number: Number) -> None:
    if not feed.domains.allow(number.system):
        raise ForeignDomainError


def _message(content: bytes, number: Number | None = None) -> SourceMessage:
    """Read so that of several numbers that of the URL is the sender's own."""
    message = SourceMessage(source=SOURCE, content=content)
    own = number and Domains(own=frozenset({number.system}))
    return replace(message, domains=own) if own else message


def survivor_of(patient: Resource) -> Number | None:
    """The number that a Patient which is not active is replaced by."""
    if patient.get("active") is not False:
        return None
    links = patient.get("link")
    for one in links if isinstance(links, list) else ():
        told = one if isinstance(one, Mapping) and one.get("type") == "replaced-by" else {}
        other = told.get("other")
        number = other.get("identifier") if isinstance(other, Mapping) else None
        if isinstance(number, Mapping):
            found = number.get("system"), number.get("value")
            if all(isinstance(text, str) and text.isprintable() for text in found):
                return Number(system=str(found[0]), value=str(found[1]))
    return None


def bearer(session: Session, number: Number) -> str | None:
    """The Patient that bears a number: of the one record, or the golden one of several."""
    own = [one.id for one in records.under(session, SOURCE, [number.key]).get(number.key, [])]
    held = index.by_records(session, own or numbers.bearers(session, number.system, number.value))
    if len({one.identity_id for one in held}) > 1:
        raise SeveralMatchError
    if len(held) > 1:
        return held[0].identity_id
    return held[0].record_id if held else None


def _require_expected(
    session: Session, record: OwnRecord | None, id_: object, version: int | None
) -> None:
    known = record.id if record else None
    standing = resources.standing(session, "Patient", [known]) if known else {}
    current = standing[known].version_id if known in standing else None
    if version is not None and version != current:
        raise VersionError
    if id_ not in (None, known):
        raise OtherIdError


def _standing(session: Session, read: Draft, feed: Feed) -> OwnRecord | None:
    """The record that a Patient would revise, where it has a number of its own."""
    keys = [one.record_id for one in read.reading.statements if not one.unkeyed]
    try:
        return own_record(session, feed.adapter, str(keys[0])) if len(keys) == 1 else None
    except SeveralMatchError:  # Whose number was given to two children is taken as at every door.
        return None


def _taken(
    session: Session, told: Draft, known: OwnRecord | None, patient: Resource, feed: Feed
) -> Kept:
    result = take(session, told, feed.caller)
    said = {one.fingerprint for one in known.said} if known else set()
    if result.repeated and not all(one.fingerprint in said for one in told.prepared):
        # The same bytes as once before, and another word today.
        again = request(
            "PUT", f"Patient?identifier={told.prepared[0].statement.record_id}", patient
        )
        result = take(session, replace(told, message=again), feed.caller)
    kept = _kept(result)
    # Contents that can be of no one child are kept as two, whatever their number is.
    keys = [one.record_id for one in told.reading.statements if one.record_id]
    several = any(len(found) > 1 for found in records.under(session, SOURCE, keys).values())
    return replace(kept, remarks=(REUSED,)) if several else kept


def _require_one(kept: Kept) -> Kept:
    """Raises OtherChildError where the number would be two children's."""
    if REUSED in kept.remarks:
        raise OtherChildError
    return kept


def _kept(result: IngestResult) -> Kept:
    one = min(result.records, key=lambda record: CHANGES.index(record.change), default=None)
    return Kept(
        record=one.record if one else None,
        change=one.change if one and not result.repeated else UNCHANGED,
        is_new=one is not None and one.change == NEW and not result.repeated,
        message=result.message,
        rejections=result.rejections,
    )


def joined(session: Session, ended: str, stays: str, caller: Caller) -> tuple[Words, ...]:
    """The sender's two numbers as one child, unless evidence or a steward forbids it."""
    homes = [one.identity_id for one in index.by_records(session, [ended, stays])]
    sides = [[one.record for one in index.by_identity(session, home)] for home in homes]
    # A decision outranks conflicts, and the word of a house does not.
    if homes[0] != homes[1] and any(
        conflict(*pair) for pair in product(*(index.resolved(session, side) for side in sides))
    ):
        return (NOT_JOINED,)
    try:
        judgement = Judgement(names=(ended, stays), verdict="same")
        model = modelling.in_use(session)
        decide_all(session, [judgement], JOINING, model, caller)
    except ConflictError:
        return (NOT_JOINED,)
    return ()


def _answered(feed: Feed, kept: Kept) -> Fed:
    """Link where that is quick, then tell what stands."""
    if kept.record is None:
        return Fed(id=None, message=kept.message, rejections=kept.rejections)
    if kept.change != UNCHANGED:
        link_at_once(feed)
    return retried(feed.engine, lambda session: shown(session, kept, feed.caller))


def link_at_once(feed: Feed) -> None:
    """The Patient is kept already: what goes wrong here leaves it pending, and is no refusal."""
    try:
        retried(
            feed.engine,
            lambda session: link_if_small(session, modelling.in_use(session), feed.caller),
        )
    except GatewayError as error:
        log.error("what was sent could not be linked at once", error=type(error).__name__)
