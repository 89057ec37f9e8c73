"""The partition is a function of its input alone, and obeys conflicts and people (promises 2–4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage.clustering import QUESTIONS_A_GROUP, Partition, Reason, partition
from linkage.linker import least_weight
from linkage.matcher import ScoredPair
from linkage.model import Thresholds, untrained
from tests.linkage.people import QUICK, scored

THRESHOLDS = Thresholds()
LINK, REVIEW, MARGIN = THRESHOLDS.link, THRESHOLDS.review, THRESHOLDS.margin
ALONE = THRESHOLDS.alone
SURE, LIKELY, UNSURE, WORTHLESS = LINK + 1, (LINK + ALONE) / 2, (ALONE + REVIEW) / 2, REVIEW - 1
LEAST = least_weight(replace(untrained(), thresholds=THRESHOLDS))
"""The linker scores no weaker pair, so that none may decide anything."""
KEYS = tuple("abcdefgh")
Keys = tuple[str, str]
Verdict = tuple[str, str, str]
EVERY_PAIR = list(combinations(KEYS, 2))
ONE_PAIR = st.sampled_from(EVERY_PAIR)
# Whole numbers around the thresholds, so that ties and rivals happen often.
WEIGHTS = st.integers(int(REVIEW) - 2, int(LINK + MARGIN) + 3).map(float)
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
    standing: Sequence[Verdict] = ()
    doubted: frozenset[Keys] = frozenset()
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
            standing=self.standing,
            sufficient=lambda pair: (pair.left, pair.right) not in self.doubted,
        )


STANDING = st.lists(
    st.builds(
        lambda pair, turned, verdict: (*(pair[::-1] if turned else pair), verdict),
        ONE_PAIR,
        st.booleans(),
        st.sampled_from(["same", "not-same"]),
    ),
    max_size=4,
)
WORLDS = st.builds(
    World,
    weights=st.dictionaries(ONE_PAIR, WEIGHTS, max_size=20),
    conflicts=st.frozensets(ONE_PAIR, max_size=8),
    standing=STANDING,
    doubted=st.frozensets(ONE_PAIR, max_size=4),
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
    shuffled = World(
        weights=world.weights,
        conflicts=world.conflicts,
        standing=random.sample(list(world.standing), len(world.standing)),
        doubted=world.doubted,
        keys=random.sample(world.keys, len(world.keys)),
    )
    assert shuffled.partition(random.shuffle) == world.partition()


@QUICK
@given(WORLDS)
def test_a_decision_says_the_same_from_either_side(world: World) -> None:
    turned = [(right, left, verdict) for left, right, verdict in world.standing]
    other = World(**{**vars(world), "standing": turned})
    assert other.partition() == world.partition()


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
    assert made.manual == frozenset()


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


def stood_together(world: World) -> set[frozenset[str]]:
    """Pairs that stewards' "same" binds, directly or over others."""
    edges = [(left, right) for left, right, verdict in world.standing if verdict == "same"]
    bound = union_find(KEYS, edges)
    return {frozenset(pair) for group in bound for pair in combinations(group, 2)}


@QUICK
@given(WORLDS)
def test_the_engine_never_puts_a_conflict_into_one_group(world: World) -> None:
    bound = stood_together(world)
    for group in world.partition().groups:
        for pair in combinations(group, 2):
            assert pair not in world.conflicts or frozenset(pair) in bound


@QUICK
@given(WORLDS)
def test_only_pairs_that_reach_the_threshold_are_joined(world: World) -> None:
    edges = [keys for keys, weight in world.weights.items() if weight >= ALONE]
    edges += [(left, right) for left, right, verdict in world.standing if verdict == "same"]
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
    assert {(r.pair.left, r.pair.right, r.reason) for r in made.reviews} == {
        ("a", "c", Reason.RIVAL),
        ("b", "c", Reason.RIVAL),
    }


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
        if review.reason in (Reason.UNCERTAIN, Reason.DOUBT, Reason.RIVAL):
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
    engine = [r for r in made.reviews if r.reason in (Reason.UNCERTAIN, Reason.DOUBT, Reason.RIVAL)]
    weights = [review.pair.weight for review in engine]
    assert weights == sorted(weights, reverse=True)
    count: dict[tuple[str, ...], int] = dict.fromkeys(made.groups, 0)
    for review in engine:
        sides = home[review.pair.left], home[review.pair.right]
        assert min(count[side] for side in sides) < QUESTIONS_A_GROUP
        for side in sides:
            count[side] += 1


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
        made = World(weights=likely | {choice: UNSURE}, keys="abc").partition()
        assert made.groups == (("a",), ("b",), ("c",))
        assert {review.reason for review in made.reviews} == {Reason.UNCERTAIN}


