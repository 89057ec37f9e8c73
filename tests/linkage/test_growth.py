"""The links of an identity: the strongest tree, its weakest link, its bridges."""

from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linkage.growth import Step, growth
from linkage.model import untrained
from linkage.records import PersonRecord
from linkage.scorer import compiled
from tests.linkage.people import QUICK, TODAY, person

SCORER = compiled(untrained())
LEAST = untrained().thresholds.review
BORN: dict[str, Any] = {"birth_low": TODAY, "birth_high": TODAY, "birth_firm": True}
NAMED: dict[str, Any] = {"names": ("tống khánh vy",), **BORN}


def steps_of(*records: PersonRecord, decided: tuple[tuple[str, str], ...] = ()) -> list[Step]:
    return list(growth(records, SCORER, LEAST, decided))


def links(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.pair.left, step.pair.right) for step in steps]


def chain() -> list[PersonRecord]:
    """a and b share a certificate, b and c a letter; a and c share nothing."""
    return [
        person("a:1", certificates=("1",)),
        person("b:2", certificates=("1",), letters=("x",)),
        person("c:3", letters=("x",)),
    ]


def test_one_record_has_no_links() -> None:
    assert steps_of(person("a:1")) == []


def test_the_strongest_link_comes_first_and_each_brings_one_more() -> None:
    steps = steps_of(*chain())
    assert links(steps) == [("a:1", "b:2"), ("b:2", "c:3")]
    assert [step.together for step in steps] == [2, 3]
    assert steps[0].pair.weight > steps[1].pair.weight


def test_in_a_chain_each_link_is_a_bridge() -> None:
    assert [(step.holds, step.bridge) for step in steps_of(*chain())] == [(True, True)] * 2


def test_where_three_hold_each_other_none_is_a_bridge() -> None:
    steps = steps_of(*(person(f"{letter}:1", **NAMED) for letter in "abc"))
    assert [(step.holds, step.bridge) for step in steps] == [(True, False)] * 2


def test_a_link_below_the_question_does_not_hold_and_is_no_bridge() -> None:
    stranger = person("z:9", names=("lê hoa",), sex="male", birth_low=1, birth_high=1)
    steps = steps_of(*(person(f"{letter}:1", **NAMED) for letter in "ab"), stranger)
    assert [(step.holds, step.bridge) for step in steps] == [(True, True), (False, False)]


def test_what_a_steward_said_comes_before_any_weight() -> None:
    steps = steps_of(*chain(), decided=(("a:1", "c:3"),))
    assert links(steps)[0] == ("a:1", "c:3")
    assert [step.decided for step in steps] == [True, False]
    assert steps[0].holds
    # Without the steward's word the other two links still hold all three together.
    assert not steps[0].bridge


NAMES = st.sampled_from(["tống khánh vy", "tống vy", "lê hoa", "lê thị hoa"])
SOME: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        names=st.lists(NAMES, max_size=1).map(tuple),
        certificates=st.lists(st.sampled_from(["1", "2"]), max_size=1).map(tuple),
        letters=st.lists(st.sampled_from(["x", "y"]), max_size=2, unique=True).map(tuple),
    ),
    min_size=2,
    max_size=6,
)


def reached(keys: list[str], pairs: list[tuple[str, str]]) -> frozenset[frozenset[str]]:
    """Connected components, the plain way."""
    parts = [{key} for key in keys]
    for pair in pairs:
        meeting = [part for part in parts if part & set(pair)]
        parts = [part for part in parts if not part & set(pair)] + [set().union(*meeting)]
    return frozenset(map(frozenset, parts))


@QUICK
@given(SOME)
def test_the_tree_spans_all_and_a_bridge_is_what_parts_them(told: list[dict[str, Any]]) -> None:
    records = [person(f"s:{number}", **values) for number, values in enumerate(told)]
    keys = [record.key for record in records]
    pairs = [SCORER.pair(one, other) for one, other in combinations(records, 2)]
    steps = steps_of(*records)
    assert reached(keys, links(steps)) == {frozenset(keys)}
    assert len(steps) == len(records) - 1
    weights = [step.pair.weight for step in steps]
    assert weights == sorted(weights, reverse=True)
    holding = [(pair.left, pair.right) for pair in pairs if pair.weight >= LEAST]
    whole = reached(keys, holding)
    bridges = {
        pair
        for pair in holding
        if reached(keys, [other for other in holding if other != pair]) != whole
    }
    assert {(step.pair.left, step.pair.right) for step in steps if step.bridge} == bridges


@QUICK
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_records_makes_no_difference(told: list[dict[str, Any]], chance: Any) -> None:
    records = [person(f"s:{number}", **values) for number, values in enumerate(told)]
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert steps_of(*shuffled) == steps_of(*records)
