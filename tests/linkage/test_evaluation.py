"""How right a partition is, against a brute-force count over all pairs of records."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.evaluation import answered, merged_siblings, quality
from tests.linkage.people import QUICK

RECORDS = st.sampled_from([f"r{number}" for number in range(9)])
TRUTHS = st.dictionaries(RECORDS, st.sampled_from(["an", "bình", "chi", "dũng"]), max_size=9)
IDENTITIES = st.dictionaries(RECORDS, st.sampled_from(["te-1", "te-2", "te-3", "te-4"]), max_size=9)
PAIRS = st.lists(st.tuples(RECORDS, RECORDS), max_size=8)


def together(of: dict[str, str], name: str) -> frozenset[str]:
    return frozenset(record for record in of if of[record] == of[name])


@QUICK
@given(TRUTHS, IDENTITIES)
def test_quality_is_what_counting_all_pairs_gives(
    truth: dict[str, str], identity: dict[str, str]
) -> None:
    both = sorted(truth.keys() & identity.keys())
    child, found = {r: truth[r] for r in both}, {r: identity[r] for r in both}
    pairs = list(combinations(both, 2))
    true = {pair for pair in pairs if child[pair[0]] == child[pair[1]]}
    joined = {pair for pair in pairs if found[pair[0]] == found[pair[1]]}
    measured = quality(truth, identity)
    assert measured.records == len(both)
    assert measured.true_pairs == len(true)
    assert measured.found_pairs == len(joined)
    assert measured.right_pairs == len(true & joined)
    assert measured.precision == pytest.approx(len(true & joined) / len(joined) if joined else 1)
    assert measured.recall == pytest.approx(len(true & joined) / len(true) if true else 1)
    children = {together(child, r) for r in both}
    identities = {together(found, r) for r in both}
    assert measured.children == len(children)
    assert measured.identities == len(identities)
    assert measured.exact_children == len(children & identities)
    assert measured.mixed_identities == sum(len({child[r] for r in i}) > 1 for i in identities)


@QUICK
@given(TRUTHS, IDENTITIES)
def test_b_cubed_is_the_mean_over_records(truth: dict[str, str], identity: dict[str, str]) -> None:
    both = truth.keys() & identity.keys()
    child, found = {r: truth[r] for r in both}, {r: identity[r] for r in both}
    right = {r: len(together(child, r) & together(found, r)) for r in both}
    precision = sum(Fraction(right[r], len(together(found, r))) for r in both)
    recall = sum(Fraction(right[r], len(together(child, r))) for r in both)
    measured = quality(truth, identity)
    assert measured.cubed_precision == pytest.approx(float(precision / len(both)) if both else 1)
    assert measured.cubed_recall == pytest.approx(float(recall / len(both)) if both else 1)


@QUICK
@given(TRUTHS)
def test_the_truth_is_perfect(truth: dict[str, str]) -> None:
    measured = quality(truth, truth)
    assert measured.precision == measured.recall == 1
    assert measured.cubed_precision == measured.cubed_recall == 1
    assert measured.exact_children == measured.children
    assert measured.mixed_identities == 0


def test_an_example_by_hand() -> None:
    truth = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "c1": "c"}
    identity = {"a1": "1", "a2": "1", "a3": "2", "b1": "2", "c1": "3"}
    measured = quality(truth, identity)
    assert (measured.true_pairs, measured.found_pairs, measured.right_pairs) == (3, 2, 1)
    assert (measured.precision, measured.recall) == (1 / 2, 1 / 3)
    assert (measured.exact_children, measured.mixed_identities) == (1, 1)
    assert measured.cubed_precision == pytest.approx((1 + 1 + 1 / 2 + 1 / 2 + 1) / 5)
    assert measured.cubed_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)


def merged(groups: list[set[str]], pairs: list[tuple[str, str]]) -> set[frozenset[str]]:
    """The groups after all pairs were joined: merge any two that a pair bridges, until none."""
    for left, right in pairs:
        touched = [group for group in groups if left in group or right in group]
        groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    return {frozenset(group) for group in groups if group}


@QUICK
@given(TRUTHS, IDENTITIES, PAIRS)
def test_right_answers_join_the_true_pairs_and_nothing_else(
    truth: dict[str, str], identity: dict[str, str], pairs: list[tuple[str, str]]
) -> None:
    known = truth.keys() & identity.keys()
    reviews = [(a, b) for a, b in pairs if a in known and b in known]
    right = [(a, b) for a, b in reviews if truth[a] == truth[b]]
    after = answered(truth, identity, reviews)
    assert after.keys() == identity.keys()
    groups = [set(group) for group in {together(identity, r) for r in identity}]
    assert {together(after, r) for r in after} == merged(groups, right)


@QUICK
@given(TRUTHS, IDENTITIES, PAIRS)
def test_answers_in_any_order_give_one_partition(
    truth: dict[str, str], identity: dict[str, str], pairs: list[tuple[str, str]]
) -> None:
    reviews = [(a, b) for a, b in pairs if a in identity and b in identity]
    forth, back = answered(truth, identity, reviews), answered(truth, identity, reviews[::-1])
    assert {together(forth, r) for r in forth} == {together(back, r) for r in back}


def test_a_review_of_a_record_that_nobody_knows_answers_nothing() -> None:
    truth, identity = {"a": "x", "b": "x", "gone": "x"}, {"a": "1", "b": "2"}
    assert answered(truth, identity, [("a", "stranger"), ("stranger", "b")]) == identity
    assert answered(truth, identity, [("a", "gone")]) == identity


def test_siblings_who_share_an_identity_are_counted() -> None:
    truth = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c"}
    identity = {"a1": "1", "a2": "2", "b1": "2", "b2": "3", "c1": "4", "unknown": "1"}
    assert merged_siblings(truth, identity, [("a", "b"), ("a", "c"), ("b", "c")]) == 1
    assert merged_siblings(truth, truth, [("a", "b")]) == 0
    assert merged_siblings(truth, identity, [("a", "nobody")]) == 0
