"""Use cases: why two records or identities are together or apart, and how an identity grew."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from sqlalchemy.orm import Session

from audit.event import Action, AuditEvent, Caller, Outcome
from audit.log import append_many
from gateway.errors import GatewayError, NotFoundError
from gateway.explained import How, Link, Looked, Shown, Weighed, Why
from gateway.lookup import OWN_ID
from gateway.weighing import adding_up, adding_up_clues, scorer_of
from linkage import index
from linkage.clustering import Keys, Reason
from linkage.explanation import Evidence, explain
from linkage.fate import Facts, Fate, doubts, fate_of
from linkage.growth import Step, growth
from linkage.index import Held
from linkage.matcher import PRECISION
from linkage.model import MatchModel
from linkage.odds import probability
from linkage.records import PersonRecord
from linkage.sides import Compared, Sides, compared
from linkage.standing import stand
from linkage.store import IDENTITY_PREFIX, IdentityStore

MOST_PAIRS = 250_000
"""Pairs of records that one explanation may score: some seconds."""
LOUDEST = 3
"""Pieces of evidence that are named for a link of an identity."""


class UnknownNameError(NotFoundError):
    """There is no such record or identity. Name it by its id, or a record as source:record."""

    vietnamese = "Không có bản ghi hay định danh này. Nêu bằng mã, hoặc bản ghi bằng nguồn:bản-ghi."


class TooLargeError(GatewayError):
    """So many records hang together that they cannot be explained pair by pair."""

    vietnamese = "Quá nhiều bản ghi để giải thích từng cặp."


@dataclass(frozen=True, kw_only=True, slots=True)
class _Side:
    """The records that a name means, and all of the identity that they are in."""

    named: tuple[Held, ...] = field(repr=False)
    whole: tuple[Held, ...] = field(repr=False)

    @property
    def identity(self) -> str:
        return self.whole[0].identity_id


def why(session: Session, names: tuple[str, str], model: MatchModel, caller: Caller) -> Why | None:
    """Why the two are one child, asked about, or apart; None where a name is not known.

    A name is a record's id or key, or an identity's id; a retired one means the record that it came
    with. Each record that went into the answer is in the log, and so is asking in vain.
    Raises TooLargeError, NoScorerError.
    """
    sides = [side for name in names if (side := _side(session, name, caller))]
    if len(sides) < len(names):
        return None
    left, right = sides
    scorer = scorer_of(model)
    everybody = {held.record_id: held for side in sides for held in side.whole}
    _log(session, everybody.values(), "why", model, caller)
    one, other = _apart(left.named, right.named)
    shown = (tuple(map(_shown, one or left.named)), tuple(map(_shown, other or right.named)))
    if not (one and other):
        return Why(fate=Fate.ONE_THING, left=shown[0], right=shown[1], model=model.version)
    _require_few(len(one) * len(other) + len(left.whole) * len(right.whole))
    known = _known(session, everybody)
    joined = left.identity == right.identity
    named = _records(known, one), _records(known, other)
    groups = named if joined else (_records(known, left.whole), _records(known, right.whole))
    found = compared(named, groups, scorer)
    question = index.question(session, _between(groups))
    # In one identity the two that are named; else whatever of both identities was looked at.
    sides_of = (one, other) if joined else (left.whole, right.whole)
    looked = index.judged(session, *([held.record_id for held in side] for side in sides_of))
    facts = Facts(
        pair=found.deciding,
        thresholds=model.thresholds,
        joined=joined,
        verdicts=_verdicts(session, groups),
        question=Reason(question[0].reason) if question else None,
        pending=any(held.decision == "pending" for held in everybody.values()),
        conflict=found.clash[0] if found.clash else None,
        shares_key=bool(found.kinds),
        reported=found.reported,
        looked=any(one.joined for one in looked),
    )
    ids = {record.key: id_ for id_, record in known.items()}
    plain = Why(fate=fate_of(facts), left=shown[0], right=shown[1], model=model.version)
    return replace(
        plain,
        weighed=tuple(_weighed(found, ids, everybody, model, joined=joined)),
        question_model=question[1] if question else None,
        looked=tuple(map(_looked, looked)),
        **_told(facts, found, ids),
    )


def how(session: Session, name: str, model: MatchModel, caller: Caller) -> How | None:
    """How an identity holds together; None where the name is not known. Names are as in `why`.

    Raises TooLargeError, NoScorerError.
    """
    side = _side(session, name, caller)
    if side is None:
        return None
    scorer, held = scorer_of(model), {one.record_id: one for one in side.whole}
    _require_few(len(held) ** 2)
    _log(session, held.values(), "how", model, caller)
    known = _known(session, held)
    ids = {record.key: id_ for id_, record in known.items()}
    steps = growth(
        list(known.values()), scorer, model.thresholds.review, _called_same(session, ids)
    )
    links = tuple(_link(step, ids, model) for step in steps)
    return How(
        identity=side.identity,
        records=tuple(map(_shown, side.whole)),
        links=links,
        weakest=min(range(len(links)), key=lambda n: links[n].weight, default=None),
        bridges=sum(link.bridge for link in links),
        model=model.version,
    )


def _side(session: Session, name: str, caller: Caller) -> _Side | None:
    """What a name means; that somebody asked for nobody is in the log."""
    if name.startswith(IDENTITY_PREFIX) and (members := index.by_identity(session, name)):
        return _Side(named=tuple(members), whole=tuple(members))
    found = index.founder(session, name) or index.by_name(session, name)
    if found is None:
        # It may be anybody's number: only what looks like an id of ours is written down.
        detail = {"asked": name} if OWN_ID.fullmatch(name) else {}
        append_many(session, [_event(caller, detail, outcome=Outcome.FAILURE)])
        return None
    return _Side(named=(found,), whole=tuple(index.by_identity(session, found.identity_id)))


def _event(
    caller: Caller,
    detail: Mapping[str, str],
    held: Held | None = None,
    outcome: Outcome = Outcome.SUCCESS,
) -> AuditEvent:
    return AuditEvent(
        action=Action.EXPLANATION_READ,
        caller=caller,
        record=held.record_id if held else None,
        identity=held.identity_id if held else None,
        outcome=outcome,
        detail=detail,
    )


def _log(
    session: Session, shown: Iterable[Held], what: str, model: MatchModel, caller: Caller
) -> None:
    """One event for each record whose data are in the answer."""
    detail = {"what": what, "model": model.version}
    append_many(session, [_event(caller, detail, held) for held in shown])


def _apart(
    left: tuple[Held, ...], right: tuple[Held, ...]
) -> tuple[tuple[Held, ...], tuple[Held, ...]]:
    """Two sides without anybody in common: a record beside its identity is beside the others."""
    mine, theirs = ({held.record_id for held in side} for side in (left, right))
    if mine <= theirs:
        return left, tuple(held for held in right if held.record_id not in mine)
    return tuple(held for held in left if held.record_id not in theirs), right


def _require_few(pairs: int) -> None:
    if pairs > MOST_PAIRS:
        raise TooLargeError


def _known(session: Session, held: Mapping[str, Held]) -> dict[str, PersonRecord]:
    """Record id → the record as a linking of all would compare it."""
    records = index.resolved(session, [one.record for one in held.values()])
    return dict(zip(held, records, strict=True))


def _records(known: Mapping[str, PersonRecord], held: Iterable[Held]) -> list[PersonRecord]:
    return [known[one.record_id] for one in held]


def _between(groups: Sides) -> set[Keys]:
    return {(min(a.key, b.key), max(a.key, b.key)) for a, b in product(*groups)}


def _verdicts(session: Session, groups: Sides) -> frozenset[str]:
    """What stewards said of records of both sides; a chain of "same" between them is one."""
    standing = stand(
        {record.key for group in groups for record in group}, IdentityStore(session).standing()
    )
    between = _between(groups)
    chained = any({*pair} <= {*chain} for chain in standing.groups for pair in between)
    said = {"not-same"} if standing.not_same & between else set()
    return frozenset(said | ({"same"} if chained or standing.same & between else set()))


def _called_same(session: Session, keys: Iterable[str]) -> frozenset[Keys]:
    return stand(keys, IdentityStore(session).standing()).same


def _told(facts: Facts, found: Compared, ids: Mapping[str, str]) -> dict[str, Any]:
    """All of an answer that the two sides tell, in the names of `Why`."""
    several = found.several
    return {
        "conflict": facts.conflict,
        "conflict_of": tuple(ids[key] for key in found.clash[1]) if found.clash else None,
        "shared_keys": found.kinds,
        "verdicts": tuple(sorted(facts.verdicts)),
        "question": facts.question,
        "doubts": ()
        if facts.joined
        else tuple(doubts(facts.pair, facts.thresholds, several=several)),
    }


def _looked(found: index.Found) -> Looked:
    return Looked(
        joined=found.joined,
        left=found.left,
        right=found.right,
        bits=found.bits,
        probability=round(probability(found.bits), PRECISION),
        lines=adding_up_clues(found.clues),
    )


def _weighed(
    found: Compared,
    ids: Mapping[str, str],
    held: Mapping[str, Held],
    model: MatchModel,
    *,
    joined: bool,
) -> Iterator[Weighed]:
    """The strongest records, and both sides as one record each where they are more."""
    pairs = [(False, found.loudest)]
    if found.as_groups:
        pairs.append((True, found.as_groups))
    for groups, pair in pairs:
        records = (ids[pair.left], ids[pair.right])
        whole = groups and not joined
        left, right = (held[id_].identity_id for id_ in records) if whole else records
        yield Weighed(
            groups=groups,
            left=left,
            right=right,
            weight=pair.weight,
            probability=round(model.calibration.probability(pair.weight), PRECISION),
            lines=adding_up(pair, model),
        )


def _link(step: Step, ids: Mapping[str, str], model: MatchModel) -> Link:
    lines: Sequence[Evidence] = explain(step.pair, model)[1:]
    return Link(
        left=ids[step.pair.left],
        right=ids[step.pair.right],
        weight=step.pair.weight,
        probability=round(model.calibration.probability(step.pair.weight), PRECISION),
        decided=step.decided,
        together=step.together,
        holds=step.holds,
        bridge=step.bridge,
        strongest=tuple(
            sorted((line for line in lines if line.bits > 0), key=lambda line: -line.bits)[:LOUDEST]
        ),
    )


def _shown(held: Held) -> Shown:
    return Shown(
        record=held.record_id,
        source=held.record.source,
        identity=held.identity_id,
        decision=held.decision,
    )
