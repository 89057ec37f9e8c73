"""Labels: what is known of pairs becomes examples of what the rules leave open."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from linkage import labels
from linkage.calibration import Calibration
from linkage.learning import BASE, learnt
from linkage.linker import least_weight
from linkage.matcher import score
from linkage.model import untrained
from linkage.odds import probability
from tests.linkage.people import TODAY, made_people, person

MODEL = untrained()
OPEN: dict[str, Any] = {
    "sex": "female",
    "birth_low": TODAY,
    "birth_high": TODAY,
    "birth_firm": True,
}
PAIR = [person("hospital:1", **OPEN), person("facility:2", **OPEN)]


def test_truth_is_known_where_both_are_named_in_it() -> None:
    known = labels.of_truth({"a": "1", "b": "1", "c": "2"})
    assert known(["a"], ["b"]) is True
    assert known(["a"], ["c"]) is False
    assert known(["a"], ["x"]) is None


def test_verdicts_are_known_as_stewards_gave_them() -> None:
    known = labels.of_verdicts([("b", "a", "same"), ("a", "c", "not-same")])
    assert known(["a"], ["b"]) is True
    assert known(["c"], ["a", "z"]) is False
    assert known(["a"], ["b", "c"]) is None, "stewards said both"
    assert known(["b"], ["c"]) is None


def test_only_what_the_rules_leave_open_and_is_known_is_an_example() -> None:
    (example,) = labels.examples(
        PAIR, MODEL, labels.of_verdicts([("hospital:1", "facility:2", "same")])
    )
    assert example.same
    assert "birth=0" in example.clues
    assert labels.examples(PAIR, MODEL, labels.of_verdicts([])) == []


def test_beside_others_the_same_pair_has_more_clues() -> None:
    model = replace(MODEL, clues={BASE: -1.0, "sex=0": 2.0})
    verdicts = labels.of_verdicts([("hospital:1", "facility:2", "same")])
    (alone,) = labels.examples(PAIR, model, verdicts)
    (beside,) = labels.examples_beside(PAIR, model, verdicts)
    assert beside.same
    assert {*alone.clues} < {*beside.clues}
    assert any(clue.startswith("odds=") for clue in beside.clues), beside.clues
    assert labels.examples_beside(PAIR, model, labels.of_verdicts([])) == []


def test_an_answer_moves_the_odds_its_way() -> None:
    def told(verdict: str) -> float:
        known = labels.of_verdicts([("hospital:1", "facility:2", verdict)])
        return learnt(labels.examples(PAIR, MODEL, known), {})[BASE]

    assert told("not-same") < 0 < told("same")


def test_few_labels_calibrate_nothing() -> None:
    truth = {record.key: record.key for record in PAIR}
    assert labels.calibrated(PAIR, MODEL, labels.of_truth(truth)) == Calibration()


def test_many_labels_calibrate() -> None:
    """Answers with half the odds that the weights claim."""
    people, chance = made_people(120, 3), Random(1)
    told = {
        (pair.left, pair.right): chance.random() < probability(pair.weight / 2)
        for pair in score(people, MODEL, least_weight(MODEL))
    }
    found = labels.calibrated(people, MODEL, lambda one, two: told[min(one), min(two)])
    assert found.slope == pytest.approx(0.5, abs=0.1)


def test_labels_that_say_nothing_of_weights_calibrate_nothing() -> None:
    """All one child, or the less it weighs the likelier: a map that turns the order round."""
    people = made_people(120, 3)
    one = dict.fromkeys((record.key for record in people), "1")
    assert labels.calibrated(people, MODEL, labels.of_truth(one)) == Calibration()
    light = {
        frozenset((pair.left, pair.right))
        for pair in score(people, MODEL, least_weight(MODEL))
        if pair.weight < 0
    }
    turned = labels.calibrated(
        people, MODEL, lambda left, right: frozenset((*left, *right)) in light
    )
    assert turned == Calibration()
