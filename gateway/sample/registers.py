"""The books of the sample world: each body hands out its own running numbers, each only once."""

from collections import defaultdict
from datetime import date
from random import Random


class Registers:
    """Counters by body and book; grows with the number of bodies, not of children."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, ...], int] = defaultdict(int)
        self._lent: dict[str, str] = {}

    def next(self, rng: Random, *book: str, first: int = 60, gap: int = 4) -> int:
        """The next number of a book, after the entries that are no concern of ours."""
        step = rng.randint(1, first) if book not in self._last else rng.randint(1, gap)
        self._last[book] += step
        return self._last[book]

    def personal_id(self, rng: Random, sex: str, born: date) -> str:
        """A made-up personal number: 998 or 999 is no province, so it is no living person's."""
        prefix = rng.choice(("998", "999"))
        century = {"M": 0, "F": 1}.get(sex, 0) + (2 if born.year >= 2000 else 0)
        head = f"{prefix}{century}{born.year % 100:02d}"
        tail = self.next(rng, "personal", head, first=900, gap=200) % 1_000_000
        return f"{head}{(tail * 700_001 + 123_457) % 1_000_000:06d}"

    def cancelled_id(self, rng: Random, number: str) -> str:
        """A number that `number` replaced. Its digit for century and sex was an error, so that no
        other child of the world bears it."""
        head = f"{number[:3]}{int(number[3]) + 4}{number[4:6]}"
        return f"{head}{self.next(rng, 'cancelled', head, first=900, gap=200) % 1_000_000:06d}"

    def borrowed(self, lender: str, number: str) -> str:
        """The number last used in the same body; `number` itself when there was none."""
        found = self._lent.get(lender, number)
        self._lent[lender] = number
        return found
