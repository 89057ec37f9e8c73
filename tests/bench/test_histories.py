"""Promises 3 and 4 over a thousand random histories each: insert, update, delete, decide, undo.

By itself: python -m pytest -m bench --capture=no tests/bench/test_histories.py; MOTEM_BENCH_CASES
says how many.
"""

import os
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings

from linkage.matcher import score
from tests.bench.measure import report
from tests.linkage.histories import HISTORIES, SEEDS, incremental_is_full
from tests.linkage.test_histories import CHECKS
from tests.linkage.test_replay import NUMBERS, WORLDS, World, near_is_all

CASES = int(os.environ.get("MOTEM_BENCH_CASES", "1000"))
BY_SPLINK = max(1, CASES // 50)
"""Of these one takes as long as fifty others."""

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("check", CHECKS)
def test_whatever_has_happened(check: Callable[[Sequence[str], int], None]) -> None:
    tried = []

    @settings(max_examples=CASES, deadline=None)
    @given(history=HISTORIES, seed=SEEDS)
    def hold(history: list[str], seed: int) -> None:
        tried.append(seed)
        check(history, seed)

    hold()
    report(f"histories_{check.__name__}", cases=len(tried))


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_decided_near_a_change_is_what_is_decided_of_all(world: World) -> None:
    @settings(max_examples=20 * CASES, deadline=None)
    @given(SEEDS, NUMBERS)
    def hold(seed: int, number: int) -> None:
        near_is_all(world, seed, number)

    hold()
    report(f"near_is_all_{world.__name__}", cases=20 * CASES)


def test_what_splink_scores_is_remembered_alike() -> None:
    @settings(max_examples=BY_SPLINK, deadline=None)
    @given(history=HISTORIES, seed=SEEDS)
    def hold(history: list[str], seed: int) -> None:
        incremental_is_full(history, seed, score)

    hold()
    report("histories_by_splink", cases=BY_SPLINK)
