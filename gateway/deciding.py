"""Use cases: a steward says whether two records are one child, and takes it back."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.orm import Session

from audit.event import Action, AuditEvent, Caller, Seen, naming
from audit.log import append_many
from gateway.errors import ConflictError, NotFoundError, WrongRequestError
from gateway.linking import LinkReport, Progress, link, linked_with
from gateway.signature import author, require_reason
from linkage import assertions, index
from linkage.assertions import Assertion, Known, Said, Snapshot
from linkage.explanation import explain
from linkage.model import MatchModel
from linkage.parity import scorer_for
from linkage.standing import contradiction
from linkage.store import IdentityStore
from linkage.tables import WITHDRAWN

__all__ = ["Assertion", "Outcome", "decide", "decisions", "undecide"]

Verdict = Literal["same", "not-same"]


class UnknownRecordError(NotFoundError):
    """No such record. Name both by id or as source:record; decisions are never on identities."""

    vietnamese = (
        "Không có bản ghi này. Nêu cả hai bản ghi bằng mã hoặc nguồn:bản-ghi; không nêu định danh."
    )


class OneRecordError(WrongRequestError):
    """Both names are one record."""

    vietnamese = "Hai tên đã nêu là cùng một bản ghi."


class UnknownDecisionError(NotFoundError):
    """There is no decision with this id."""

    vietnamese = "Không có quyết định với mã này."


class WithdrawalStandsError(ConflictError):
    """This is a withdrawal, and it stands. Decide again instead."""

    vietnamese = "Đây là việc rút lại quyết định, không rút lại được nữa. Hãy quyết định lại."


class OppositeError(ConflictError):
    """The opposite stands. Undecide it first."""

    vietnamese = "Đang có quyết định ngược lại. Hãy rút lại quyết định đó trước."


class ContradictionError(ConflictError):
    """It contradicts decisions that stand. Undecide one of them first."""

    vietnamese = "Trái với các quyết định đang có hiệu lực. Hãy rút lại một trong số đó trước."


class OtherModelError(ConflictError):
    """The identities rest on another model. Name it with --model, or run motem link first."""

    vietnamese = "Định danh đang dựa trên mô hình khác. Nêu mô hình đó bằng --model, hoặc chạy motem link trước."


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Two records, named by id or key, and what is said of them."""

    names: tuple[str, str] = field(repr=False)
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What was kept: the assertion's id (`is_new`: it did not stand before), and the linking."""

    id: str
    is_new: bool
    linking: LinkReport | None = field(default=None)


def decide(
    session: Session,
    names: tuple[str, str],
    verdict: Verdict,
    reason: str,
    model: MatchModel,
    caller: Caller,
    progress: Progress = lambda step: None,
) -> Outcome:
    """Keep that two records are, or are not, one child, and let the identities follow.

    Records are named by id or key. Saying again what stands changes nothing. The evidence that the
    steward could see is kept with it. Raises UnknownRecordError, OneRecordError, NoReasonError;
    OtherModelError where other children would move because of the model; OppositeError and
    ContradictionError (with the chain) where standing decisions say otherwise.
    """
    judgement = Judgement(names=names, verdict=verdict)
    return decide_all(session, [judgement], reason, model, caller, progress)


def decide_all(
    session: Session,
    judgements: Sequence[Judgement],
    reason: str,
    model: MatchModel,
    caller: Caller,
    progress: Progress = lambda step: None,
) -> Outcome:
    """The same of several pairs, in their order, as one act with one linking: all, or none.

    The outcome has the id of the first.
    """
    require_reason(reason)
    IdentityStore(session).lock()
    _require_model_in_use(session, model)
    known = [one for one in assertions.assertions(session) if one.stands]
    kept = [_decided(session, one, reason, model, caller, known) for one in judgements]
    is_new = any(new for _, new in kept)
    linking = link(session, model, caller, progress) if is_new else None
    return Outcome(id=kept[0][0], is_new=is_new, linking=linking)


def _decided(
    session: Session,
    judgement: Judgement,
    reason: str,
    model: MatchModel,
    caller: Caller,
    known: list[Assertion],
) -> tuple[str, bool]:
    """The decision's id, and whether it is new; it is added to those that are known."""
    said = _said(caller, judgement.verdict, reason)
    left, right = (_record(session, name) for name in judgement.names)
    if left.record_id == right.record_id:
        raise OneRecordError
    for one in known:
        if one.pair == {left.key, right.key} and one.said.verdict == said.verdict:
            return one.id, False
    _require_consistent(known, left, right, judgement.verdict)
    snapshot = _snapshot(session, left, right, model)
    id_ = assertions.add(session, (left, right), said, snapshot)
    known.append(
        Assertion(
            id=id_,
            left_id=left.record_id,
            right_id=right.record_id,
            left_key=left.key,
            right_key=right.key,
            said=said,
            made_at=datetime.now(UTC),
            snapshot=snapshot,
            withdraws=None,
            stands=True,
        )
    )
    event = (Action.DECISION_MAKE, (left.record_id, right.record_id), id_, said.verdict)
    append_many(session, _events(*event, caller))
    return id_, True


