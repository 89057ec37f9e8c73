"""Labels: what is known of pairs becomes examples of what the rules leave open."""

from typing import Any

from linkage import labels
from linkage.calibration import Calibration
from linkage.learning import BASE, learnt
from linkage.model import untrained
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


def test_an_answer_moves_the_odds_its_way() -> None:
    def told(verdict: str) -> float:
        known = labels.of_verdicts([("hospital:1", "facility:2", verdict)])
        return learnt(labels.examples(PAIR, MODEL, known), {})[BASE]

    assert told("not-same") < 0 < told("same")


def test_few_labels_calibrate_nothing() -> None:
    truth = {record.key: record.key for record in PAIR}
    assert labels.calibrated(PAIR, MODEL, labels.of_truth(truth)) == Calibration()


def test_many_labels_calibrate() -> None:
    """Nobody is anybody's record: every pair is told to be hardly likely."""
    people = made_people(120, 3)
    truth = {record.key: record.key for record in people}
    found = labels.calibrated(people, MODEL, labels.of_truth(truth))
    assert found != Calibration()
    assert all(found.probability(bits) < 0.05 for bits in (-5, 0, 10))
