"""Records, scores, conflicts and standing decisions → a partition and what needs a steward.

A deterministic function of its input: pairs are taken from the strongest down (ties by key), so no
order of arrival and no parallelism can change the outcome (promise 3).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from linkage.matcher import ScoredPair
from linkage.model import Thresholds

QUESTIONS_A_GROUP = 1
"""A steward is asked at most so often about one group from its own side: the best candidates."""

UNTOLD = frozenset({""})
NO_SOURCES: Mapping[str, frozenset[str]] = MappingProxyType({})
Keys = tuple[str, str]
"""Two record keys, the smaller first."""


class Reason(StrEnum):
    """Why a pair waits for a steward instead of being joined or dropped."""

    UNCERTAIN = "uncertain"
    RIVAL = "rival"
    DOUBT = "doubtful-evidence"
    MISTYPED = "mistyped-number"
    REUSED_KEY = "reused-key"
    CONTRADICTING_DECISIONS = "contradicting-decisions"


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """One question to a steward: are these two groups of records one child?

    `pair` is their evidence, `left` and `right` are the records that stand for them.
    """

    pair: ScoredPair
    reason: Reason
    left: str = field(repr=False)
    right: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Partition:
    """`groups`: disjoint, sorted keys that cover every key that was given."""

    groups: tuple[tuple[str, ...], ...] = field(repr=False)
    reviews: tuple[Review, ...] = field(repr=False)


@dataclass(slots=True)
class _Groups:
    """Disjoint groups of keys, and which keys may not be in one group."""

    members: dict[str, set[str]]
    forbids: Callable[[str, str], bool]
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)

    def alike(self, one: str, other: str) -> bool:
        """Whether both hold a record of one source, and so stand for the same part of a life."""
        return not self._sources(one).isdisjoint(self._sources(other))

    def _sources(self, group: str) -> set[str]:
        return {source for key in self.members[group] for source in self.sources.get(key, UNTOLD)}

    def find(self, key: str) -> str:
        return self.home.get(key, key)

    def join(self, left: str, right: str) -> None:
        one, other = sorted((self.find(left), self.find(right)))
        if one == other:
            return
        moved = self.members.pop(other)
        self.members[one] |= moved
        self.home |= dict.fromkeys(moved, one)

    def conflicting(self, one: str, other: str) -> bool:
        """Whether any member of one group may not be joined with any of the other."""
        return any(
            self.forbids(min(left, right), max(left, right))
            for left in self.members[one]
            for right in self.members[other]
        )


Judge = Callable[[ScoredPair], bool]
"""Whether the evidence of a pair is enough for the engine, apart from its weight."""


def partition(
    keys: Iterable[str],
    pairs: Sequence[ScoredPair],
    conflict: Callable[[str, str], bool],
    thresholds: Thresholds,
    *,
    sources: Mapping[str, frozenset[str]] = NO_SOURCES,
    sufficient: Judge = lambda pair: True,
    strong: Judge = lambda pair: False,
) -> Partition:
    """Join what the evidence covers, ask about the rest.

    `conflict` says whether two keys (the smaller first) may not be joined. `sources`: key →
    the sources that its records came from; where it is not told, any two are alike.
    """
    groups = _Groups(
        members={key: {key} for key in sorted(keys)}, forbids=conflict, sources=sources
    )
    ordered = sorted(pairs, key=lambda pair: (-pair.weight, pair.left, pair.right))
    edges = _edges(ordered)
    waiting: dict[Keys, Reason] = {}
    for pair in ordered:
        if pair.weight < thresholds.alone:
            break
        _consider(groups, pair, edges, thresholds, sufficient, strong, waiting)
    reviews = _questions(groups, ordered, waiting, thresholds)
    return Partition(
        groups=tuple(sorted(tuple(sorted(group)) for group in groups.members.values())),
        reviews=reviews,
    )


def _edges(ordered: Sequence[ScoredPair]) -> dict[str, list[ScoredPair]]:
    """The pairs of each record, strongest first."""
    edges: dict[str, list[ScoredPair]] = defaultdict(list)
    for pair in ordered:
        edges[pair.left].append(pair)
        edges[pair.right].append(pair)
    return edges


def _consider(
    groups: _Groups,
    pair: ScoredPair,
    edges: Mapping[str, Sequence[ScoredPair]],
    thresholds: Thresholds,
    sufficient: Judge,
    strong: Judge,
    waiting: dict[Keys, Reason],
) -> None:
    """Join the groups of a pair, or note why not."""
    one, other = groups.find(pair.left), groups.find(pair.right)
    if one == other or groups.conflicting(one, other):
        return
    grown = len(groups.members[one]) + len(groups.members[other]) > 2
    if grown and pair.weight < thresholds.certain:
        waiting[pair.left, pair.right] = Reason.UNCERTAIN
        return
    reason = _doubt(groups, pair, (one, other), edges, thresholds, sufficient, strong)
    if reason is None:
        groups.join(one, other)
    else:
        waiting[pair.left, pair.right] = reason


def _doubt(
    groups: _Groups,
    pair: ScoredPair,
    both: Keys,
    edges: Mapping[str, Sequence[ScoredPair]],
    thresholds: Thresholds,
    sufficient: Judge,
    strong: Judge,
) -> Reason | None:
    """Why the engine should not join the two groups by itself, None where it may."""
    one, other = both
    floor = pair.weight - thresholds.margin / (2 if strong(pair) else 1)
    if not sufficient(pair):
        return Reason.DOUBT
    if _has_rival(groups, one, other, edges, floor) or _has_rival(groups, other, one, edges, floor):
        return Reason.RIVAL
    least = max(thresholds.crowd, pair.weight - thresholds.choice)
    if pair.weight < thresholds.link and (
        _has_choice(groups, one, other, edges, least)
        or _has_choice(groups, other, one, edges, least)
    ):
        return Reason.UNCERTAIN
    return None


def _has_rival(
    groups: _Groups,
    one: str,
    other: str,
    edges: Mapping[str, Sequence[ScoredPair]],
    floor: float,
) -> bool:
    """Whether `one` fits nearly as well with a third group that cannot be one child with `other`."""
    for key in sorted(groups.members[one]):
        for pair in edges.get(key, ()):
            if pair.weight < floor:
                break
            third = groups.find(pair.right if pair.left == key else pair.left)
            if (
                third not in (one, other)
                and groups.conflicting(third, other)
                and not groups.conflicting(third, one)
            ):
                return True
    return False


def _has_choice(
    groups: _Groups,
    one: str,
    other: str,
    edges: Mapping[str, Sequence[ScoredPair]],
    floor: float,
) -> bool:
    """Whether `one` may also be one child with a third group instead of with `other`.

    A group of other sources is no other choice: a hospital's record fits the police's and the
    home's, and is one child with both.
    """
    known = _neighbours(groups, other, edges, floor)
    return any(
        third not in (one, other)
        and third not in known
        and groups.alike(third, other)
        and not groups.conflicting(third, one)
        for third in _neighbours(groups, one, edges, floor)
    )


def _neighbours(
    groups: _Groups, group: str, edges: Mapping[str, Sequence[ScoredPair]], floor: float
) -> set[str]:
    """The groups that a group has a pair of at least `floor` bits with."""
    return {
        groups.find(pair.right if pair.left == key else pair.left)
        for key in groups.members[group]
        for pair in edges.get(key, ())
        if pair.weight >= floor
    }


def _questions(
    groups: _Groups,
    ordered: Sequence[ScoredPair],
    waiting: Mapping[Keys, Reason],
    thresholds: Thresholds,
) -> tuple[Review, ...]:
    """The strongest pair between any two groups that may be one child, from `review` bits up."""
    asked: dict[Keys, Review] = {}
    count: dict[str, int] = defaultdict(int)
    for pair in ordered:
        if pair.weight < thresholds.review:
            break
        one, other = sorted((groups.find(pair.left), groups.find(pair.right)))
        if one == other or (one, other) in asked or groups.conflicting(one, other):
            continue
        if min(count[one], count[other]) >= QUESTIONS_A_GROUP:
            continue
        count[one] += 1
        count[other] += 1
        reason = waiting.get((pair.left, pair.right), Reason.UNCERTAIN)
        asked[one, other] = Review(pair=pair, reason=reason, left=pair.left, right=pair.right)
    return tuple(asked.values())
