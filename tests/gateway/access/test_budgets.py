"""Budgets: what is used up is refused until its minute is over, and nothing else is."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.budgets import ADDRESS, CLIENT, MATCH, Budgets, address_of, spending
from gateway.access.counts import Counts
from gateway.access.errors import OverBudgetError
from gateway.settings import Settings


def budgets(embedded: bool = False, **amounts: int) -> Budgets:
    told = {f"MOTEM_BUDGET_{name.upper()}": amount for name, amount in amounts.items()}
    return Budgets(Settings.model_validate(told), embedded=embedded)


def test_a_budget_that_is_used_up_is_refused_to_this_caller_only() -> None:
    made = budgets(client=2)
    made.spend(CLIENT, "a")
    made.spend(CLIENT, "a")
    with pytest.raises(OverBudgetError):
        made.spend(CLIENT, "a")
    made.spend(CLIENT, "b")
    made.spend(MATCH, "a")


def test_only_the_first_refusal_of_a_minute_is_told_to_the_log() -> None:
    made = budgets(client=1, match=1)
    told = []
    for budget in (CLIENT, CLIENT, CLIENT, MATCH, MATCH):
        try:
            made.spend(budget, "a")
        except OverBudgetError as error:
            told.append((budget, error.first))
    assert told == [(CLIENT, True), (CLIENT, False), (MATCH, True)]


def test_what_is_left_is_told() -> None:
    with spending() as spent:
        budgets(match=5).spend(MATCH, "a")
    (one,) = spent
    assert (one.quota, one.left) == (5, 4)
    assert one.headers["RateLimit-Policy"] == '"match";q=5;w=60'
    assert one.headers["RateLimit"] == f'"match";r=4;t={one.again}'
    assert 1 <= one.again <= 60


def test_over_an_embedded_database_there_are_only_the_budgets_that_are_set() -> None:
    made = budgets(embedded=True, match=1)
    with spending() as spent:
        made.spend(CLIENT, "a")
        made.spend(ADDRESS, "127.0.0.1")
    assert spent == []
    made.spend(MATCH, "a")
    with pytest.raises(OverBudgetError):
        made.spend(MATCH, "a")


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_is_what_one_customer_is_given(host: str, counted: str) -> None:
    assert address_of(host) == counted


def test_counting_starts_no_thread_and_keeps_nothing_that_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, counts = threading.enumerate(), Counts()
    now = time.time()
    for who in range(100):
        counts.incr(f"{who}", 60)
    assert threading.enumerate() == before
    assert (counts.incr("7", 60), counts.get("7")) == (2, 2)
    assert counts.get_expiry("7") == pytest.approx(now + 60, abs=30)
    monkeypatch.setattr(time, "time", lambda: now + 200)
    assert (counts.get("7"), counts.get_expiry("7")) == (0, now + 200)
    assert counts.incr("7", 60) == 1
    assert counts.reset() == 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=40))
def test_a_count_begins_anew_when_its_minute_is_over(steps: list[tuple[str, int]]) -> None:
    """Whoever counts beside it, and however often it was swept. Time goes on by steps."""
    ours, now = Counts(), 1000.0
    begun: dict[str, tuple[float, int]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now)
        for who, later in steps:
            now += later
            start, count = begun.get(who, (now, 0))
            begun[who] = (now, 1) if now >= start + 60 else (start, count + 1)
            assert ours.incr(who, 60) == begun[who][1]
            assert ours.get_expiry(who) == begun[who][0] + 60
