"""Who fails too often is left alone for a while, and is then tried once."""

import threading

import pytest

from gateway.outbound.breaker import Breaker, State
from gateway.outbound.failures import RefusedError, RestingError, UnreachableError
from tests.gateway.outbound.conftest import Clock


def broken(clock: Clock, failures: int = 3) -> Breaker:
    """A breaker after so many failures that it has just opened."""
    breaker = Breaker(failures=failures, pause=30, clock=clock)
    for _ in range(failures):
        assert breaker.state() is State.CLOSED
        attempt(breaker, UnreachableError())
    return breaker


def attempt(breaker: Breaker, error: Exception | None = None) -> None:
    try:
        with breaker.guarding():
            if error:
                raise error
    except RestingError:
        raise
    except type(error or RefusedError()):
        pass


def test_it_opens_after_so_many_failures_in_a_row(clock: Clock) -> None:
    breaker = broken(clock)
    assert breaker.state() is State.OPEN
    with pytest.raises(RestingError):
        attempt(breaker)
    with pytest.raises(RestingError):
        breaker.require()


def test_a_success_in_between_starts_the_count_anew(clock: Clock) -> None:
    breaker = Breaker(failures=2, pause=30, clock=clock)
    for error in (UnreachableError(), None, UnreachableError()):
        attempt(breaker, error)
    assert breaker.state() is State.CLOSED


def test_a_refusal_is_a_sign_of_life(clock: Clock) -> None:
    breaker = Breaker(failures=2, pause=30, clock=clock)
    for error in (UnreachableError(), RefusedError(), UnreachableError()):
        attempt(breaker, error)
    assert breaker.state() is State.CLOSED


def test_after_the_pause_one_success_closes_it(clock: Clock) -> None:
    breaker = broken(clock)
    clock.now += 29.9
    assert breaker.state() is State.OPEN
    clock.now += 0.1
    assert breaker.state() is State.HALF_OPEN
    attempt(breaker)
    assert breaker.state() is State.CLOSED


def test_after_the_pause_one_failure_opens_it_for_another(clock: Clock) -> None:
    breaker = broken(clock)
    clock.now += 30
    attempt(breaker, UnreachableError())
    assert breaker.state() is State.OPEN
    clock.now += 30
    assert breaker.state() is State.HALF_OPEN


def test_half_open_lets_one_through_and_no_second(clock: Clock) -> None:
    breaker = broken(clock)
    clock.now += 30
    inside, go_on = threading.Event(), threading.Event()

    def trial() -> None:
        with breaker.guarding():
            inside.set()
            go_on.wait(10)

    thread = threading.Thread(target=trial)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(RestingError):
        attempt(breaker)
    go_on.set()
    thread.join()
    assert breaker.state() is State.CLOSED


def test_a_trial_that_is_broken_off_does_not_block_the_next(clock: Clock) -> None:
    breaker = broken(clock)
    clock.now += 30
    with pytest.raises(KeyboardInterrupt), breaker.guarding():
        raise KeyboardInterrupt
    clock.now += 30
    attempt(breaker)
    assert breaker.state() is State.CLOSED
