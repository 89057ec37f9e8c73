"""Records, scores, conflicts and standing decisions → a partition and what needs a steward.

A deterministic function of its input: pairs are taken from the strongest down (ties by key), so no
order of arrival and no parallelism can change the outcome (promise 3).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from linkage.groups import Edges, Groups, edges_of
from linkage.matcher import ScoredPair
from linkage.model import Thresholds
from linkage.settling import Apart, Traits, is_settled

QUESTIONS_A_GROUP = 2
"""A steward is asked at most so often about one group from its own side: the best candidates."""

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
    BRIDGE = "bridge"
    OVERSIZED = "oversized"


REASONS = frozenset(Reason)


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """One question to a steward: are these two groups of records one child?

    `pair` is their evidence, `left` and `right` are the records that stand for them. The groups are
    apart, or (BRIDGE, OVERSIZED) parts of one identity.
    """

    pair: ScoredPair
    reason: Reason
    left: str = field(repr=False)
    right: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Partition:
    """`groups`: disjoint, sorted keys that cover every key that was given.

    `outcomes`: JOINED, or the reason why not, of each pair that came into question.
    """

    groups: tuple[tuple[str, ...], ...] = field(repr=False)
    reviews: tuple[Review, ...] = field(repr=False)
    outcomes: Mapping[Keys, str] = field(default_factory=dict, repr=False)


JOINED = "joined"
Known = Callable[[ScoredPair], str | None]
"""What became of a pair, where that is known; None: it is to be decided. "" is neither."""


Judge = Callable[[ScoredPair], bool]
"""Whether the evidence of a pair is enough for the engine, apart from its weight."""
SETTLED = 1.5
"""So many margins of traits make one assignment of four records better than the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judges:
    """Whose evidence is enough: in any case (`sufficient`), or where nobody else is in question.

    `strong`: only what fits about as well is a rival. `traits`, `slip`: see `settling.py`.
    """

    sufficient: Judge = lambda pair: True
    otherwise: Judge = lambda pair: False
    strong: Judge = lambda pair: False
    traits: Traits = lambda pair: 0.0
    slip: Apart = lambda one, other: False


def partition(
    keys: Iterable[str],
    pairs: Sequence[ScoredPair],
    conflict: Callable[[str, str], bool],
    thresholds: Thresholds,
    *,
    sources: Mapping[str, frozenset[str]] = NO_SOURCES,
    judges: Judges = Judges(),
    known: Known = lambda pair: None,
) -> Partition:
    """Join what the evidence covers, ask about the rest.

    `conflict` says whether two keys (the smaller first) may not be joined. `sources`: key →
    the sources that its records came from; where it is not told, any two are alike. `known`: what
    is not decided here.
    """
    groups = Groups(members={key: {key} for key in sorted(keys)}, forbids=conflict, sources=sources)
    ordered = sorted(pairs, key=lambda pair: (-pair.weight, pair.left, pair.right))
    edges = edges_of(ordered)
    outcomes: dict[Keys, str] = {}
    for pair in ordered:
        if pair.weight < thresholds.alone:
            break
        outcome = known(pair)
        if outcome is None:
            outcome = _consider(groups, pair, edges, thresholds, judges)
        if outcome == JOINED:
            groups.join(pair.left, pair.right)
        if outcome:
            outcomes[pair.left, pair.right] = outcome
    doubtful = [pair for pair in ordered if pair.weight >= thresholds.review]
    reviews = questions(doubtful, outcomes, groups.conflicting, groups.find)
    return Partition(
        groups=tuple(sorted(tuple(sorted(group)) for group in groups.members.values())),
        reviews=reviews,
        outcomes=outcomes,
    )


def _consider(
    groups: Groups,
    pair: ScoredPair,
    edges: Edges,
    thresholds: Thresholds,
    judges: Judges,
) -> str:
    """Whether to join the groups of a pair (JOINED), why not, or "" where they cannot be."""
    one, other = groups.find(pair.left), groups.find(pair.right)
    if one == other or groups.conflicting(one, other):
        return ""
    grown = len(groups.members[one]) + len(groups.members[other]) > 2
    if grown and pair.weight < thresholds.certain:
        return Reason.UNCERTAIN
    return _doubt(groups, pair, (one, other), edges, thresholds, judges) or JOINED


def _doubt(
    groups: Groups,
    pair: ScoredPair,
    both: Keys,
    edges: Edges,
    thresholds: Thresholds,
    judges: Judges,
) -> Reason | None:
    """Why the engine should not join the two groups by itself, None where it may."""
    one, other = both
    floor = pair.weight - thresholds.margin / (2 if judges.strong(pair) else 1)
    enough = judges.sufficient(pair)
    if not enough and not judges.otherwise(pair):
        return Reason.DOUBT
    rival = _has_rival(groups, one, other, edges, floor)
    rival = rival or _has_rival(groups, other, one, edges, floor)
    if (rival or not enough) and not is_settled(
        groups,
        pair,
        edges,
        min(thresholds.alone - thresholds.margin, thresholds.review),
        judges.traits,
        SETTLED * thresholds.margin,
        judges.slip,
    ):
        return Reason.RIVAL if enough else Reason.DOUBT
    least = max(thresholds.crowd, pair.weight - thresholds.choice)
    if pair.weight < thresholds.link and (
        _has_choice(groups, one, other, edges, least)
        or _has_choice(groups, other, one, edges, least)
    ):
        return Reason.UNCERTAIN
    return None


def _has_rival(
    groups: Groups,
    one: str,
    other: str,
    edges: Edges,
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
    groups: Groups,
    one: str,
    other: str,
    edges: Edges,
    floor: float,
) -> bool:
    """Whether `one` may also be one child with a third group instead of with `other`.

    A group of other sources is no other choice: a hospital's record fits the police's and the
    home's, and is one child with both.
    """
    known = groups.neighbours(other, edges, floor)
    return any(
        third != other
        and third not in known
        and groups.alike(third, other)
        and not groups.conflicting(third, one)
        for third in groups.neighbours(one, edges, floor)
    )


def questions(
    ordered: Iterable[ScoredPair],
    outcomes: Mapping[Keys, str],
    conflicting: Callable[[str, str], bool],
    home: Callable[[str], str] = lambda key: key,
) -> tuple[Review, ...]:
    """The first pair between any two groups that may be one child. `home`: key → group.

    Two questions may exclude each other (one record, two twins): so both are named to whoever
    decides, and "the same" to one settles the other.
    """
    asked: dict[Keys, Review] = {}
    times: Counter[str] = Counter()
    for pair in ordered:
        one, other = sorted((home(pair.left), home(pair.right)))
        if one == other or (one, other) in asked or conflicting(one, other):
            continue
        if min(times[one], times[other]) >= QUESTIONS_A_GROUP:
            continue
        times.update((one, other))
        why = outcomes.get((pair.left, pair.right), "")
        reason = Reason(why) if why in REASONS else Reason.UNCERTAIN
        asked[one, other] = Review(pair=pair, reason=reason, left=pair.left, right=pair.right)
    return tuple(asked.values())
