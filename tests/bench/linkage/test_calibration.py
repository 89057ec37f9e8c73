"""The shipped model's probabilities on children of the sample world, beside what is true.

By itself: python -m pytest -m bench --capture=no tests/bench/linkage/test_calibration.py
"""

import csv
from pathlib import Path

import pytest

from gateway import settings
from gateway.database import open_engine, transaction
from linkage import directory, given_ids, siblings
from linkage.linker import least_weight
from linkage.matcher import score
from linkage.model import load
from linkage.records import PersonRecord
from linkage.store import IdentityStore
from tests.bench.linkage.calibration import reliability
from tests.bench.measure import report, run
from tests.conftest import temporary_home

CHILDREN, SEED = "1000", "88001"

pytestmark = pytest.mark.bench


def test_probabilities_of_pairs_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load()
    with temporary_home() as home:
        monkeypatch.setenv("MOTEM_HOME", str(home))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        records = ingested(home, tmp_path / "world")
    truth = children(tmp_path / "world" / "truth.csv")
    pairs = list(score(prepared(records), model, least_weight(model)))

    def is_one(one: str, other: str) -> bool:
        return truth[one] == truth[other]

    known = [pair for pair in pairs if {pair.left, pair.right} <= truth.keys()]
    told = reliability(known, is_one)
    report("linkage-calibration", model=model.version, records=len(records), **told)
    assert told["pairs"] > 10_000
    assert told["brier"] <= told["constant"] / 2


def ingested(home: Path, world: Path) -> list[PersonRecord]:
    """A world that nobody tuned to, of all sources, through the real commands."""
    about = ("--children", CHILDREN, "--seed", SEED, "--all-sources")
    assert run(home, "sample", world, *about).status == 0
    assert run(home, "migrate").status == 0
    assert run(home, "ingest", world).status in (0, 3)
    engine = open_engine(settings.load())
    try:
        with transaction(engine) as session:
            return list(IdentityStore(session).records())
    finally:
        engine.dispose()


def prepared(records: list[PersonRecord]) -> list[PersonRecord]:
    """As `linker.link` has them in its first round."""
    told = directory.resolve(records, directory.learn(records))
    return list(siblings.resolve(given_ids.resolve(told)))


def children(path: Path) -> dict[str, str]:
    """Record key → child."""
    with path.open(encoding="utf-8", newline="") as file:
        return {f"{row['source']}:{row['record']}": row["child"] for row in csv.DictReader(file)}
