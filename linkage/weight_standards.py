"""At what ages a child can weigh so much: the WHO growth standards as the bound."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

DAYS_A_MONTH = 30.4375
"""As the standards count age."""
OLDEST = 16 * 365
"""Days: beyond the table a weight tells no upper age; a child is under 16 (Luật Trẻ em Điều 1)."""
WASTED = 0.8
"""A foundling may be born before its time or starved: so much of the lowest weight is still allowed."""

KEPT = 1 << 14
"""Weights and sexes whose ages are remembered: each is asked twice of a record."""

LOWEST: Mapping[str, Sequence[float]] = MappingProxyType(
    {
        "male": (
            *(2.1, 2.9, 3.8, 4.4, 4.9, 5.3, 5.7, 5.9, 6.2, 6.4, 6.6, 6.8, 6.9),
            *(7.1, 7.2, 7.4, 7.5, 7.7, 7.8, 8.0, 8.1, 8.2, 8.4, 8.5, 8.6),
        ),
        "female": (
            *(2.0, 2.7, 3.4, 4.0, 4.4, 4.8, 5.1, 5.3, 5.6, 5.8, 5.9, 6.1, 6.3),
            *(6.4, 6.6, 6.7, 6.9, 7.0, 7.2, 7.3, 7.5, 7.6, 7.8, 7.9, 8.1),
        ),
    }
)
HIGHEST: Mapping[str, Sequence[float]] = MappingProxyType(
    {
        "male": (
            *(5.0, 6.6, 8.0, 9.0, 9.7, 10.4, 10.9, 11.4, 11.9, 12.3, 12.7, 13.0, 13.3),
            *(13.7, 14.0, 14.3, 14.6, 14.9, 15.3, 15.6, 15.9, 16.2, 16.5, 16.8, 17.1),
        ),
        "female": (
            *(4.8, 6.2, 7.5, 8.5, 9.3, 10.0, 10.6, 11.1, 11.6, 12.0, 12.4, 12.8, 13.1),
            *(13.5, 13.8, 14.1, 14.5, 14.8, 15.1, 15.4, 15.7, 16.0, 16.4, 16.7, 17.0),
        ),
    }
)
"""Kilograms at 0, 1, … 24 months, three standard deviations below and above the median: WHO Child
Growth Standards, weight-for-age, birth to 2 years (WHO 2006, simplified field tables)."""


@lru_cache(maxsize=KEPT)
def ages(grams: int, sex: str | None) -> tuple[int, int]:
    """Youngest and oldest age, in days, at which a child may weigh so much.

    `sex`: male, female, or None for either. Heavier than anybody of 24 months: that age is the
    youngest. Lighter than any newborn: the youngest is 0, and so is the oldest.
    """
    sexes = [sex] if sex is not None and sex in LOWEST else [*LOWEST]
    found = [_ages(grams / 1000, LOWEST[one], HIGHEST[one]) for one in sexes]
    return min(low for low, _ in found), max(high for _, high in found)


def _ages(weight: float, lowest: Sequence[float], highest: Sequence[float]) -> tuple[int, int]:
    least = [WASTED * one for one in lowest]
    oldest = OLDEST if weight >= least[-1] else int(_month(weight, least) * DAYS_A_MONTH)
    return int(_month(weight, highest) * DAYS_A_MONTH), oldest


def _month(weight: float, curve: Sequence[float]) -> float:
    """The age in months at which the rising curve reaches the weight, inside the table."""
    after = bisect_left(curve, weight)
    if after == 0:
        return 0.0
    if after == len(curve):
        return len(curve) - 1.0
    below, above = curve[after - 1], curve[after]
    return after - 1 + (weight - below) / (above - below)
