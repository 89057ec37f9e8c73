"""What is expected without labels is what is there, where the model is right."""

from dataclasses import replace
from random import Random

import pytest

from linkage.expectation import expected, with_expected_prior
from linkage.explanation import prior_bits
from linkage.model import untrained
from linkage.odds import probability
from tests.linkage.people import scored

MODEL = untrained()


def test_the_expected_quality_is_that_of_certain_pairs() -> None:
    pairs = [scored("a", "b", 40.0), scored("c", "d", 40.0), scored("e", "f", -40.0)]
    assert expected([("a", "b"), ("c", "d"), ("e",), ("f",)], pairs) == pytest.approx(1.0)
    assert expected([("a", "b"), ("c",), ("d",), ("e",), ("f",)], pairs) == pytest.approx(2 / 3)
    assert expected([("a", "b"), ("c", "d"), ("e", "f")], pairs) == pytest.approx(4 / 5)
    assert expected([("a",), ("b",)], []) == 1.0


def test_the_prior_is_the_share_that_the_scores_expect() -> None:
    """Pairs of which a known share is one, scored by a model with a wrong prior."""
    random = Random(7)
    records, true = 2_000, 600
    wrong = replace(MODEL, prior=1e-5)
    evidence = [random.gauss(25, 3) for _ in range(true)] + [
        random.gauss(-5, 3) for _ in range(true)
    ]
    pairs = [
        scored(f"a{number}", f"b{number}", prior_bits(wrong) + bits)
        for number, bits in enumerate(evidence)
    ]
    model, moved = with_expected_prior(wrong, pairs, records)
    share = true / (records * (records - 1) / 2)
    assert model.prior == pytest.approx(share, rel=0.1)
    assert sum(probability(pair.weight) for pair in moved) == pytest.approx(true, rel=0.1)
    for one, other in zip(pairs, moved, strict=True):
        assert other.weight - prior_bits(model) == pytest.approx(
            one.weight - prior_bits(wrong), abs=1e-5
        )


def test_without_pairs_the_prior_stays() -> None:
    assert with_expected_prior(MODEL, [], 100) == (MODEL, [])
