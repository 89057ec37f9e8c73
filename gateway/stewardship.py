"""Use cases: a steward says of Patients what belongs together, by the names of HAPI's $mdm operations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from sqlalchemy.orm import Session

from audit.event import Action, Caller, Seen, naming
from audit.log import append_many
from gateway import modelling
from gateway.deciding import Judgement, OneRecordError, Verdict, decide_all, undo
from gateway.errors import ConflictError, NotFoundError, WrongRequestError
from gateway.linking import LinkReport, link
from gateway.registry import resources
from gateway.showing import texts
from gateway.weighing import scorer_of
from linkage import index, links
from linkage.index import Held
from linkage.links import Slice
from linkage.model import MatchModel
from linkage.store import IdentityStore

MOST_PAIRS = 1_000
"""Pairs of records of which one answer may say that they are not one child."""
EVERY = Slice(offset=0, count=1_000)


class UnknownPatientError(NotFoundError):
    """There is no such Patient: golden ones have ids that begin with te-, those of records have not."""

    vietnamese = (
        "Không có Patient này: mã của hồ sơ chung bắt đầu bằng te-, mã của bản ghi thì không."
    )


class StaleError(ConflictError):
    """The Patient has changed since this version. Read it again, then decide."""

    vietnamese = "Patient đã thay đổi so với phiên bản được nêu. Hãy đọc lại rồi quyết định."


class RetiredError(ConflictError):
    """This identity has been joined with another one. Read the Patient: its link leads there."""

    vietnamese = (
        "Định danh này đã được nhập vào định danh khác. Hãy đọc Patient: link dẫn đến nơi mới."
    )


class TooManyPairsError(WrongRequestError):
    """So many records cannot be parted in one act."""

    code = "too-costly"
    vietnamese = "Quá nhiều bản ghi, không thể tách trong một lần."


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A Patient as somebody names it; with the version that they saw, where they say so."""

    id: str
    version: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What came of it: the golden Patient as the caller may see it, and the id to undo it by."""

    decision: str
    golden: str
    body: str | None = field(repr=False)


def accept(session: Session, golden: Named, source: Named, reason: str, caller: Caller) -> Decided:
    """A record is the child of an identity: the pair that speaks loudest is called the same.

    Every other child that was asked about together with the record's is then another one, in the same
    act: except where it is asked about with the accepted one too, for then it may be that one.
    Raises UnknownPatientError, StaleError, RetiredError, and what `decide` raises.
    """
    IdentityStore(session).lock()
    whole, record = _golden(session, golden), _record(session, source)
    others = [held for held in whole if held.record_id != record.record_id]
    if not others:
        raise OneRecordError
    model = modelling.in_use(session)
    partner = _loudest(session, [record], others, model)[1]
    judgements = [_said(record, partner, "same")]
    if record.identity_id != partner.identity_id:
        judgements += [_said(record, one, "not-same") for one in _siblings(session, record, whole)]
    return _decided(session, judgements, partner, reason, model, caller)


def reject(session: Session, golden: Named, source: Named, reason: str, caller: Caller) -> Decided:
    """A record is not the child of an identity: it is parted from each record of that one.

    Raises as `accept`.
    """
    IdentityStore(session).lock()
    whole, record = _golden(session, golden), _record(session, source)
    others = [held for held in whole if held.record_id != record.record_id]
    return _apart(session, [(record, one) for one in others], others, reason, caller)


def part(session: Session, one: Named, other: Named, reason: str, caller: Caller) -> Decided:
    """Two identities are two children, with each of their records. Raises as `accept`."""
    IdentityStore(session).lock()
    left, right = _golden(session, one), _golden(session, other)
    return _apart(session, list(product(left, right)), left, reason, caller)


def merge(session: Session, one: Named, other: Named, reason: str, caller: Caller) -> Decided:
    """Two identities are one child: the pair that speaks loudest is called the same.

    The identity of the earliest record stays, whichever was named first. Raises as `accept`.
    """
    IdentityStore(session).lock()
    left, right = _golden(session, one), _golden(session, other)
    if left[0].identity_id == right[0].identity_id:
        raise OneRecordError
    model = modelling.in_use(session)
    pair = _loudest(session, left, right, model)
    return _decided(session, [_said(*pair, "same")], pair[1], reason, model, caller)


def take_back(session: Session, decision: str, reason: str, caller: Caller) -> tuple[str, bool]:
    """Withdraw a decision with all of its act; the id of the withdrawal, and whether it is new.

    Identities come back as the records and the other decisions have them, whatever came since.
    Raises UnknownDecisionError, WithdrawalStandsError.
    """
    model = modelling.in_use(session)
    done = undo(session, decision, reason, model, caller)
    if not done.is_new:  # Nobody is shown and nothing was done, but it was asked.
        append_many(session, naming(Action.IDENTITY_READ, caller, (), {"what": "decision"}))
    return done.id, done.is_new


def submit(session: Session, caller: Caller) -> LinkReport:
    """Link all that is new or changed, as `motem link` does. Raises OversizedError."""
    return link(session, modelling.in_use(session), caller)


def _golden(session: Session, named: Named) -> list[Held]:
    """All records of the identity."""
    found = index.by_identity(session, named.id)
    if not found:
        raise RetiredError if index.founder(session, named.id) else UnknownPatientError
    _require_current(session, named)
    return found


def _record(session: Session, named: Named) -> Held:
    found = index.by_name(session, named.id)
    if found is None or found.record_id != named.id:
        raise UnknownPatientError
    _require_current(session, named)
    return found


def _require_current(session: Session, named: Named) -> None:
    standing = resources.standing(session, "Patient", [named.id])
    if named.id not in standing:
        raise UnknownPatientError
    if named.version not in (None, standing[named.id].version_id):
        raise StaleError


def _said(left: Held, right: Held, verdict: Verdict) -> Judgement:
    return Judgement(names=(left.record_id, right.record_id), verdict=verdict)


def _loudest(
    session: Session, left: Sequence[Held], right: Sequence[Held], model: MatchModel
) -> tuple[Held, Held]:
    """Of all pairs that which weighs most. Raises TooManyPairsError."""
    _require_few(len(left) * len(right))
    scorer = scorer_of(model)
    both = [*left, *right]
    records = index.resolved(session, [held.record for held in both])
    known = dict(zip((held.record_id for held in both), map(scorer.prepared, records), strict=True))

    def weight(pair: tuple[Held, Held]) -> tuple[float, str, str]:
        one, other = pair
        found = scorer.score(known[one.record_id], known[other.record_id])
        return found.weight, one.record_id, other.record_id

    return max(product(left, right), key=weight)


def _require_few(pairs: int) -> None:
    if pairs > MOST_PAIRS:
        raise TooManyPairsError


def _siblings(session: Session, record: Held, accepted: Sequence[Held]) -> list[Held]:
    """One record of each other identity that is asked about with the record's, but not with `accepted`."""
    mine = [held.record_id for held in index.by_identity(session, record.identity_id)]
    home = accepted[0].identity_id
    asked = _asked_with(session, mine, record.identity_id)
    rivals = _asked_with(session, [held.record_id for held in accepted], home)
    ids = [id_ for identity, id_ in asked.items() if identity not in {home, *rivals}]
    return index.by_records(session, ids)


