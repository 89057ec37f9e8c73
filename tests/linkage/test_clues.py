"""Clues: each tells only of what both sides know, has words, and is told apart where it differs."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from linkage.clues import BASE_WORDS, CLUES, clues, words_of
from linkage.decision import POSITION
from linkage.features import FEATURES
from linkage.learning import BASE
from linkage.model import load
from linkage.noticing import AND
from linkage.records import OPEN, PersonRecord, Stay
from linkage.scorer import compiled
from linkage.views import Side, View
from tests.linkage.people import HOME, HOSPITAL, PEOPLE, QUICK, TODAY, person, rich

SCORER = compiled(load())
DAY = 24 * 60
BORN: dict[str, Any] = {"birth_low": TODAY, "birth_high": TODAY, "birth_firm": True}


def side(record: PersonRecord, **values: Any) -> Side:
    told: dict[str, Any] = {"keys": (record.key,), "other": None, "alike": None, "apart": False}
    return Side(record=record, **told | values)


def view(left: PersonRecord, right: PersonRecord, **of_left: Any) -> View:
    return View(pair=SCORER.pair(left, right), left=side(left, **of_left), right=side(right))


def noticed(name: str, left: PersonRecord, right: PersonRecord, **of_left: Any) -> set[str]:
    """The labels of one clue."""
    found = (clue.partition("=") for clue in clues(view(left, right, **of_left)))
    return {label for clue, _, label in found if clue == name}


ALWAYS = {"weight-of-all", "against", "kinds", "ahead", "ahead-far", "choice", "choice-far"}
ALWAYS |= {"larger", "smaller", "sources"}
"""Of the pair and of what surrounds it, which is always known."""


def test_of_what_nobody_knows_there_is_no_clue() -> None:
    found = clues(view(person("a:1"), person("b:2")))
    assert {clue.partition("=")[0] for clue in found} == ALWAYS


def test_of_what_one_side_does_not_know_there_is_no_clue() -> None:
    told = rich("a:1")
    about_one = {"several", "foundling"}
    found = clues(view(told, person("b:2")))
    assert {clue.partition("=")[0] for clue in found} <= ALWAYS | about_one


@pytest.mark.parametrize(
    ("name", "left", "right", "label"),
    [
        ("home", {"homes": ("mai am",)}, {"homes": ("mai am", "home:1")}, "1"),
        ("home", {"homes": ("mai am",)}, {"homes": ("nha tinh thuong",)}, "0"),
        ("home-code", {"homes": ("home:1",)}, {"homes": ("home:2",)}, "0"),
        ("province", {"provinces": ("01",)}, {"provinces": ("01", "48")}, "1"),
        ("commune", {"communes": ("00199",)}, {"communes": ("00202",)}, "0"),
        ("minutes-number", {"minutes": ("12|1|2",)}, {"minutes": ("12|?|2026",)}, "1"),
        ("syllables", {"names": ("nguyễn thị an",)}, {"names": ("an nguyên",)}, "2"),
        ("whole-name", {"names": ("nguyễn thị an",)}, {"names": ("nguyen thi ân",)}, "3"),
        ("family", {"names": ("lê an",)}, {"names": ("trần an",)}, "other"),
        ("weight-week", {"grams": 3000, "grams_day": 9}, {"grams": 3030, "grams_day": 9}, "≤ 10"),
        ("growth", {"grams": 3000, "grams_day": 9}, {"grams": 4000, "grams_day": 109}, "≤ 16"),
        ("marks-shared", {"marks": ("mu", "vang")}, {"marks": ("mu", "vang")}, "5/5"),
        ("registered-after", {"registered": 110}, {"found_low": 100}, "≤ 20"),
        ("day", {"found_low": 100}, {"found_low": 103}, "≤ 3"),
    ],
)
def test_a_clue_tells_what_both_sides_say(
    name: str, left: dict[str, Any], right: dict[str, Any], label: str
) -> None:
    one, other = person("a:1", **left), person("b:2", **right)
    assert noticed(name, one, other) == noticed(name, other, one) == {label}


def test_a_stay_that_fell_into_the_years_in_a_home_is_noticed() -> None:
    home = Stay(place=HOME, file="f", start=TODAY * DAY, end=OPEN)
    bed = Stay(place=HOSPITAL, file="h", start=(TODAY + 9) * DAY, end=(TODAY + 12) * DAY)
    resident = person("a:1", stays=(home,))
    assert noticed("in-care", resident, person("b:2", stays=(bed,))) == {"yes"}
    before = replace(bed, start=(TODAY - 90) * DAY, end=(TODAY - 80) * DAY)
    assert noticed("in-care", resident, person("b:2", stays=(before,))) == {"no"}


def test_what_surrounds_a_pair_is_noticed() -> None:
    one, other = person("a:1"), person("b:2")
    assert noticed("ahead", one, other) == {"none"}
    weight = view(one, other).pair.weight
    assert noticed("ahead", one, other, other=weight - 1) == {"≤ 3"}
    assert noticed("ahead-far", one, other, other=weight - 1) == {"none"}
    assert noticed("apart", one, other, apart=True) == {"1"}
    assert noticed("larger", one, other, keys=("a:1", "a:2")) == {"2"}


@QUICK
@given(PEOPLE, PEOPLE)
def test_clues_do_not_depend_on_the_side(left: PersonRecord, right: PersonRecord) -> None:
    one = view(left, right)
    turned = replace(one, left=one.right, right=one.left)
    assert clues(one) == clues(turned)


@QUICK
@given(PEOPLE, PEOPLE)
def test_every_clue_has_words_in_both_languages(left: PersonRecord, right: PersonRecord) -> None:
    for clue in clues(view(left, right)):
        assert all(words_of(clue))


def test_the_base_and_the_levels_have_words_too() -> None:
    assert words_of(BASE) == BASE_WORDS
    for feature in FEATURES:
        for level in range(len(feature.levels) + 1):
            assert all(words_of(f"{feature.name}={level}"))


def test_what_several_features_mean_together_is_told_in_the_words_of_each() -> None:
    assert words_of("together=name=0 + birth=5") == (
        f"cùng một lúc: {words_of('name=0')[0]} + {words_of('birth=5')[0]}",
        f"all at once: {words_of('name=0')[1]} + {words_of('birth=5')[1]}",
    )
    left, right = person("a:1", names=("lê an",), **BORN), person("b:2", names=("trần an",), **BORN)
    levels = view(left, right).pair.levels
    name, birth = (levels[POSITION[feature]] for feature in ("name", "birth"))
    assert noticed("together", left, right) == {f"name={name} + birth={birth}"}
    assert noticed("together", left, replace(right, names=())) == {f"birth={birth}"}


def test_an_event_is_told_by_between_whom_it_is() -> None:
    here = {"found_low": 100, "found_high": 100, "communes": ("00199",)}
    (label,) = noticed("event-between", person("hospital:1", **here), person("police:2", **here))
    level, *between = label.split(AND)
    assert level.startswith("event=")
    assert between == ["hospital", "police"]
    assert words_of(f"event-between={label}")[1].endswith(" + hospital + police")
    assert noticed("event-between", person("a:1"), person("b:2")) == set()


def test_no_clue_is_called_like_a_feature() -> None:
    names = [clue.name for clue in CLUES]
    assert len(set(names)) == len(names)
    assert {feature.name for feature in FEATURES}.isdisjoint(names)


@pytest.mark.parametrize("name", ["name", "birth", "sex", "weight", "event", "marks"])
def test_the_shipped_clues_are_learnt_with_the_levels_of_now(name: str) -> None:
    """A level that came since would give each after it the worth of another."""
    known = {int(clue.partition("=")[2]) for clue in load().clues if clue.startswith(f"{name}=")}
    assert max(known) == len(next(f for f in FEATURES if f.name == name).levels)
    assert load().clues["sex=1"] > load().clues["sex=2"]


def test_every_clue_that_the_shipped_model_learnt_can_be_told() -> None:
    for clue in (*load().clues, *load().beside):
        vietnamese, english = words_of(clue)
        assert "=" not in vietnamese + english, clue
        assert vietnamese != english, clue


@pytest.mark.parametrize("clue", ["gone=same", "gone=1", "sex=99", "sex=often", "sex", "=", ""])
def test_a_clue_of_an_older_version_says_itself(clue: str) -> None:
    """What was noticed before an update is explained until the next linking."""
    assert words_of(clue) == (clue, clue)
