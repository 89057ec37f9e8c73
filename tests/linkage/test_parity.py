"""A compiled scorer is used only after it gave Splink's own figures."""

from dataclasses import replace
from typing import Any

import pytest

from linkage import parity
from linkage.features import FEATURES
from linkage.model import load, untrained
from linkage.parity import ParityError, check, made_rows, prepared, scorer_for
from linkage.scorer import Scored, Scorer, compiled


def test_the_shipped_model_passes_and_is_checked_once() -> None:
    first = scorer_for(load())
    assert scorer_for(load()) is first
    assert scorer_for(untrained()) is not first


def off_by(bits: float = 0.0, level: int | None = None) -> Scorer:
    """A scorer that is wrong by some bits, or in the level of the last feature."""
    right = compiled(untrained())

    def wrong(left: Any, others: Any, least: float) -> Scored:
        for place, (weight, levels, added) in right.run(left, others, least):
            other = level is not None and levels[-1] is not None
            yield place, (weight + bits, (*levels[:-1], level) if other else levels, added)

    return replace(right, run=wrong)


@pytest.mark.parametrize("wrong", [off_by(1e-8), off_by(level=0)], ids=["a sum", "a level"])
def test_a_scorer_that_is_wrong_anywhere_is_refused(wrong: Scorer) -> None:
    with pytest.raises(ParityError):
        check(wrong)


def test_the_last_digit_of_a_sum_is_no_difference() -> None:
    check(off_by(1e-12))


def test_a_scorer_that_failed_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    model = replace(untrained(), name="fails")
    monkeypatch.setattr(parity, "compiled", lambda _: off_by(1.0))
    for _ in range(2):
        with pytest.raises(ParityError):
            scorer_for(model)
    monkeypatch.undo()
    assert scorer_for(model).model == model


def test_the_rows_of_the_check_reach_every_level() -> None:
    scorer = compiled(load())
    rows = made_rows(scorer.model)
    values = [prepared(row) for row in rows]
    half = len(rows) // 2
    seen = {
        (feature.name, level)
        for left in values[:half]
        for right in values[half:]
        for feature, level in zip(FEATURES, scorer.exact(left, right)[1], strict=True)
    }
    missed = {
        (feature.name, level)
        for feature in FEATURES
        for level in (None, *range(len(feature.levels) + 1))
    } - seen
    assert missed == set()


def test_the_rows_of_the_check_are_always_the_same() -> None:
    assert made_rows(load()) == made_rows(load())
    assert made_rows(load()) != made_rows(load(), seed=2)


def test_an_equal_model_is_not_checked_again_and_few_are_kept() -> None:
    first = scorer_for(load())
    for _ in range(parity.KEPT):
        assert scorer_for(replace(load())) is first
    assert len(parity._checked) <= parity.KEPT
