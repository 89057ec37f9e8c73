"""Stewards' decisions: what they join, keep apart, and where they contradict (promise 4)."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linkage.standing import Decision, Standing, contradiction, stand
from tests.linkage.people import QUICK

KEYS = tuple("abcdefg")
GONE = "z"
DECISIONS: st.SearchStrategy[list[Decision]] = st.lists(
    st.tuples(
        st.sampled_from((*KEYS, GONE)),
        st.sampled_from((*KEYS, GONE)),
        st.sampled_from(["same", "not-same"]),
    ),
    max_size=8,
)


def said(decisions: Sequence[Decision], verdict: str) -> set[tuple[str, str]]:
    """The pairs of existing records of one verdict, the smaller key first."""
    return {
        (min(one, other), max(one, other))
        for one, other, what in decisions
        if what == verdict and one != other and GONE not in (one, other)
    }


def chains(decisions: Sequence[Decision]) -> dict[str, frozenset[str]]:
    """Key → all that "same" reaches from it, written as plainly as can be: walk until it ends."""
    steps = said(decisions, "same")
    reached = {}
    for key in KEYS:
        chain, before = {key}, set[str]()
        while chain != before:
            before = set(chain)
            chain |= {k for pair in steps if chain & set(pair) for k in pair}
        reached[key] = frozenset(chain)
    return reached


def home_of(standing: Standing) -> dict[str, tuple[str, ...]]:
    return {key: group for group in standing.groups for key in group}


@QUICK
@given(DECISIONS)
def test_every_record_is_in_exactly_one_group(decisions: list[Decision]) -> None:
    groups = stand(KEYS, decisions).groups
    assert sorted(key for group in groups for key in group) == list(KEYS)
    assert list(groups) == sorted(tuple(sorted(group)) for group in groups)


@QUICK
@given(DECISIONS)
def test_a_chain_is_one_group_unless_somebody_parted_two_of_it(decisions: list[Decision]) -> None:
    standing, reached = stand(KEYS, decisions), chains(decisions)
    home, parted = home_of(standing), said(decisions, "not-same")
    for key in KEYS:
        whole = not parted & set(combinations(sorted(reached[key]), 2))
        assert set(home[key]) == (reached[key] if whole else {key})


@QUICK
@given(DECISIONS)
def test_contradicted_are_exactly_the_pairs_parted_inside_a_chain(
    decisions: list[Decision],
) -> None:
    reached = chains(decisions)
    expected = sorted(p for p in said(decisions, "not-same") if p[1] in reached[p[0]])
    assert list(stand(KEYS, decisions).contradicted) == expected


@QUICK
@given(DECISIONS)
def test_no_group_holds_two_that_somebody_parted(decisions: list[Decision]) -> None:
    for group in stand(KEYS, decisions).groups:
        assert not said(decisions, "not-same") & set(combinations(group, 2))


@QUICK
@given(DECISIONS)
def test_manual_is_who_was_joined_by_people(decisions: list[Decision]) -> None:
    standing = stand(KEYS, decisions)
    home = home_of(standing)
    assert standing.manual == {key for key in KEYS if len(home[key]) > 1}


@QUICK
@given(DECISIONS)
def test_decided_is_what_people_said_of_records_that_exist(decisions: list[Decision]) -> None:
    standing = stand(KEYS, decisions)
    assert standing.same == said(decisions, "same")
    assert standing.not_same == said(decisions, "not-same")
    assert standing.decided == standing.same | standing.not_same


@QUICK
@given(DECISIONS, st.integers(0, 2**32))
def test_neither_order_nor_side_nor_repetition_matters(
    decisions: list[Decision], seed: int
) -> None:
    random = Random(seed)
    turned: list[Decision] = [(right, left, verdict) for left, right, verdict in decisions]
    shuffled = random.sample(turned + decisions, 2 * len(decisions))
    keys = random.sample(KEYS, len(KEYS))
    assert stand(keys, shuffled) == stand(KEYS, decisions)


@QUICK
@given(DECISIONS, st.integers(0, 100))
def test_withdrawing_a_decision_leaves_other_chains_as_they_were(
    decisions: list[Decision], number: int
) -> None:
    assume(decisions)
    gone = number % len(decisions)
    left = [decision for i, decision in enumerate(decisions) if i != gone]
    reached = chains(decisions)
    touched = {k for end in decisions[gone][:2] if end in reached for k in reached[end]}
    before, after = home_of(stand(KEYS, decisions)), home_of(stand(KEYS, left))
    for key in set(KEYS) - touched:
        assert after[key] == before[key]


def test_people_join_over_others() -> None:
    standing = stand("abcd", [("b", "a", "same"), ("c", "b", "same")])
    assert standing.groups == (("a", "b", "c"), ("d",))
    assert standing.manual == {"a", "b", "c"}
    assert standing.contradicted == ()


def test_of_a_contradicted_chain_nothing_is_joined() -> None:
    decisions = [("a", "b", "same"), ("b", "c", "same"), ("c", "a", "not-same"), ("d", "e", "same")]
    standing = stand("abcde", decisions)
    assert standing.groups == (("a",), ("b",), ("c",), ("d", "e"))
    assert standing.contradicted == (("a", "c"),)
    assert standing.manual == {"d", "e"}


def test_two_stewards_who_disagree_about_one_pair_contradict() -> None:
    standing = stand("ab", [("a", "b", "same"), ("b", "a", "not-same")])
    assert standing.groups == (("a",), ("b",))
    assert standing.contradicted == (("a", "b"),)


@pytest.mark.parametrize(
    "decision", [("a", "z", "same"), ("y", "z", "same"), ("a", "z", "not-same"), ("a", "a", "same")]
)
def test_a_decision_without_two_records_changes_nothing(decision: Decision) -> None:
    assert stand("ab", [decision]) == stand("ab", [])


def test_a_record_that_is_gone_does_not_lead_from_one_to_another() -> None:
    standing = stand("ab", [("a", GONE, "same"), (GONE, "b", "same")])
    assert standing.groups == (("a",), ("b",))


def test_without_decisions_everybody_stands_alone() -> None:
    standing = stand("ba", [])
    assert standing.groups == (("a",), ("b",))
    assert not standing.decided
    assert not standing.manual
    assert stand([], []).groups == ()


def test_keys_do_not_show_in_the_representation() -> None:
    decisions = [("secret1", "secret2", "same"), ("secret1", "secret3", "not-same")]
    standing = stand(["secret1", "secret2", "secret3"], decisions)
    assert "secret" not in repr(standing)
    assert "secret" not in repr(
        stand(["secret1", "secret2"], [*decisions[:1], ("secret2", "secret1", "not-same")])
    )


STANDING: st.SearchStrategy[list[Decision]] = DECISIONS.map(
    lambda decisions: [d for d in decisions if GONE not in d[:2] and d[0] != d[1]]
)
TWO: st.SearchStrategy[tuple[str, str]] = st.lists(
    st.sampled_from(KEYS), min_size=2, max_size=2, unique=True
).map(lambda keys: (keys[0], keys[1]))


@QUICK
@given(STANDING, TWO, st.sampled_from(["same", "not-same"]))
def test_what_contradicts_is_found_and_nothing_else(
    decisions: list[Decision], two: tuple[str, str], verdict: str
) -> None:
    """Of decisions that do not contradict one another, as only such are let in."""
    assume(not stand(KEYS, decisions).contradicted)
    chain = contradiction(decisions, *two, verdict)
    after = stand(KEYS, [*decisions, (*two, verdict)])
    assert bool(chain) == bool(after.contradicted)


@QUICK
@given(STANDING, TWO, st.sampled_from(["same", "not-same"]))
def test_the_chain_leads_from_one_to_the_other_over_decisions_that_stand(
    decisions: list[Decision], two: tuple[str, str], verdict: str
) -> None:
    chain = contradiction(decisions, *two, verdict)
    standing = {(frozenset(pair), said) for *pair, said in decisions}
    at = two[0]
    for one, other, said in chain:
        assert one == at
        assert (frozenset((one, other)), said) in standing
        at = other
    assert at == (two[1] if chain else two[0])
    parted = sum(said == "not-same" for *_, said in chain)
    assert parted == (1 if chain and verdict == "same" else 0)


def test_the_shortest_chain_is_told() -> None:
    decisions = [("a", "b", "same"), ("b", "c", "same"), ("c", "d", "same"), ("b", "d", "same")]
    assert contradiction(decisions, "a", "d", "not-same") == (
        ("a", "b", "same"),
        ("b", "d", "same"),
    )
    parted = [*decisions, ("d", "e", "not-same")]
    assert contradiction(parted, "e", "a", "same")[0] == ("e", "d", "not-same")
    assert contradiction(parted, "e", "f", "same") == ()
