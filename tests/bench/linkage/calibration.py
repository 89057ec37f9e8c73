"""Whether a probability means what it says: expected against observed, and the Brier score."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any

from linkage.explanation import probability
from linkage.matcher import ScoredPair

WIDTH = 2
"""Bits of one row of the diagram."""
STEPS = 12
HIGHEST = 20
"""All pairs from so many bits on are one row."""


def reliability(pairs: Iterable[ScoredPair], is_one: Callable[[str, str], bool]) -> dict[str, Any]:
    """Rows of a reliability diagram: bits from, pairs, share expected, share observed.

    `brier` is the mean squared error of the probabilities, `constant` that of telling each pair the
    share of true ones, `apart` the mean distance between expected and observed share, weighted by
    pairs; 0 is best.
    """
    rows: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for pair in pairs:
        bits = min(int(pair.weight // WIDTH) * WIDTH, HIGHEST)
        rows[bits].append((probability(pair.weight), is_one(pair.left, pair.right)))
    diagram = [
        (bits, len(row), sum(p for p, _ in row) / len(row), sum(y for _, y in row) / len(row))
        for bits, row in sorted(rows.items())
    ]
    every = [one for row in rows.values() for one in row]
    count = max(len(every), 1)
    share = sum(y for _, y in every) / count
    return {
        "pairs": len(every),
        "brier": round(sum((p - y) ** 2 for p, y in every) / count, 5),
        "constant": round(share * (1 - share), 5),
        "apart": round(sum(n * abs(told - seen) for _, n, told, seen in diagram) / count, 5),
        "diagram": [(bits, n, round(told, 4), round(seen, 4)) for bits, n, told, seen in diagram],
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Map:
    """Bits as they would mean what they say: slope · bits + shift (Platt's scaling)."""

    slope: float = 1.0
    shift: float = 0.0

    def moved(self, pairs: Iterable[ScoredPair]) -> list[ScoredPair]:
        return [replace(pair, weight=self.slope * pair.weight + self.shift) for pair in pairs]


def fitted(pairs: Sequence[ScoredPair], is_one: Callable[[str, str], bool]) -> Map:
    """The map that makes the labels likeliest, by Newton's method."""
    known = [(pair.weight, is_one(pair.left, pair.right)) for pair in pairs]
    # From even odds for all; from bold weights a step would lead away.
    found = Map(slope=0.0)
    for _ in range(STEPS):
        told = [probability(found.slope * bits + found.shift) for bits, _ in known]
        errors = [(y - p, bits) for p, (bits, y) in zip(told, known, strict=True)]
        spread = [(p * (1 - p) * log(2), bits) for p, (bits, _) in zip(told, known, strict=True)]
        by_shift, by_slope = sum(e for e, _ in errors), sum(e * bits for e, bits in errors)
        one = sum(s for s, _ in spread)
        both = sum(s * bits for s, bits in spread)
        two = sum(s * bits * bits for s, bits in spread)
        size = one * two - both * both
        found = Map(
            slope=found.slope + (one * by_slope - both * by_shift) / size,
            shift=found.shift + (two * by_shift - both * by_slope) / size,
        )
    return found
