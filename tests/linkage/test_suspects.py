"""An identity that hangs by a weak link, or has too many records, is asked about and left whole."""

from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.clustering import Reason, Review
from linkage.learning import BASE
from linkage.linker import Linkage, link
from linkage.matcher import ScoredPair
from linkage.model import untrained
from linkage.records import PersonRecord
from linkage.suspects import MOST_OF_ONE_SOURCE, MOST_RECORDS, parts, spanning_tree, suspects
from tests.linkage.people import QUICK, person, scored, two_parts

MODEL = untrained()


def asked(made: Linkage) -> list[tuple[Reason, str, str]]:
    return [(one.reason, one.left, one.right) for one in made.reviews]


def test_what_only_holds_together_as_wholes_is_one_identity_and_asked_about() -> None:
    made = link(two_parts(), MODEL)
    assert len(made.groups) == 1
    assert asked(made) == [(Reason.BRIDGE, "facility:2", "police:4")]
    assert made.reviews[0].pair.weight < MODEL.thresholds.crowd


@pytest.mark.parametrize(("said", "identities"), [("same", 1), ("not-same", 2)])
def test_an_answer_settles_it(said: str, identities: int) -> None:
    made = link(two_parts(), MODEL, [("facility:2", "police:4", said)])
    assert (len(made.groups), asked(made)) == (identities, [])


def test_who_said_the_same_of_two_others_of_both_parts_is_not_asked() -> None:
    made = link(two_parts(), MODEL, [("civil_status:1", "hospital:3", "same")])
    assert (len(made.groups), asked(made)) == (1, [])


def test_parts_that_one_pair_holds_are_not_asked_about() -> None:
    made = link(two_parts(certificates=("1",)), MODEL)
    assert (len(made.groups), asked(made)) == (1, [])


def test_a_record_by_itself_is_no_part() -> None:
    records = two_parts()[:3]
    group = [record.key for record in records]
    assert questions([group], [], records) == []


def test_what_the_second_look_found_likely_is_no_bridge() -> None:
    believing = replace(MODEL, clues={BASE: 9.0})
    made = link(two_parts(), replace(believing, thresholds=replace(MODEL.thresholds, alone=99.0)))
    assert (len(made.groups), asked(made)) == (1, [])
    assert made.likely


def questions(
    groups: list[list[str]],
    pairs: list[ScoredPair],
    records: list[PersonRecord],
    same: tuple[tuple[str, ...], ...] = (),
) -> list[Review]:
    said = {key for group in same for key in group}
    alone = [(record.key,) for record in records if record.key not in said]
    by_key = {record.key: record for record in records}
    return suspects(groups, pairs, by_key, [*same, *alone], (), MODEL)


def chain(count: int, source: str = "") -> tuple[list[PersonRecord], list[ScoredPair]]:
    """Each record hangs by the one before it; the third link is the weakest."""
    names = ("hospital", "facility", "police", "education")
    records = [person(f"{source or names[n % 4]}:{n:05}") for n in range(count)]
    keys = [record.key for record in records]
    pairs = [
        scored(min(one, other), max(one, other), 5.0 if number == 3 else 20.0)
        for number, (one, other) in enumerate(pairwise(keys))
    ]
    return records, pairs


LARGE = [(MOST_RECORDS + 1, ""), (MOST_OF_ONE_SOURCE + 1, "casework"), (3000, "hospital")]


@pytest.mark.parametrize(("count", "source"), LARGE)
def test_more_records_than_a_child_has_are_asked_about_at_the_weakest_link(
    count: int, source: str
) -> None:
    records, pairs = chain(count, source)
    group = [record.key for record in records]
    (question,) = questions([group], pairs, records)
    assert (question.reason, question.pair) == (Reason.OVERSIZED, pairs[3])
    assert (question.left, question.right) == (pairs[3].left, pairs[3].right)
    assert questions([group], pairs, records, ((pairs[3].left, pairs[3].right),)) == []


@pytest.mark.parametrize(
    ("count", "source"), [(MOST_RECORDS, ""), (MOST_OF_ONE_SOURCE, "casework")]
)
def test_as_many_records_as_a_child_may_have_are_not_asked_about(count: int, source: str) -> None:
    records, pairs = chain(count, source)
    assert questions([[record.key for record in records]], pairs, records) == []


def test_a_large_identity_without_any_pair_that_was_kept_is_asked_about_all_the_same() -> None:
    records, _ = chain(MOST_RECORDS + 1)
    (question,) = questions([[record.key for record in records]], [], records)
    assert question.reason == Reason.OVERSIZED


@QUICK
@given(st.randoms(use_true_random=False))
def test_no_order_changes_what_is_asked(chance: Random) -> None:
    large, pairs = chain(MOST_RECORDS + 1)
    small = two_parts()
    groups = [[record.key for record in large], [record.key for record in small]]
    before = questions(groups, pairs, [*large, *small])
    assert {question.reason for question in before} == {Reason.BRIDGE, Reason.OVERSIZED}
    mixed = [chance.sample(group, len(group)) for group in chance.sample(groups, 2)]
    records = chance.sample([*large, *small], len(large) + len(small))
    assert questions(mixed, chance.sample(pairs, len(pairs)), records) == before


WEIGHTS = st.lists(st.integers(min_value=-6, max_value=6), min_size=15, max_size=15)


@QUICK
@given(WEIGHTS)
def test_a_link_of_the_tree_is_the_strongest_between_its_parts(weights: list[int]) -> None:
    keys = [f"a:{number}" for number in range(6)]
    both = [(one, other) for place, one in enumerate(keys) for other in keys[place + 1 :]]
    every = {pair: scored(*pair, float(w)) for pair, w in zip(both, weights, strict=True)}

    def strongest(one: Any, other: Any) -> ScoredPair:
        between = [every[min(a, b), max(a, b)] for a in one for b in other]
        return min(between, key=lambda pair: (-pair.weight, pair.left, pair.right))

    kept = [pair for pair in every.values() if pair.weight >= 0]
    tree = spanning_tree(keys, kept, strongest)
    assert len(tree) == 5
    for pair in tree:
        one, other = parts(keys, tree, pair)
        assert (sorted([*one, *other]), strongest(one, other)) == (keys, pair)
