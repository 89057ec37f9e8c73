"""What the second look notices of a pair beside all others, once each was judged by itself.

How likely somebody else is says more than how well he fits. Each clue goes by the log odds that the
clues of a pair alone gave it and whatever shares a group with it, in bits.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, log2
from sys import intern

from linkage.decision import Forbids
from linkage.matcher import ScoredPair
from linkage.noticing import Values, upto

UNLIKELY = -8
"""Log odds of two groups that were never judged as a pair."""
RIVAL, OTHERS = -2.0, -1.5
"""Log odds from which a third is counted, and up to which it is no part of the other side."""
ODDS = (-12, -9, -7, -6, -5, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4)
HIGH_ODDS = (4.5, 5, 5.5, 6, 7, 8, 9, 10, 12, 15)
AHEAD = (-12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 18)
COARSE = (-6, -3, -1, 1, 3, 5, 8, 12)
MOST_RIVALS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Odds:
    """A pair as it was judged by itself: `traits` speak of the child alone, `own` of what no twin shares."""

    left: str
    right: str
    bits: float
    traits: float
    own: float
    several: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """All pairs of a round: how likely each group is whom, and who is known to be somebody else."""

    odds: Mapping[str, Mapping[str, Odds]] = field(repr=False)
    apart: Mapping[str, frozenset[str]] = field(repr=False)
    judged_apart: Mapping[str, frozenset[str]] = field(repr=False)
    """Of those only who comes into question for anybody."""
    sources: Mapping[str, frozenset[str]] = field(repr=False)

    def bits(self, one: str, other: str) -> float:
        found = self.odds[one].get(other)
        return UNLIKELY if found is None else found.bits

    def traits(self, one: str, other: str) -> float:
        found = self.odds[one].get(other)
        return UNLIKELY if found is None else found.traits

    def rivals(self, of: str, beside: str) -> dict[str, float]:
        """Whoever `of` may be too, but for `beside`, and how likely."""
        return {third: one.bits for third, one in self.odds[of].items() if third != beside}


def company(
    judged: Iterable[Odds],
    pairs: Iterable[ScoredPair],
    forbids: Forbids,
    sources: Mapping[str, str],
) -> Company:
    """`pairs`: of the round, those of two children too. `sources`: of each group, joined by "+"."""
    odds: dict[str, dict[str, Odds]] = defaultdict(dict)
    for one in judged:
        odds[one.left][one.right] = odds[one.right][one.left] = one
    apart: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        if forbids(pair.left, pair.right):
            apart[pair.left].add(pair.right)
            apart[pair.right].add(pair.left)
    known = odds.keys()
    return Company(
        odds=odds,
        apart={key: frozenset(others) for key, others in apart.items()},
        judged_apart={key: frozenset(apart[key] & known) for key in apart.keys() & known},
        sources={key: frozenset(source.split("+")) for key, source in sources.items()},
    )


def told_apart(one: Odds, others: Company) -> float:
    """Bits by which what no twin shares speaks for this pair rather than for a known other child.

    The least of all who come into question for either side; infinite where nobody does, and less
    than any where no other child is known to either: then the twin is not in sight.
    """
    if not (others.apart.get(one.left) or others.apart.get(one.right)):
        return -inf
    rivals = (
        others.odds[key][third].own
        for key, partner in ((one.left, one.right), (one.right, one.left))
        for third in others.odds[key].keys() & others.apart.get(partner, frozenset())
    )
    return min((one.own - own for own in rivals), default=inf)


Rivals = Callable[[Company, str, str], Iterable[float]]
"""The company, a group and its partner → the log odds of those who come into question instead."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A pair beside the others."""

    one: Odds
    others: Company
    known: dict[Rivals, list[float]] = field(default_factory=dict, repr=False)

    def gaps(self, of: Rivals) -> list[float]:
        """Bits by which the pair is ahead of the likeliest rival of either side, the closer first.

        Several clues ask for them, and very many look-alikes may be rivals.
        """
        if of not in self.known:
            one = self.one
            best = (
                max(of(self.others, key, partner), default=-inf)
                for key, partner in ((one.left, one.right), (one.right, one.left))
            )
            self.known[of] = sorted(one.bits - bits for bits in best)
        return self.known[of]


