"""A round is decided anew near what has changed, as far as that reaches, and nowhere else."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations, pairwise
from math import inf
from random import Random
from string import ascii_letters
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.clustering import JOINED, Judges, Keys, Known, Partition, Reason, partition
from linkage.decision import _crowded as crowds
from linkage.matcher import ScoredPair
from linkage.model import Thresholds
from linkage.replay import Past, replayed
from linkage.scores import NOTHING, Seen
from tests.linkage.people import scored

LEAST = 0.0
STRONG = {(f"{cell}1", f"{cell}2"): scored(f"{cell}1", f"{cell}2", 5) for cell in "abcd"}
WEAK = {keys: scored(*keys, -1) for keys in (("a2", "b1"), ("b2", "c1"), ("c2", "d1"))}
"""Four cells in a row, each next to the following one."""
BEFORE = Seen(
    prints={key: "as it was" for keys in STRONG for key in keys},
    pairs=STRONG | WEAK,
    outcomes=dict.fromkeys(STRONG, JOINED),
)


@dataclass
class Decider:
    """Decides as it is told, and notes of which pairs it was asked."""

    truth: Mapping[Keys, str]
    asked: list[set[str]] = field(default_factory=list)

    def __call__(self, past: Past) -> Partition:
        pairs = [pair for pair in BEFORE.pairs.values() if pair.weight >= LEAST]
        anew = {pair.left for pair in pairs if past(pair) is None}
        self.asked.append({key[0] for key in anew})
        outcomes = {
            (pair.left, pair.right): self.truth[pair.left, pair.right]
            if pair.left in anew
            else past(pair) or ""
            for pair in pairs
        }
        return Partition(groups=(), reviews=(), outcomes=outcomes)


def changed(*keys: str) -> Seen:
    return replace(BEFORE, prints={**BEFORE.prints} | dict.fromkeys(keys, "another"))


def test_nothing_is_decided_where_nothing_has_changed() -> None:
    decider = Decider(truth={})
    done = replayed(BEFORE, BEFORE, LEAST, decider)
    assert decider.asked == [set()]
    assert done.outcomes == BEFORE.outcomes


def test_at_first_everything_is_decided() -> None:
    decider = Decider(truth=BEFORE.outcomes)
    replayed(BEFORE, NOTHING, LEAST, decider)
    assert decider.asked == [set("abcd")]


def test_what_is_next_to_a_change_is_decided_and_no_more_where_nothing_comes_of_it() -> None:
    decider = Decider(truth=BEFORE.outcomes)
    replayed(changed("a1"), BEFORE, LEAST, decider)
    assert decider.asked == [set("ab")]


def test_what_comes_of_it_reaches_on_as_long_as_it_makes_a_difference() -> None:
    truth = {**BEFORE.outcomes, ("b1", "b2"): Reason.RIVAL}
    decider = Decider(truth=truth)
    done = replayed(changed("a1"), BEFORE, LEAST, decider)
    assert decider.asked == [set("ab"), set("abc")]
    assert done.outcomes == truth


def test_another_reason_not_to_join_reaches_nobody() -> None:
    before = replace(BEFORE, outcomes={**BEFORE.outcomes, ("b1", "b2"): Reason.RIVAL})
    decider = Decider(truth={**BEFORE.outcomes, ("b1", "b2"): Reason.DOUBT})
    now = replace(before, prints=changed("a1").prints)
    replayed(now, before, LEAST, decider)
    assert decider.asked == [set("ab")]


def test_who_is_gone_concerns_those_who_were_next_to_it() -> None:
    left = {key: told for key, told in BEFORE.prints.items() if key != "d2"}
    pairs = {keys: pair for keys, pair in BEFORE.pairs.items() if "d2" not in keys}
    decider = Decider(truth={**BEFORE.outcomes, ("d1", "d2"): ""})
    replayed(Seen(prints=left, pairs=pairs), BEFORE, LEAST, decider)
    assert decider.asked == [set("cd")]


def test_the_pairs_of_an_atom_that_is_decided_concern_it() -> None:
    heard: list[ScoredPair] = []

    def decide(past: Past) -> Partition:
        heard.extend(filter(past.concerns, BEFORE.pairs.values()))
        return Partition(groups=(), reviews=(), outcomes=BEFORE.outcomes)

    replayed(changed("a1"), BEFORE, LEAST, decide)
    assert {(pair.left, pair.right) for pair in heard} == {
        *(("a1", "a2"), ("a2", "b1"), ("b1", "b2"), ("b2", "c1"))
    }


# Against deciding all of it ----------------------------------------------------------------------

Pairs = dict[Keys, ScoredPair]


def crowd(random: Random) -> tuple[Pairs, set[Keys]]:
    """A few pairs that can join, more that can only be rivals of these, and conflicts."""
    everyone = list(combinations(LETTERS[:16], 2))
    pairs = {
        keys: scored(*keys, random.choice([1.0, 3.0, 5.0] if number < 8 else [-1.0, -2.0, -4.0]))
        for number, keys in enumerate(random.sample(everyone, 28))
    }
    return pairs, set(random.sample(everyone, 40))


def chain(random: Random) -> tuple[Pairs, set[Keys]]:
    """Cells in a row, each a rival of the next: what becomes of one may reach to the end."""
    pairs: Pairs = {}
    apart = random.choice([[-2.0, -1.0, -0.5], [-2.0, -1.0, -0.5, 0.5]])
    for number, (one, other) in enumerate(pairwise(LETTERS)):
        weight = random.choice(apart if number % 2 else [1.0, 3.0, 4.0, 5.0])
        pairs[one, other] = scored(one, other, weight)
    for one, other in zip(LETTERS, LETTERS[3:], strict=False):
        if random.random() < 0.5:
            pairs[one, other] = scored(one, other, random.choice([-2.0, -1.0, *apart]))
    near = [(a, b) for n, a in enumerate(LETTERS) for b in LETTERS[n + 2 : n + 4]]
    return pairs, {both for both in near if random.random() < 0.5}


LETTERS = tuple(sorted(ascii_letters))[:42]
WORLDS = [crowd, chain]
World = Callable[[Random], tuple[Pairs, set[Keys]]]


def decided(
    thresholds: Thresholds,
    pairs: Mapping[Keys, ScoredPair],
    conflicts: Collection[Keys],
    known: Known = lambda pair: None,
) -> Partition:
    """With judges that differ from pair to pair, and of whom some look at the crowd around it."""

    def forbids(left: str, right: str) -> bool:
        return (left, right) in conflicts

    concerns = known.concerns if isinstance(known, Past) else lambda pair: True
    crowded = crowds(list(filter(concerns, pairs.values())), forbids, thresholds)

    def luck(pair: ScoredPair, what: str) -> int:
        return crc32(f"{what}{pair.left}{pair.right}".encode()) % 100

    def is_sufficient(pair: ScoredPair) -> bool:
        least = pair.weight - 3
        alone = all(crowded.get(key, -inf) < least for key in (pair.left, pair.right))
        return luck(pair, "sufficient") < 60 and alone

    judges = Judges(
        sufficient=is_sufficient,
        otherwise=lambda pair: luck(pair, "otherwise") < 80,
        strong=lambda pair: luck(pair, "strong") < 40,
        traits=lambda pair: luck(pair, "traits") / 10,
    )
    sources = {key: frozenset("xyz"[ord(key) % 3]) for key in LETTERS}
    return partition(
        LETTERS,
        list(pairs.values()),
        forbids,
        thresholds,
        sources=sources,
        judges=judges,
        known=known,
    )


NUMBERS = st.integers(0, 4)


def near_is_all(world: World, seed: int, number: int) -> int:
    """What is decided near so many changes is what is decided of all; in so many steps outwards."""
    random = Random(seed)
    thresholds = Thresholds(
        margin=random.choice([1.0, 3.0, 6.0]),
        choice=random.choice([1.0, 3.0, 6.0]),
        crowd=random.choice([-4.0, -1.75, 0.0]),
        link=random.choice([2.0, 5.0, 9.0]),
        certain=random.choice([2.0, 4.0, 14.0]),
    )
    (pairs, conflicts), (others, other_conflicts) = world(random), world(random)
    new = set(random.sample(LETTERS, number))
    prints = dict.fromkeys(LETTERS, "as it was")
    outcomes = decided(thresholds, pairs, conflicts).outcomes
    before = Seen(prints=prints, pairs=pairs, outcomes=outcomes)

    def mixed(one: Iterable[Keys], other: Iterable[Keys]) -> set[Keys]:
        """Of the first what is of none of the new; of the second what is of any of them."""
        return {k for k in one if new.isdisjoint(k)} | {k for k in other if not new.isdisjoint(k)}

    now_pairs = {k: others[k] if not new.isdisjoint(k) else pairs[k] for k in mixed(pairs, others)}
    now_conflicts = mixed(conflicts, other_conflicts)
    now = Seen(prints=prints | dict.fromkeys(new, "another"), pairs=now_pairs)
    decide = partial(decided, thresholds, now_pairs, now_conflicts)
    steps = []

    def noted(past: Past) -> Partition:
        steps.append(past)
        return decide(past)

    assert replayed(now, before, thresholds.alone, noted) == decide()
    return len(steps)


@pytest.mark.parametrize("world", WORLDS)
@settings(max_examples=200)
@given(seed=st.integers(0, 2**32), number=NUMBERS)
def test_what_is_decided_near_a_change_is_what_is_decided_of_all(
    world: World, seed: int, number: int
) -> None:
    near_is_all(world, seed, number)


def test_in_a_chain_what_comes_of_a_change_reaches_on_and_on() -> None:
    """Otherwise a chain would try nothing that a crowd does not."""
    assert sum(near_is_all(chain, seed, 1) > 1 for seed in range(200)) > 5
