"""Counts of the budgets in memory, swept while they are counted: `limits`' own start threads for it."""

import threading
import time

from limits.storage.base import Storage

SWEPT_EVERY = 60.0
"""Seconds between two looks for counts whose time is over."""


class Counts(Storage):
    """What FixedWindowRateLimiter asks of a storage."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()
        self._found: dict[str, tuple[int, float]] = {}
        self._next = time.time() + SWEPT_EVERY

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """The count of a key, which is over `expiry` seconds after it began."""
        now = time.time()
        with self._guard:
            if now >= self._next:
                self._found = {k: one for k, one in self._found.items() if one[1] > now}
                self._next = now + SWEPT_EVERY
            count, until = self._found.get(key, (0, 0.0))
            if until <= now:
                count, until = 0, now + expiry
            self._found[key] = (count + amount, until)
            return count + amount

    def get(self, key: str) -> int:
        count, until = self._found.get(key, (0, 0.0))
        return count if until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When the count of a key is over; now for one that is not counted."""
        return max(time.time(), self._found.get(key, (0, 0.0))[1])

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._guard:
            count, self._found = len(self._found), {}
        return count

    def clear(self, key: str) -> None:
        with self._guard:
            self._found.pop(key, None)
