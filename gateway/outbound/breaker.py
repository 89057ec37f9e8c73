"""A circuit breaker: who has failed too often is left alone for a while, then tried once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from gateway.outbound.failures import RefusedError, RestingError


class State(StrEnum):
    """Closed lets everything pass, open nothing, half-open one trial."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """One for each service, in the memory of one process. `clock` gives seconds."""

    def __init__(self, *, failures: int, pause: float, clock: Callable[[], float]) -> None:
        self._most, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened = 0.0
        self._trying = False

    def state(self) -> State:
        """What holds now."""
        if self._failures < self._most:
            return State.CLOSED
        over = self._clock() - self._opened >= self._pause
        return State.HALF_OPEN if over else State.OPEN

    def require(self) -> None:
        """Raise RestingError where nothing would pass, before anything is made ready."""
        if self.state() is State.OPEN:
            raise RestingError

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """One attempt. Raises RestingError where it may not be made.

        A refusal is an answer: whoever refuses is there.
        """
        self._enter()
        try:
            yield
        except RefusedError:
            self._end(failed=False)
            raise
        except BaseException:
            self._end(failed=True)
            raise
        self._end(failed=False)

    def _enter(self) -> None:
        with self._lock:
            self.require()
            if self.state() is State.HALF_OPEN:
                if self._trying:
                    raise RestingError
                self._trying = True

    def _end(self, *, failed: bool) -> None:
        with self._lock:
            self._trying = False
            self._failures = self._failures + 1 if failed else 0
            if self._failures >= self._most:
                self._opened = self._clock()
