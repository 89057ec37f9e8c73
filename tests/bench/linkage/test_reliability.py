"""The diagram: right probabilities lie on it, bold ones do not, and a calibration sets them right."""

from random import Random

import pytest

from linkage.calibration import Calibration, fitted
from linkage.odds import probability
from tests.bench.linkage.calibration import reliability
from tests.linkage.people import scored

RANDOM = Random(5)
PAIRS = [scored(f"a{n}", f"b{n}", RANDOM.uniform(-6, 8)) for n in range(20_000)]
TRUE = {pair.left for pair in PAIRS if RANDOM.random() < probability(pair.weight)}
BOLD = Calibration(points=((0.0, -1.0), (1.0, 1.0)))
"""What makes right weights too bold."""


def is_one(one: str, other: str) -> bool:
    return one in TRUE


def test_probabilities_that_hold_lie_on_the_diagonal() -> None:
    told = reliability(PAIRS, is_one, probability)
    assert told["apart"] < 0.02
    assert told["brier"] < told["constant"] / 2
    assert sum(row[1] for row in told["diagram"]) == told["pairs"] == len(PAIRS)


def test_a_calibration_undoes_what_made_the_weights_too_bold() -> None:
    assert reliability(PAIRS, is_one, BOLD.probability)["apart"] > 0.05
    found = fitted([(BOLD.bits(pair.weight), pair.left in TRUE) for pair in PAIRS])
    for weight in (-4.0, 0.0, 4.0):
        assert found.bits(BOLD.bits(weight)) == pytest.approx(weight, abs=0.4)
