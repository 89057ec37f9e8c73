"""What a house writes of everybody is found by counting children, and then says nothing of them."""

from datetime import date
from random import Random

import pytest
from hypothesis import given

from linkage.habits import LEAST_CHILDREN, learn, without
from linkage.records import PersonRecord
from tests.linkage.people import HOME, HOSPITAL, PEOPLE, QUICK, person


def called(name: str, count: int, house: str = HOME, first: int = 0) -> list[PersonRecord]:
    """Children of one house under one name, each with a number of its own there."""
    return [
        person(f"facility:{house}/{n}", names=(name,), files=(f"{house}|{n}|a",))
        for n in range(first, first + count)
    ]


EVERYBODY = called("nguyễn bình an", LEAST_CHILDREN)


def test_a_name_of_many_children_of_one_house_is_learnt_in_any_spelling_and_order() -> None:
    spelt = [*EVERYBODY[:-1], *called("AN NGUYEN BINH".lower(), 1, first=90)]
    for children in (EVERYBODY, spelt):
        shuffled = Random(3).sample(children, len(children))
        assert learn(children) == learn(shuffled) == {HOME: ("name:an binh nguien",)}


OTHERS = [record for n in range(10) for record in called(f"trần tên{n}", 5, first=10 + 5 * n)]


@pytest.mark.parametrize(
    "records",
    [
        EVERYBODY[1:],
        [*EVERYBODY[1:], *called("nguyễn bình an", 1, house=HOSPITAL)],
        [*EVERYBODY, *OTHERS],
    ],
    ids=["too few", "of two houses", "many of many others"],
)
def test_few_children_or_a_small_share_teach_nothing(records: list[PersonRecord]) -> None:
    assert learn(records) == {}


def test_a_child_that_came_often_counts_once() -> None:
    again = [
        person(f"facility:{n}", names=("nguyễn bình an",), files=(f"{HOME}|7|a", f"{HOME}|{n}|b"))
        for n in range(20)
    ]
    assert learn(again) == {}


def test_a_source_without_books_is_counted_by_its_records() -> None:
    calls = [person(f"hotline:{n}", names=("bé na",)) for n in range(LEAST_CHILDREN)]
    assert learn(calls) == {"hotline": ("name:be na",)}


def test_only_there_it_is_no_name() -> None:
    known = learn(EVERYBODY)
    told = person("facility:x", names=("lê thị hoa", "nguyễn bình an"), files=(f"{HOME}|99|a",))
    assert without(told, known).names == ("lê thị hoa",)
    elsewhere = person("hospital:x", names=("nguyễn bình an",), files=(f"{HOSPITAL}|1|a",))
    assert without(elsewhere, known) is elsewhere


@QUICK
@given(PEOPLE)
def test_where_nothing_is_known_nothing_changes(record: PersonRecord) -> None:
    assert without(record, {}) is record
    assert without(record, {"home:none": ("name:an",)}) is record


def born(years: list[int], month: int, day: int, first: int = 0) -> list[PersonRecord]:
    """Children of one house, born on one day of these years as it says."""
    told = [date(year, month, day).toordinal() for year in years]
    return [
        person(
            f"facility:{n}",
            files=(f"{HOME}|{n}|a",),
            birth_low=low,
            birth_high=low,
            birth_firm=True,
        )
        for n, low in enumerate(told, first)
    ]


def test_a_birthday_that_a_house_always_writes_is_any_day_of_its_year() -> None:
    children = born([2021, 2021, 2022, 2023, 2023], 6, 15)
    known = learn(children)
    assert known == {HOME: ("born:06-15",)}
    year = without(children[0], known)
    span = date(2021, 1, 1).toordinal(), date(2021, 12, 31).toordinal()
    assert (year.birth_low, year.birth_high, year.birth_firm) == (*span, False)
    other = born([2021], 6, 16)[0]
    assert without(other, known) is other


@pytest.mark.parametrize("years", [[2021] * 9, [2021, 2022] * 4, [2020, 2021, 2022, 2023]])
def test_births_of_few_years_or_few_children_are_births(years: list[int]) -> None:
    assert learn(born(years, 6, 15)) == {}


def test_a_habit_is_a_share_of_the_births_that_a_house_knows() -> None:
    others = [
        record
        for month in range(1, 13)
        for record in born([2020, 2021, 2022, 2023], month, 3, first=100 * month)
    ]
    habit = born([2021, 2021, 2022, 2023, 2023], 6, 15)
    assert learn([*others, *habit]) == {}
    assert learn([*others[:20], *habit]) == {HOME: ("born:06-15",)}
