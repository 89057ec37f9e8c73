"""Trees over clues: what they add, whose it is, and which texts are none."""

import json
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import forest
from linkage.clues import words_of
from linkage.features import FEATURES
from linkage.forest import MOST_DEPTH, Condition, Forest, number
from linkage.model import load
from linkage.noticing import upto
from tests.linkage.people import QUICK

ODDS = Condition(clue="odds", most=2.0, unknown=False)
POLICE = Condition(clue="sources=police", most=0.5, unknown=True)
TOGETHER = Forest(conditions=(ODDS, POLICE), trees=("[0,0.5,-1,[1,1,2,5]]",))
"""Odds beyond 2 say 2, with the police 5; any other -1. Of unknown odds the police say the same."""


@pytest.mark.parametrize(
    ("clues", "bits", "told"),
    [
        (["odds=≤ 2"], -1, {"odds=≤ 2": -1.5}),
        (["odds=> 4"], 2, {"odds=> 4": 0.5, "sources=unknown": 1}),
        (["odds=none", "sources=police"], 5, {"odds=none": 0.5, "sources=police": 4}),
        (["sources=police"], 5, {"odds=unknown": 0.5, "sources=police": 4}),
        (["odds=≤ 3", "sources=home"], 2, {"odds=≤ 3": 0.5, "sources=home": 1}),
    ],
)
def test_what_trees_add_is_told_of_the_clues_they_asked_for(
    clues: list[str], bits: float, told: dict[str, float]
) -> None:
    assert TOGETHER.bits([clues]) == [bits]
    assert TOGETHER.told([clues]) == [(0.5, told)]


def test_of_two_values_of_one_clue_the_first_is_gone_by_and_told() -> None:
    for clues in (["odds=> 4", "odds=≤ 2"], ["odds=≤ 2", "odds=> 4"]):
        assert TOGETHER.bits([clues]) == [2]
        assert TOGETHER.told([clues]) == [(0.5, {"odds=> 4": 0.5, "sources=unknown": 1})]


def test_no_trees_add_nothing() -> None:
    assert Forest().bits([["odds=≤ 2"]]) == [0]
    assert Forest().told([["odds=≤ 2"]]) == [(0, {})]


def test_of_no_pairs_nothing_is_told() -> None:
    assert TOGETHER.bits([]) == []
    assert TOGETHER.told([]) == []


NAMES = ("odds", "crossed", "sources=a", "sources=b")
CLUES = st.sets(
    st.sampled_from(["odds=≤ -1", "odds=≤ 3", "crossed=none", "crossed=> 18", "sources=a", "x=y"])
)
CONDITIONS = st.builds(
    Condition,
    clue=st.sampled_from(NAMES),
    most=st.sampled_from([-2.0, 0.5, 2.0]),
    unknown=st.booleans(),
)
BITS = st.integers(-99, 99).map(lambda hundredths: hundredths / 100)
TREES = st.recursive(
    BITS, lambda below: st.tuples(st.integers(0, 4), BITS, below, below).map(list), max_leaves=9
)


def plainly(node: Any, conditions: list[Condition], clues: set[str]) -> float:
    """A tree's bits by the words of the definition, without anything shared with the program."""
    if not isinstance(node, list):
        return float(node)
    place, _, yes, no = node
    asked = conditions[place]
    if "=" in asked.clue:
        value = 1.0 if asked.clue in clues else None
    else:
        known = {"≤ -1": -1.0, "≤ 3": 3.0, "none": 1e9, "> 18": 19.0}
        values = [known[c.split("=")[1]] for c in sorted(clues) if c.split("=")[0] == asked.clue]
        value = values[-1] if values else None
    holds = asked.unknown if value is None else value <= asked.most
    return plainly(yes if holds else no, conditions, clues)


@QUICK
@given(st.lists(CONDITIONS, min_size=5, max_size=5), st.lists(TREES, max_size=4), CLUES)
def test_bits_are_those_of_the_leaves_and_what_is_told_adds_up(
    conditions: list[Condition], trees: list[Any], clues: set[str]
) -> None:
    # Of a clue with numbers one value is noticed.
    clues -= {"odds=≤ 3"} if "odds=≤ -1" in clues else set()
    clues -= {"crossed=none"} if "crossed=> 18" in clues else set()
    made = Forest(conditions=tuple(conditions), trees=tuple(map(json.dumps, trees)))
    expected = sum(plainly(tree, conditions, clues) for tree in trees)
    assert made.bits([clues]) == [pytest.approx(expected, abs=1e-9)]
    [(before, told)] = made.told([sorted(clues)])
    assert before + sum(told.values()) == pytest.approx(expected, abs=1e-9)
    assert forest.read(json.loads(json.dumps(asdict(made)))) == made


def test_the_number_of_a_clue_follows_what_it_was_made_of() -> None:
    bounds = (-3, 0, 2.5)
    told = [number(upto(value, bounds)) for value in (-9, -1, 2, 3)]
    figures = [figure for figure in [*told, number("none")] if figure is not None]
    assert len(figures) == 5
    assert all(one < other for one, other in pairwise(figures))
    assert [number(text) for text in ("4", "2/5", "yes", "2/4", "police + police", "")] == [
        4, 2, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"trees": ["[2,0,1,1]"]},
        {"trees": ["[-1,0,1,1]"]},
        {"trees": ["[0.0,0,1,1]"]},
        {"trees": ["[0,0,1]"]},
        {"trees": ["[0,NaN,1,1]"]},
        {"trees": ['[0,0,"1",1]']},
        {"trees": ["1e9"]},
        {"trees": ["true"]},
        {"trees": ["["]},
        {"trees": ["[0,0,1," * (MOST_DEPTH + 1) + "1" + "]" * (MOST_DEPTH + 1)]},
        {"trees": [["odds"]]},
        {"conditions": [{"clue": "odds", "most": 2.0}] * 2},
        {"conditions": [{"clue": "odds", "most": float("nan"), "unknown": False}] * 2},
        {"conditions": [{"clue": 7, "most": 2.0, "unknown": False}] * 2},
        {"conditions": [{"clue": "odds", "most": 2.0, "unknown": 0}] * 2},
        {"leaves": []},
    ],
)
def test_what_is_no_forest_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        forest.read(json.loads(json.dumps(asdict(TOGETHER))) | changed)


def test_the_trees_that_ship_ask_for_clues_that_can_be_told() -> None:
    shipped = load().forest
    assert len(shipped.trees) >= 100
    features = {feature.name for feature in FEATURES}
    for condition in shipped.conditions:
        name, _, value = condition.clue.partition("=")
        for told in (f"{name}=unknown", *([condition.clue] if value else [])):
            vietnamese, english = words_of(told)
            assert "=" not in vietnamese + english, told
            assert name in features or not vietnamese.startswith(name), told
