"""`motem audit findings`: what the rules noticed, taken and closed, and how often they were wrong."""

import getpass
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.database import transaction
from tests.commands import motem

NOSY = Caller(who="nosy", system="ward-7", purpose="HOPERAT")
SUNDAY = ("--from", "2026-11-22", "--to", "2026-11-22")


@pytest.fixture
def finding(database_url: URL, engine: Engine) -> str:
    """Somebody read a child on a Sunday."""
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    with transaction(engine) as session:
        audit.append(session, AuditEvent(action=Action.PATIENT_READ, caller=NOSY, occurred=at))
    ended = motem(database_url, "audit", "findings", "--look", *SUNDAY, "--json")
    assert ended.status == 0, ended.err
    assert "New findings: " in ended.err
    (found,) = [one for one in json.loads(ended.out) if one["noticed"]["who"] == "nosy"]
    assert (found["noticed"]["rule"], found["last"]["state"]) == ("off-hours", "open")
    return str(found["id"])


def test_a_finding_is_listed_taken_closed_and_counted(database_url: URL, finding: str) -> None:
    shown = motem(database_url, "audit", "findings", "--rule", "off-hours").out
    assert finding in shown
    assigned = motem(database_url, "audit", "assign", finding, "--owner", "somebody-else")
    assert assigned.status == 0
    assert motem(database_url, "audit", "take", finding).status == 1
    me = getpass.getuser()
    assert motem(database_url, "audit", "assign", finding, "--owner", me).status == 0
    assert motem(database_url, "audit", "take", finding).status == 0
    closed = motem(
        *(database_url, "audit", "close", finding),
        *("--outcome", "false-alarm", "--reason", "trực Chủ nhật"),
    )
    assert closed.status == 0
    again = motem(
        *(database_url, "audit", "close", finding, "--outcome", "confirmed", "--reason", "x")
    )
    assert (again.status, again.err.count("\n")) == (1, 1)
    rates = motem(database_url, "audit", "findings", "--rates")
    (row,) = [line for line in rates.out.splitlines() if "off-hours" in line]
    assert "100%" in row
    assert motem(database_url, "audit", "findings", "--state", "open").status == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("take", "none"), 1),
        (("close", "none", "--outcome", "unclear", "--reason", "x"), 1),
        (("close", "none", "--outcome", "maybe", "--reason", "x"), 2),
        (("assign", "none", "--owner", "lan"), 1),
        (("findings", "--rule", "none"), 2),
        (("findings", "--look", "--from", "2026-01-02", "--to", "2026-01-01"), 2),
    ],
)
def test_what_cannot_be_done_is_said(
    database_url: URL, arguments: tuple[str, ...], status: int
) -> None:
    assert motem(database_url, "audit", *arguments).status == status
