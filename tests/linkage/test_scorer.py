"""The compiled function gives what Splink gives, for every level of every comparison."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, TypeAlias

import pytest

from linkage import compared
from linkage import scorer as module
from linkage.features import FEATURES
from linkage.matcher import ScoredPair, score
from linkage.model import MatchModel, load, settings, untrained
from linkage.parity import NEARLY, Row, made_rows, scored_by_splink
from linkage.parity import prepared as prepared_row
from linkage.scorer import Exact, Scorer, compiled
from linkage.sql_expressions import UntranslatableError
from tests.linkage.people import made_people, person

Engine: TypeAlias = Callable[[list[Row], list[Row], Scorer], Mapping[tuple[str, str], Exact]]
ENGINES: dict[str, Engine] = {"duckdb": scored_by_splink}
"""Whoever scores in batches; each is held to the compiled function."""
MODELS: dict[str, Callable[[], MatchModel]] = {
    "without frequencies": untrained,
    "with frequencies": load,
    "without a floor of frequencies": lambda: replace(
        untrained(), frequencies={"name_main": {"trần": 0.3, "Trần": 1e-5}}, unseen={}
    ),
}
EVERYTHING = -1000.0
LEVELS = {(f.name, level) for f in FEATURES for level in (None, *range(len(f.levels) + 1))}


@cache
def scorer_of(model: str) -> Scorer:
    return compiled(MODELS[model]())


@cache
def by_both(engine: str, model: str) -> tuple[tuple[Exact, Exact], ...]:
    """Every pair of a left with a right row, as the function and as the engine has it."""
    scorer = scorer_of(model)
    rows = made_rows(scorer.model, seed=1, count=140)
    left, right = rows[:70], rows[70:]
    theirs = ENGINES[engine](left, right, scorer)
    prepared = {row["unique_id"]: prepared_row(row) for row in rows}
    pairs = product([row["unique_id"] for row in left], [row["unique_id"] for row in right])
    return tuple((scorer.exact(prepared[a], prepared[b]), theirs[a, b]) for a, b in pairs)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_function_gives_the_engines_levels_bits_and_weight(engine: str, model: str) -> None:
    pairs = by_both(engine, model)
    assert len(pairs) == 70 * 70
    for ours, theirs in pairs:
        assert ours[1:] == theirs[1:]
        assert ours[0] == pytest.approx(theirs[0], abs=NEARLY)
        assert round(ours[0], 6) == round(theirs[0], 6)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_comparison_above_sees_every_level_of_every_feature(engine: str) -> None:
    seen = Counter(
        (feature.name, level)
        for ours, _ in by_both(engine, "with frequencies")
        for feature, level in zip(FEATURES, ours[1], strict=True)
    )
    assert set(seen) == LEVELS


@pytest.mark.parametrize("seed", range(3))
def test_a_pair_is_scored_exactly_as_the_matcher_scores_it(seed: int) -> None:
    scorer, made = scorer_of("with frequencies"), made_people(60, seed)
    by_key = {record.key: record for record in made}
    pairs = list(score(made, scorer.model, EVERYTHING))
    assert len(pairs) == 60 * 59 // 2
    for pair in pairs:
        assert scorer.pair(by_key[pair.left], by_key[pair.right]) == pair
        assert scorer.pair(by_key[pair.right], by_key[pair.left]) == pair


def test_one_record_is_scored_against_the_bare_values_of_many_alike() -> None:
    scorer, made = scorer_of("with frequencies"), made_people(60, 9)
    one, others = scorer.prepared(made[0]), made[1:]
    bare = [compared.values(compared.as_text(other)) for other in others]
    every = list(scorer.against(one, bare, EVERYTHING))
    assert [place for place, _ in every] == list(range(len(others)))
    for (_, exact), other in zip(every, others, strict=True):
        assert exact == scorer.exact(one.values, scorer.prepared(other).values)
    least = sorted(round(exact[0], 6) for _, exact in every)[30]
    enough = [found for found in every if round(found[1][0], 6) >= least]
    assert list(scorer.against(one, bare, least)) == enough
    assert 0 < len(enough) < len(every)


def test_bits_add_up_to_the_weight_and_are_what_was_added() -> None:
    for ours, _ in by_both("duckdb", "with frequencies"):
        prior = ours[0] - sum(ours[2])
        assert prior == pytest.approx(-11.702317, abs=1e-5)


def test_a_common_name_adds_less_and_a_term_nobody_saw_is_as_rare_as_one_seen_once() -> None:
    common, rare = "nguyễn văn an", "tống khánh vy"
    model = replace(
        untrained(), frequencies={"name_main": {common: 0.02}}, unseen={"name_main": 0.001}
    )
    scorer, added = compiled(model), {}
    for name in (common, rare):
        pair = scorer.pair(person("a:1", names=(name,)), person("b:2", names=(name,)))
        added[name] = pair.weight
    assert added[rare] - added[common] == pytest.approx(4.321928, abs=1e-6)


def test_neither_a_prepared_row_nor_the_scorer_shows_what_is_in_it() -> None:
    scorer = scorer_of("with frequencies")
    prepared = scorer.prepared(person("hospital:998326000001", names=("tống khánh vy",)))
    assert "998326000001" not in repr(prepared)
    assert "tống" not in repr((prepared, scorer))


def changed(change: Callable[[Any], None]) -> Callable[[MatchModel], Any]:
    """`settings` with something changed in what Splink compiled."""

    class Changed:
        def __init__(self, model: MatchModel) -> None:
            self.model = model

        def get_settings(self, dialect: str) -> Any:
            compiled_settings = settings(self.model).get_settings(dialect)
            change(compiled_settings.core_model_settings.comparisons)
            return compiled_settings

    return Changed


CHANGES: Sequence[Callable[[Any], Any]] = (
    lambda comparisons: comparisons.pop(),
    lambda comparisons: comparisons[0].comparison_levels.pop(),
    lambda comparisons: setattr(
        comparisons[0].comparison_levels[1], "_sql_condition", "soundex(sex_l) = sex_r"
    ),
    lambda comparisons: setattr(
        comparisons[0].comparison_levels[1], "_m_probability", float("inf")
    ),
)


@pytest.mark.parametrize("change", CHANGES, ids=["a comparison less", "no else", "SQL", "infinite"])
def test_what_is_not_understood_is_not_compiled(
    change: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "settings", changed(change))
    with pytest.raises(UntranslatableError):
        compiled(untrained())


def test_scored_pairs_are_those_of_the_matcher_in_form() -> None:
    pair = scorer_of("without frequencies").pair(person("b:1"), person("a:1"))
    assert isinstance(pair, ScoredPair)
    assert (pair.left, pair.right) == ("a:1", "b:1")
    assert pair.levels == (None,) * len(FEATURES)
    assert pair.bits == (0.0,) * len(FEATURES)
