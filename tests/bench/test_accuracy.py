"""How right the shipped model is on sample worlds of 2,000 children that nobody tuned to.

By itself: python -m pytest -m bench --capture=no tests/bench/test_accuracy.py
"""

import csv
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest

from audit.event import Caller
from gateway import settings
from gateway.database import open_engine, transaction
from gateway.evaluation import Evaluation, evaluate
from tests.bench.measure import report, run
from tests.conftest import temporary_home

CHILDREN = "2000"
SEEDS = ("20261121", "77001", "77002")
PRECISION, RECALL, MIXED = 0.997, {"four": 0.925, "nine": 0.857}, 0.004
SOURCES = {"four": (), "nine": ("--all-sources",)}
REVIEWS, RECALL_AFTER = {"four": 20, "nine": 36}, {"four": 0.977, "nine": 0.935}
"""Questions for 100 children, and the recall once they are answered. Wanted are 20 and 0.985: the
limits say when it gets worse. Some of the questions with nine sources are about step reports that
name nobody, which formats.md wants to wait as a review."""
SIBLINGS = {"four": 0, "nine": 3}
"""Pairs of siblings who may be joined. Wanted is none: of nine sources some call or report says of one
twin what is the other's, and does not know that there are two."""
PRECISION_OF_A_PART = 0.985
TOLERANCE = 0.004
"""One world of 2,000 children is a sample: three of them scatter by about so much."""

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("sources", SOURCES)
@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_on_a_world_that_nobody_tuned_to(
    seed: str, sources: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with temporary_home() as home:
        monkeypatch.setenv("MOTEM_HOME", str(home))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        outcome = _evaluated(home, tmp_path / "world", seed, sources)
    engine, after = outcome.engine, outcome.answered
    mixed = engine.mixed_identities / engine.identities
    report(
        f"accuracy-{sources}-{seed}",
        precision=engine.precision,
        recall=engine.recall,
        cubed=(engine.cubed_precision, engine.cubed_recall),
        exact=engine.exact_children / engine.children,
        mixed=mixed,
        recall_after_reviews=after.recall,
        reviews_per_100=outcome.reviews_per_100,
        reviews_true=outcome.true_share,
        siblings_merged=(outcome.siblings_merged, outcome.siblings),
        counts=asdict(engine),
    )
    assert outcome.missing == 0
    assert mixed <= MIXED
    assert engine.precision >= PRECISION - TOLERANCE
    assert engine.recall >= RECALL[sources] - TOLERANCE * 5
    assert after.recall >= RECALL_AFTER[sources] - TOLERANCE * 5
    assert outcome.siblings_merged <= SIBLINGS[sources]
    assert outcome.reviews_per_100 <= REVIEWS[sources] * 1.1


@pytest.mark.parametrize("seed", SEEDS)
def test_where_a_third_of_the_files_never_came_nothing_is_claimed_but_measured(
    seed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every body sends yet: that nobody else fits a pair then says less than it seems."""
    with temporary_home() as home:
        monkeypatch.setenv("MOTEM_HOME", str(home))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        outcome = _evaluated(home, tmp_path / "world", seed, "four", withheld=1 / 3)
    engine = outcome.engine
    report(
        f"accuracy-part-{seed}",
        precision=engine.precision,
        recall=engine.recall,
        mixed=engine.mixed_identities / engine.identities,
        recall_after_reviews=outcome.answered.recall,
        reviews_per_100=outcome.reviews_per_100,
        siblings_merged=(outcome.siblings_merged, outcome.siblings),
    )
    assert engine.precision >= PRECISION_OF_A_PART


def _evaluated(
    home: Path, world: Path, seed: str, sources: str, withheld: float = 0.0
) -> Evaluation:
    """The world through the real commands, then compared with its truth."""
    about = ("--children", CHILDREN, "--seed", seed, *SOURCES[sources])
    assert run(home, "sample", world, *about).status == 0
    chance = Random(seed)
    for file in sorted(world.glob("*/**/*")):
        if file.is_file() and chance.random() < withheld:
            file.unlink()
    assert run(home, "migrate").status == 0
    assert run(home, "ingest", world).status in (0, 3)
    assert run(home, "link").status == 0
    engine = open_engine(settings.load())
    try:
        with transaction(engine) as session:
            caller = Caller(who="bench", system="tests", purpose="HOPERAT")
            return evaluate(session, world / "truth.csv", caller)
    finally:
        engine.dispose()


def test_truth_has_every_child(tmp_path: Path) -> None:
    """The yardstick itself: each record once, each child in a stratum."""
    with temporary_home() as home:
        assert run(home, "sample", tmp_path / "w", "--children", "200", "--seed", "5").status == 0
    with (tmp_path / "w" / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "w" / "strata.csv").open(encoding="utf-8", newline="") as file:
        children = {row["child"] for row in csv.DictReader(file)}
    assert len({(row["source"], row["record"]) for row in rows}) == len(rows)
    assert {row["child"] for row in rows} <= children
