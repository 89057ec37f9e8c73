"""Dates of FHIR as spans of time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.moments import LATEST, span, wanted
from linkage.fhir_elements import VIETNAM

START = datetime(1900, 1, 1)  # noqa: DTZ001 hypothesis adds the zone


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=VIETNAM)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2024", at(2024, 1, 1), at(2025, 1, 1)),
        ("2024-02", at(2024, 2, 1), at(2024, 3, 1)),
        ("2024-12", at(2024, 12, 1), at(2025, 1, 1)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("2024-02-29T23:59", at(2024, 2, 29, 23, 59), at(2024, 3, 1)),
        ("2024-02-29T23:59:59+07:00", at(2024, 2, 29, 23, 59, 59), at(2024, 3, 1)),
        ("2024-02-29T16:59:59.5Z", at(2024, 2, 29, 23, 59, 59, 500_000), None),
        ("9999", at(9999, 1, 1), LATEST),
        ("9999-12-31", at(9999, 12, 31), datetime(9999, 12, 31, 17, tzinfo=UTC)),
    ],
)
def test_a_date_is_all_the_time_that_it_may_mean(
    text: str, low: datetime, high: datetime | None
) -> None:
    found = span(text)
    assert found.low == low
    assert found.high == (high or low + timedelta(milliseconds=100))


@pytest.mark.parametrize(
    "text",
    ["", "2024-13", "2024-02-30", "24", "2024-2", "2024-01-01T25:00Z", "x", "0000", "xx2024"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        wanted(text)


def test_a_prefix_is_no_part_of_a_date() -> None:
    assert wanted("ge2024").prefix == "ge"
    assert wanted("2024").prefix == "eq"
    with pytest.raises(ValueError, match="no date"):
        span("ge2024")


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_about_a_moment_is_wider_the_longer_ago_it_is(moment: datetime) -> None:
    text = moment.date().isoformat()
    exact, about = wanted(text), wanted(f"ap{text}") if moment.year > 1000 else wanted(text)
    assert about.low <= exact.low < exact.high <= max(about.high, exact.high)


@given(moment=st.datetimes(min_value=START, timezones=st.just(VIETNAM)))
def test_a_shorter_date_spans_the_longer_ones_in_it(moment: datetime) -> None:
    texts = [moment.isoformat(timespec="seconds")[:n] for n in (4, 7, 10)]
    year, month, day = (span(text) for text in texts)
    exact = span(moment.isoformat(timespec="milliseconds"))
    for outer, inner in ((year, month), (month, day), (day, exact)):
        assert outer.low is not None
        assert outer.high is not None
        assert inner.low is not None
        assert inner.high is not None
        assert outer.low <= inner.low < inner.high <= outer.high
