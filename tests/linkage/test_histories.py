"""Promises 3 and 4 over random histories: what stewards said outranks, order and haste are nothing.

A thousand of each: tests/bench/test_histories.py.
"""

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from hypothesis import given, settings

from linkage.matcher import score
from tests.linkage.histories import (
    HISTORIES,
    SEEDS,
    decisions_outrank,
    incremental_is_full,
    lived,
    order_does_not_matter,
    undoing_brings_back,
)

Check = Callable[[Sequence[str], int], None]
CHECKS = [decisions_outrank, incremental_is_full, order_does_not_matter, undoing_brings_back]


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=30)
@given(history=HISTORIES, seed=SEEDS)
def test_whatever_has_happened(check: Check, history: list[str], seed: int) -> None:
    check(history, seed)


def test_what_splink_scores_is_remembered_alike() -> None:
    incremental_is_full(["update", "decide", "link", "delete", "undo", "insert"], 0, score)


def test_histories_are_worth_testing() -> None:
    """Groups form in several rounds, questions are asked, and something is remembered."""
    made = [lived(["insert", "update", "decide", "insert"], seed) for seed in range(5)]
    linkages = [one.link() for one in made]
    assert all(any(len(group) > 2 for group in linkage.groups) for linkage in linkages)
    assert max(linkage.rounds for linkage in linkages) > 2
    assert any(linkage.reviews for linkage in linkages)
    asked = []

    def engine(*arguments: object) -> list[object]:
        asked.append(arguments)
        return []

    for one in made:
        one.engine = partial(engine)  # type: ignore[assignment]
        one.link()
    assert asked == [], "nothing has changed, and something was scored again"
