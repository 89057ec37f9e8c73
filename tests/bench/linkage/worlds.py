"""Sample worlds: made and read in by the real commands once, then held in memory with the truth."""

import hashlib
import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import cast

from gateway import postgres
from gateway.database import transaction
from gateway.evaluation import STRATA_FILE, Evaluation, judged, read_strata, read_truth
from linkage.clustering import Review
from linkage.linker import Linkage
from linkage.records import PersonRecord
from linkage.standing import Decision
from linkage.store import IdentityStore
from tests.bench.measure import run
from tests.conftest import temporary_home
from tests.ledger import engine_for

CHILDREN = int(os.environ.get("MOTEM_BENCH_CHILDREN", "500"))
SEEDS = tuple(
    map(int, os.environ.get("MOTEM_BENCH_SEEDS", "91001,91002,91003,91004,91005").split(","))
)
"""Nobody looked into these worlds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What `motem sample` is asked for; `withheld`: the share of records that never came."""

    all_sources: bool = False
    noise: float = 1.0
    withheld: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Records and what is true of them: record key → child, child → stratum, child → family."""

    records: Sequence[PersonRecord] = field(repr=False)
    truth: Mapping[str, str] = field(repr=False)
    strata: Mapping[str, str] = field(repr=False)
    families: Mapping[str, str] = field(repr=False)

    def judged(self, linked: Linkage) -> Evaluation:
        """As `motem evaluate` judges what `motem link` has kept."""
        identity = {key: group[0] for group in linked.groups for key in group}
        asked = [(review.left, review.right) for review in linked.reviews]
        return judged(self.truth, identity, asked, self.strata, self.families)

    def answer(self, linked: Linkage) -> list[Decision]:
        """What a steward who knows the truth says of every question."""
        return [
            (review.left, review.right, "same" if self._is_one(review) else "not-same")
            for review in linked.reviews
        ]

    def _is_one(self, review: Review) -> bool:
        child = self.truth.get(review.left)
        return child is not None and child == self.truth.get(review.right)

    def thinned(self, share: float, seed: int) -> "World":
        """The same without so large a share of the records, drawn at random."""
        chance = Random(seed)
        kept = [record for record in self.records if chance.random() >= share]
        keys = {record.key for record in kept}
        truth = {key: child for key, child in self.truth.items() if key in keys}
        return World(records=kept, truth=truth, strata=self.strata, families=self.families)


def kept(folder: Path, setting: Setting, seed: int) -> World:
    """The world, made when it is asked for first: on disk, so that memory holds one at a time."""
    file = folder / f"{hashlib.sha256(f'{setting} {seed}'.encode()).hexdigest()}.pickle"
    if not file.exists():
        file.write_bytes(pickle.dumps(made(setting, seed)))
    return cast(World, pickle.loads(file.read_bytes()))


def made(setting: Setting, seed: int) -> World:
    """A world of `CHILDREN` children, in the database and out again."""
    about = ["--children", str(CHILDREN), "--seed", str(seed), "--noise", str(setting.noise)]
    about += ["--all-sources"] if setting.all_sources else []
    with TemporaryDirectory() as folder:
        sample = Path(folder) / "world"
        with temporary_home() as home:
            records = ingested(home, sample, *about)
        strata, families = read_strata(sample / STRATA_FILE)
        truth = read_truth(sample / "truth.csv")
    world = World(records=records, truth=truth, strata=strata, families=families)
    return world.thinned(setting.withheld, seed) if setting.withheld else world


def ingested(home: Path, sample: Path, *about: str) -> list[PersonRecord]:
    """What the registry knows of a new world, by key; `about`: options of `motem sample`."""
    assert run(home, "sample", sample, *about).status == 0
    assert run(home, "migrate").status == 0
    assert run(home, "ingest", sample).status in (0, 3)
    engine = engine_for(postgres.ensure(home))
    try:
        with transaction(engine) as session:
            return sorted(IdentityStore(session).records(), key=lambda record: record.key)
    finally:
        engine.dispose()
