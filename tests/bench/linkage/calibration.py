"""Whether a probability means what it says: expected against observed, and the Brier score."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from linkage.matcher import ScoredPair

WIDTH = 2
"""Bits of one row of the diagram."""
HIGHEST = 20
"""All pairs from so many bits on are one row."""


def reliability(
    pairs: Iterable[ScoredPair],
    is_one: Callable[[str, str], bool],
    probability: Callable[[float], float],
) -> dict[str, Any]:
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
