"""The diagram and the map: right probabilities stay, wrong ones are set right."""

from random import Random

import pytest

from linkage.explanation import probability
from linkage.matcher import ScoredPair
from tests.bench.linkage.calibration import Map, fitted, reliability
from tests.linkage.people import scored

RANDOM = Random(5)
PAIRS = [scored(f"a{n}", f"b{n}", RANDOM.uniform(-6, 8)) for n in range(20_000)]
TRUE = {pair.left for pair in PAIRS if RANDOM.random() < probability(pair.weight)}


def is_one(one: str, other: str) -> bool:
    return one in TRUE


def bolder(pairs: list[ScoredPair]) -> list[ScoredPair]:
    return Map(slope=2.0, shift=-1.0).moved(pairs)


def test_probabilities_that_hold_lie_on_the_diagonal() -> None:
    told = reliability(PAIRS, is_one)
    assert told["apart"] < 0.02
    assert told["brier"] < told["constant"] / 2
    assert sum(row[1] for row in told["diagram"]) == told["pairs"] == len(PAIRS)


def test_a_map_undoes_what_made_the_weights_too_bold() -> None:
    assert reliability(bolder(PAIRS), is_one)["apart"] > 0.05
    found = fitted(bolder(PAIRS), is_one)
    assert found.slope == pytest.approx(0.5, abs=0.05)
    assert found.shift == pytest.approx(0.5, abs=0.1)
    assert reliability(found.moved(bolder(PAIRS)), is_one)["apart"] < 0.02
