"""The map from a match weight to a probability that means what it says, and how it is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from linkage.odds import probability

STEPS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Bits as they mean what they say: slope · weight + shift (Platt 1999).

    It keeps every order, so no link and no question depends on it. The pieces of evidence are not
    independent, so their sum is too bold in both directions: a slope below 1 takes that back.
    """

    slope: float = 1.0
    shift: float = 0.0

    def probability(self, weight: float) -> float:
        """How likely two records of this match weight (bits) are one child."""
        return probability(self.slope * weight + self.shift)


def fitted(known: Sequence[tuple[float, bool]]) -> Calibration:
    """The map that makes it likeliest what is known of pairs (weight, one child or not).

    By Newton's method, as long as that finds a way. Weights that tell apart without any error have
    no such map: the slope grows with every step.
    """
    # From even odds for all; from bold weights a step would lead away.
    found = Calibration(slope=0.0)
    for _ in range(STEPS):
        told = [found.probability(bits) for bits, _ in known]
        found = _step(found, told, known)
    return found


def _step(
    found: Calibration, told: Sequence[float], known: Sequence[tuple[float, bool]]
) -> Calibration:
    errors = [(y - p, bits) for p, (bits, y) in zip(told, known, strict=True)]
    spread = [(p * (1 - p) * log(2), bits) for p, (bits, _) in zip(told, known, strict=True)]
    by_shift, by_slope = sum(e for e, _ in errors), sum(e * bits for e, bits in errors)
    one = sum(s for s, _ in spread)
    both = sum(s * bits for s, bits in spread)
    two = sum(s * bits * bits for s, bits in spread)
    size = one * two - both * both
    if size <= 0:
        return found
    return Calibration(
        slope=found.slope + (one * by_slope - both * by_shift) / size,
        shift=found.shift + (two * by_shift - both * by_slope) / size,
    )
