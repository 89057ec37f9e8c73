"""Days on which a child may have passed from one body to the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.passage import days_in_care, spread
from linkage.records import Move, PersonRecord
from tests.linkage.people import HOME, HOSPITAL, PEOPLE, QUICK, TODAY, person


@QUICK
@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 5))
def test_spreads_meet_exactly_within_their_width(one: int, other: int, width: int) -> None:
    meet = set(spread(one, width)) & set(spread(other, width))
    assert bool(meet) == (abs(one - other) <= width)


def found(day: int) -> PersonRecord:
    return person("police:1", found_low=day, found_high=day)


def moved(source: str, direction: str, place: str, day: int) -> PersonRecord:
    return person(f"{source}:1", moves=(Move(direction=direction, place=place, day=day),))


def pass_on(left: PersonRecord, right: PersonRecord) -> bool:
    return bool(set(days_in_care(left)) & set(days_in_care(right)))


@pytest.mark.parametrize(("apart", "meets"), [(-1, False), (0, True), (1, True), (2, False)])
def test_found_and_brought_to_hospital_or_home_on_that_day_or_the_next(
    apart: int, meets: bool
) -> None:
    to_hospital = moved("hospital", "in", HOSPITAL, TODAY + apart)
    to_home = moved("facility", "in", HOME, TODAY + apart)
    assert pass_on(found(TODAY), to_hospital) is meets
    assert pass_on(found(TODAY), to_home) is meets


@pytest.mark.parametrize("apart", [-1, 0, 1])
def test_out_of_hospital_and_into_a_home_on_one_day(apart: int) -> None:
    out = moved("hospital", "out", HOSPITAL, TODAY)
    into = moved("facility", "in", HOME, TODAY + apart)
    assert pass_on(out, into) is (apart == 0)


def test_coming_to_hospital_is_not_going_to_a_home() -> None:
    into_hospital = moved("hospital", "in", HOSPITAL, TODAY)
    assert not pass_on(into_hospital, moved("facility", "in", HOME, TODAY))


def test_who_was_neither_found_nor_moved_did_not_pass() -> None:
    assert list(days_in_care(person("hospital:1"))) == []


@QUICK
@given(PEOPLE)
def test_more_moves_never_take_a_passage_away(record: PersonRecord) -> None:
    without = person(record.key, found_low=record.found_low)
    assert set(days_in_care(without)) <= set(days_in_care(record))
