"""Attempts at what is safe to repeat: again after a growing, uneven pause."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import structlog

from gateway.outbound.breaker import Breaker
from gateway.outbound.failures import RestingError, UnreachableError

Result = TypeVar("Result")
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How often and when: pauses double from `first` to `longest` seconds.

    `chance(low, high)` makes them uneven, so that many who failed together do not all come back at
    once. Each is at least half of its length, so that the other side has some rest.
    """

    attempts: int
    sleep: Callable[[float], None]
    chance: Callable[[float, float], float]
    first: float = 0.5
    longest: float = 8.0

    def pauses(self) -> Iterator[float]:
        """The seconds between the attempts."""
        for number in range(self.attempts - 1):
            whole = min(self.longest, self.first * 2**number)
            yield self.chance(whole / 2, whole)


def attempted(work: Callable[[], Result], breaker: Breaker, patience: Patience) -> Result:
    """Do the work until it gives a result. Only for what has one effect, however often it is sent.

    Raises UnreachableError of the last attempt, RestingError while the breaker is open, and at once
    whatever else the work raises.
    """
    for pause in patience.pauses():
        try:
            with breaker.guarding():
                return work()
        except RestingError:
            raise
        except UnreachableError as error:
            log.info("attempt failed", error=type(error).__name__, detail=error.detail)
            patience.sleep(pause)
    with breaker.guarding():
        return work()
