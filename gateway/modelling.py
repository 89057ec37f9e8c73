"""Use cases: models are learned, kept, shown, compared, and put into use by somebody who signs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations

from sqlalchemy.orm import Session

from audit.event import Action, AuditEvent, Caller, DetailValue, Seen, naming
from audit.log import append, append_many
from gateway.errors import GatewayError, NotFoundError, WrongRequestError
from gateway.linking import OversizedError, Progress
from gateway.signature import author, require_reason
from linkage import blocking, labels, linker, model_store
from linkage import model as models
from linkage.blocking import KeyKind
from linkage.charts import Chart, clues, histogram, shares, trade_off, weights
from linkage.configuration import CHILDREN
from linkage.learning import learnt
from linkage.linker import Linkage
from linkage.matcher import TooManyPairsError, score
from linkage.model import MatchModel
from linkage.model_store import Kept, TamperedError
from linkage.records import PersonRecord
from linkage.report import page
from linkage.standing import Decision
from linkage.store import IdentityStore
from linkage.training import LEAST_TO_LEARN_FROM, train

__all__ = ["Kept", "KeyKind"]

SHIPPED = "shipped"
"""Names the model that comes with Motem, whatever its version."""
LEAST_SHOWN = -12.0
"""Bits: pairs that weigh less are not in the charts."""


class TooFewRecordsError(GatewayError):
    """At least 200 records are needed to train a model."""


class UnknownModelError(NotFoundError):
    """There is no model of this version: see `motem model list`."""

    vietnamese = "Không có mô hình với phiên bản này: xem `motem model list`."


class UnfitModelError(WrongRequestError):
    """The model was made for other features than are compared now, or it was changed since."""

    vietnamese = "Mô hình được lập cho các đặc trưng khác, hoặc đã bị sửa."


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Two records (keys) that a model would join, or part, where the other does not."""

    left: str = field(repr=False)
    right: str = field(repr=False)
    joined: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """What one model makes of all records."""

    version: str
    identities: int
    reviews: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Two models on the same records and decisions; nothing was changed by it."""

    old: Side
    new: Side
    changes: tuple[Change, ...] = field(repr=False)


def learn(
    session: Session,
    name: str,
    caller: Caller,
    progress: Progress = lambda step: None,
    truth: Mapping[str, str] | None = None,
) -> MatchModel:
    """Learn a model from the records in the registry and keep it. It is not in use by that.

    The weights need no labels. Thresholds are those of the model in use (the shipped one, where
    that fits no more). The clues of the second look are drawn from what it has (none from none)
    towards what stewards said, or towards `truth` (record key → child), which calibrates too.
    Raises TooFewRecordsError, OversizedError.
    """
    records: list[PersonRecord] = list(IdentityStore(session).records())
    if len(records) < LEAST_TO_LEARN_FROM:
        raise TooFewRecordsError
    before = _teacher(session)
    model = replace(
        train(records, name=name, thresholds=before.thresholds, progress=progress),
        clues=before.clues,
        beside=before.beside,
        forest=before.forest,
        calibration=before.calibration,
    )
    progress("labels")
    try:
        model = _taught(model, records, IdentityStore(session).standing(), truth)
    except (TooManyPairsError, MemoryError) as error:
        raise OversizedError from error
    model_store.add(session, model, author(caller))
    _note(
        session,
        Action.MODEL_TRAIN,
        caller,
        model=model.version,
        records=len(records),
        labels=model.trained_on["labels"],
    )
    return model


def _teacher(session: Session) -> MatchModel:
    """After an update the model in use may fit no more, and training is the way out of that."""
    try:
        return in_use(session)
    except UnfitModelError:
        return models.load()


def _taught(
    model: MatchModel,
    records: Sequence[PersonRecord],
    standing: Sequence[Decision],
    truth: Mapping[str, str] | None,
) -> MatchModel:
    """The model with what labels say of its clues and its probabilities.

    Without labels nothing is linked for them; from no clues a few would make a bold second look.
    """
    known = labels.of_verdicts(standing) if truth is None else labels.of_truth(truth)
    asked = model.clues and (standing if truth is None else truth)
    alone = labels.examples(records, model, known) if asked else []
    model = replace(model, clues=learnt(alone, model.clues) if alone else model.clues)
    beside = labels.examples_beside(records, model, known) if alone and model.beside else []
    return replace(
        model,
        beside=learnt(beside, model.beside) if beside else model.beside,
        calibration=labels.calibrated(
            labels.weighed(records, model, known) if truth else (), model
        ),
        trained_on={**model.trained_on, "labels": len(alone)},
    )


def add(session: Session, model: MatchModel, caller: Caller) -> None:
    """Keep a model that was made elsewhere. It is not in use by that."""
    model_store.add(session, model, author(caller))
    _note(session, Action.MODEL_ADD, caller, model=model.version)


def known(session: Session, caller: Caller) -> tuple[str, list[Kept]]:
    """The version in use, even where it fits no more, and every model that is kept."""
    kept = model_store.kept(session)
    _note(session, Action.MODEL_READ, caller, models=len(kept))
    return model_store.in_use(session) or models.load().version, kept


@cache
def _shipped() -> MatchModel:
    """Read once: a scorer is kept for as long as its model is the same object."""
    return models.load()


def in_use(session: Session) -> MatchModel:
    """The model that was activated last, else the shipped one.

    Raises UnfitModelError: an unfit model is never replaced in silence.
    """
    version = model_store.in_use(session)
    return _shipped() if version is None else named(session, version)


def named(session: Session, name: str) -> MatchModel:
    """The model of a version, or the shipped one. Raises UnknownModelError, UnfitModelError."""
    shipped = models.load()
    if name in (SHIPPED, shipped.version):
        return shipped
    try:
        found = model_store.find(session, name)
    except (TamperedError, ValueError) as error:
        raise UnfitModelError from error
    if found is None:
        raise UnknownModelError
    return found


def activate(session: Session, name: str, reason: str, caller: Caller) -> str:
    """Put a model into use from the next linking on; its version.

    Raises UnknownModelError, UnfitModelError, NoReasonError.
    """
    require_reason(reason)
    model = named(session, name)
    model_store.add(session, model, author(caller))
    model_store.activate(session, model.version, author(caller), reason)
    _note(session, Action.MODEL_ACTIVATE, caller, model=model.version)
    return model.version


def difference(
    session: Session,
    old: str,
    new: str,
    caller: Caller,
    progress: Progress = lambda step: None,
) -> Difference:
    """Which links would change if `new` took the place of `old`. Nothing is written.

    Raises UnknownModelError, UnfitModelError, OversizedError.
    """
    one, other = named(session, old), named(session, new)
    store = IdentityStore(session)
    records, standing = list(store.records()), store.standing()
    try:
        before, after = (linker.link(records, m, standing, progress) for m in (one, other))
    except (TooManyPairsError, MemoryError) as error:
        raise OversizedError from error
    changes = tuple(_changes(before, after))
    shown = {key for one_of in changes for key in (one_of.left, one_of.right)}
    seen = (
        Seen(record=member.record_id, identity=member.identity_id)
        for member in store.memberships()
        if member.key in shown
    )
    detail: dict[str, DetailValue] = {
        "old": one.version,
        "new": other.version,
        "changes": len(changes),
    }
    append_many(session, naming(Action.MODEL_COMPARE, caller, seen, detail))
    return Difference(old=_side(one, before), new=_side(other, after), changes=changes)


def report(session: Session, name: str, caller: Caller) -> tuple[list[Chart], str]:
    """Charts of a model on the records at hand, and the page that holds them all.

    Raises UnknownModelError, UnfitModelError, OversizedError.
    """
    model = named(session, name)
    records = linker.prepared(list(IdentityStore(session).records()))
    try:
        scores = [pair.weight for pair in score(records, model, LEAST_SHOWN)]
    except (TooManyPairsError, MemoryError) as error:
        raise OversizedError from error
    charts = [
        weights(model),
        shares(model),
        histogram(scores, model.thresholds),
        trade_off(scores, model.calibration),
        clues(model),
    ]
    _note(session, Action.MODEL_READ, caller, model=model.version, pairs=len(scores))
    return charts, page(model, charts)


def _side(model: MatchModel, outcome: Linkage) -> Side:
    return Side(version=model.version, identities=len(outcome.groups), reviews=len(outcome.reviews))


def _changes(before: Linkage, after: Linkage) -> Iterator[Change]:
    """Every pair of records that only one of the two joins, in the order of their keys."""
    old, new = (set(_pairs(outcome.groups)) for outcome in (before, after))
    for left, right in sorted(old ^ new):
        yield Change(left=left, right=right, joined=(left, right) in new)


def _pairs(groups: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    return (pair for group in groups for pair in combinations(sorted(group), 2))


def block_kinds(session: Session, caller: Caller) -> tuple[MatchModel, list[KeyKind]]:
    """The model in use, and what each kind of block key costs with it on the records at hand."""
    model = in_use(session)
    records = IdentityStore(session).records()
    kinds = blocking.kinds_of_keys(CHILDREN.keys(record, model.split) for record in records)
    _note(session, Action.MODEL_READ, caller, kinds=len(kinds))
    return model, kinds


def _note(session: Session, action: Action, caller: Caller, **detail: str | int) -> None:
    append(session, AuditEvent(action=action, caller=caller, detail=detail))
