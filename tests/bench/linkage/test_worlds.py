"""How right the engine is on sample worlds, what each part of it is worth, and worlds apart.

By itself: python -m pytest -m bench --capture=no tests/bench/linkage/test_worlds.py
MOTEM_BENCH_CHILDREN (default 500; 2000, 20000, 200000 take time) and MOTEM_BENCH_SEEDS (by comma)
choose the worlds. MOTEM_BENCH_ABLATIONS names what is taken out, by comma, e.g. "feature name,second
look"; default: all, one after the other. Parts: -k shipped, -k worth, -k apart.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import pytest

from gateway.evaluation import Evaluation
from linkage.evaluation import Pair, Quality
from linkage.labels import examples, examples_beside, of_truth
from linkage.learning import learnt
from linkage.linker import Linkage, link
from linkage.matcher import score
from linkage.model import MatchModel, load
from linkage.rows import Rows
from linkage.standing import Decision
from linkage.training import train
from tests.bench.linkage.ablation import OF_CLUES, OF_FEATURES
from tests.bench.linkage.intervals import Figures, Spread, differences, spreads, table
from tests.bench.linkage.worlds import CHILDREN, SEEDS, Setting, World, kept
from tests.bench.measure import report

SOURCES = {"four": Setting(), "nine": Setting(all_sources=True)}
APART = {
    "ordinary": Setting(),
    "noise 3": Setting(noise=3.0),
    "35 % withheld": Setting(withheld=0.35),
}
"""Worlds of the first four sources, which differ in how much is wrong or missing."""
TO_LEARN_FROM = 1_000
"""Added to a seed: what is learnt from is never what is judged."""
KNOWN_ABLATIONS = OF_FEATURES | OF_CLUES
ABLATIONS = os.environ.get("MOTEM_BENCH_ABLATIONS", ",".join(KNOWN_ABLATIONS)).split(",")
PRECISION, PRECISION_APART = 0.99, 0.98
"""Small worlds scatter: it is a failure where the interval lies below. The product's own limits are
in tests/bench/test_accuracy.py."""

pytestmark = pytest.mark.bench
Made = Callable[[Setting, int], World]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return partial(kept, tmp_path_factory.mktemp("worlds"))


def linked(world: World, model: MatchModel, before: Linkage | None = None) -> Linkage:
    """`before`: a linking of the same records by a model that scores alike."""
    seen = before.seen if before else ()
    return link(world.records, model, remembered=seen, engine=partial(score, rows=Rows()))


def in_sittings(world: World, model: MatchModel, first: Linkage) -> dict[str, float]:
    """Every question answered rightly, all linked again with the answers, until nothing new is asked."""
    made, said = first, dict[Pair, Decision]()
    while new := {(one[0], one[1]): one for one in world.answer(made) if one[:2] not in said}:
        said |= new
        made = link(
            world.records,
            model,
            list(said.values()),
            remembered=made.seen,
            engine=partial(score, rows=Rows()),
        )
    outcome = world.judged(made)
    children = outcome.engine.children
    return {
        "recall in the end": outcome.engine.recall,
        "exact in the end": exact(outcome.engine),
        "questions in the end": 100 * len(said) / children,
    }


def figures(outcome: Evaluation) -> dict[str, float]:
    """Shares, except `questions` (for 100 children) and `siblings joined` (pairs of children)."""
    engine, after = outcome.engine, outcome.answered
    return {
        "precision": engine.precision,
        "recall": engine.recall,
        "exact": exact(engine),
        "identities that mix": engine.mixed_identities / engine.identities,
        "recall after answers": after.recall,
        "exact after answers": exact(after),
        "questions": outcome.reviews_per_100,
        "true questions": outcome.true_share,
        "siblings joined": outcome.siblings_merged,
    }


def exact(quality: Quality) -> float:
    """Children all of whose records are one identity, with nobody else's."""
    return quality.exact_children / quality.children


def of_stratum(engine: Quality, after: Quality) -> dict[str, float]:
    return {
        "children": engine.children,
        "recall": engine.recall,
        "exact": exact(engine),
        "recall after answers": after.recall,
    }


