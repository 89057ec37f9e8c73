"""The product's engine over another kind of records: train, score, group; no label is seen."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from linkage.averaging import groups_at, joins, never
from linkage.configuration import Configuration
from linkage.expectation import expected, with_expected_prior
from linkage.matcher import ScoredPair, score
from linkage.training import train
from tests.bench.linkage.rows import Row

FLOOR = -6.0
"""Pairs of fewer bits are not kept; a pair that was not scored counts as one of so many."""
BOUNDS = tuple(bits / 2 for bits in range(-6, 21))
"""Averages from which on groups may be joined, of which the one expected to be best is taken."""
MOST_PRIOR = 3.0
"""Bits by which the expected prior may be higher than the stated one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """A grouping of rows, and how it came about."""

    groups: tuple[tuple[str, ...], ...] = field(repr=False)
    pairs: list[ScoredPair] = field(repr=False)
    model: str
    prior: float
    bound: float
    expected: float
    seconds: dict[str, float]

    @property
    def identity(self) -> dict[str, str]:
        return {key: group[0] for group in self.groups for key in group}


def link(
    rows: Sequence[Row],
    configuration: Configuration,
    forbids: Callable[[str, str], bool] = never,
) -> Linked:
    """Weights by EM, prior and bound by what the scores expect: nothing by labels."""
    started = time.perf_counter()
    stated = train(rows, configuration=configuration, name=configuration.name)
    trained = time.perf_counter()
    known = list(score(rows, stated, FLOOR - MOST_PRIOR, configuration))
    scored = time.perf_counter()
    model, pairs = with_expected_prior(stated, known, len(rows))
    pairs = [pair for pair in pairs if pair.weight >= FLOOR]
    keys = [row.key for row in rows]
    made = joins(keys, pairs, least=BOUNDS[0], unknown=FLOOR, forbids=forbids)
    expectation, bound = max(
        (expected(groups_at(keys, made, bound), pairs), bound) for bound in BOUNDS
    )
    return Linked(
        groups=groups_at(keys, made, bound),
        pairs=pairs,
        model=model.version,
        prior=model.prior,
        bound=bound,
        expected=expectation,
        seconds={
            "train": trained - started,
            "score": scored - trained,
            "group": time.perf_counter() - scored,
        },
    )
