"""Means and intervals: by the book, by pairs of seeds, and readable."""

from math import inf

import pytest

from tests.bench.linkage.intervals import differences, spread, spreads, table


def test_the_interval_is_students() -> None:
    told = spread([0.81, 0.83, 0.80, 0.84, 0.82])
    assert told.mean == pytest.approx(0.82)
    assert told.half == pytest.approx(2.776 * 0.0158114 / 5**0.5, abs=1e-6)
    assert told.most == told.mean + told.half  # type: ignore[operator]
    assert told.values == 5


def test_two_values_say_little_and_equal_ones_leave_no_doubt() -> None:
    assert spread([0.0, 1.0]).half == pytest.approx(12.706 / 2, abs=1e-3)
    assert spread([0.5, 0.5, 0.5]).half == 0.0


def test_nothing_has_no_sign() -> None:
    assert str(spread([-0.00001, 0.00001, -0.00001])) == "0.0000 ± 0.0000"


def test_one_value_has_no_interval() -> None:
    told = spread([0.5])
    assert (told.half, told.most, str(told)) == (None, inf, "0.5000")


@pytest.mark.parametrize("values", [[], [0.5] * 11], ids=["none", "eleven"])
def test_how_many_values_have_an_interval(values: list[float]) -> None:
    with pytest.raises(ValueError, match="1 to 10"):
        spread(values)


def test_a_figure_that_some_seeds_lack_is_that_of_the_others() -> None:
    told = spreads([{"a": 1.0, "b": 2.0}, {"a": 3.0}])
    assert (told["a"].mean, told["a"].values) == (2.0, 2)
    assert (told["b"].mean, told["b"].values) == (2.0, 1)


def test_a_change_that_every_seed_shows_is_sure_however_far_apart_the_seeds_are() -> None:
    before = [{"recall": 0.2}, {"recall": 0.5}, {"recall": 0.9}]
    told = differences([{"recall": old["recall"] - 0.1} for old in before], before)["recall"]
    assert told.mean == pytest.approx(-0.1)
    assert told.half == pytest.approx(0, abs=1e-9)


def test_changes_are_of_as_many_seeds_on_both_sides() -> None:
    with pytest.raises(ValueError, match="longer"):
        differences([{"recall": 0.2}], [{"recall": 0.2}, {"recall": 0.3}])


def test_a_table_has_a_column_for_every_figure() -> None:
    rows = {"found": spreads([{"recall": 0.5}, {"recall": 0.5}]), "named": spreads([{"n": 20.04}])}
    assert table("stratum", rows).splitlines() == [
        "| stratum | recall | n |",
        "| --- | --- | --- |",
        "| found | 0.5000 ± 0.0000 |  |",
        "| named |  | 20.0 |",
    ]
