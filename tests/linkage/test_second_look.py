"""The second look: what is likely is joined or asked about, and nothing outranks a conflict."""

from dataclasses import replace
from functools import partial
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import linker
from linkage.conflicts import conflict
from linkage.features import FEATURES
from linkage.learning import BASE
from linkage.linker import Linkage
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MORE_THAN_SURE, MatchModel, Thresholds, load, untrained
from linkage.records import PersonRecord
from linkage.second_look import Memory, Noticed, joins, judged
from linkage.views import views
from tests.linkage.histories import MODEL, plain
from tests.linkage.people import QUICK, TODAY, made_people, person

PLAIN = untrained()
link = partial(linker.link, engine=plain)
BORN: dict[str, Any] = {"birth_low": TODAY, "birth_high": TODAY, "birth_firm": True}
BORN_BEFORE: dict[str, Any] = {"birth_low": TODAY - 900, "birth_high": TODAY - 900}
SHIPPED = load()
NO_LEVELS = (None,) * len(FEATURES)
HELD = replace(PLAIN.thresholds, certain=99.0, link=99.0, alone=99.0)
"""The rules join nothing."""


def believing(bits: float, **clues: float) -> MatchModel:
    """A model that finds every pair so likely, and more or less so by its clues."""
    return replace(PLAIN, clues={BASE: bits, **clues})


def comparing(alone: float, bits: float, **clues: float) -> MatchModel:
    """One that finds every pair by itself so likely, and then goes by who else is."""
    return replace(believing(alone), beside={BASE: bits, **clues})


def doubtful(**values: Any) -> list[PersonRecord]:
    """Two records of which the rules can only ask: born on one day, in one sex."""
    told = {"sex": "female", **BORN, **values}
    return [person("hospital:1", **told), person("facility:2", **told)]


def apart(made: Linkage) -> bool:
    return len(made.groups) > 1


def test_the_rules_leave_the_pair_open() -> None:
    made = link(doubtful(), PLAIN)
    assert apart(made)
    assert not made.likely
    assert not made.doubtful


def test_what_is_likely_enough_is_joined_with_its_reasons() -> None:
    made = link(doubtful(), believing(9.0, **{"sex=0": 1.0}))
    assert not apart(made)
    (one,) = made.likely
    assert dict(one.clues) == {BASE: 9.0, "sex=0": 1.0}
    assert one.bits == 10.0
    assert (one.left, one.right) == (("facility:2",), ("hospital:1",))
    assert made.reviews == ()


def named(given: str, **values: Any) -> dict[str, Any]:
    return {"names": (f"nguyễn thị {given}",), "sex": "female", **values}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(
            named("an", cards=("9900000001",), **BORN),
            named("hạnh", cards=("9900000001",), **BORN),
            id="a card that twins go home with",
        ),
        pytest.param(
            named("an", minutes=(f"12|00199|{TODAY}",), **BORN),
            {
                "names": ("trần văn bình",),
                "sex": "male",
                "minutes": (f"12|00199|{TODAY}",),
                **BORN,
            },
            id="one minutes of a boy and a girl",
        ),
        pytest.param(
            named("an", certificates=("00001.GCS.01234.26",), **BORN_BEFORE),
            {"names": ("trần văn bình",), "certificates": ("00001.GCS.01234.26",), **BORN},
            id="a borrowed certificate",
        ),
        pytest.param(
            named("an", personal_ids=("998326000001",), **BORN),
            named("hạnh", personal_ids=("999111222333",), **BORN),
            id="two personal numbers and two names",
        ),
        pytest.param(
            named("bảo", **BORN),
            named("bạo", **BORN),
            id="names that differ only in their marks",
        ),
    ],
)
def test_what_is_doubtful_in_kind_is_asked_about(
    left: dict[str, Any], right: dict[str, Any]
) -> None:
    """Of twins however likely; of others as long as it is not surer than what is not doubtful."""
    both = [person("facility:1", **left), person("civil_status:2", **right)]
    bits = (PLAIN.thresholds.sure + PLAIN.thresholds.sure_of_doubtful) / 2
    for model, people in (
        (believing(bits), both),
        (believing(50.0), [replace(one, several=True) for one in both]),
    ):
        made = linker.link(people, model)
        assert apart(made)
        (one,) = made.doubtful
        assert one.doubted
        assert one.held >= any(record.several for record in people)
        assert len(made.reviews) == 1