@dataclass(frozen=True, kw_only=True, slots=True)
class Clue:
    """One thing to notice of a pair beside the others; `of` gives the values that hold."""

    name: str
    vietnamese: str
    english: str
    of: Callable[[Beside], Values] = field(repr=False)


def clues(one: Odds, others: Company) -> list[str]:
    """Everything noticed of a pair beside the others, as `name=value`; each text is there once."""
    pair = Beside(one, others)
    return [intern(f"{clue.name}={value}") for clue in CLUES for value in clue.of(pair)]


def _any(others: Company, of: str, beside: str) -> Iterable[float]:
    return others.rivals(of, beside).values()


def _of_one_source(others: Company, of: str, beside: str) -> Iterator[float]:
    """Who has a source in common with the partner, and so would take its place."""
    for third, bits in others.rivals(of, beside).items():
        if not others.sources[third].isdisjoint(others.sources[beside]):
            yield bits


def _another_child(others: Company, of: str, beside: str) -> Iterator[float]:
    """Who is known not to be the partner."""
    known = others.apart.get(beside, frozenset())
    return (bits for third, bits in others.rivals(of, beside).items() if third in known)


def _instead(others: Company, of: str, beside: str) -> Iterator[float]:
    """Who is not the partner, or hardly, all together: the odds that it is one of them."""
    known = others.apart.get(beside, frozenset())
    found = [
        bits
        for third, bits in others.rivals(of, beside).items()
        if third in known or others.bits(beside, third) < OTHERS
    ]
    if found:
        yield log2(sum(2**bits for bits in found))


def _ahead(of: Rivals, side: int, bounds: Sequence[float] = AHEAD) -> Callable[[Beside], Values]:
    def values(pair: Beside) -> Iterator[str]:
        gap = pair.gaps(of)[side]
        yield "none" if gap == inf else upto(gap, bounds)

    return values


def _rivals(pick: Callable[[Iterable[int]], int]) -> Callable[[Beside], Values]:
    """How many others come into question for a side."""

    def values(pair: Beside) -> Iterator[str]:
        one, others = pair.one, pair.others
        counts = (
            sum(bits > RIVAL for bits in others.rivals(key, partner).values())
            for key, partner in ((one.left, one.right), (one.right, one.left))
        )
        yield str(min(MOST_RIVALS, pick(counts)))

    return values


def _third(pair: Beside) -> Iterator[str]:
    """The likeliest third who may be both."""
    one, others = pair.one, pair.others
    mine, theirs = others.odds[one.left], others.odds[one.right]
    both = (min(mine[key].bits, theirs[key].bits) for key in mine.keys() & theirs.keys())
    best = max(both, default=None)
    yield "none" if best is None else upto(best, AHEAD)


def _crossed(
    of: Callable[[Company, str, str], float], bounds: Sequence[float] = AHEAD
) -> Callable[[Beside], Values]:
    """Of two children, each known by both sides: how much better this way round fits than crosswise."""

    def values(pair: Beside) -> Iterator[str]:
        one, others = pair.one, pair.others
        square = _square(one, others)
        if square is None:
            yield "none"
            return
        mine, theirs = square
        straight = of(others, one.left, one.right) + of(others, mine, theirs)
        yield upto(straight - of(others, one.left, theirs) - of(others, mine, one.right), bounds)

    return values


def _square(one: Odds, others: Company) -> tuple[str, str] | None:
    """Of those who are known not to be either side, the two who are likeliest one child; ties by key."""
    nobody: frozenset[str] = frozenset()
    left, right = (others.judged_apart.get(key, nobody) for key in (one.left, one.right))
    # Among look-alikes one side knows of very many others: the few of the other side are walked.
    few, many, is_left = (left, right, True) if len(left) <= len(right) else (right, left, False)
    found = (
        (-others.odds[near][far].bits, *((near, far) if is_left else (far, near)))
        for near in few
        for far in others.odds[near].keys() & many
    )
    sides = {one.left, one.right}
    best = min((square for square in found if sides.isdisjoint(square)), default=None)
    return None if best is None else best[1:]


