"""The map from weights to probabilities: what it is where nothing is known, and that it keeps order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.calibration import Calibration, fitted
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
    told = Calibration(slope=0.35, shift=0.8)
    assert told.probability(less) <= told.probability(more)


def test_shares_that_are_seen_are_told() -> None:
    """Half of the pairs at -4 bits are one child, and nine in ten of those at 6."""
    known = [(-4.0, n < 50) for n in range(100)] + [(6.0, n < 90) for n in range(100)]
    found = fitted(known)
    assert found.probability(-4.0) == pytest.approx(0.5, abs=0.01)
    assert found.probability(6.0) == pytest.approx(0.9, abs=0.01)