@pytest.mark.parametrize("bits", [50.0, -50.0])
def test_a_number_beside_which_nothing_else_agrees_is_asked_about_however_likely(
    bits: float,
) -> None:
    number = {"certificates": ("00001.GCS.01234.26",)}
    left, right = named("an", **BORN_BEFORE), {"names": ("trần văn bình",), "sex": "male", **BORN}
    both = [person("facility:1", **left, **number), person("civil_status:2", **right, **number)]
    made = linker.link(both, believing(bits))
    assert apart(made)
    assert [one.held for one in made.doubtful] == [True]
    assert len(made.reviews) == 1


def test_who_else_is_likely_decides_once_each_pair_was_judged_by_itself() -> None:
    nobody = {"odds-ahead=none": 4.0}
    model = comparing(-2.0, 3.0, **nobody)
    made = link(doubtful(), model)
    assert not apart(made)
    (one,) = made.likely
    assert dict(one.clues) == {BASE: 3.0, **nobody}, "the odds by itself are a clue, not a part"
    three = [*doubtful(), person("facility:3", sex="female", **BORN)]
    assert len(link(three, model).groups) == 3


def test_what_a_house_writes_of_everybody_is_no_clue() -> None:
    alike = doubtful(names=("nguyễn thị an",))
    model = believing(1.0, **{"whole-name=3": 8.0})
    habits = dict.fromkeys(("hospital", "facility"), ("name:an nguien thi",))
    assert not apart(link(alike, replace(model, thresholds=HELD)))
    assert apart(link(alike, replace(model, thresholds=HELD, habits=habits)))


def test_what_is_doubtful_is_asked_and_what_is_unlikely_is_not() -> None:
    made = link(doubtful(), believing(1.0))
    assert apart(made)
    assert len(made.reviews) == len(made.doubtful) == 1
    made = link(doubtful(), believing(-9.0))
    assert not made.reviews
    assert not made.doubtful


def test_a_clue_that_the_model_never_saw_says_nothing() -> None:
    (one,) = link(doubtful(), believing(0.5, **{"growth=> 45": 7.0})).doubtful
    assert one.clues == ((BASE, 0.5),)


def test_of_twins_more_is_wanted() -> None:
    bits = (PLAIN.thresholds.sure + PLAIN.thresholds.sure_of_several) / 2
    assert not apart(link(doubtful(), believing(bits)))
    assert apart(link(doubtful(several=True), believing(bits)))


def of_twins(**tells: Any) -> list[PersonRecord]:
    """A baby, and the police's report of two, the first of whom it is if `tells` says so."""
    found = {"sex": "female", **BORN, "report": "police:1", "several": True}
    baby = person("hospital:1", sex="female", **BORN, **tells)
    return [baby, person("police:1#1", **found, **tells), person("police:1#2", **found)]


def test_twins_whom_nothing_tells_apart_are_asked_about_however_well_one_fits() -> None:
    """Place, day and weight are of both; a name or a number is of one (promise 2)."""
    bits = (PLAIN.thresholds.sure_of_several + PLAIN.thresholds.sure_of_confusable) / 2
    made = link(of_twins(), replace(comparing(0.0, bits), thresholds=sure_of(bits)))
    assert len(made.groups) == 3
    assert {one.confusable for one in made.doubtful} == {True}
    told = link(
        of_twins(names=("nguyễn thị an",)), replace(comparing(0.0, bits), thresholds=sure_of(bits))
    )
    assert ("hospital:1", "police:1#1") in told.groups


def sure_of(bits: float) -> Thresholds:
    """The rules join nothing; the second look does, but for what is confusable, at `bits`."""
    return replace(HELD, sure=bits - 2, sure_of_several=bits - 1, sure_of_confusable=bits + 1)


