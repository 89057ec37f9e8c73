"""What is taken out of a model weighs nothing any more, and everything else weighs what it did."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import product

import pytest

from linkage.clues import KNOWN
from linkage.features import FEATURES
from linkage.learning import BASE
from linkage.linker import link
from linkage.model import MatchModel, load, read
from linkage.parity import made_rows
from linkage.parity import prepared as prepared_row
from linkage.scorer import Exact, Scorer, compiled
from tests.bench.linkage.ablation import OF_CLUES, OF_FEATURES
from tests.linkage.town import town

MODEL = load()
NAMES = [feature.name for feature in FEATURES]


def kinds(model: MatchModel) -> set[str]:
    return {clue.partition("=")[0] for clue in (*model.clues, *model.beside)}


def scored(scorer: Scorer) -> Sequence[Exact]:
    """Pairs of rows that reach every level, with rare names and common ones."""
    rows = [prepared_row(row) for row in made_rows(MODEL, seed=1, count=100)]
    return [scorer.exact(one, other) for one, other in product(rows[:50], rows[50:])]


@cache
def as_shipped() -> Sequence[Exact]:
    return scored(compiled(MODEL))


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_can_be_taken_out_and_leaves_the_others_alone(name: str) -> None:
    changed = dict(OF_FEATURES[f"feature {name}"](MODEL).weights)
    assert all(m == u for m, u in changed.pop(name))
    assert changed.items() <= MODEL.weights.items()
    assert {*changed, name} == MODEL.weights.keys()


@pytest.mark.parametrize("name", ["name", "event"])
def test_a_feature_that_is_taken_out_adds_nothing_and_the_others_what_they_did(name: str) -> None:
    place = NAMES.index(name)
    changed = scored(compiled(OF_FEATURES[f"feature {name}"](MODEL)))
    assert any(bits[place] for _, _, bits in as_shipped())
    for (weight, levels, bits), (before, same, old) in zip(changed, as_shipped(), strict=True):
        assert levels == same
        assert bits[place] == 0
        assert bits[:place] + bits[place + 1 :] == old[:place] + old[place + 1 :]
        assert abs(weight - before + old[place]) < 1e-6, "bits are rounded, weights are not"


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_that_is_taken_out_is_no_clue_either(name: str) -> None:
    gone = kinds(MODEL) - kinds(OF_FEATURES[f"feature {name}"](MODEL))
    assert gone == kinds(MODEL) & {name, f"{name}-between"}


@pytest.mark.parametrize("name", KNOWN)
def test_a_clue_is_taken_out_with_all_its_labels_and_no_other(name: str) -> None:
    changed = OF_CLUES[f"clue {name}"](MODEL)
    assert kinds(MODEL) - kinds(changed) == kinds(MODEL) & {name}
    assert changed.clues.items() <= MODEL.clues.items()
    assert changed.beside.items() <= MODEL.beside.items()
    assert (changed.weights, changed.frequencies) == (MODEL.weights, MODEL.frequencies)


def test_a_feature_that_is_taken_out_is_told_by_no_clue_about_several() -> None:
    told = {"together=name=0 + birth=5": 1.0, "together=birth=5": 2.0}
    changed = OF_FEATURES["feature name"](replace(MODEL, beside=told))
    assert changed.beside == {"together=birth=5": 2.0}


def test_without_the_second_look_not_even_its_base_is_left() -> None:
    assert BASE in MODEL.clues
    assert BASE in MODEL.beside
    assert not OF_CLUES["second look"](MODEL).clues
    assert not OF_CLUES["second look"](MODEL).beside


@pytest.mark.parametrize("name", ["feature name", "second look", "clue ahead"])
def test_what_is_left_is_a_model_that_can_be_kept_and_has_a_version_of_its_own(name: str) -> None:
    changed = (OF_FEATURES | OF_CLUES)[name](MODEL)
    assert read(changed.as_json()) == changed
    assert changed.version != MODEL.version


def test_what_the_rounds_saw_may_be_used_again_where_only_clues_are_taken_out() -> None:
    records = town(children=6, born_together=4).records
    again = partial(link, records, OF_CLUES["second look"](MODEL))
    assert again(remembered=link(records, MODEL).seen) == again()