def show(name: str, title: str, rows: Mapping[str, Mapping[str, Spread]], **more: Any) -> None:
    """Into var/bench as JSON, and for people as a table."""
    told = {
        row: {of: asdict(spread) for of, spread in found.items()} for row, found in rows.items()
    }
    report(f"worlds-{name}", children=CHILDREN, seeds=SEEDS, rows=told, **more)
    sys.stdout.write(f"\n{table(title, rows)}\n")


@pytest.mark.parametrize("sources", SOURCES)
def test_the_shipped_model_over_seeds_and_strata(sources: str, world: Made) -> None:
    model = load()
    outcomes, each = [], []
    for seed in SEEDS:
        here = world(SOURCES[sources], seed)
        made = linked(here, model)
        outcomes.append(here.judged(made))
        each.append(figures(outcomes[-1]) | in_sittings(here, model, made))
    strata = {
        name: spreads([of_stratum(*o.strata[name]) for o in outcomes if name in o.strata])
        for name in sorted({name for outcome in outcomes for name in outcome.strata})
    }
    whole = spreads(each)
    siblings = sum(outcome.siblings for outcome in outcomes)
    show(sources, "sources", {sources: whole}, model=model.version, each=each, siblings=siblings)
    show(f"{sources}-strata", "stratum", strata, model=model.version)
    assert all(outcome.missing == outcome.unknown == 0 for outcome in outcomes)
    assert whole["precision"].most >= PRECISION
    assert whole["recall after answers"].mean > whole["recall"].mean


def test_what_is_worth_how_much(world: Made) -> None:
    """Nine sources, because only there every feature has something to compare."""
    model = load()
    before: list[Figures] = []
    changed: dict[str, list[Figures]] = {name: [] for name in ABLATIONS}
    for seed in SEEDS:
        here = world(SOURCES["nine"], seed)
        whole = linked(here, model)
        before.append(figures(here.judged(whole)))
        for name in ABLATIONS:
            less = KNOWN_ABLATIONS[name](model)
            done = linked(here, less, whole if name in OF_CLUES else None)
            changed[name].append(figures(here.judged(done)))
    rows = {name: differences(found, before) for name, found in changed.items()}
    show("ablations", "without", rows, model=model.version, whole=before, each=changed)
    if "second look" in rows:
        assert rows["second look"]["recall"].mean < 0, "the second look only joins"


def taught(world: World) -> MatchModel:
    """Weights without labels, then clues with them, as scripts/default_model.py does."""
    known = of_truth(world.truth)
    model = train(world.records, name="bench")
    model = replace(model, clues=learnt(examples(world.records, model, known), {}))
    return replace(model, beside=learnt(examples_beside(world.records, model, known), {}))


def test_worlds_apart(world: Made) -> None:
    """Learnt from one kind of world, judged on another: every kind on every kind, and the shipped."""
    found: dict[tuple[str, str], list[Figures]] = {}
    for seed in SEEDS:
        models = {
            learnt_from: taught(world(setting, seed + TO_LEARN_FROM))
            for learnt_from, setting in APART.items()
        } | {"shipped": load()}
        for judged_on, setting in APART.items():
            here = world(setting, seed)
            for learnt_from, model in models.items():
                told = figures(here.judged(linked(here, model)))
                found.setdefault((learnt_from, judged_on), []).append(told)
    abroad = _abroad(found)
    each = {f"{one} → {other}": told for (one, other), told in found.items()}
    rows = {name: spreads(told) for name, told in each.items()}
    show("apart", "learnt from → judged on", rows, each=each)
    show("apart-less", "learnt from → judged on, less what was learnt from its own kind", abroad)
    assert all(row["precision"].most >= PRECISION_APART for row in rows.values())


def _abroad(found: Mapping[tuple[str, str], Sequence[Figures]]) -> dict[str, dict[str, Spread]]:
    return {
        f"{one} → {other}": differences(each, found[other, other])
        for (one, other), each in found.items()
        if one != other
    }
