"""What may pass is tried again, after pauses that grow and are uneven; nothing else is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outbound.attempts import Patience, attempted
from gateway.outbound.breaker import Breaker
from gateway.outbound.failures import RefusedError, RestingError, UnreachableError
from tests.gateway.outbound.conftest import Clock


def patience(clock: Clock, attempts: int = 3) -> Patience:
    return Patience(attempts=attempts, sleep=clock.sleep, chance=lambda low, high: high)


def breaker(clock: Clock, failures: int = 100) -> Breaker:
    return Breaker(failures=failures, pause=30, clock=clock)


class Work:
    """Fails as it is told to, and counts."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def test_it_goes_on_until_it_works(clock: Clock) -> None:
    work = Work(UnreachableError(), UnreachableError())
    assert attempted(work, breaker(clock), patience(clock)) == "done"
    assert clock.slept == [0.5, 1.0]


def test_the_last_failure_is_told(clock: Clock) -> None:
    work = Work(*(UnreachableError(str(number)) for number in range(5)))
    with pytest.raises(UnreachableError, match=r"\(2\)"):
        attempted(work, breaker(clock), patience(clock))
    assert work.times == 3


@pytest.mark.parametrize("error", [RefusedError(), KeyError("a mistake of ours")])
def test_what_would_be_the_same_again_is_not_tried_again(clock: Clock, error: Exception) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        attempted(work, breaker(clock), patience(clock))
    assert (work.times, clock.slept) == (1, [])


def test_an_open_breaker_ends_the_attempts(clock: Clock) -> None:
    work = Work(*(UnreachableError() for _ in range(9)))
    with pytest.raises(RestingError):
        attempted(work, breaker(clock, failures=2), patience(clock, attempts=9))
    assert work.times == 2


@given(st.integers(1, 10), st.integers())
def test_pauses_grow_to_their_limit_and_are_never_less_than_half(attempts: int, seed: int) -> None:
    one = Patience(attempts=attempts, sleep=lambda _: None, chance=random.Random(seed).uniform)
    pauses = list(one.pauses())
    assert len(pauses) == attempts - 1
    for number, pause in enumerate(pauses):
        whole = min(8.0, 0.5 * 2**number)
        assert whole / 2 <= pause <= whole
