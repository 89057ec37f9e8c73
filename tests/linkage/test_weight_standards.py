"""A weight bounds the age as the WHO growth standards do, widened for those who were starved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.weight_standards import HIGHEST, LOWEST, OLDEST, ages
from tests.linkage.people import QUICK


def test_the_tables_hold_25_months_and_rise() -> None:
    for curves in (LOWEST, HIGHEST):
        for curve in curves.values():
            assert len(curve) == 25
            assert list(curve) == sorted(set(curve))
    for sex in LOWEST:
        assert all(low < high for low, high in zip(LOWEST[sex], HIGHEST[sex], strict=True))


@pytest.mark.parametrize(
    ("grams", "sex", "youngest", "oldest"),
    [
        (3300, "male", 0, 77),
        (6600, "male", 30, 646),
        (8000, "male", 60, OLDEST),
        (13100, "female", 365, OLDEST),
        (900, "female", 0, 0),
        (40_000, "male", 730, OLDEST),
    ],
)
def test_an_age_at_which_a_child_may_weigh_so_much(
    grams: int, sex: str, youngest: int, oldest: int
) -> None:
    assert ages(grams, sex) == (youngest, oldest)


@QUICK
@given(st.integers(0, 60_000), st.sampled_from(["male", "female", None]))
def test_ages_are_in_order_and_rise_with_the_weight(grams: int, sex: str | None) -> None:
    youngest, oldest = ages(grams, sex)
    assert 0 <= youngest <= oldest <= OLDEST
    heavier = ages(grams + 100, sex)
    assert heavier[0] >= youngest
    assert heavier[1] >= oldest


@QUICK
@given(st.integers(0, 60_000))
def test_of_unknown_sex_is_either(grams: int) -> None:
    boy, girl = ages(grams, "male"), ages(grams, "female")
    assert ages(grams, None) == (min(boy[0], girl[0]), max(boy[1], girl[1]))
