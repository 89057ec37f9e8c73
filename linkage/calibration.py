"""The map from a match weight to a probability that means what it says, and how it is found."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import log2
from operator import itemgetter
from typing import Any

from linkage.odds import probability

PORTIONS = 40
LEAST = 100
"""A point rests on a fortieth of the pairs, and on so many at least: fewer would be chance."""
NEITHER = 0.5
"""Added to the pairs of either kind: of ten that are all one child the odds are not infinite."""
MOST_BITS = 1000.0
Labelled = tuple[float, bool]
"""A match weight in bits, and whether the pair is one child."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Straight lines between `points`: (match weight, log odds that it means), both in bits.

    Both rise from point to point, so the map keeps every order, and no link and no question depends
    on it. The pieces of evidence are not independent, so their sum is too bold in both directions,
    and not everywhere by as much. Beyond the points the outermost lines go on; without any a weight
    is taken at its word.
    """

    points: tuple[tuple[float, float], ...] = ()

    def bits(self, weight: float) -> float:
        """The log odds that a match weight means."""
        if not self.points:
            return weight
        place = bisect_left(self.points, (weight,))
        place = min(max(place, 1), len(self.points) - 1)
        (left, low), (right, high) = self.points[place - 1 : place + 1]
        told = low + (weight - left) * (high - low) / (right - left)
        return min(max(told, low), high) if left <= weight <= right else told

    def probability(self, weight: float) -> float:
        """How likely two records of this match weight (bits) are one child."""
        return probability(self.bits(weight))


@dataclass(frozen=True, slots=True)
class _Block:
    """Pairs next to one another: the sum of their weights, how many, how many are one child."""

    weights: float
    pairs: int
    ones: int

    @property
    def point(self) -> tuple[float, float]:
        odds = (self.ones + NEITHER) / (self.pairs - self.ones + NEITHER)
        return round(self.weights / self.pairs, 3), round(log2(odds), 3)

    def __add__(self, other: "_Block") -> "_Block":
        return _Block(
            self.weights + other.weights, self.pairs + other.pairs, self.ones + other.ones
        )


def fitted(known: Sequence[Labelled]) -> Calibration:
    """The map that says of each weight what was seen of pairs about as heavy; none where that is nothing.

    Isotonic regression (pool adjacent violators; Ayer et al. 1955; Zadrozny and Elkan 2002):
    portions of neighbours are put together until each is likelier than the one before.
    """
    blocks: list[_Block] = []
    for block in _portions(known):
        blocks.append(block)
        while len(blocks) > 1 and not _rises(blocks[-2], blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return Calibration(points=tuple(block.point for block in blocks) if len(blocks) > 1 else ())


def _rises(one: _Block, other: _Block) -> bool:
    return all(before < after for before, after in zip(one.point, other.point, strict=True))


def _portions(known: Sequence[Labelled]) -> Iterable[_Block]:
    """In the order of weights; pairs of one weight are never told apart. What is left joins the last."""
    least = max(LEAST, len(known) // PORTIONS)
    blocks: list[_Block] = []
    for weight, alike in groupby(sorted(known), key=itemgetter(0)):
        same = [is_one for _, is_one in alike]
        block = _Block(weight * len(same), len(same), sum(same))
        if blocks and blocks[-1].pairs < least:
            blocks[-1] += block
        else:
            blocks.append(block)
    if len(blocks) > 1 and blocks[-1].pairs < least:
        blocks[-2:] = [blocks[-2] + blocks[-1]]
    return blocks


def read(told: Mapping[str, Any]) -> Calibration:
    """What `asdict` made of a calibration. Raises TypeError or ValueError where it is none."""
    points = tuple((weight, bits) for weight, bits in told["points"])
    if (
        told.keys() != Calibration.__dataclass_fields__.keys()
        or len(points) == 1
        or not all(type(one) in (int, float) for point in points for one in point)
        or not all(-MOST_BITS <= one <= MOST_BITS for point in points for one in point)
        or not all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(points))
    ):
        raise ValueError(NO_CALIBRATION)
    return Calibration(points=points)


NO_CALIBRATION = "this is no calibration of this version"
