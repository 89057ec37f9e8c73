"""What figures of several seeds say together: mean and 95 % interval, and a table of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import mean, stdev

T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t, two-sided 95 %, for 1, 2, … degrees of freedom: for 2 to 10 values."""
Figures = Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The mean of so many values, and half the width of its 95 % interval; None for one value."""

    mean: float
    half: float | None
    values: int

    @property
    def most(self) -> float:
        """The upper end of the interval."""
        return inf if self.half is None else self.mean + self.half

    def __str__(self) -> str:
        digits = 4 if abs(self.mean) <= 1 else 1
        known = [value for value in (self.mean, self.half) if value is not None]
        # Plus nothing: no minus before 0.
        return " ± ".join(f"{round(value, digits) + 0.0:.{digits}f}" for value in known)


def spread(values: Sequence[float]) -> Spread:
    """Of independent values. Raises ValueError for none or more than ten."""
    if not 1 <= len(values) <= len(T) + 1:
        raise ValueError("1 to 10 values have an interval here")
    if len(values) == 1:
        return Spread(mean=values[0], half=None, values=1)
    half = T[len(values) - 2] * stdev(values) / sqrt(len(values))
    return Spread(mean=mean(values), half=half, values=len(values))


def spreads(seeds: Sequence[Figures]) -> dict[str, Spread]:
    """Figure → its spread over the seeds that have it."""
    names = dict.fromkeys(name for figures in seeds for name in figures)
    return {name: spread([figures[name] for figures in seeds if name in figures]) for name in names}


def differences(changed: Sequence[Figures], before: Sequence[Figures]) -> dict[str, Spread]:
    """Figure → by how much it changed, seed by seed: what differs between seeds does not blur it."""
    return spreads(
        [
            {name: figures[name] - old[name] for name in figures if name in old}
            for figures, old in zip(changed, before, strict=True)
        ]
    )


def table(title: str, rows: Mapping[str, Mapping[str, Spread]]) -> str:
    """Rows of spreads in Markdown."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines: list[Iterable[str]] = [(title, *columns), ["---"] * (len(columns) + 1)]
    lines += [
        (name, *(str(row[column]) if column in row else "" for column in columns))
        for name, row in rows.items()
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
