"""Numbers that lie near one another are known in the log by keyed hashes, and by nothing else."""

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.query import search_of
from gateway.fhir.veil import Veil
from gateway.nearness import MOST, near, numbers_in

VEIL = Veil(key=b"k" * 32)


def hundreds(told: dict[str, Any]) -> list[str]:
    return [one.partition(".")[0] for one in told.get("near", "").split()]


@given(st.integers(min_value=998_000_000_000, max_value=999_999_999_999), st.integers(0, 99))
def test_numbers_of_one_hundred_have_one_hash_and_each_its_own(number: int, other: int) -> None:
    neighbour = number - number % 100 + other
    told = near(VEIL, [("", str(number)), ("", str(neighbour)), ("", str(number + 100))])
    found = hundreds(told)
    assert len(set(found)) == 2
    assert len(found) == (2 if neighbour == number else 3)
    assert str(number) not in str(told)
    assert str(number)[:-2] not in str(told)


def test_without_the_key_nobody_gets_the_same() -> None:
    one, other = (near(Veil(key=os.urandom(32)), [("", "998326000001")]) for _ in range(2))
    assert one != other


@pytest.mark.parametrize("value", ["", "12345", "Nguyễn Thị Thử", "12-34/BB", "ABCDE123456"])
def test_what_is_no_long_number_is_not_told(value: str) -> None:
    assert near(VEIL, [("", value)]) == {}


def test_a_houses_own_file_numbers_follow_one_another_and_are_not_told() -> None:
    assert near(VEIL, [("urn:motem:sid:ho-so", "20260001")]) == {}


def test_of_many_at_once_neighbours_are_told_first() -> None:
    decoys = [("", str(998_326_000_000 + 1000 * n)) for n in range(500)]
    row = [("", str(999_000_000_000 + n)) for n in range(5)]
    found = hundreds(near(VEIL, [*decoys, *row]))
    assert len(found) == MOST
    assert len(set(found[:5])) == 1


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Patient", "identifier"),
        ("Flag", "patient.identifier"),
        ("Flag", "subject:Patient.identifier"),
    ],
)
def test_numbers_are_found_in_every_way_to_ask(kind: str, name: str) -> None:
    asked = [(name, "998326000001,998326000002")]
    found = list(numbers_in(search_of(kind, asked, VEIL).criteria))
    assert [value for _, value in found] == ["998326000001", "998326000002"]
