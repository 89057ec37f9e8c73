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


def test_only_what_was_done_to_watched_tables_is_taken_from_the_log() -> None:
    told = [
        line("motem", audited("READ")),
        line("motem", audited("WRITE")),
        line("motem", "AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>"),
        line("motem", "connection received"),
    ]
    at = NOON.replace(microsecond=123000)
    assert list(reads(told)) == [
        Read(user="motem", at=at),
        Read(user="motem", at=at, writes=True),
    ]


REAL = """\
2026-11-23 18:28:22.117 UTC,"postgres","motem",23390,"[local]",6b0485c6.5b5e,3,"UPDATE",2026-11-23 18:28:22 UTC,3/71,791,LOG,00000,"AUDIT: OBJECT,5,1,WRITE,UPDATE,TABLE,public.registry_message,update registry_message set source=source returning content;,<not logged>",,,,,,,,,"psql","client backend",,0
2026-11-23 18:28:22.117 UTC,"motem","motem",23391,"[local]",6b0485c6.5b5f,1,"BIND",2026-11-23 18:28:22 UTC,3/72,0,LOG,00000,"AUDIT: OBJECT,1,1,READ,SELECT,TABLE,public.linkage_record,""SELECT linkage_record.record_id, linkage_record.content
FROM linkage_record
WHERE linkage_record.key = ANY ($1::TEXT[])"",<not logged>",,,,,,,,,"","client backend",,-6204953104436262398
2026-11-23 18:28:23.000 UTC,,,23392,"localhost:5432",6b0485c6.5b60,1,"",2026-11-23 18:28:22 UTC,,0,LOG,00000,"connection received",,,,,,,,,"","not initialized",,0
"""
"""As pgaudit 1.7.0 on PostgreSQL 15.18 writes them."""


def test_lines_of_a_real_server_are_read() -> None:
    found = list(reads(io.StringIO(REAL, newline="")))
    assert [(one.user, one.writes) for one in found] == [("postgres", True), ("motem", False)]


def test_what_a_stranger_changed_it_may_have_been_shown() -> None:
    changed = [Read(user=user, at=NOON, writes=True) for user in ("motem", "dba")]
    (one,) = unexplained(changed, OWN, [])
    assert (one.user, one.stranger) == ("dba", True)


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
