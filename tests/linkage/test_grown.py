"""Trees gone down for many at once: what is said of a pair does not depend on who else is asked about."""

import json
from random import Random

import pytest

from linkage.forest import Condition, Forest
from linkage.grown import AT_ONCE, Values
from linkage.model import load

SHIPPED = load().forest.grown


def rows(count: int, seed: int = 7) -> list[Values]:
    """Some clues noticed, others not."""
    chance = Random(seed)
    return [
        {name: chance.uniform(-9, 19) for name in SHIPPED.columns if chance.random() < 0.6}
        for _ in range(count)
    ]


def test_each_row_says_what_it_says_alone() -> None:
    many = rows(AT_ONCE + 3)
    sums, shares = list(SHIPPED.sums(many)), list(SHIPPED.shares(many))
    assert len(sums) == len(shares) == len(many)
    for place in (0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 2):
        assert [sums[place]] == list(SHIPPED.sums([many[place]]))
        assert [shares[place]] == list(SHIPPED.shares([many[place]]))


def test_the_shares_add_up_to_the_sum() -> None:
    many = rows(40)
    for total, share in zip(SHIPPED.sums(many), SHIPPED.shares(many), strict=True):
        assert SHIPPED.at_first + sum(share.values()) == pytest.approx(total, abs=1e-9)


def test_the_order_of_trees_makes_no_difference() -> None:
    shipped = load().forest
    turned = Forest(conditions=shipped.conditions, trees=shipped.trees[::-1])
    many = rows(20)
    assert list(turned.grown.sums(many)) == list(SHIPPED.sums(many))


def test_ways_down_may_end_at_different_depths() -> None:
    asked = Condition(clue="odds", most=0.0, unknown=False)
    uneven = Forest(
        conditions=(asked, Condition(clue="odds", most=5.0, unknown=True)),
        trees=(json.dumps([0, 0.5, -1, [1, 1, 2, 5]]), "3"),
    ).grown
    assert list(uneven.sums([{"odds": -2.0}, {"odds": 3.0}, {"odds": 9.0}, {}])) == [2, 5, 8, 5]
