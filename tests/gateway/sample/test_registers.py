"""Tests of gateway.sample.registers."""

from datetime import date
from random import Random

from gateway.sample.registers import Registers


def test_a_book_never_gives_a_number_twice() -> None:
    registers, rng = Registers(), Random(1)
    given = [registers.next(rng, "minutes", "00199", "2026") for _ in range(500)]
    assert sorted(set(given)) == given


def test_books_count_apart() -> None:
    registers, rng = Registers(), Random(1)
    for _ in range(50):
        registers.next(rng, "a", first=1, gap=1)
    assert registers.next(rng, "b", first=1, gap=1) == 1


def test_personal_numbers_are_made_up_unique_and_say_sex_and_year() -> None:
    registers, rng = Registers(), Random(2)
    numbers = [registers.personal_id(rng, "F", date(2026, 1, 1)) for _ in range(3000)]
    assert len(set(numbers)) == 3000
    assert {number[:3] for number in numbers} == {"998", "999"}
    assert {number[3:6] for number in numbers} == {"326"}
    assert {len(number) for number in numbers} == {12}


def test_a_body_lends_the_number_it_used_last() -> None:
    registers = Registers()
    assert registers.borrowed("HN01", "998326000001") == "998326000001"
    assert registers.borrowed("HN01", "998326000002") == "998326000001"
    assert registers.borrowed("HN02", "998326000003") == "998326000003"


def test_a_cancelled_number_is_no_other_childs() -> None:
    registers, rng = Registers(), Random(2)
    numbers = [registers.personal_id(rng, sex, date(2026, 1, 1)) for sex in "MF" * 500]
    cancelled = [registers.cancelled_id(rng, number) for number in numbers]
    assert len(set(cancelled)) == 1000
    assert not set(cancelled) & set(numbers)
    assert {number[:3] for number in cancelled} == {"998", "999"}
    assert {number[4:6] for number in cancelled} == {"26"}
