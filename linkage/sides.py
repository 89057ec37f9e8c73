"""Two groups of records side by side: what speaks loudest, what forbids, and what they share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from linkage.clustering import Keys
from linkage.composite import composite
from linkage.configuration import CHILDREN
from linkage.conflicts import Conflict, conflict
from linkage.habits import without
from linkage.matcher import ScoredPair
from linkage.model import MatchModel
from linkage.records import PersonRecord
from linkage.scorer import Scorer
from linkage.splitting import kind_of
from linkage.step_reports import SOURCE as REPORT

Sides = tuple[Sequence[PersonRecord], Sequence[PersonRecord]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Two sides compared. `loudest`: the strongest pair of records of the two.

    `as_groups`: the sides as one record each, on which the engine decides; None for two records.
    `clash`: the first conflict between any two records, and which two. `kinds`: the kinds of block
    keys that any two records, or the groups, have in common: without one they are never compared.
    `several`: somebody of them is known not to have been alone. `reported`: a side is nothing but
    step reports.
    """

    loudest: ScoredPair
    as_groups: ScoredPair | None
    clash: tuple[Conflict, Keys] | None = field(repr=False)
    kinds: tuple[str, ...]
    several: bool
    reported: bool

    @property
    def deciding(self) -> ScoredPair:
        return self.as_groups or self.loudest


def loudest(sides: Sides, scorer: Scorer) -> ScoredPair:
    """The strongest pair of a record of one side with one of the other; ties by key."""
    left, right = ([scorer.prepared(record) for record in side] for side in sides)
    pairs = (scorer.score(one, other) for one, other in product(left, right))
    return min(pairs, key=lambda pair: (-pair.weight, pair.left, pair.right))


def compared(named: Sides, groups: Sides, scorer: Scorer) -> Compared:
    """`named`: the records in question; `groups`: the identities that they are in."""
    single = all(len(group) == 1 for group in groups)
    as_one = [composite(group) for group in groups]
    return Compared(
        loudest=loudest(named, scorer),
        as_groups=None if single else scorer.pair(*as_one),
        clash=_clash(groups),
        kinds=_kinds(groups, as_one, scorer.model),
        several=any(record.several for group in groups for record in group),
        reported=any({record.source for record in group} == {REPORT} for group in groups),
    )


def _clash(groups: Sides) -> tuple[Conflict, Keys] | None:
    for one, other in product(*groups):
        found = conflict(one, other)
        if found is not None:
            return found, (one.key, other.key)
    return None


def _kinds(groups: Sides, as_one: Sequence[PersonRecord], model: MatchModel) -> tuple[str, ...]:
    """In the first round records are compared, later the groups that have formed."""
    left, right = (
        {
            key
            for record in (*group, one)
            for key in CHILDREN.keys(without(record, model.habits), model.split)
        }
        for group, one in zip(groups, as_one, strict=True)
    )
    return tuple(sorted({kind_of(key) for key in left & right}))