def _of_several(of: Callable[[Beside], Values]) -> Callable[[Beside], Values]:
    """The same where one of both was not alone: twins have each other for rivals."""
    return lambda pair: of(pair) if pair.one.several else ()


def _odds(bounds: Sequence[float]) -> Callable[[Beside], Values]:
    return lambda pair: (upto(pair.one.bits, bounds),)


CLUES: tuple[Clue, ...] = tuple(
    Clue(name=name, vietnamese=vietnamese, english=english, of=of)
    for name, vietnamese, english, of in (
        (
            "odds",
            "khả năng của riêng cặp này, bit",
            "odds of the pair by itself, bits",
            _odds((*ODDS, *HIGH_ODDS)),
        ),
        (
            "odds-ahead",
            "hơn khả năng là người khác, bên gần hơn, bit",
            "ahead of the odds of anybody else, closer side, bits",
            _ahead(_any, 0),
        ),
        (
            "odds-ahead-far",
            "hơn khả năng là người khác, bên xa hơn, bit",
            "ahead of the odds of anybody else, farther side, bits",
            _ahead(_any, 1),
        ),
        (
            "odds-choice",
            "hơn khả năng là hồ sơ cùng nguồn, bên gần hơn, bit",
            "ahead of the odds of records of the same source, closer side, bits",
            _ahead(_of_one_source, 0),
        ),
        (
            "odds-choice-far",
            "hơn khả năng là hồ sơ cùng nguồn, bên xa hơn, bit",
            "ahead of the odds of records of the same source, farther side, bits",
            _ahead(_of_one_source, 1),
        ),
        (
            "odds-apart",
            "hơn khả năng là một trẻ khác đã biết, bên gần hơn, bit",
            "ahead of the odds of a known other child, closer side, bits",
            _ahead(_another_child, 0),
        ),
        (
            "odds-apart-far",
            "hơn khả năng là một trẻ khác đã biết, bên xa hơn, bit",
            "ahead of the odds of a known other child, farther side, bits",
            _ahead(_another_child, 1),
        ),
        (
            "odds-instead",
            "hơn khả năng là một trong các trẻ khác, bên gần hơn, bit",
            "ahead of the odds of any other child, closer side, bits",
            _ahead(_instead, 0),
        ),
        (
            "odds-instead-far",
            "hơn khả năng là một trong các trẻ khác, bên xa hơn, bit",
            "ahead of the odds of any other child, farther side, bits",
            _ahead(_instead, 1),
        ),
        (
            "odds-third",
            "khả năng một nhóm thứ ba là cả hai, bit",
            "odds of a third group that may be both, bits",
            _third,
        ),
        (
            "rivals",
            "số trẻ khác có thể, bên ít hơn",
            "others who come into question, side with fewer",
            _rivals(min),
        ),
        (
            "rivals-far",
            "số trẻ khác có thể, bên nhiều hơn",
            "others who come into question, side with more",
            _rivals(max),
        ),
        (
            "crossed",
            "hai trẻ: hơn cách ghép chéo, bit",
            "two children: better than crosswise, bits",
            _crossed(Company.bits),
        ),
        (
            "crossed-traits",
            "hai trẻ: đặc điểm hơn cách ghép chéo, bit",
            "two children: traits better than crosswise, bits",
            _crossed(Company.traits),
        ),
        (
            "several-odds",
            "không phải một mình: khả năng của riêng cặp này, bit",
            "was not alone: odds of the pair by itself, bits",
            _of_several(_odds(COARSE)),
        ),
        (
            "several-choice",
            "không phải một mình: hơn hồ sơ cùng nguồn, bit",
            "was not alone: ahead of records of the same source, bits",
            _of_several(_ahead(_of_one_source, 0, COARSE)),
        ),
        (
            "several-apart",
            "không phải một mình: hơn một trẻ khác đã biết, bit",
            "was not alone: ahead of a known other child, bits",
            _of_several(_ahead(_another_child, 0, COARSE)),
        ),
        (
            "several-crossed",
            "không phải một mình: hơn cách ghép chéo, bit",
            "was not alone: better than crosswise, bits",
            _of_several(_crossed(Company.bits, COARSE)),
        ),
    )
)
