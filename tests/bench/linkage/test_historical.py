"""Historical persons: the public set that still separates engines. Looked at: one half only.

By itself: python -m pytest -m bench --capture=no tests/bench/linkage/test_historical.py
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest

from linkage.clustering import partition
from linkage.matcher import ScoredPair
from linkage.model import Thresholds
from tests.bench.linkage import plain
from tests.bench.linkage.engine import Linked, link
from tests.bench.linkage.historical import HISTORICAL, figures
from tests.bench.linkage.judge import components, is_looked_at, judge, links
from tests.bench.linkage.public_data import Public, historical
from tests.bench.measure import report

pytestmark = pytest.mark.bench

PAIR_F1, CUBED = 0.885, 0.92
"""On the half that nobody looked at, at a bound that no label chose."""
SPLINKS_CLUSTERS = (0.5, 0.95, 0.99)
CHAINED = (4.0, 8.0, 10.0, 12.0)
"""Bits from which on pairs are joined whatever else they fit: what the grouping is compared with."""


def test_historical_persons() -> None:
    data = historical()
    linked = link(figures(data.records), HISTORICAL)
    halves = judged(data.truth, linked.identity)
    report(
        "linkage-historical",
        records=len(data.truth),
        true_pairs=len(data.true_pairs),
        engine=halves,
        how=asdict(replace(linked, groups=(), pairs=[])) | {"scored": len(linked.pairs)},
        ceiling=ceiling(data, linked),
        same_scores_grouped_otherwise=dict(otherwise(data.truth, linked)),
        splink=splinks_own(data),
    )
    assert halves["unseen"]["f1"] >= PAIR_F1
    assert halves["unseen"]["b3"] >= CUBED


def judged(truth: Mapping[str, str], identity: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {
        "unseen": judge(truth, identity, lambda cluster: not is_looked_at(cluster)),
        "looked at": judge(truth, identity, is_looked_at),
        "all": judge(truth, identity),
    }


def ceiling(data: Public, linked: Linked) -> dict[str, Any]:
    """The pairs by themselves at even odds, and of the true ones those that were kept at all."""
    even = [(p.left, p.right) for p in linked.pairs if p.weight >= 0]
    kept = {frozenset((p.left, p.right)) for p in linked.pairs}
    share = len(kept & data.true_pairs) / len(data.true_pairs)
    return {"kept": round(share, 4), "pairs at even odds": asdict(links(even, data.true_pairs))}


def otherwise(
    truth: Mapping[str, str], linked: Linked
) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """The same scores in chains, and as children are grouped (`clustering.py`), without judges."""
    for bits in CHAINED:
        pairs = ((p.left, p.right) for p in linked.pairs if p.weight >= bits)
        yield f"chained from {bits} bits", judged(truth, components(truth, pairs))
    yield "as children", judged(truth, as_children(truth, linked.pairs))


def as_children(truth: Mapping[str, str], pairs: list[ScoredPair]) -> dict[str, str]:
    groups = partition(truth, pairs, lambda one, other: False, Thresholds(review=99.0)).groups
    return {key: group[0] for group in groups for key in group}


def splinks_own(data: Public) -> dict[str, Any]:
    """Splink's own example for this set, at its own threshold for clusters (0.95) and at others."""
    table = [
        one | {"first_name_surname_concat": f"{one['first_name']} {one['surname']}"}
        if one["first_name"] and one["surname"]
        else one | {"first_name_surname_concat": None}
        for one in map(dict, data.records)
    ]
    predicted = plain.predict(plain.HISTORICAL, table)
    clusters = {
        str(least): judged(data.truth, components(data.truth, predicted.over(least)))
        for least in SPLINKS_CLUSTERS
    }
    return {
        "seconds": predicted.seconds,
        "pairs at 0.5": asdict(links(predicted.over(0.5), data.true_pairs)),
        "clusters": clusters,
    }
