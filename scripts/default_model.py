"""Makes the model that ships: weights without labels, clues and calibration from made-up children.

    python -m scripts.default_model

Takes about two hours, and needs requirements/trees.txt. Worlds of several sizes and sources, some of them with a share of the files
withheld, because that nobody else fits a pair says less while bodies are missing.
"""

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from gateway import settings
from gateway.database import open_engine, transaction
from linkage import labels
from linkage.calibration import Labelled
from linkage.learning import Example, learnt
from linkage.model import MatchModel, Thresholds
from linkage.records import PersonRecord
from linkage.store import IdentityStore
from linkage.training import train
from scripts import trees

MODEL = Path(__file__).parents[1] / "linkage/models/default.json"
THRESHOLDS = Thresholds(
    alone=10.0,
    link=10.0,
    sure=4.0,
    sure_of_several=5.0,
    sure_of_confusable=10.0,
    sure_of_doubtful=6.0,
    ask=-4.0,
)
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
FOUR = (71001, 71002, 71003, 71004, 71005, 71006, 72001, 72002, *range(71021, 71031))
NINE = (73001, 73002, *range(73011, 73017))
WORLDS = (
    *(World(seed=seed) for seed in FOUR),
    *(World(seed=seed, all_sources=True) for seed in NINE),
    World(seed=74001, withheld=0.35),
    World(seed=74002, all_sources=True, withheld=0.35),
    World(seed=74003, withheld=0.5),
)
CALIBRATING = (World(seed=FOUR[0]), World(seed=NINE[0], all_sources=True))
"""Of few sources and of many: what a weight means depends on who writes."""
THINNED = (
    *(World(seed=seed, withheld=1 / 3) for seed in (*FOUR[:6], *FOUR[-4:])),
    *(World(seed=seed, all_sources=True, withheld=1 / 3) for seed in NINE[-2:]),
)
"""For what a pair says beside others: whoever is missing is no rival."""
Made = tuple[Sequence[PersonRecord], Mapping[str, str]]
"""Records, and record key → child."""


def main() -> None:
    MODEL.write_text(made(_made).as_json(), encoding="utf-8")
    _say(f"written to {MODEL}")


def made(world_of: Callable[[World], Made]) -> MatchModel:
    """The model, whoever makes the worlds."""
    records, _ = world_of(WEIGHTS)
    model = train(records, name="default", thresholds=THRESHOLDS, progress=_say)
    known = [one for world in CALIBRATING for one in _weighed(world_of(world), model)]
    model = replace(model, calibration=labels.calibrated(known, model))
    alone = _examples(labels.examples, WORLDS, model, world_of)
    model = replace(model, clues=learnt(alone, {}))
    beside = _examples(labels.examples_beside, (*WORLDS, *THINNED), model, world_of)
    worth = learnt(beside, {})
    told = {**model.trained_on, "labels": len(alone)}
    return replace(model, beside=worth, forest=trees.grown(beside, worth), trained_on=told)


def _weighed(made: Made, model: MatchModel) -> list[Labelled]:
    records, truth = made
    return labels.weighed(records, model, labels.of_truth(truth))


def _examples(
    of: Callable[[Sequence[PersonRecord], MatchModel, labels.Known], list[Example]],
    worlds: Sequence[World],
    model: MatchModel,
    world_of: Callable[[World], Made],
) -> list[Example]:
    examples: list[Example] = []
    for world in worlds:
        records, truth = world_of(world)
        examples += of(records, model, labels.of_truth(truth))
        _say(f"{world}: {len(examples)} examples")
    return examples


def _made(world: World) -> Made:
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
        return kept, truth


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