def test_of_two_step_reports_more_is_wanted() -> None:
    bits = (HELD.sure + HELD.sure_of_doubtful) / 2
    model = replace(believing(bits), thresholds=HELD)
    one, other = doubtful(names=("nguyễn thị an",))
    report = replace(one, key="casework:1", source="casework")
    assert not apart(link([report, other], model))
    two = [report, replace(other, key="casework:2", source="casework")]
    (asked,) = link(two, model).doubtful
    assert (asked.doubted, asked.held) == (True, False)


def test_a_conflict_is_never_joined_however_likely() -> None:
    one, other = doubtful()
    made = link(
        [replace(one, certificates=("1",)), replace(other, certificates=("2",))], believing(99.0)
    )
    assert apart(made)


def test_a_stewards_word_outranks_the_second_look() -> None:
    made = link(doubtful(), believing(99.0), [("facility:2", "hospital:1", "not-same")])
    assert apart(made)
    assert made.reviews == ()


def test_each_group_is_joined_with_the_one_that_it_fits_best() -> None:
    """Three that fit one another: one join at a time, and then everything is looked at again."""
    three = [*doubtful(), person("police:3", sex="female", **BORN)]
    made = link(three, believing(9.0))
    assert not apart(made)
    assert [len(one.left) + len(one.right) for one in made.likely] == [2, 3]


def test_joins_take_no_group_twice() -> None:
    everybody = link(made_people(60, 5), believing(9.0), look=lambda *about: ()).groups
    assert len(everybody) > 1
    found = link(made_people(60, 5), replace(believing(1.0)))
    chosen = joins(
        found.doubtful,
        replace(
            PLAIN.thresholds,
            **dict.fromkeys(MORE_THAN_SURE, -99.0),
            sure=-99.0,
        ),
    )
    keys = [key for one in chosen for key in (one.pair.left, one.pair.right)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    "model",
    [
        SHIPPED,
        believing(5.0),
        believing(1.0, **{"sex=0": 4.0}),
        comparing(1.0, 3.0, **{"rivals-far=0": 3.0}),
    ],
)
def test_what_was_joined_holds_no_conflict_and_adds_up(model: MatchModel) -> None:
    people = {one.key: one for one in made_people(80, 9)}
    made = link(list(people.values()), model)
    for group in made.groups:
        for one, other in combinations(group, 2):
            assert conflict(people[one], people[other]) is None
    for found in (*made.likely, *made.doubtful):
        assert found.bits == pytest.approx(sum(bits for _, bits in found.clues), abs=10**-PRECISION)
        assert {*found.left}.isdisjoint(found.right)


@QUICK
@given(st.integers(0, 10_000))
def test_the_order_of_records_makes_no_difference(seed: int) -> None:
    people = made_people(25, seed)
    shuffled = Random(seed + 1).sample(people, len(people))
    assert link(shuffled, MODEL) == link(people, MODEL)


@QUICK
@given(st.integers(0, 10_000))
def test_what_the_look_before_noticed_makes_no_difference(seed: int) -> None:
    people = made_people(25, seed)
    assert link(people, MODEL, look=judged) == link(people, MODEL)


def test_a_pair_that_stands_as_it_stood_is_not_noticed_anew() -> None:
    memory = Memory()
    left, right = doubtful()
    pair = ScoredPair(
        left=left.key, right=right.key, weight=1.0, levels=NO_LEVELS, bits=(0.0,) * len(NO_LEVELS)
    )
    groups: dict[str, tuple[str, ...]] = {one.key: (one.key,) for one in (left, right)}

    def looked(*atoms: PersonRecord) -> Noticed:
        (one,) = memory.noticed(views(atoms, [pair], groups, lambda one, other: False))
        return one

    first = looked(left, right)
    assert looked(left, right) is first
    named = looked(left, replace(right, names=("Nguyễn Thị Mẫu",)))
    assert named.view.right.record.names
