"""Every pair is explained in two languages, and the numbers add up to its weight (promise 5)."""

import math
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.explanation import Evidence, explain, prior_bits
from linkage.features import FEATURES
from linkage.matcher import ScoredPair, score
from linkage.model import untrained
from linkage.odds import probability
from tests.linkage.people import QUICK, rich, scored

MODEL = untrained()
NEARLY = 1e-5
"""Half a millionth of a bit for each line, all in one direction."""


@cache
def pairs() -> tuple[ScoredPair, ...]:
    """Pairs of records that differ in what they say, each line missing now and then."""
    random = Random(5)
    names = ["nguyễn thị bình an", "nguyễn bình an", "trần tám", "lê hoa"]
    records = [
        rich(
            f"{random.choice(['hospital', 'facility'])}:{number}",
            names=tuple(random.sample(names, random.randrange(3))),
            personal_ids=tuple(
                random.sample(["998326000001", "999000000001"], random.randrange(2))
            ),
            sex=random.choice(["male", "female", None]),
            grams=random.choice([None, 2900, 2950, 3800]),
            communes=(random.choice(["00199", "00200"]),),
            marks=tuple(random.sample(["bot", "khan", "xanh", "mu"], random.randrange(4))),
        )
        for number in range(24)
    ]
    return tuple(score(records, MODEL, -1000.0))


def test_the_lines_of_every_pair_add_up_to_its_weight() -> None:
    assert len(pairs()) > 200
    for pair in pairs():
        assert sum(line.bits for line in explain(pair, MODEL)) == pytest.approx(
            pair.weight, abs=NEARLY
        )


def test_every_pair_is_explained_feature_by_feature_after_the_prior() -> None:
    for pair in pairs():
        lines = explain(pair, MODEL)
        assert [line.feature for line in lines] == ["prior", *(f.name for f in FEATURES)]
        assert lines[0].bits == prior_bits(MODEL)
        assert tuple(line.level for line in lines[1:]) == pair.levels
        assert tuple(line.bits for line in lines[1:]) == pair.bits


def test_every_line_has_words_in_both_languages() -> None:
    for pair in pairs():
        for line in explain(pair, MODEL):
            assert line.vietnamese.strip()
            assert line.english.strip()


def line(feature: str, level: int | None) -> Evidence:
    pair = scored("a", "b", 0.0, {} if level is None else {feature: level})
    return next(e for e in explain(pair, MODEL) if e.feature == feature)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_each_level_is_explained_in_its_own_words(feature: object) -> None:
    (found,) = (f for f in FEATURES if f is feature)
    for index, level in enumerate(found.levels):
        told = line(found.name, index)
        assert (told.vietnamese, told.english) == (level.vietnamese, level.english)
    otherwise = line(found.name, len(found.levels))
    assert (otherwise.vietnamese, otherwise.english) == found.otherwise_words
    missing = line(found.name, None)
    assert (missing.bits, missing.level) == (0, None)
    words = {(level.vietnamese, level.english) for level in found.levels} | {found.otherwise_words}
    assert (missing.vietnamese, missing.english) not in words


def test_the_prior_is_the_odds_of_two_records_taken_at_random() -> None:
    assert prior_bits(MODEL) == pytest.approx(math.log2(MODEL.prior / (1 - MODEL.prior)), abs=1e-6)
    assert probability(prior_bits(MODEL)) == pytest.approx(MODEL.prior, rel=1e-5)


@QUICK
@given(st.floats(-5000, 5000))
def test_a_probability_is_the_odds_of_the_weight(weight: float) -> None:
    assert 0 <= probability(weight) <= 1
    assert probability(weight) + probability(-weight) == pytest.approx(1)
    if abs(weight) < 50:
        odds = 2**weight
        assert probability(weight) == pytest.approx(odds / (1 + odds))


def test_an_even_chance_has_no_weight() -> None:
    assert probability(0) == 0.5


@QUICK
@given(st.lists(st.floats(-60, 60), min_size=2, max_size=2).map(sorted))
def test_more_weight_is_never_less_probable(weights: list[float]) -> None:
    assert probability(weights[0]) <= probability(weights[1])


def test_an_explanation_names_no_value_of_the_child() -> None:
    (pair,) = score([rich("hospital:1"), rich("facility:2")], MODEL, -1000.0)
    told = repr(explain(pair, MODEL))
    assert not [v for v in ("bình an", "998326000001", "00001.GCS", "khan") if v in told]
