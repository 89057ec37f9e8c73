"""The shipped model's probabilities on children of the sample world, beside what is true.

By itself: python -m pytest -m bench --capture=no tests/bench/linkage/test_calibration.py
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.evaluation import read_truth
from linkage import directory, given_ids, siblings
from linkage.calibration import fitted
from linkage.conflicts import conflict
from linkage.linker import least_weight
from linkage.matcher import ScoredPair, score
from linkage.model import MatchModel, load
from linkage.odds import probability
from linkage.records import PersonRecord
from tests.bench.linkage.calibration import reliability
from tests.bench.linkage.worlds import ingested
from tests.bench.measure import report
from tests.conftest import temporary_home

CHILDREN, SEEDS = "1000", ("88001", "88002")

pytestmark = pytest.mark.bench


def test_probabilities_of_pairs_of_records(tmp_path: Path) -> None:
    """As the weights have them, as the model tells them, and as labels of another world would."""
    model = load()
    worlds = [_scored(tmp_path / seed, seed, model) for seed in SEEDS]
    (pairs, is_one), (others, is_other) = worlds
    learned = fitted([(pair.weight, is_other(pair.left, pair.right)) for pair in others])
    plain = reliability(pairs, is_one, probability)
    told = reliability(pairs, is_one, model.calibration.probability)
    mapped = reliability(pairs, is_one, learned.probability)
    report(
        "linkage-calibration",
        model=model.version,
        by_weight=plain,
        as_told=told,
        map_of_another_world=learned.points,
        mapped=mapped,
    )
    assert told["pairs"] > 5_000
    assert told["brier"] < told["constant"]
    assert told["brier"] < plain["brier"]
    assert told["apart"] < plain["apart"] / 3


def _scored(
    world: Path, seed: str, model: MatchModel
) -> tuple[list[ScoredPair], Callable[[str, str], bool]]:
    """The pairs of a world that the engine may join, and whether two records are one child."""
    with temporary_home() as home:
        about = ("--children", CHILDREN, "--seed", seed, "--all-sources")
        records = ingested(home, world, *about)
    truth = read_truth(world / "truth.csv")
    by_key = {record.key: record for record in prepared(records)}
    pairs = score(list(by_key.values()), model, least_weight(model))
    known = [
        pair
        for pair in pairs
        if {pair.left, pair.right} <= truth.keys()
        and conflict(by_key[pair.left], by_key[pair.right]) is None
    ]
    return known, lambda one, other: truth[one] == truth[other]


def prepared(records: list[PersonRecord]) -> list[PersonRecord]:
    """As `linker.link` has them in its first round."""
    told = directory.resolve(records, directory.learn(records))
    return list(siblings.resolve(given_ids.resolve(told)))
