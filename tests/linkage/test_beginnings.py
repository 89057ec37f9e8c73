"""Beginnings: what each side says of the other's birth, finding and arrival becomes a clue."""

from typing import Any

import pytest

from linkage.beginnings import FIRST_ARRIVALS, FOUND_AGES
from linkage.clues import WORDED, words_of
from linkage.place_kinds import CODES, WORDS
from linkage.records import Move, Stay
from tests.linkage.people import person
from tests.linkage.test_clues import DAY, noticed

BORN = {"birth_low": 90, "birth_high": 90, "birth_firm": True}
FOUND = {"found_low": 100, "found_high": 101}
CERTIFIED = {"certificates": ("00733.GCS.01001.23",)}
IN_HOME = Move(direction="in", place="home:1", day=104)
FROM_HOSPITAL = Move(direction="out", place="hospital:01001", day=104)


@pytest.mark.parametrize(
    ("name", "left", "right", "label"),
    [
        ("found-arrived", FOUND, {"moves": (IN_HOME,)}, "≤ 3"),
        ("found-arrived", {"found_low": 104, "found_high": 110}, {"moves": (IN_HOME,)}, "≤ -4"),
        ("born-found", BORN, FOUND, "≤ 14"),
        ("certified-found", BORN | CERTIFIED, FOUND, "≤ 14"),
        ("certified-left", CERTIFIED, {"place_kinds": ("pagoda",)}, "pagoda"),
        ("came-from", {"moves": (FROM_HOSPITAL,)}, CERTIFIED, "same"),
        ("came-from", {"moves": (FROM_HOSPITAL,)}, {"certificates": ("7.GCS.01999.23",)}, "province"),
        ("came-from", {"moves": (FROM_HOSPITAL,)}, {"certificates": ("7.GCS.48001.23",)}, "other"),
        ("marks-of-fewer", {"marks": ("mu", "vang")}, {"marks": ("ao", "mu", "vang")}, "2/2"),
    ],
)  # fmt: skip
def test_a_clue_on_beginnings_tells_what_one_side_says_of_the_other(
    name: str, left: dict[str, Any], right: dict[str, Any], label: str
) -> None:
    one, other = person("a:1", **left), person("b:2", **right)
    assert noticed(name, one, other) == noticed(name, other, one) == {label}


def test_the_first_arrival_counts_of_moves_and_stays() -> None:
    stay = Stay(place="hospital:1", file="hospital:1/7", start=99 * DAY, end=103 * DAY)
    arrived = person("b:2", moves=(IN_HOME,), stays=(stay,))
    assert noticed("found-arrived", person("a:1", **FOUND), arrived) == {"≤ -1"}


def test_an_estimated_birth_is_no_age_at_the_finding() -> None:
    estimated = {"birth_low": 90, "birth_high": 95}
    assert not noticed("born-found", person("a:1", **estimated), person("b:2", **FOUND))


def test_two_certificates_say_nothing_of_where_a_child_was_left() -> None:
    other = person("b:2", **CERTIFIED, place_kinds=("pagoda",))
    assert not noticed("certified-left", person("a:1", **CERTIFIED), other)


def test_a_child_who_was_only_named_by_a_hospital_s_papers_has_no_papers_there() -> None:
    named = person("a:1", moves=(FROM_HOSPITAL,))
    assert not noticed("came-from", named, person("b:2", moves=(FROM_HOSPITAL,)))


def test_every_kind_of_place_has_words_in_both_languages() -> None:
    kinds = {*CODES.values(), *(kind for kind, _ in WORDS)}
    assert kinds <= WORDED.keys()
    assert words_of("certified-left=pagoda")[0].endswith(": chùa")


@pytest.mark.parametrize("bounds", [FIRST_ARRIVALS, FOUND_AGES])
def test_bounds_rise(bounds: tuple[int, ...]) -> None:
    assert list(bounds) == sorted(set(bounds))
