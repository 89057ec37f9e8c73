"""A compiled scorer is used only after it gave Splink's own figures."""

from dataclasses import replace
from typing import Any

import pytest

from linkage import parity
from linkage.features import FEATURES
from linkage.model import load, untrained
from linkage.parity import ParityError, check, made_rows, scorer_for
from linkage.scorer import Exact, Scorer, compiled


def test_the_shipped_model_passes_and_is_checked_once() -> None:
    first = scorer_for(load())
    assert scorer_for(load()) is first
    assert scorer_for(untrained()) is not first


def off_by(bits: float = 0.0, level: int | None = None) -> Scorer:
    """A scorer that is wrong by some bits, or in the level of the last feature."""
    right = compiled(untrained())

    def wrong(left: tuple[Any, ...], other: tuple[Any, ...]) -> Exact:
        weight, levels, added = right.exact(left, other)
        if level is not None and levels[-1] is not None:
            levels = (*levels[:-1], level)
        return weight + bits, levels, added

    return replace(right, exact=wrong)


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
    values = [scorer.prepared_row(row["unique_id"], row).values for row in rows]
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
    assert made_rows(load()) != made_rows(load(), seed=3)
