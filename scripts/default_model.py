"""Makes the model that ships: weights without labels, clues and calibration from made-up children.

    python -m scripts.default_model

Takes about forty minutes. Worlds of several sizes and sources, some of them with a share of the
files withheld, because that nobody else fits a pair says less while bodies are missing.
"""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from gateway import settings
from gateway.database import open_engine, transaction
from linkage import labels
from linkage.learning import Example, learnt
from linkage.model import Thresholds
from linkage.records import PersonRecord
from linkage.store import IdentityStore
from linkage.training import train

MODEL = Path(__file__).parents[1] / "linkage/models/default.json"
THRESHOLDS = Thresholds(alone=5.0, link=10.0, sure=4.5, sure_of_several=10.0, ask=-3.5)
"""Chosen on worlds of seeds that clues do not learn from. Rules join what is strong, the second look
the rest: it weighs all that is known, and errs less."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What `motem sample` is asked for; `withheld`: the share of records that never came."""

    seed: int
    children: int = 2000
    all_sources: bool = False
    withheld: float = 0.0


WEIGHTS = World(seed=11, children=3000)
WORLDS = (
    *(World(seed=seed) for seed in (71001, 71002, 71003, 71004, 71005, 71006, 72001, 72002)),
    *(World(seed=seed, all_sources=True) for seed in (73001, 73002)),
    World(seed=74001, withheld=0.35),
    World(seed=74002, all_sources=True, withheld=0.35),
    World(seed=74003, withheld=0.5),
)


def main() -> None:
    with _made(WEIGHTS) as (records, _):
        model = train(records, name="default", thresholds=THRESHOLDS, progress=_say)
    examples: list[Example] = []
    for place, world in enumerate(WORLDS):
        with _made(world) as (records, truth):
            known = labels.of_truth(truth)
            examples += labels.examples(records, model, known)
            if not place:
                model = replace(model, calibration=labels.calibrated(records, model, known))
        _say(f"{world}: {len(examples)} examples")
    told = {**model.trained_on, "labels": len(examples)}
    model = replace(model, clues=learnt(examples, {}), trained_on=told)
    MODEL.write_text(model.as_json(), encoding="utf-8")
    _say(f"{model.version} written to {MODEL}")


@contextmanager
def _made(world: World) -> Iterator[tuple[Sequence[PersonRecord], Mapping[str, str]]]:
    """The records of a world, through the real commands, and whose they are."""
    with TemporaryDirectory() as folder:
        os.environ["MOTEM_HOME"] = f"{folder}/home"
        os.environ.pop("DATABASE_URL", None)
        sample = Path(folder) / "world"
        about = ["--children", str(world.children), "--seed", str(world.seed)]
        _motem("sample", str(sample), *about, *(["--all-sources"] if world.all_sources else []))
        _motem("migrate")
        _motem("ingest", str(sample), expected=(0, 3))
        records = _stored()
        chance = Random(world.seed)
        kept = [record for record in records if chance.random() >= world.withheld]
        with (sample / "truth.csv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            truth = {f"{row['source']}:{row['record']}": row["child"] for row in rows}
        _motem("db", "stop")
        yield kept, truth


def _stored() -> list[PersonRecord]:
    engine = open_engine(settings.load())
    try:
        with transaction(engine) as session:
            return sorted(IdentityStore(session).records(), key=lambda record: record.key)
    finally:
        engine.dispose()


def _motem(*arguments: str, expected: Sequence[int] = (0,)) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *arguments], stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode not in expected:
        raise SystemExit(f"motem {arguments[0]} ended with {done.returncode}")


def _say(step: str) -> None:
    sys.stderr.write(f"{step}\n")


if __name__ == "__main__":
    main()
