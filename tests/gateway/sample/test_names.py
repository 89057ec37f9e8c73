"""Tests of gateway.sample.names."""

from collections import Counter
from random import Random

import pytest

from adapters.legacy_text import fold
from gateway.sample import names


def test_surnames_follow_their_frequency() -> None:
    rng = Random(1)
    seen = Counter(names.surname(rng) for _ in range(4000))
    assert 0.30 < seen["Nguyễn"] / 4000 < 0.42
    assert seen["Trần"] > seen["Phạm"] > seen["Đỗ"]


@pytest.mark.parametrize("sex", ["M", "F"])
def test_there_are_about_150_given_names(sex: str) -> None:
    assert len(set(names.given_names(sex))) >= 140


@pytest.mark.parametrize("people", ["01", "02", "03", "05", "06", "07", "08", "09", "10", "12"])
def test_the_family_is_found_in_the_whole_name(people: str) -> None:
    rng = Random(3)
    for sex in "MF":
        name = names.full_name(rng, sex, people)
        family = names.family_of(name, people)
        assert family in name
        child = names.full_name(rng, sex, people, family=family)
        assert names.family_of(child, people) == family


def test_alike_names_share_the_family_and_differ() -> None:
    rng = Random(5)
    for _ in range(200):
        sex, other = rng.choice("MF"), rng.choice("MF")
        first, second = names.alike(rng, sex, other, "Lê")
        assert first.startswith("Lê ")
        assert second.startswith("Lê ")
        assert sex != other or first != second


def test_some_alike_names_fold_to_the_same_letters() -> None:
    pairs = [pair for sex in "MF" for pair in names.ALIKE[sex]]
    assert sum(fold(first) == fold(second) for first, second in pairs) >= 8
