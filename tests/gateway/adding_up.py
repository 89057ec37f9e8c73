"""What must hold of the explanation of any two records (promise 5)."""

import math
from functools import cache

import pytest

from gateway.weighing import adding_up
from linkage.configuration import CHILDREN
from linkage.explanation import prior_bits
from linkage.features import FEATURES, Feature, row
from linkage.model import MatchModel, load
from linkage.parity import scorer_for
from linkage.records import PersonRecord
from linkage.scorer import Scorer

ROUNDING = 1e-5
"""Bits: half a millionth for each line, all in one direction."""


@cache
def model() -> MatchModel:
    return load()


def scorer() -> Scorer:
    return scorer_for(model())


def assert_explained(one: PersonRecord, other: PersonRecord) -> None:
    """The lines add up, each says what its level is worth, and what is missing says nothing."""
    pair = scorer().pair(one, other)
    assert scorer().pair(other, one) == pair
    prior, *lines = adding_up(pair, model())
    assert (prior.feature, prior.bits, prior.total) == ("prior", *(prior_bits(model()),) * 2)
    total = prior.bits
    for feature, line in zip(FEATURES, lines, strict=True):
        total += line.bits
        assert line.total == pytest.approx(total, abs=ROUNDING)
        assert line.bits == pytest.approx(bits_of(feature, line.level, (one, other)), abs=ROUNDING)
        assert line.vietnamese != line.english
        if any(row(record)[feature.missing] is None for record in (one, other)):
            assert feature.unsaid is not None or line.level is None
    assert lines[-1].total == pytest.approx(pair.weight, abs=ROUNDING)


def bits_of(feature: Feature, level: int | None, both: tuple[PersonRecord, PersonRecord]) -> float:
    """log2(m/u) of a level by the model's own figures; of a name the rarer of u and its share."""
    if level is None:
        return 0.0
    m, u = model().weights[feature.name][level]
    term = feature.levels[level].term_frequency if level < len(feature.levels) else None
    if term is not None:
        known = model().frequencies[term].get(row(both[0])[term], model().unseen[term])
        u = max(known, CHILDREN.rarest)
    return math.log2(m / u)
