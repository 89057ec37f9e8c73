"""The map from weights to probabilities: what it is where nothing is known, and that it keeps order."""

import json
from dataclasses import asdict
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.calibration import LEAST, Calibration, Labelled, fitted, read
from linkage.odds import probability
from tests.linkage.people import QUICK

BITS = st.floats(-40, 40)


@QUICK
@given(BITS)
def test_without_labels_a_probability_is_the_odds_of_the_weight(weight: float) -> None:
    assert Calibration().probability(weight) == probability(weight)


@QUICK
@given(BITS, BITS)
def test_the_order_of_weights_is_kept(one: float, other: float) -> None:
    less, more = sorted((one, other))
    told = Calibration(points=((-8.0, -3.0), (-4.0, -0.1), (3.0, 0.2), (18.0, 6.0)))
    assert told.bits(less) <= told.bits(more)
    assert told.probability(less) <= told.probability(more)


def test_between_points_lines_are_straight_and_beyond_them_they_go_on() -> None:
    told = Calibration(points=((-4.0, -2.0), (0.0, 0.0), (8.0, 2.0)))
    weights = (-6.0, -4.0, -1.0, 0.0, 4.0, 8.0, 12.0)
    assert [told.bits(weight) for weight in weights] == [-3, -2, -0.5, 0, 1, 2, 3]


def test_shares_that_are_seen_are_told() -> None:
    """Half of the pairs at -4 bits are one child, and nine in ten of those at 6."""
    known = [(-4.0, n < 100) for n in range(200)] + [(6.0, n < 180) for n in range(200)]
    found = fitted(known)
    assert found.probability(-4.0) == pytest.approx(0.5, abs=0.01)
    assert found.probability(6.0) == pytest.approx(0.9, abs=0.01)


def test_what_is_less_likely_the_more_it_weighs_is_put_together() -> None:
    shares = {-6.0: 20, -2.0: 90, 2.0: 70, 9.0: 190}
    known = [(weight, n < ones) for weight, ones in shares.items() for n in range(200)]
    found = fitted(known)
    assert [weight for weight, _ in found.points] == [-6, 0, 9]
    assert found.probability(0.0) == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize(
    "known",
    [
        [],
        [(1.0, True)] * 500,
        [(float(n % 50), True) for n in range(500)],
        [(float(n), n < 250) for n in range(500)],
    ],
)
def test_labels_that_do_not_rise_with_the_weight_say_nothing(known: list[Labelled]) -> None:
    assert fitted(known) == Calibration()


@QUICK
@given(st.lists(st.tuples(st.integers(-9, 9), st.booleans()), max_size=900), st.randoms())
def test_what_is_found_keeps_the_order_and_depends_on_none(
    known: list[tuple[int, bool]], chance: Random
) -> None:
    labels = [(float(weight), same) for weight, same in known]
    found = fitted(labels)
    chance.shuffle(labels)
    assert fitted(labels) == found
    assert read(json.loads(json.dumps(asdict(found)))) == found


def test_it_is_the_isotonic_regression_of_the_shares() -> None:
    """By the min-max formula (Robertson, Wright and Dykstra 1988), which puts nothing together."""
    chance = Random(5)
    weights = [float(n) for n in range(-10, 11)]
    known = [(w, chance.random() < probability(w / 3)) for w in weights for _ in range(LEAST)]
    shares = [sum(same for w, same in known if w == weight) / LEAST for weight in weights]

    def mean(first: int, last: int) -> float:
        return sum(shares[first : last + 1]) / (last + 1 - first)

    found = fitted(known)
    assert len(found.points) > 5
    for weight, bits in found.points:
        place = min(range(len(weights)), key=lambda at: abs(weights[at] - weight))
        isotonic = max(
            min(mean(first, last) for last in range(place, len(weights)))
            for first in range(place + 1)
        )
        assert probability(bits) == pytest.approx(isotonic, abs=0.01)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"slope": 1.0, "shift": 0.0},
        {"points": [[0, 0]]},
        {"points": [[0, 0], [0, 1]]},
        {"points": [[0, 1], [1, 1]]},
        {"points": [[0, 0], [1, float("nan")]]},
        {"points": [[0, 0], [1, 2000]]},
        {"points": [[0, 0], [1, True]]},
        {"points": [[0, 0], [1, "1"]]},
        {"points": [[0, 0, 0], [1, 1, 1]]},
        {"points": [], "more": 1},
        {"points": 7},
    ],
)
def test_what_is_no_calibration_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(told)
