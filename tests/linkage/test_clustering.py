"""The partition is a function of its input alone and obeys conflicts (promises 2 and 3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage.clustering import (
    QUESTIONS_A_GROUP,
    SETTLED,
    Judges,
    Partition,
    Reason,
    partition,
)
from linkage.linker import least_weight
from linkage.matcher import ScoredPair
from linkage.model import Thresholds, untrained
from tests.linkage.people import QUICK, scored

THRESHOLDS = Thresholds()
LINK, REVIEW, MARGIN = THRESHOLDS.link, THRESHOLDS.review, THRESHOLDS.margin
ALONE, CERTAIN = THRESHOLDS.alone, THRESHOLDS.certain
SURE, LIKELY, UNSURE, WORTHLESS = LINK + 1, (LINK + ALONE) / 2, (ALONE + REVIEW) / 2, REVIEW - 1
LEAST = least_weight(replace(untrained(), thresholds=THRESHOLDS))
"""The linker scores no weaker pair, so that none may decide anything."""
CHOICE = 2.0
ROOMY = replace(THRESHOLDS, review=LIKELY - 2 * CHOICE, choice=CHOICE)
"""Where a choice may be too weak to count and still be asked about."""
ENGINES = (Reason.UNCERTAIN, Reason.DOUBT, Reason.RIVAL)
"""What the engine finds by itself; the linker adds what people and reused keys leave open."""
KEYS = tuple("abcdefgh")
Keys = tuple[str, str]
EVERY_PAIR = list(combinations(KEYS, 2))
ONE_PAIR = st.sampled_from(EVERY_PAIR)
# Whole numbers around the thresholds, so that ties and rivals happen often.
WEIGHTS = st.integers(int(REVIEW) - 2, int(max(CERTAIN, LINK + MARGIN)) + 3).map(float)
# Whatever else a threshold may soften or harden, here a link is a link.
STRICT = replace(
    Thresholds(**dict.fromkeys((f.name for f in fields(Thresholds)), LINK)),
    review=REVIEW,
    margin=MARGIN,
)


@dataclass(frozen=True, kw_only=True)
class World:
    """What a partition is made from."""

    weights: Mapping[Keys, float]
    conflicts: frozenset[Keys] = frozenset()
    doubted: frozenset[Keys] = frozenset()
    otherwise: frozenset[Keys] = frozenset()
    """Of the doubted, those that would do if nobody else were in question."""
    traits: Mapping[Keys, float] = field(default_factory=dict)
    slips: frozenset[Keys] = frozenset()
    keys: Sequence[str] = field(default=KEYS)
    thresholds: Thresholds = THRESHOLDS

    def pairs(self) -> list[ScoredPair]:
        return [scored(*keys, weight) for keys, weight in self.weights.items()]

    def conflict(self, left: str, right: str) -> bool:
        return (min(left, right), max(left, right)) in self.conflicts

    def partition(self, shuffle: Callable[[list[ScoredPair]], object] = len) -> Partition:
        pairs = self.pairs()
        shuffle(pairs)
        return partition(
            self.keys,
            pairs,
            self.conflict,
            self.thresholds,
            judges=Judges(
                sufficient=lambda pair: (pair.left, pair.right) not in self.doubted,
                otherwise=lambda pair: (pair.left, pair.right) in self.otherwise,
                traits=lambda pair: self.traits.get((pair.left, pair.right), 0.0),
                slip=lambda one, other: (min(one, other), max(one, other)) in self.slips,
            ),
        )


WORLDS = st.builds(
    World,
    weights=st.dictionaries(ONE_PAIR, WEIGHTS, max_size=20),
    conflicts=st.frozensets(ONE_PAIR, max_size=8),
    doubted=st.frozensets(ONE_PAIR, max_size=4),
    otherwise=st.frozensets(ONE_PAIR, max_size=4),
    traits=st.dictionaries(ONE_PAIR, st.sampled_from([-9.0, 0.0, 9.0]), max_size=6),
)


def groups_of(made: Partition) -> dict[str, tuple[str, ...]]:
    return {key: group for group in made.groups for key in group}


def union_find(keys: Sequence[str], edges: Sequence[Keys]) -> set[tuple[str, ...]]:
    """Connected components, written as plainly as can be: paint until nothing changes."""
    colour = {key: key for key in keys}
    changed = True
    while changed:
        changed = False
        for left, right in edges:
            low = min(colour[left], colour[right])
            changed |= colour[left] != low or colour[right] != low
            colour[left] = colour[right] = low
    return {tuple(sorted(k for k in keys if colour[k] == c)) for c in set(colour.values())}


# Promise 3 --------------------------------------------------------------------------------------


@QUICK
@given(WORLDS, st.integers(0, 2**32))
def test_order_does_not_matter(world: World, seed: int) -> None:
    random = Random(seed)
    shuffled = replace(world, keys=random.sample(world.keys, len(world.keys)))
    assert shuffled.partition(random.shuffle) == world.partition()


@QUICK
@given(WORLDS)
def test_every_key_is_in_exactly_one_group(world: World) -> None:
    made = world.partition()
    assert sorted(key for group in made.groups for key in group) == sorted(KEYS)
    assert list(made.groups) == sorted(tuple(sorted(group)) for group in made.groups)


@QUICK
@given(st.dictionaries(ONE_PAIR, WEIGHTS, max_size=12))
def test_without_conflicts_it_is_what_a_plain_union_find_gives(weights: dict[Keys, float]) -> None:
    made = World(weights=weights, thresholds=STRICT).partition()
    edges = [keys for keys, weight in weights.items() if weight >= LINK]
    assert set(made.groups) == union_find(KEYS, edges)


@QUICK
@given(WORLDS)
def test_what_cannot_matter_does_not(world: World) -> None:
    enough = {keys: weight for keys, weight in world.weights.items() if weight >= LEAST}
    assert World(**{**vars(world), "weights": enough}).partition() == world.partition()


def test_a_rival_that_is_too_weak_to_be_scored_decides_nothing() -> None:
    weak = ALONE - MARGIN + 1
    rival = {("a", "c"): weak}
    world = World(weights={("a", "b"): ALONE}, conflicts=frozenset({("b", "c")}), keys="abc")
    with_it = replace(world, weights={**world.weights, **rival}).partition()
    assert weak >= LEAST or with_it == world.partition()


# Promise 2 --------------------------------------------------------------------------------------


@QUICK
@given(WORLDS)
def test_the_engine_never_puts_a_conflict_into_one_group(world: World) -> None:
    for group in world.partition().groups:
        assert not world.conflicts & set(combinations(group, 2))


@QUICK
@given(WORLDS)
def test_only_pairs_that_reach_the_threshold_are_joined(world: World) -> None:
    edges = [keys for keys, weight in world.weights.items() if weight >= ALONE]
    home = {key: group for group in union_find(KEYS, edges) for key in group}
    for group in world.partition().groups:
        assert len({home[key] for key in group}) == 1


def test_twins_stay_two_however_alike_they_are() -> None:
    weights = {("a", "b"): SURE + 99, ("b", "c"): SURE + 2 * MARGIN, ("a", "c"): SURE}
    made = World(weights=weights, conflicts=frozenset({("a", "b")}), keys="abc").partition()
    assert made.groups == (("a",), ("b", "c"))


def test_a_record_that_fits_two_twins_alike_waits() -> None:
    weights = {("a", "c"): SURE, ("b", "c"): SURE + MARGIN / 2}
    made = World(weights=weights, conflicts=frozenset({("a", "b")}), keys="abc").partition()
    assert made.groups == (("a",), ("b",), ("c",))
    asked = [(r.left, r.right, r.reason) for r in made.reviews]
    assert asked == [("b", "c", Reason.RIVAL), ("a", "c", Reason.RIVAL)]


def test_a_record_that_fits_one_twin_clearly_better_is_joined() -> None:
    weights = {("a", "c"): SURE, ("b", "c"): SURE + MARGIN + 1}
    made = World(weights=weights, conflicts=frozenset({("a", "b")}), keys="abc").partition()
    assert made.groups == (("a",), ("b", "c"))
    assert made.reviews == ()


def test_a_conflict_with_one_record_of_a_group_is_one_with_the_group() -> None:
    weights = {("a", "b"): SURE + 3 * MARGIN, ("b", "c"): SURE}
    made = World(weights=weights, conflicts=frozenset({("a", "c")}), keys="abc").partition()
    assert made.groups == (("a", "b"), ("c",))


def test_doubtful_evidence_is_asked_about() -> None:
    world = World(weights={("a", "b"): SURE + 99}, doubted=frozenset({("a", "b")}), keys="ab")
    made = world.partition()
    assert made.groups == (("a",), ("b",))
    assert [review.reason for review in made.reviews] == [Reason.DOUBT]


# A group that grew is compared anew before it grows on ------------------------------------------


@pytest.mark.parametrize("weight", [CERTAIN - 1, CERTAIN])
def test_a_group_that_grew_joins_another_only_where_the_pair_is_certain(weight: float) -> None:
    made = World(weights={("a", "b"): CERTAIN + 1, ("b", "c"): weight}, keys="abc").partition()
    if weight >= CERTAIN:
        assert made.groups == (("a", "b", "c"),)
        assert made.reviews == ()
    else:
        assert made.groups == (("a", "b"), ("c",))
        assert [(r.left, r.right, r.reason) for r in made.reviews] == [("b", "c", Reason.UNCERTAIN)]


@QUICK
@given(WORLDS)
def test_more_than_two_are_held_together_by_certain_pairs_alone(world: World) -> None:
    certain = [keys for keys, weight in world.weights.items() if weight >= CERTAIN]
    home = {key: group for group in union_find(KEYS, certain) for key in group}
    for group in world.partition().groups:
        assert len(group) <= 2 or len({home[key] for key in group}) == 1


@QUICK
@given(WORLDS)
def test_nothing_doubtful_joins_by_itself(world: World) -> None:
    doubted = world.doubted - world.otherwise
    edges = [k for k, weight in world.weights.items() if weight >= ALONE and k not in doubted]
    home = {key: group for group in union_find(KEYS, edges) for key in group}
    for group in world.partition().groups:
        assert len({home[key] for key in group}) == 1


# Reviews ----------------------------------------------------------------------------------------


@QUICK
@given(WORLDS)
def test_questions_are_about_two_groups_that_may_be_one_and_never_twice(world: World) -> None:
    made = world.partition()
    home = groups_of(made)
    asked = []
    for review in made.reviews:
        pair = review.pair
        assert pair.weight >= REVIEW
        assert home[pair.left] != home[pair.right]
        assert (review.left, review.right) == (pair.left, pair.right)
        assert review.reason in ENGINES
        across = [(a, b) for a in home[pair.left] for b in home[pair.right]]
        assert not any(world.conflict(a, b) for a, b in across)
        asked.append(frozenset({home[pair.left], home[pair.right]}))
    assert len(set(asked)) == len(asked)


@QUICK
@given(WORLDS)
@example(World(weights=dict.fromkeys(EVERY_PAIR, UNSURE)))
def test_a_steward_is_asked_the_strongest_few_about_a_group(world: World) -> None:
    made = world.partition()
    home = groups_of(made)
    weights = [review.pair.weight for review in made.reviews]
    assert weights == sorted(weights, reverse=True)
    count: dict[tuple[str, ...], int] = dict.fromkeys(made.groups, 0)
    for review in made.reviews:
        sides = home[review.pair.left], home[review.pair.right]
        assert min(count[side] for side in sides) < QUESTIONS_A_GROUP
        for side in sides:
            count[side] += 1


def test_of_two_who_exclude_each_other_both_are_named() -> None:
    weights = {("a", "b"): UNSURE, ("a", "c"): UNSURE - 0.5}
    made = World(weights=weights, conflicts=frozenset({("b", "c")}), keys="abc").partition()
    assert [(r.left, r.right) for r in made.reviews] == [("a", "b"), ("a", "c")]


def test_between_the_thresholds_a_steward_is_asked_and_below_nobody() -> None:
    made = World(weights={("a", "b"): UNSURE, ("c", "d"): WORTHLESS}, keys="abcd").partition()
    assert made.groups == (("a",), ("b",), ("c",), ("d",))
    assert [(r.pair.left, r.reason) for r in made.reviews] == [("a", Reason.UNCERTAIN)]


@pytest.mark.parametrize("weight", [LINK, ALONE, REVIEW])
def test_a_threshold_itself_is_enough(weight: float) -> None:
    made = World(weights={("a", "b"): weight}, keys="ab").partition()
    assert (len(made.groups) == 1) == (weight >= ALONE)
    assert len(made.reviews) == (weight < ALONE)


def test_a_likely_pair_is_joined_only_where_there_is_no_other_choice() -> None:
    likely = {("a", "b"): LIKELY}
    assert World(weights=likely, keys="abc").partition().groups == (("a", "b"), ("c",))
    for choice in (("a", "c"), ("b", "c")):
        weights = likely | {choice: LIKELY - CHOICE}
        made = World(weights=weights, keys="abc", thresholds=ROOMY).partition()
        assert made.groups == (("a",), ("b",), ("c",))
        assert {review.reason for review in made.reviews} == {Reason.UNCERTAIN}


def test_a_choice_that_fits_much_worse_is_none() -> None:
    weights = {("a", "b"): LIKELY, ("b", "c"): LIKELY - CHOICE - 0.1}
    made = World(weights=weights, keys="abc", thresholds=ROOMY).partition()
    assert made.groups == (("a", "b"), ("c",))


def test_from_the_threshold_of_a_link_on_a_choice_does_not_matter() -> None:
    weights = {("a", "b"): LINK, ("b", "c"): LINK - 0.1}
    made = World(weights=weights, keys="abc", thresholds=ROOMY).partition()
    assert ("a", "b") in made.groups


def test_what_fits_both_is_no_other_choice() -> None:
    weights = {("a", "b"): LIKELY, ("a", "c"): UNSURE, ("b", "c"): UNSURE}
    made = World(weights=weights, keys="abc").partition()
    assert made.groups == (("a", "b"), ("c",))


@pytest.mark.parametrize(("source", "joined"), [("home", False), ("police", True)])
def test_a_record_of_another_source_is_no_other_choice(source: str, joined: bool) -> None:
    weights = {("a", "b"): LIKELY, ("a", "c"): LIKELY - 0.1}
    made = partition(
        "abc",
        World(weights=weights).pairs(),
        lambda left, right: False,
        THRESHOLDS,
        sources={
            "a": frozenset({"hospital"}),
            "b": frozenset({"home"}),
            "c": frozenset({source}),
        },
    )
    assert (("a", "b") in made.groups) is joined


def test_what_fits_too_badly_is_no_other_choice_although_it_is_asked_about() -> None:
    weights = {("a", "b"): LIKELY, ("b", "c"): THRESHOLDS.crowd - 0.1}
    roomy = replace(THRESHOLDS, choice=LINK - REVIEW)
    assert World(weights=weights, keys="abc", thresholds=roomy).partition().groups[0] == ("a", "b")
    weights[("b", "c")] = THRESHOLDS.crowd
    assert World(weights=weights, keys="abc", thresholds=roomy).partition().groups[0] == ("a",)


def test_a_choice_that_is_too_weak_to_ask_about_is_none() -> None:
    weights = {("a", "b"): LIKELY, ("b", "c"): WORTHLESS}
    assert World(weights=weights, keys="abc").partition().groups == (("a", "b"), ("c",))


# What is kept silent ----------------------------------------------------------------------------


def test_keys_do_not_show_in_the_representation() -> None:
    made = World(weights={("secret1", "secret2"): UNSURE}, keys=["secret1", "secret2"]).partition()
    assert made.reviews
    assert "secret" not in repr(made)
    assert "secret" not in repr(made.reviews[0])


# Two children found together ---------------------------------------------------------------------


TWINS = frozenset({("a", "b"), ("c", "d")})
"""Two in the minutes, two in the hospital."""
EACH_WAY = [("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]


def twins(weights: Mapping[Keys, float], **values: Any) -> Partition:
    """The partition of twins about whom nothing is enough unless everybody else is settled."""
    told = {"doubted": frozenset(EACH_WAY), "otherwise": frozenset(EACH_WAY)} | values
    return World(weights=weights, conflicts=TWINS, keys="abcd", **told).partition()


def test_where_one_of_two_is_known_the_other_is_settled() -> None:
    same = dict.fromkeys(EACH_WAY, SURE)
    assert len(twins(same).groups) == 4
    known = same | {("a", "c"): CERTAIN + 1}
    rest = frozenset(EACH_WAY) - {("a", "c")}
    assert twins(known, doubted=rest).groups == (("a", "c"), ("b", "d"))


def test_a_slip_of_the_pen_settles_nothing() -> None:
    """Who is kept from one twin by a mistyped certificate is not the other twin by that."""
    known = dict.fromkeys(EACH_WAY, SURE) | {("a", "c"): CERTAIN + 1}
    rest = frozenset(EACH_WAY) - {("a", "c")}
    made = twins(known, doubted=rest, slips=frozenset({("c", "d")}))
    assert made.groups == (("a", "c"), ("b",), ("d",))
    assert made.reviews


def test_what_would_not_do_by_itself_is_not_settled_either() -> None:
    known = dict.fromkeys(EACH_WAY, SURE) | {("a", "c"): CERTAIN + 1}
    rest = frozenset(EACH_WAY) - {("a", "c")}
    made = twins(known, doubted=rest, otherwise=frozenset())
    assert made.groups == (("a", "c"), ("b",), ("d",))
    assert [(r.left, r.right, r.reason) for r in made.reviews] == [("b", "d", Reason.DOUBT)]


def test_who_comes_into_question_for_nobody_else_is_not_settled_by_that() -> None:
    made = twins({("a", "c"): SURE})
    assert ("a", "c") not in made.groups
    assert [review.reason for review in made.reviews] == [Reason.DOUBT]


@pytest.mark.parametrize(("gain", "settled"), [(SETTLED * MARGIN, True), (MARGIN, False)])
def test_traits_settle_who_is_who_where_both_ways_are_known(gain: float, settled: bool) -> None:
    traits = {("a", "c"): gain / 2, ("b", "d"): gain / 2}
    weights = {keys: SURE + traits.get(keys, 0.0) for keys in EACH_WAY}
    made = twins(weights, traits=traits)
    assert (made.groups == (("a", "c"), ("b", "d"))) == settled
    assert len(made.reviews) == (0 if settled else len(EACH_WAY))


def test_one_trait_settles_nothing_where_the_other_child_is_not_known() -> None:
    """A mistyped sex would make one twin the other."""
    weights = {("a", "c"): SURE, ("b", "c"): SURE - SETTLED * MARGIN}
    traits = {("a", "c"): SETTLED * MARGIN}
    made = twins(weights, traits=traits)
    assert ("a", "c") not in made.groups


def test_who_fits_better_but_is_kept_apart_settles_nothing() -> None:
    """A mistyped certificate number parts the right pair, and the twin must not take its place."""
    weights = {("a", "c"): SURE + 1, ("b", "c"): SURE}
    parted = TWINS | {("a", "c")}
    made = World(
        weights=weights,
        conflicts=parted,
        keys="abcd",
        doubted=frozenset(EACH_WAY),
        otherwise=frozenset(EACH_WAY),
    ).partition()
    assert ("b", "c") not in made.groups
    lesser = weights | {("a", "c"): SURE - 1}
    twins_apart = World(
        weights=lesser,
        conflicts=parted,
        keys="abcd",
        doubted=frozenset(EACH_WAY),
        otherwise=frozenset(EACH_WAY),
    )
    assert ("b", "c") in twins_apart.partition().groups
