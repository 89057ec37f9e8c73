"""How an identity holds together: its strongest links, its weakest one, and those that are bridges."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from linkage.clustering import Keys
from linkage.matcher import ScoredPair
from linkage.records import PersonRecord
from linkage.scorer import Scorer


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One link of the maximum spanning tree, the strongest first.

    `decided`: a steward said "the same" of these two, which comes before any weight. `together`:
    how many records hang together by the links up to here. `holds`: the pair by itself is at least
    worth a question. `bridge`: it holds, and without it the identity would fall into two parts.
    """

    pair: ScoredPair
    decided: bool
    together: int
    holds: bool
    bridge: bool


def growth(
    records: Sequence[PersonRecord], scorer: Scorer, least: float, decided: Collection[Keys]
) -> tuple[Step, ...]:
    """The records' links in the order of strength; each step brings one record or part more.

    A function of the records as they are now, not of the order in which they came. `least`: the
    bits from which on a pair is worth a question.
    """
    prepared = [scorer.prepared(record) for record in records]
    pairs = [scorer.score(one, other) for one, other in combinations(prepared, 2)]

    def is_decided(pair: ScoredPair) -> bool:
        return (pair.left, pair.right) in decided

    def strength(pair: ScoredPair) -> tuple[bool, float, str, str]:
        return (not is_decided(pair), -pair.weight, pair.left, pair.right)

    ordered = sorted(pairs, key=strength)
    holding = [pair for pair in ordered if is_decided(pair) or pair.weight >= least]
    held = frozenset((pair.left, pair.right) for pair in holding)
    tree = _tree([record.key for record in records], ordered)
    parts = {record.key: {record.key} for record in records}
    steps = []
    for pair in tree:
        part = _joined(parts, pair)
        holds = (pair.left, pair.right) in held
        steps.append(
            Step(
                pair=pair,
                decided=is_decided(pair),
                together=len(part),
                holds=holds,
                bridge=holds and _is_bridge(pair, tree, holding, parts),
            )
        )
    return tuple(steps)


def _tree(keys: Sequence[str], ordered: Sequence[ScoredPair]) -> list[ScoredPair]:
    """Kruskal: from the strongest pair down, each that joins two parts."""
    parts = {key: {key} for key in keys}
    chosen = []
    for pair in ordered:
        if parts[pair.left] is not parts[pair.right]:
            _joined(parts, pair)
            chosen.append(pair)
    return chosen


def _joined(parts: dict[str, set[str]], pair: ScoredPair) -> set[str]:
    """The part that the two of a pair are in now."""
    if parts[pair.left] is not parts[pair.right]:
        united = parts[pair.left] | parts[pair.right]
        parts.update(dict.fromkeys(united, united))
    return parts[pair.left]


def _is_bridge(
    pair: ScoredPair,
    tree: Sequence[ScoredPair],
    holding: Sequence[ScoredPair],
    keys: Mapping[str, object],
) -> bool:
    """Whether no other holding pair crosses the gap that the tree has without this one."""
    parts = {key: {key} for key in keys}
    for other in tree:
        if other is not pair:
            _joined(parts, other)
    return not any(
        parts[other.left] is not parts[other.right] for other in holding if other is not pair
    )
