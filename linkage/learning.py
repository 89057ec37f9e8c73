"""What each clue is worth, from pairs of which it is known whether they are one child."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.odds import probability

BASE = "base"
"""What a pair is worth of which nothing was noticed."""
FROM_NOTHING, FROM_BEFORE = 1.0, 50.0
"""How firmly each clue is held to nothing, or to what it was worth before (one over nats squared).

A pair has thirty clues, which all move at once: held as loosely as to nothing, a single answer that
was not expected would make every pair like it likely enough to join.
"""
ROUNDS = 60
SETTLED = 0.001
"""Bits: where no clue moves by more in a round, they have found their places."""
STEP = 1.0
"""Bits that one step moves at most: over so little the curve at most doubles, so no step leads away.

From odds that were bold and wrong a whole Newton step leads far beyond, and the next one back.
"""
DIGITS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """The clues of a pair, and what it was found to be."""

    clues: Collection[str] = field(repr=False)
    same: bool
    already: float = 0.0
    """Bits that the pair has besides its clues."""


def learnt(examples: Sequence[Example], before: Mapping[str, float]) -> dict[str, float]:
    """Clue → bits: logistic regression, each weight drawn towards what it was `before` (else 0).

    The maximum of the posterior under a Gaussian prior, found clue by clue (cyclic coordinate
    Newton steps; Genkin, Lewis and Madigan 2007). The same in whatever order the examples come.
    """
    ordered = sorted(examples, key=lambda example: (sorted(example.clues), example.same))
    having: dict[str, list[int]] = defaultdict(list)
    for place, example in enumerate(ordered):
        for clue in (BASE, *sorted(example.clues)):
            having[clue].append(place)
    weights = {clue: before.get(clue, 0.0) for clue in sorted({*having, *before})}
    held = FROM_BEFORE if before else FROM_NOTHING
    totals = [
        example.already + sum(weights[clue] for clue in (BASE, *example.clues))
        for example in ordered
    ]
    for _ in range(ROUNDS):
        most = 0.0
        for clue in sorted(having):
            moved = weights[clue] - before.get(clue, 0.0)
            shift = _shift(having[clue], ordered, totals, moved, held)
            weights[clue] += shift
            most = max(most, abs(shift))
            for place in having[clue]:
                totals[place] += shift
        if most < SETTLED:
            break
    return {clue: round(bits, DIGITS) for clue, bits in weights.items()}


def _shift(
    places: Sequence[int],
    examples: Sequence[Example],
    totals: Sequence[float],
    moved: float,
    held: float,
) -> float:
    """The Newton step for one clue, in bits, cut short (STEP). `moved`: bits by which it left what was before."""
    told = [probability(totals[place]) for place in places]
    wrong = sum(examples[place].same - p for place, p in zip(places, told, strict=True))
    curve = sum(p * (1 - p) for p in told)
    nats = math.log(2)
    step = (wrong - held * moved * nats) / (curve + held) / nats
    return max(-STEP, min(STEP, step))