def _asked_with(session: Session, ids: Sequence[str], home: str) -> dict[str, str]:
    """Identity → its record in a question about these records, which are in the identity `home`."""
    _, found = links.questions(session, EVERY, about=ids, apart=True)
    sides = [(one.left_identity, one.left_id) for one in found]
    sides += [(one.right_identity, one.right_id) for one in found]
    return {identity: id_ for identity, id_ in sides if identity != home}


def _apart(
    session: Session,
    pairs: Sequence[tuple[Held, Held]],
    shown: Sequence[Held],
    reason: str,
    caller: Caller,
) -> Decided:
    if not pairs or any(one.record_id == other.record_id for one, other in pairs):
        raise OneRecordError
    _require_few(len(pairs))
    judgements = [_said(*pair, "not-same") for pair in pairs]
    model = modelling.in_use(session)
    return _decided(session, judgements, shown[0], reason, model, caller)


def _decided(
    session: Session,
    judgements: Sequence[Judgement],
    shown: Held,
    reason: str,
    model: MatchModel,
    caller: Caller,
) -> Decided:
    """Keep it, link, and show the golden Patient that has the record `shown` now."""
    done = decide_all(session, judgements, reason, model, caller)
    store = IdentityStore(session)
    identity, _ = store.identities_of([shown.record_id])[shown.record_id]
    found = resources.read(session, "Patient", identity)
    body = texts(session, caller, [found])[0] if found else None
    members = store.members(identity) if body is not None else ()
    seen = [Seen(record=one.record_id, identity=identity) for one in members]
    append_many(session, naming(Action.IDENTITY_READ, caller, seen, {"what": "golden"}))
    return Decided(decision=done.id, golden=identity, body=body)
