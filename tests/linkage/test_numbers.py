"""The numbers of a record as tokens that a report's copies are compared with."""

import pytest

from linkage.numbers import number_tokens, register_of
from tests.linkage.people import HOSPITAL, TODAY, person, rich


def test_each_number_has_its_kind_and_what_makes_it_unique() -> None:
    assert set(number_tokens(rich("hospital:1", files=(f"{HOSPITAL}|BN1|a",)))) == {
        "id:998326000001",
        "cert:00001.GCS.01234.26",
        "reg:24/01/2026/00199",
        "card:9900000001",
        "file:hospital:01234|BN1",
        "case:111-2026-000001",
        "motem:te-01x",
        "min:12|00199|2026",
    }


def test_a_file_is_one_number_whether_the_patients_or_a_stays() -> None:
    record = person("police:1", files=(f"{HOSPITAL}|BN1|a", f"{HOSPITAL}|BN1|b"))
    assert set(number_tokens(record)) == {f"file:{HOSPITAL}|BN1"}


def test_minutes_that_state_a_year_name_the_same_as_those_that_state_a_day() -> None:
    tokens = [
        list(number_tokens(person("a:1", minutes=(f"12|00199|{time}",)))) for time in (TODAY, 2026)
    ]
    assert tokens[0] == tokens[1] == ["min:12|00199|2026"]


def test_minutes_of_an_unknown_commune_are_no_number() -> None:
    assert list(number_tokens(person("a:1", minutes=("12|?|2026",)))) == []


@pytest.mark.parametrize(
    ("token", "book"),
    [
        ("id:998326000001", "id"),
        ("cert:00001.GCS.01234.26", "cert"),
        ("reg:00199/01/2026/24", "reg:00199"),
        (f"file:{HOSPITAL}|BN1", f"file:{HOSPITAL}"),
        ("card:9900000001", None),
        ("min:12|00199|2026", None),
        ("case:111-2026-000001", None),
    ],
)
def test_a_book_in_which_one_child_has_one_number(token: str, book: str | None) -> None:
    assert register_of(token) == book
