"""Groups by average: order-free, never a forbidden pair, no chains."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from linkage.averaging import groups_at, joins
from linkage.matcher import ScoredPair
from tests.linkage.people import QUICK, scored

KEYS = [f"k{number}" for number in range(8)]
PAIRS = st.dictionaries(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda pair: pair[0] < pair[1]),
    st.integers(-8, 12).map(float),
    max_size=20,
).map(lambda bits: [scored(left, right, weight) for (left, right), weight in bits.items()])


def groups_of(pairs: Sequence[ScoredPair], least: float = 0.0) -> tuple[tuple[str, ...], ...]:
    return groups_at(KEYS, joins(KEYS, pairs, least=least, unknown=-10.0), least)


def test_a_chain_of_strong_pairs_is_no_group() -> None:
    chain = [scored(one, other, 8.0) for one, other in pairwise(KEYS)]
    assert max(map(len, groups_of(chain))) == 2


def test_records_that_all_fit_are_one_group() -> None:
    every = [scored(a, b, 1.0) for a in KEYS for b in KEYS if a < b]
    assert groups_of(every) == (tuple(KEYS),)


def test_weak_pairs_inside_a_strong_group_do_not_part_it() -> None:
    pairs = [scored("k0", "k1", 9.0), scored("k1", "k2", 9.0), scored("k0", "k2", -4.0)]
    assert ("k0", "k1", "k2") in groups_of(pairs)


def test_the_best_average_is_joined_first() -> None:
    pairs = [scored("k0", "k1", 5.0), scored("k1", "k2", 6.0)]
    assert {("k0",), ("k1", "k2")} <= set(groups_of(pairs))


@QUICK
@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_keys_and_pairs_does_not_matter(
    pairs: list[ScoredPair], random: Random
) -> None:
    keys, shuffled = random.sample(KEYS, len(KEYS)), random.sample(pairs, len(pairs))
    made = joins(keys, shuffled, least=0.0, unknown=-10.0)
    assert made == joins(KEYS, pairs, least=0.0, unknown=-10.0)
    assert groups_at(keys, made, 0.0) == groups_of(pairs)


@QUICK
@given(PAIRS, st.integers(-8, 12))
def test_a_higher_bound_is_a_beginning_of_the_same_joins(
    pairs: list[ScoredPair], least: int
) -> None:
    every = joins(KEYS, pairs, least=-9.0, unknown=-10.0)
    assert groups_at(KEYS, every, least) == groups_of(pairs, least)


@QUICK
@given(PAIRS)
def test_every_key_is_in_one_group_and_no_group_is_below_the_bound(
    pairs: list[ScoredPair],
) -> None:
    groups = groups_of(pairs, least=2.0)
    assert sorted(key for group in groups for key in group) == KEYS
    bits = {(pair.left, pair.right): pair.weight for pair in pairs}
    for group in (group for group in groups if len(group) == 2):
        assert bits[group[0], group[1]] >= 2.0


@QUICK
@given(PAIRS, st.sets(st.sampled_from(KEYS), min_size=2, max_size=3))
def test_what_is_forbidden_is_never_in_one_group(pairs: list[ScoredPair], apart: set[str]) -> None:
    made = joins(
        KEYS, pairs, least=0.0, unknown=-10.0, forbids=lambda one, other: {one, other} <= apart
    )
    groups = groups_at(KEYS, made, 0.0)
    assert all(len(apart & set(group)) <= 1 for group in groups)
