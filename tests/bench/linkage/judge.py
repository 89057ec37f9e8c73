"""How right a grouping is, on all clusters or on one half, with intervals over clusters."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from random import Random
from typing import Any

SAMPLES = 500
SEED = 20261122
WIDTH = 0.95
Parts = tuple[float, ...]
"""Of one cluster: true, found and right pairs; records, and their B-cubed precision and recall."""


def is_looked_at(cluster: str) -> bool:
    """The half that may be looked at: SHA-256 of the true cluster's id, even (data/README.md)."""
    return int(hashlib.sha256(cluster.encode()).hexdigest(), 16) % 2 == 0


def judge(
    truth: Mapping[str, str],
    identity: Mapping[str, str],
    which: Callable[[str], bool] = lambda cluster: True,
) -> dict[str, Any]:
    """Pairwise and B-cubed figures of the chosen clusters, F1 with 95 % intervals.

    A false pair between two clusters is half the one's and half the other's, so that the counts of
    the halves add up to those of the whole. The intervals are from clusters drawn at random.
    """
    parts = [part for cluster, part in _parts(truth, identity).items() if which(cluster)]
    figures = _figures(parts)
    random = Random(SEED)
    drawn = [_figures(random.choices(parts, k=len(parts))) for _ in range(SAMPLES)]
    intervals = {f"{name}_interval": _interval(one[name] for one in drawn) for name in ("f1", "b3")}
    rounded: dict[str, Any] = {name: round(value, 4) for name, value in figures.items()}
    return {"clusters": len(parts)} | rounded | intervals


def _parts(truth: Mapping[str, str], identity: Mapping[str, str]) -> dict[str, Parts]:
    sizes = Counter(truth.values())
    joined = Counter(identity[record] for record in truth)
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for record, cluster in truth.items():
        cells[cluster][identity[record]] += 1
    return {
        cluster: (
            comb(sizes[cluster], 2),
            sum(comb(n, 2) + n * (joined[one] - n) / 2 for one, n in cells[cluster].items()),
            sum(comb(n, 2) for n in cells[cluster].values()),
            sizes[cluster],
            sum(n * n / joined[one] for one, n in cells[cluster].items()),
            sum(n * n / sizes[cluster] for n in cells[cluster].values()),
        )
        for cluster in sorted(sizes)
    }


def _figures(parts: Sequence[Parts]) -> dict[str, float]:
    true, found, right, records, precise, recalled = map(sum, zip(*parts, strict=True))
    precision, recall = right / found if found else 1.0, right / true if true else 1.0
    return {
        "precision": precision,
        "recall": recall,
        "f1": _mean(precision, recall),
        "b3": _mean(precise / records, recalled / records),
    }


def _mean(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def _interval(values: Iterable[float]) -> tuple[float, float]:
    ordered = sorted(values)
    least = round(len(ordered) * (1 - WIDTH) / 2)
    return round(ordered[least], 4), round(ordered[-1 - least], 4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Pairs against true pairs, where pairs are what was asked for."""

    precision: float
    recall: float
    f1: float
    found: int


def links(found: Iterable[Iterable[str]], true: Iterable[Iterable[str]]) -> Links:
    """Precision and recall of pairs, whatever the order of their sides."""
    one, other = ({frozenset(pair) for pair in pairs} for pairs in (found, true))
    right = len(one & other)
    precision, recall = right / len(one) if one else 1.0, right / len(other)
    return Links(
        precision=round(precision, 4),
        recall=round(recall, 4),
        f1=round(_mean(precision, recall), 4),
        found=len(one),
    )


def components(keys: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key → the smallest key that it is connected with."""
    home = {key: key for key in keys}

    def find(key: str) -> str:
        while home[key] != key:
            home[key] = home[home[key]]
            key = home[key]
        return key

    for left, right in pairs:
        one, other = sorted((find(left), find(right)))
        home[other] = one
    return {key: find(key) for key in home}