def test_what_fits_both_is_no_other_choice() -> None:
    weights = {("a", "b"): LIKELY, ("a", "c"): UNSURE, ("b", "c"): UNSURE}
    made = World(weights=weights, keys="abc").partition()
    assert made.groups == (("a", "b"), ("c",))


def test_a_choice_that_is_too_weak_to_ask_about_is_none() -> None:
    weights = {("a", "b"): LIKELY, ("b", "c"): WORTHLESS}
    assert World(weights=weights, keys="abc").partition().groups == (("a", "b"), ("c",))


# Promise 4 --------------------------------------------------------------------------------------


@QUICK
@given(WORLDS)
def test_standing_decisions_outrank_scores_and_conflicts(world: World) -> None:
    home = groups_of(world.partition())
    bound = stood_together(world)
    apart = {frozenset(v[:2]) for v in world.standing if v[2] == "not-same"}
    contradicted = bool(apart & bound)
    for left, right, verdict in world.standing:
        together = home[left] == home[right]
        if verdict == "not-same" and frozenset((left, right)) not in bound:
            assert not together
        if verdict == "same" and not contradicted:
            assert together


@QUICK
@given(WORLDS)
def test_nothing_that_a_steward_decided_is_asked_again(world: World) -> None:
    apart = {frozenset(v[:2]) for v in world.standing if v[2] == "not-same"}
    for review in world.partition().reviews:
        if review.reason is not Reason.CONTRADICTING_DECISIONS:
            assert frozenset((review.pair.left, review.pair.right)) not in apart


def test_people_join_what_the_engine_forbids() -> None:
    world = World(
        weights={}, conflicts=frozenset({("a", "b")}), standing=[("b", "a", "same")], keys="ab"
    )
    made = world.partition()
    assert made.groups == (("a", "b"),)
    assert made.manual >= {"a", "b"}


def test_people_part_what_the_engine_would_join_also_by_way_of_others() -> None:
    weights = {("a", "b"): SURE + 99, ("b", "c"): SURE + 99, ("a", "c"): SURE + 99}
    world = World(weights=weights, standing=[("c", "a", "not-same")], keys="abc")
    home = groups_of(world.partition())
    assert home["a"] != home["c"]


def test_a_withdrawn_decision_leaves_no_trace() -> None:
    weights = {("a", "b"): SURE, ("b", "c"): UNSURE}
    before = World(weights=weights, keys="abc").partition()
    world = World(weights=weights, standing=[("a", "b", "not-same")], keys="abc")
    assert world.partition() != before
    assert World(weights=weights, standing=[], keys="abc").partition() == before


def test_a_decision_on_a_record_that_is_gone_changes_nothing() -> None:
    weights = {("a", "b"): SURE}
    standing = [("a", "z", "same"), ("y", "z", "same"), ("b", "y", "not-same")]
    with_it = World(weights=weights, standing=standing, keys="ab").partition()
    assert with_it == World(weights=weights, keys="ab").partition()


def test_contradicting_decisions_are_not_settled_by_guessing() -> None:
    standing = [("a", "b", "same"), ("b", "c", "same"), ("a", "c", "not-same")]
    weights = dict.fromkeys([("a", "b"), ("b", "c"), ("a", "c")], SURE)
    made = World(weights=weights, standing=standing, keys="abc").partition()
    assert Reason.CONTRADICTING_DECISIONS in {review.reason for review in made.reviews}
    home = groups_of(made)
    assert home["a"] != home["c"]


# What is kept silent ----------------------------------------------------------------------------


def test_keys_do_not_show_in_the_representation() -> None:
    made = World(weights={("secret1", "secret2"): UNSURE}, keys=["secret1", "secret2"]).partition()
    assert made.reviews
    assert "secret" not in repr(made)
    assert "secret" not in repr(made.reviews[0])
