"""Use cases: links of records and identities, page by page, with their probability and their history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session
from ulid import ULID

from audit.event import Action, AuditEvent, Caller, Seen, naming
from audit.log import append_many, events
from gateway import modelling
from gateway.link_scores import LinkScores
from linkage import index, links
from linkage.assertions import Assertion, assertions
from linkage.calibration import Calibration
from linkage.links import Member, Question, Slice
from linkage.matcher import PRECISION
from linkage.store import IdentityStore
from linkage.tables import DECISIONS

__all__ = ["By", "Link", "Page", "Result", "Slice", "Wanted", "duplicates", "history", "query"]

MOST = 1_000
"""Links on one page at most."""
MOVES = (Action.RECORD_CREATE, Action.IDENTITY_LINK, Action.IDENTITY_SPLIT)
"""Events after which a record belongs to the identity that they name."""


class Result(StrEnum):
    """What a link says, in HAPI's words."""

    MATCH = "MATCH"
    POSSIBLE_MATCH = "POSSIBLE_MATCH"
    NO_MATCH = "NO_MATCH"
    POSSIBLE_DUPLICATE = "POSSIBLE_DUPLICATE"


class By(StrEnum):
    """Who made a link."""

    AUTO = "AUTO"
    MANUAL = "MANUAL"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A record, or another identity, beside an identity.

    `score`: the probability that it is the same child; None where nothing else was there to compare.
    `is_new`: the identity came with this record. `by_number`: both have the same personal number.
    `decision`: the steward's, where one made the link.
    """

    golden: str
    source: str
    result: Result
    by: By
    score: float | None
    created: datetime
    updated: datetime
    is_new: bool = False
    by_number: bool = False
    decision: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Links, and how many there are on all pages."""

    links: tuple[Link, ...]
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which links: of an identity (a retired one leads to the one that it became), a record, a kind."""

    golden: str | None = None
    source: str | None = None
    result: Result | None = None
    by: By | None = None


def query(session: Session, wanted: Wanted, part: Slice, caller: Caller) -> Page:
    """Questions, the most probable first; then what is known not to match; then what matches.

    Every record and identity of the page is in the log.
    """
    golden = wanted.golden and IdentityStore(session).successor(wanted.golden)
    if wanted.golden and golden is None:
        return _page(session, [], 0, caller)
    total, found = 0, list[Link]()
    for kind in (_questions, _refused, _matches):
        many, some = kind(session, wanted, golden, part.after(total))
        total += many
        found += some
    return _page(session, found, total, caller)


def duplicates(session: Session, part: Slice, caller: Caller) -> Page:
    """Pairs of identities that may be one child, the most probable first."""
    total, found = links.questions(session, part, apart=True)
    made = [
        Link(
            golden=one.left_identity,
            source=one.right_identity,
            result=Result.POSSIBLE_DUPLICATE,
            by=By.AUTO,
            score=one.probability,
            created=one.opened_at,
            updated=one.opened_at,
        )
        for one in found
    ]
    seen = [Seen(record=one.left_id, identity=one.left_identity) for one in found]
    seen += [Seen(record=one.right_id, identity=one.right_identity) for one in found]
    append_many(session, naming(Action.IDENTITY_READ, caller, seen, {"what": "duplicates"}))
    return Page(links=tuple(made), total=total)


def history(
    session: Session, golden: Sequence[str], sources: Sequence[str], caller: Caller
) -> tuple[Link, ...]:
    """Every link that these identities and records ever had, the newest first.

    Of an identity: the links of each record that was ever in it, so that it is told where that went.
    Of decisions: that two were called different, as long as nobody has withdrawn it.
    """
    told = [one for id_ in golden for one in _moves(session, identity=id_)]
    records = list(dict.fromkeys([*sources, *(one.record for one in told if one.record)]))
    known = assertions(session)
    acts = {one.event for one in known}
    found = [_moved(one, acts) for id_ in records for one in _moves(session, record=id_)]
    found += _no_matches(session, [one for one in known if one.stands], set(records))
    found.sort(key=lambda link: (link.updated, link.source, link.golden), reverse=True)
    return _page(session, found, len(found), caller).links


def _page(session: Session, found: Sequence[Link], total: int, caller: Caller) -> Page:
    seen = [Seen(record=one.source, identity=one.golden) for one in found]
    append_many(session, naming(Action.IDENTITY_READ, caller, seen, {"what": "links"}))
    return Page(links=tuple(found), total=total)


def _questions(
    session: Session, wanted: Wanted, golden: str | None, part: Slice
) -> tuple[int, list[Link]]:
    """Each question once: the record of one side beside the identity of the other."""
    if wanted.result not in (None, Result.POSSIBLE_MATCH) or wanted.by is By.MANUAL:
        return 0, []
    about = None
    if golden or wanted.source:
        held = index.by_identity(session, golden) if golden else []
        about = [one.record_id for one in held] if golden else [str(wanted.source)]
        if golden and wanted.source:
            about = [wanted.source] if index.by_records(session, [wanted.source]) else []
    total, found = links.questions(session, part, about=about)
    made = [_asked(one, golden, wanted.source) for one in found]
    if golden and wanted.source:
        made = [one for one in made if one.golden == golden]
        total = len(made)
    return total, made


def _asked(one: Question, golden: str | None, source: str | None) -> Link:
    """Seen from the identity, or the record, that was asked for."""
    left_is_golden = source != one.left_id and golden in (None, one.left_identity)
    return Link(
        golden=one.left_identity if left_is_golden else one.right_identity,
        source=one.right_id if left_is_golden else one.left_id,
        result=Result.POSSIBLE_MATCH,
        by=By.AUTO,
        score=one.probability,
        created=one.opened_at,
        updated=one.opened_at,
    )


def _refused(
    session: Session, wanted: Wanted, golden: str | None, part: Slice
) -> tuple[int, list[Link]]:
    if wanted.result not in (None, Result.NO_MATCH) or wanted.by is By.AUTO:
        return 0, []
    standing = [one for one in assertions(session) if one.stands]
    made = [
        link
        for link in _no_matches(session, standing, None)
        if golden in (None, link.golden) and wanted.source in (None, link.source)
    ]
    return len(made), made[part.offset : part.offset + part.count]


def _no_matches(
    session: Session, standing: Iterable[Assertion], records: set[str] | None
) -> list[Link]:
    """Each decision from both sides: a record beside the identity of the other one."""
    said = [one for one in standing if one.said.verdict == "not-same"]
    homes = IdentityStore(session).identities_of(
        {id_ for one in said for id_ in (one.left_id, one.right_id)}
    )
    calibration = modelling.in_use(session).calibration
    return [
        Link(
            golden=homes[other][0],
            source=source,
            result=Result.NO_MATCH,
            by=By.MANUAL,
            score=_probability(one, calibration),
            created=one.made_at,
            updated=one.made_at,
            decision=one.id,
        )
        for one in said
        for source, other in ((one.left_id, one.right_id), (one.right_id, one.left_id))
        if other in homes and (records is None or source in records)
    ]


def _probability(said: Assertion, calibration: Calibration) -> float | None:
    """Of the evidence as the steward saw it."""
    if said.snapshot is None:
        return None
    return round(calibration.probability(said.snapshot.weight), PRECISION)


def _matches(
    session: Session, wanted: Wanted, golden: str | None, part: Slice
) -> tuple[int, list[Link]]:
    if wanted.result not in (None, Result.MATCH):
        return 0, []
    decisions = {None: DECISIONS, By.MANUAL: ("manual",)}.get(
        wanted.by, tuple(one for one in DECISIONS if one != "manual")
    )
    total, found = links.members(
        session, part, identity=golden, record=wanted.source, decisions=decisions
    )
    held = index.by_identities(session, {one.identity_id for one in found})
    scores = LinkScores(session, held)
    return total, [_match(one, scores) for one in found]


def _match(one: Member, scores: LinkScores) -> Link:
    score, by_number = scores.of(one)
    return Link(
        golden=one.identity_id,
        source=one.record_id,
        result=Result.MATCH,
        by=By.MANUAL if one.decision == "manual" else By.AUTO,
        score=score,
        created=ULID.from_str(one.record_id.upper()).datetime,
        updated=one.updated_at,
        is_new=one.founding_id == one.identity_id,
        by_number=by_number,
    )


def _moves(
    session: Session, *, record: str | None = None, identity: str | None = None
) -> list[AuditEvent]:
    found = events(session, record=record, identity=identity)
    return [one for one in found if one.action in MOVES and one.record and one.identity]


def _moved(event: AuditEvent, acts: set[str]) -> Link:
    by_steward = event.unit in acts or event.id in acts
    record, identity = str(event.record), str(event.identity)
    return Link(
        golden=identity,
        source=record,
        result=Result.MATCH,
        by=By.MANUAL if by_steward else By.AUTO,
        score=None,
        created=event.occurred,
        updated=event.occurred,
        is_new=event.action is Action.RECORD_CREATE,
    )