def undecide(
    session: Session,
    decision: str,
    reason: str,
    model: MatchModel,
    caller: Caller,
    progress: Progress = lambda step: None,
) -> Outcome:
    """Withdraw a decision by a further assertion, and let the identities follow.

    What was withdrawn before stays so. Raises UnknownDecisionError, WithdrawalStandsError,
    NoReasonError, and OtherModelError as `decide`.
    """
    return _withdraw(session, decision, reason, model, caller, progress)


def undo(
    session: Session,
    decision: str,
    reason: str,
    model: MatchModel,
    caller: Caller,
) -> Outcome:
    """As `undecide`, with all that was decided in the same act and still stands."""
    return _withdraw(session, decision, reason, model, caller, whole=True)


def _withdraw(
    session: Session,
    decision: str,
    reason: str,
    model: MatchModel,
    caller: Caller,
    progress: Progress = lambda step: None,
    *,
    whole: bool = False,
) -> Outcome:
    said = _said(caller, WITHDRAWN, reason)
    IdentityStore(session).lock()
    _require_model_in_use(session, model)
    known = assertions.assertions(session)
    one = next((one for one in known if one.id == decision), None)
    if one is None:
        raise UnknownDecisionError
    if one.withdraws:
        raise WithdrawalStandsError
    with_it = [other for other in known if whole and other.is_of_one_act(one) and other is not one]
    made = []
    for other in [one, *with_it]:
        if other.stands:
            made.append(assertions.withdraw(session, other.id, said))
            event = (Action.DECISION_WITHDRAW, (other.left_id, other.right_id), other.id)
            append_many(session, _events(*event, WITHDRAWN, caller))
    if not made:
        (before,) = [other.id for other in known if other.withdraws == decision]
        return Outcome(id=before, is_new=False)
    linking = link(session, model, caller, progress)
    return Outcome(id=made[0], is_new=True, linking=linking)


def decisions(session: Session, caller: Caller) -> list[Assertion]:
    """Every decision and withdrawal that was ever made, the oldest first."""
    found = assertions.assertions(session)
    named = dict.fromkeys(id_ for one in found for id_ in (one.left_id, one.right_id))
    seen = (Seen(record=id_) for id_ in named)
    append_many(session, naming(Action.DECISION_EXPORT, caller, seen, {"decisions": len(found)}))
    return found


def _said(caller: Caller, verdict: str, reason: str) -> Said:
    require_reason(reason)
    return Said(verdict=verdict, author=author(caller), reason=reason)


def _require_model_in_use(session: Session, model: MatchModel) -> None:
    """One decision must not change the model for all children. Raises OtherModelError."""
    if linked_with(session) not in (None, model.version):
        raise OtherModelError


def _record(session: Session, name: str) -> Known:
    found = assertions.find(session, name)
    if found is None:
        raise UnknownRecordError
    return found


def _require_consistent(
    standing: Sequence[Assertion], left: Known, right: Known, verdict: str
) -> None:
    """Raises OppositeError or ContradictionError, with the chain in opaque ids."""
    pairs = {(one.left_key, one.right_key, one.said.verdict): one for one in standing}
    chain = contradiction(pairs, left.key, right.key, verdict)
    if not chain:
        return
    ids = {one.left_key: one.left_id for one in standing}
    ids |= {one.right_key: one.right_id for one in standing}
    both = {(one.pair, one.said.verdict): one.id for one in standing}
    told = ids[left.key] + "".join(f" {SIGNS[said]} {ids[key]}" for _, key, said in chain)
    made = " ".join(both[frozenset((one, other)), said] for one, other, said in chain)
    error = OppositeError if len(chain) == 1 else ContradictionError
    raise error(f"{error.__doc__} {told}. Quyết định · decisions: {made}")


SIGNS = {"same": "=", "not-same": "≠"}


def _snapshot(session: Session, left: Known, right: Known, model: MatchModel) -> Snapshot:
    """What the open review of the pair says, else what the two weigh by themselves."""
    store = IdentityStore(session)
    asked = store.review_of((left.key, right.key))
    if asked is not None:
        review, version = asked
        return Snapshot(weight=review.weight, evidence=review.evidence, model=version)
    records = index.resolved(session, store.records_of((left.record_id, right.record_id)))
    pair = scorer_for(model).pair(*records)
    evidence = json.dumps([asdict(line) for line in explain(pair, model)], ensure_ascii=False)
    return Snapshot(weight=pair.weight, evidence=evidence, model=model.version)


def _events(
    action: Action, records: tuple[str, str], decision: str, verdict: str, caller: Caller
) -> list[AuditEvent]:
    """One for each of the two records, so that the log of either tells it; each names the other."""
    return [
        AuditEvent(
            action=action,
            caller=caller,
            record=record,
            detail={"other": other, "decision": decision, "verdict": verdict},
        )
        for record, other in (records, records[::-1])
    ]
