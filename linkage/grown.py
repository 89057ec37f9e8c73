"""Trees as arrays, so that all of them are gone down at once, for many pairs in step.

One by one a pair takes half a millisecond, and its explanation twice that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, nan
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

AT_ONCE = 512
"""Rows: what is worked on stays in the processor's own memory."""
Values: TypeAlias = Mapping[str, float]
"""Clue, or name of clues with numbers → what it is; of what was not noticed nothing."""
Floats: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.intp]
Step: TypeAlias = tuple[Places, Places]
"""Nodes before and after, one for each row and tree."""


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Grown:
    """Conditions and nodes by their places; the same only as itself.

    `columns`: clue → place of its value in a row; `column`, `most` and `unknown` of each condition.
    Of each node its condition, its bits, and where it goes on: `below[2 * node]` where the
    condition fails, the next place where it holds; a leaf goes on to itself.
    """

    columns: Mapping[str, int] = field(repr=False)
    column: Places = field(repr=False)
    most: Floats = field(repr=False)
    unknown: npt.NDArray[np.bool_] = field(repr=False)
    condition: Places = field(repr=False)
    bits: Floats = field(repr=False)
    below: Places = field(repr=False)
    roots: Places = field(repr=False)
    depth: int

    def sums(self, rows: Sequence[Values]) -> Iterator[float]:
        """Of each row what its leaves add up to: exact sums, so no order of trees or rows tells."""
        for some in _portions(rows):
            leaves = self._at_roots(some)
            for _, after in self._steps(some):
                leaves = after
            yield from map(fsum, self.bits[leaves].tolist())

    def shares(self, rows: Sequence[Values]) -> Iterator[Mapping[str, float]]:
        """Of each row by how much the answers about each clue change the bits, where about any."""
        names = list(self.columns)
        asked = self.column[self.condition] if len(names) else self.condition
        for some in _portions(rows):
            size = len(some) * len(names)
            worth = np.zeros(size)
            first = np.arange(len(some))[:, None] * len(names)
            for before, after in self._steps(some):
                moved = (self.bits[after] - self.bits[before]).ravel()
                worth += np.bincount((first + asked[before]).ravel(), moved, size)
            for row in worth.reshape(len(some), len(names)):
                places = np.flatnonzero(row)
                yield {names[place]: float(row[place]) for place in places}

    @property
    def at_first(self) -> float:
        """Bits before anything is asked."""
        return fsum(self.bits[self.roots].tolist())

    def _at_roots(self, rows: Sequence[Values]) -> Places:
        return np.broadcast_to(self.roots, (len(rows), len(self.roots)))

    def _steps(self, rows: Sequence[Values]) -> Iterator[Step]:
        """One down every tree at a time."""
        held = self._held(rows)
        first = np.arange(len(rows))[:, None] * len(self.column)
        flat = held.ravel()
        nodes = self._at_roots(rows)
        for _ in range(self.depth):
            after = self.below[2 * nodes + flat[first + self.condition[nodes]]]
            yield nodes, after
            nodes = after

    def _held(self, rows: Sequence[Values]) -> npt.NDArray[np.bool_]:
        """Of each row and condition whether it holds."""
        values = np.array([[row.get(name, nan) for name in self.columns] for row in rows])
        asked = values[:, self.column]
        return np.where(np.isnan(asked), self.unknown, asked <= self.most)


def _portions(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
