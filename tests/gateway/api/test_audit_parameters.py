"""Search parameters of AuditEvent: what a date with its prefix allows, and places in links."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.queries import After
from gateway.api.audit_parameters import asked_of, cursor_of, period
from gateway.fhir_log import Place

DAY, NEXT = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "since", "until"),
    [
        ("2026-11-30", DAY, NEXT),
        ("eq2026-11", datetime(2026, 11, 1, tzinfo=UTC), NEXT),
        ("2026-12", NEXT, datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("ge2026-11-30", DAY, None),
        ("gt2026-11-30", NEXT, None),
        ("sa2026-11-30", NEXT, None),
        ("le2026-11-30", None, NEXT),
        ("lt2026-11-30", None, DAY),
        ("eb2026-11-30", None, DAY),
        ("2026-11-30T07:00+07:00", DAY, datetime(2026, 11, 30, 0, 1, tzinfo=UTC)),
        ("2026-11-30T00:00:00Z", DAY, datetime(2026, 11, 30, 0, 0, 1, tzinfo=UTC)),
        ("2026-11-30T00:00:00.000000", DAY, datetime(2026, 11, 30, 0, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_date_stands_for_all_of_its_span(
    value: str, since: datetime | None, until: datetime | None
) -> None:
    assert period(value) == (since, until)


def test_several_dates_narrow_one_another() -> None:
    asked = asked_of([("date", "ge2026"), ("date", "le2026-11-30"), ("date", "ge2026-11-30")])
    assert (asked.wanted.since, asked.wanted.until) == (DAY, NEXT)


places = st.builds(
    Place,
    after=st.none()
    | st.builds(
        After,
        occurred=st.integers(0, 10**16),
        id=st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26),
    ),
    skipped=st.integers(0, 999_999),
)


@given(places)
def test_a_cursor_leads_back_to_its_place(place: Place) -> None:
    assert asked_of([("_cursor", cursor_of(place))]).begin == place
