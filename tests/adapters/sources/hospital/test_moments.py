"""Digit strings become FHIR times of the precision that was stated."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.hospital.fields import FIELDS, typed
from adapters.sources.hospital.moments import VIETNAM, day_of, instant_of, is_adult, moment


@pytest.mark.parametrize(
    ("digits", "stated"),
    [
        ("202603040510", "2026-03-04T05:10:00+07:00"),
        ("20260304051059", "2026-03-04T05:10:00+07:00"),
        ("202603040001", "2026-03-04T00:01:00+07:00"),
        ("202603040000", "2026-03-04"),
        ("20260304", "2026-03-04"),
        ("202603000000", "2026-03"),
        ("20260300", "2026-03"),
        ("202600000000", "2026"),
        ("20260000", "2026"),
        ("2026", "2026"),
        ("000000000000", None),
    ],
)
def test_unknown_parts_are_left_out(digits: str, stated: str | None) -> None:
    assert moment(digits) == stated


@pytest.mark.parametrize(
    "digits",
    [
        "20260231",
        "20261304",
        "202603042460",
        "20260004",
        "0304",
        "18991231",
        "2026-03-04",
        "٢٠٢٦",
        "x",
        "202603045",
    ],
)
def test_impossible_times_are_noted_and_left_out(digits: str) -> None:
    reading = typed({"NGAY_VAO": digits}, FIELDS["XML1"], "/x")
    assert (reading.content, reading.unreadable) == ({}, ("NGAY_VAO",))


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 12, 31)))  # noqa: DTZ001 - local times
def test_every_minute_but_midnight_is_kept(local: datetime) -> None:
    stated = moment(f"{local:%Y%m%d%H%M}".rjust(12, "0"))
    assert day_of(stated) == local.date()
    expected = local.replace(second=0, microsecond=0, tzinfo=VIETNAM)
    assert instant_of(stated) == expected


@given(st.text(alphabet="0123456789", max_size=15))
def test_digits_are_read_or_refused(digits: str) -> None:
    try:
        stated = moment(digits)
    except ValueError:
        return
    assert stated is None or digits.startswith(stated[:4])


def test_age_counts_to_the_latest_possible_birth() -> None:
    assert is_adult("2008-02-29", "2026-03-01")
    assert not is_adult("2008-03", "2026-03-30")
    assert is_adult("2008-02", "2026-03-01T09:00:00+07:00")
    assert not is_adult(None, "2026-03-01")
    assert is_adult("1990", None)
    assert not is_adult("2015", None)
