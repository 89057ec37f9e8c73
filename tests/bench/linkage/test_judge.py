"""The yardstick itself: halves add up, figures are those of the product's own evaluation."""

from random import Random

import pytest

from linkage.evaluation import quality
from tests.bench.linkage.judge import components, is_looked_at, judge, links

RANDOM = Random(3)
TRUTH = {f"r{number}": f"c{RANDOM.randrange(60)}" for number in range(300)}
IDENTITY = {
    record: cluster if RANDOM.random() < 0.8 else f"c{RANDOM.randrange(60)}"
    for record, cluster in TRUTH.items()
}


def test_the_figures_are_those_of_the_products_evaluation() -> None:
    told, same = judge(TRUTH, IDENTITY), quality(TRUTH, IDENTITY)
    assert told["precision"] == pytest.approx(same.precision, abs=1e-4)
    assert told["recall"] == pytest.approx(same.recall, abs=1e-4)
    cubed = 2 * same.cubed_precision * same.cubed_recall
    assert told["b3"] == pytest.approx(cubed / (same.cubed_precision + same.cubed_recall), abs=1e-4)


def test_a_figure_lies_within_its_interval_and_wrong_is_less_than_right() -> None:
    told, right = judge(TRUTH, IDENTITY), judge(TRUTH, TRUTH)
    low, high = told["f1_interval"]
    assert low < told["f1"] < high < 1
    assert (right["f1"], right["b3"], right["f1_interval"]) == (1.0, 1.0, (1.0, 1.0))


def test_every_cluster_is_in_one_half() -> None:
    halves = [judge(TRUTH, IDENTITY, is_looked_at)["clusters"]]
    halves.append(judge(TRUTH, IDENTITY, lambda c: not is_looked_at(c))["clusters"])
    assert sum(halves) == len(set(TRUTH.values()))
    assert all(halves)


def test_pairs_count_once_whatever_the_order_of_their_sides() -> None:
    told = links([("b", "a"), ("a", "b"), ("a", "c")], [("a", "b"), ("c", "d")])
    assert (told.found, told.precision, told.recall) == (2, 0.5, 0.5)


def test_components_are_named_by_their_smallest_key() -> None:
    assert components("abcd", [("c", "b"), ("b", "a")]) == {"a": "a", "b": "a", "c": "a", "d": "d"}
