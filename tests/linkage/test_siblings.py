"""Who was not alone although nobody says so."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import siblings
from linkage.records import Move, PersonRecord
from tests.linkage.people import HOME, HOSPITAL, PEOPLE, QUICK, TODAY, person

BIRTH = Move(direction="in", place=HOSPITAL, day=TODAY, hour=TODAY * 24 + 8)
LATER = Move(direction="in", place=HOSPITAL, day=TODAY, hour=TODAY * 24 + 9)
RECEPTION = Move(direction="in", place=HOME, day=TODAY)


def born(number: str, move: Move = BIRTH, **values: Any) -> PersonRecord:
    told: dict[str, Any] = {"certificates": (number,), "moves": (move,)} | values
    return person(f"hospital:{number}", **told)


def received(number: str, move: Move = RECEPTION, **values: Any) -> PersonRecord:
    return person(f"facility:{number}", moves=(move,), **values)


def called(case: str, told: int = TODAY * 1440 + 90, **values: Any) -> PersonRecord:
    place: dict[str, Any] = {"communes": ("00199",)} | values
    return person(f"hotline:{case}", cases=(case,), told=told, **place)


def several(*records: PersonRecord) -> list[bool]:
    return [record.several for record in siblings.resolve(records)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (born("1"), born("2")),
        (born("1", mothers=("bui thi xuan",)), born("2", mothers=("bui thi xuan",))),
        (born("1", mothers=("bui thi xuan",)), born("2")),
        (received("1"), received("2")),
        (called("1"), called("2")),
        (called("1", communes=(), place_words=("chua",)), called("2", place_words=("chua",))),
        (received("1", names=("cao an",)), received("2", names=("cao diệu lê",))),
        (
            received("1", birth_low=TODAY - 9, birth_high=TODAY - 5),
            received("2", birth_low=TODAY - 2, birth_high=TODAY - 2),
        ),
    ],
    ids=[
        "one hour",
        "one mother",
        "one mother named",
        "one day",
        "one call",
        "one call by words",
        "one family",
        "near births",
    ],
)
def test_born_or_received_together_is_not_alone(left: PersonRecord, right: PersonRecord) -> None:
    assert several(left, right) == [True, True]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (born("1"), born("2", LATER)),
        (born("1", mothers=("bui thi xuan",)), born("2", mothers=("le hoa",))),
        (born("1"), person("hospital:1b", certificates=("1",), moves=(BIRTH,))),
        (born("1"), born("2", certificates=())),
        (received("1", names=("cao an",)), received("2", names=("lê an",))),
        (received("1"), received("2", Move(direction="out", place=HOME, day=TODAY))),
        (
            received("1", birth_low=TODAY - 9, birth_high=TODAY - 6),
            received("2", birth_low=TODAY - 2, birth_high=TODAY - 2),
        ),
        (received("1"), person("hospital:2", moves=(RECEPTION,))),
        (called("1"), called("2", TODAY * 1440 + 91)),
        (called("1"), called("2", communes=("00200",))),
        (called("1", communes=()), called("2", communes=())),
    ],
    ids=[
        "hour",
        "mothers",
        "one certificate",
        "no certificate",
        "families",
        "out",
        "ages",
        "house",
        "minute",
        "commune",
        "no place",
    ],
)
def test_others_are_alone(left: PersonRecord, right: PersonRecord) -> None:
    assert several(left, right) == [False, False]


def test_who_names_minutes_of_several_children_was_not_alone() -> None:
    minutes = (f"12|00199|{TODAY}",)
    year = date.fromordinal(TODAY).year
    twins = [
        person(f"police:12#{n}", report="police:12", minutes=minutes, several=True) for n in (1, 2)
    ]
    registered = person("civil_status:1", minutes=minutes)
    received_later = person("facility:1", minutes=(f"12|00199|{year}",))
    other = person("civil_status:2", minutes=(f"13|00199|{TODAY}",))
    assert several(*twins, registered, received_later, other) == [True] * 4 + [False]
    alone = person("police:13#1", report="police:13", minutes=other.minutes)
    assert several(alone, other) == [False, False]


def test_what_a_source_says_stays() -> None:
    assert several(born("1", several=True)) == [True]


@QUICK
@given(st.lists(PEOPLE, max_size=4, unique_by=lambda record: record.key))
def test_order_does_not_matter_and_nothing_else_changes(records: list[PersonRecord]) -> None:
    outcomes = [
        sorted(siblings.resolve(list(order)), key=lambda record: record.key)
        for order in permutations(records)
    ]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert [record.key for record in siblings.resolve(records)] == [r.key for r in records]
