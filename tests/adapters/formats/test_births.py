"""What dates and ages say about the day of birth."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.formats import births
from adapters.profile import EXT_BIRTH_RANGE, Basis

SEEN = date(2026, 3, 4)
DAYS = {"NGAY": 1, "THANG": 31, "NAM": 366}


@given(
    st.integers(0, 400),
    st.sampled_from(births.UNITS),
    st.dates(date(2000, 1, 1), date(2060, 1, 1)),
)
def test_an_estimate_holds_every_birth_of_that_age_and_none_after_the_day_seen(
    age: int, unit: str, seen: date
) -> None:
    age = min(age, 17) if unit == "NAM" else age
    birth = births.from_age(age, unit, seen)
    assert birth.low <= birth.high <= seen
    if unit == "NGAY":
        assert birth.low <= seen - timedelta(days=age) <= birth.high


@pytest.mark.parametrize(
    ("age", "unit", "low", "high"),
    [
        (0, "NGAY", "2026-03-02", "2026-03-04"),
        (1, "NGAY", "2026-03-01", "2026-03-04"),
        (3, "NGAY", "2026-02-27", "2026-03-03"),
        (10, "NGAY", "2026-02-17", "2026-02-27"),
        (2, "THANG", "2025-11-05", "2026-02-04"),
        (2, "NAM", "2022-03-05", "2025-03-04"),
        (12, "NAM", "2010-03-05", "2017-03-04"),
    ],
)
def test_margins_grow_with_the_age(age: int, unit: str, low: str, high: str) -> None:
    birth = births.from_age(age, unit, SEEN)
    assert (birth.low.isoformat(), birth.high.isoformat()) == (low, high)


def test_a_stated_date_has_no_range() -> None:
    assert births.stated("2026-03").elements() == {"birthDate": "2026-03"}


def test_an_estimate_states_only_what_its_ends_agree_on() -> None:
    assert births.from_age(3, "NGAY", SEEN).elements()["birthDate"] == "2026"
    assert "birthDate" not in births.from_age(2, "NAM", SEEN).elements()


def test_a_default_date_is_the_whole_year_and_a_placeholder() -> None:
    elements = births.default_date("2020-01-01").elements()
    assert births.is_placeholder(elements)
    extension = elements["_birthDate"]["extension"][-1]
    assert extension["url"] == EXT_BIRTH_RANGE
    assert [part.get("valueDate") for part in extension["extension"]][:2] == [
        "2020-01-01",
        "2020-12-31",
    ]


SEEN = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("stated", "age", "basis"),
    [
        ("2026-03-01", 3, Basis.STATED),
        ("2026-03-04", None, Basis.DAY_FOUND),
        ("2025-01-01", 3, Basis.DEFAULT_DATE),
        (None, 3, Basis.ESTIMATED_AGE),
    ],
)
def test_a_stated_date_wins_over_an_age(stated: str | None, age: int | None, basis: Basis) -> None:
    birth = births.reported(stated, age, "NGAY", SEEN)
    assert birth is not None
    assert birth.basis is basis


@pytest.mark.parametrize(
    ("age", "unit", "seen"),
    [(None, "NAM", SEEN), (3, None, SEEN), (3, "NAM", None), (-1, "NAM", SEEN), (120, "NAM", SEEN)],
)
def test_an_age_that_says_nothing_is_no_birth(
    age: float | None, unit: str | None, seen: date | None
) -> None:
    assert births.reported(None, age, unit, seen) is None


def test_a_fraction_of_an_age_is_read_in_the_next_smaller_unit() -> None:
    assert births.reported(None, 1.5, "NAM", SEEN) == births.reported(None, 18, "THANG", SEEN)


def test_around_never_passes_the_latest_day() -> None:
    birth = births.around("2025-06-01", 1, date(2026, 3, 4))
    assert (birth.low, birth.high) == (date(2024, 6, 1), date(2026, 3, 4))
    assert birth.basis is Basis.ESTIMATED_AGE


@pytest.mark.parametrize(
    ("stated", "adult"),
    [("2008-03-04", True), ("2008-03-05", False), ("2008", False), ("2007", True), ("2024", False)],
)
def test_an_adult_is_surely_eighteen(stated: str, adult: bool) -> None:
    assert births.is_adult(births.stated(stated), SEEN.isoformat()) is adult


@pytest.mark.parametrize(
    ("times", "adult"),
    [
        ((), True),
        ((None, None), True),
        ((None, "2010-06-01"), False),
        (("2010",), False),
        (("2018",), False),
        (("2019",), True),
        (("2018-12-31T18:00:00+00:00",), True),
    ],
)
def test_who_is_an_adult_goes_by_the_record_and_without_a_time_by_its_arrival(
    times: tuple[str | None, ...], adult: bool
) -> None:
    assert births.is_adult(births.stated("2000"), *times) is adult


@pytest.mark.parametrize("born", ["2008-01-02", "2015"])
def test_who_grew_up_after_the_first_payloads_stays_a_child_without_a_time(born: str) -> None:
    assert not births.is_adult(births.stated(born))


def test_nobody_without_a_birth_is_an_adult() -> None:
    assert not births.is_adult(None, "2026-03-04")
