"""Labels: what is known of pairs becomes examples of what the rules leave open."""

from collections.abc import Collection
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from linkage import labels
from linkage.calibration import Calibration
from linkage.conflicts import conflict
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
    known = [(-4.0, n < 10) for n in range(400)] + [(6.0, n < 380) for n in range(400)]
    assert labels.calibrated(known, MODEL) == Calibration()
    assert labels.calibrated(known * 2, MODEL).points


def test_many_labels_calibrate() -> None:
    """Answers with half the odds that the weights claim."""
    people, chance = made_people(120, 3), Random(1)
    told = {
        (pair.left, pair.right): chance.random() < probability(pair.weight / 2)
        for pair in score(people, MODEL, least_weight(MODEL))
    }
    known = labels.weighed(people, MODEL, lambda one, two: told[min(one), min(two)])
    found = labels.calibrated(known, MODEL)
    for weight in (-4.0, 0.0, 4.0):
        assert found.bits(weight) == pytest.approx(weight / 2, abs=0.5)


def test_no_probability_is_learnt_from_what_is_a_conflict() -> None:
    people = made_people(120, 3)
    by_key = {one.key: one for one in people}
    asked: list[tuple[str, str]] = []

    def known(left: Collection[str], right: Collection[str]) -> bool:
        asked.append((min(left), min(right)))
        return True

    pairs = score(people, MODEL, least_weight(MODEL))
    assert labels.weighed(people, MODEL, known)
    assert any(conflict(by_key[pair.left], by_key[pair.right]) for pair in pairs)
    assert not any(conflict(by_key[one], by_key[two]) for one, two in asked)


def test_labels_that_say_nothing_of_weights_calibrate_nothing() -> None:
    """All one child, or the less it weighs the likelier: a map that turns the order round."""
    weights = [n / 100 for n in range(-1000, 1000)]
    assert labels.calibrated([(weight, True) for weight in weights], MODEL) == Calibration()
    assert labels.calibrated([(weight, weight < 0) for weight in weights], MODEL) == Calibration()
