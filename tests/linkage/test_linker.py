"""All records in, identities and questions out: people outrank the engine in every round."""

from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest

from linkage.conflicts import conflict
from linkage.linker import Decision, Linkage, least_weight, link
from linkage.model import untrained
from linkage.records import Move, PersonRecord
from tests.linkage.people import HOSPITAL, TODAY, person, rich

MODEL = untrained()
BORN = {"birth_low": TODAY - 2, "birth_high": TODAY - 2, "birth_firm": True}


def bridge() -> list[PersonRecord]:
    """Three records of one child: the first two share a number, the third fits both together."""
    return [
        person("hospital:1", certificates=("1",), sex="female", **BORN),
        person("facility:2", certificates=("1",), sex="female", names=("trần khánh vy",), **BORN),
        person(
            "civil_status:3",
            names=("trần khánh vy",),
            sex="female",
            certificates=("1",),
            personal_ids=("998326000001",),
            **BORN,
        ),
    ]


def home_of(made: Linkage) -> dict[str, tuple[str, ...]]:
    return {key: group for group in made.groups for key in group}


@cache
def untouched() -> Linkage:
    return link(bridge(), MODEL)


def test_records_of_one_child_are_one_group() -> None:
    assert untouched().groups == (("civil_status:3", "facility:2", "hospital:1"),)
    assert untouched().reviews == ()
    assert untouched().manual == frozenset()


@pytest.mark.parametrize("apart", list(combinations(["hospital:1", "facility:2"], 2)))
def test_what_a_steward_parted_stays_parted_in_every_round(apart: tuple[str, str]) -> None:
    standing: list[Decision] = [(*apart, "not-same")]
    made = link(bridge(), MODEL, standing)
    home = home_of(made)
    assert home[apart[0]] != home[apart[1]]
    asked = {frozenset((review.left, review.right)) for review in made.reviews}
    assert frozenset(apart) not in asked


@pytest.mark.parametrize("apart", list(combinations([record.key for record in bridge()], 2)))
def test_a_group_is_parted_whoever_else_joined_it(apart: tuple[str, str]) -> None:
    others = [
        rich("hospital:8", names=("lê hoa",)),
        rich("facility:9", names=("lê hoa",), stays=()),
    ]
    made = link([*bridge(), *others], MODEL, [(*apart, "not-same")])
    home = home_of(made)
    assert home[apart[0]] != home[apart[1]]


def test_what_a_steward_joined_stays_joined_against_a_conflict() -> None:
    one = person("hospital:1", certificates=("1",))
    other = person("hospital:2", certificates=("2",))
    assert conflict(one, other)
    made = link([one, other, *bridge()[1:]], MODEL, [("hospital:2", "hospital:1", "same")])
    assert home_of(made)["hospital:1"] == home_of(made)["hospital:2"]
    assert made.manual >= {"hospital:1", "hospital:2"}


def test_undoing_a_decision_brings_back_both_sides() -> None:
    decided = link(bridge(), MODEL, [("facility:2", "hospital:1", "not-same")])
    assert decided.groups != untouched().groups
    assert link(bridge(), MODEL, []) == untouched()


def test_no_group_holds_a_conflict_also_after_many_rounds() -> None:
    report = "police:00199/12/2026"
    twins = [
        rich(f"{report}#{n}", report=report, several=True, personal_ids=(), certificates=())
        for n in (1, 2)
    ]
    records = [*twins, *bridge(), rich("hospital:7"), rich("facility:8", stays=())]
    by_key = {record.key: record for record in records}
    made = link(records, MODEL)
    assert sorted(key for group in made.groups for key in group) == sorted(by_key)
    for group in made.groups:
        for left, right in combinations(group, 2):
            assert conflict(by_key[left], by_key[right]) is None


def test_a_hospital_that_is_only_named_is_found_by_what_others_say() -> None:
    left, came = (
        person(key, moves=(Move(direction="out", place=place, day=TODAY),), foundling=True)
        for key, place in (("hospital:1", HOSPITAL), ("facility:2", "name:benh vien nhi"))
    )
    teacher = person("police:3", names_of_places=((HOSPITAL, "benh vien nhi"),))
    told = link([left, came], MODEL)
    taught = link([left, came, teacher], MODEL)
    assert taught.pairs > told.pairs


def test_no_records_are_no_groups() -> None:
    made = link([], MODEL)
    assert (made.groups, made.reviews, made.pairs) == ((), (), 0)


def test_one_record_is_a_group_of_its_own() -> None:
    assert link(bridge()[:1], MODEL).groups == (("hospital:1",),)


def test_a_question_names_the_records_that_speak_loudest_for_it() -> None:
    asking = replace(MODEL.thresholds, link=1000.0, alone=1000.0, review=-1000.0)
    records = [
        person("civil_status:1"),
        person("facility:2", letters=("a",)),
        person("hospital:3", letters=("a", "b")),
        person("police:4", letters=("b",)),
    ]
    standing = [("civil_status:1", "facility:2", "same")]
    made = link(records, replace(MODEL, thresholds=asking), standing)
    assert made.groups == (("civil_status:1", "facility:2"), ("hospital:3",), ("police:4",))
    assert {(review.left, review.right) for review in made.reviews} == {
        ("facility:2", "hospital:3"),
        ("hospital:3", "police:4"),
    }


def test_the_least_weight_keeps_every_question_and_every_rival() -> None:
    assert least_weight(MODEL) <= MODEL.thresholds.review
    assert least_weight(MODEL) <= MODEL.thresholds.link - MODEL.thresholds.margin
