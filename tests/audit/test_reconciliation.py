"""Reads that the database saw and no event explains are told; others are not."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from audit.body import microseconds
from audit.reconciliation import Read, reads, unexplained

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = frozenset({"motem"})


def line(user: str, message: str, at: datetime = NOON) -> str:
    """One line of a csvlog."""
    row = [""] * 26
    row[0], row[1], row[13] = f"{at:%Y-%m-%d %H:%M:%S}.123 UTC", user, message
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue()


def audited(kind: str) -> str:
    return f'AUDIT: OBJECT,1,1,{kind},SELECT,TABLE,public.registry_resource,"select a, b",<none>'


def test_only_reads_of_watched_tables_are_taken_from_the_log() -> None:
    told = [
        line("motem", audited("READ")),
        line("motem", audited("WRITE")),
        line("motem", "AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>"),
        line("motem", "connection received"),
    ]
    (read,) = reads(told)
    assert (read.user, read.at) == ("motem", NOON.replace(microsecond=123000))


@pytest.mark.parametrize(
    "bad", ["not a log\n", line("motem", audited("READ")).replace("UTC", "ICT")]
)
def test_what_is_no_log_in_utc_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"CSV|UTC"):
        list(reads([bad]))


@pytest.mark.parametrize("seconds", [-29, 0, 29])
def test_a_read_with_an_event_near_it_is_explained(seconds: int) -> None:
    events = [microseconds(NOON + timedelta(seconds=seconds))]
    assert unexplained([Read(user="motem", at=NOON)], OWN, events) == []


@pytest.mark.parametrize("seconds", [-31, 31])
def test_reads_without_an_event_are_told_by_minute(seconds: int) -> None:
    events = [microseconds(NOON + timedelta(seconds=seconds))]
    (one,) = unexplained([Read(user="motem", at=NOON)] * 3, OWN, events)
    assert (one.user, one.minute, one.reads, one.stranger) == ("motem", NOON, 3, False)


def test_whoever_is_not_motem_is_told_even_beside_an_event() -> None:
    (one,) = unexplained([Read(user="dba", at=NOON)], OWN, [microseconds(NOON)])
    assert one.stranger
