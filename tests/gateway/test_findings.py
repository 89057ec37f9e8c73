"""Findings as use cases: looked for, taken by one, closed once, and all of it in the log."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway import findings
from gateway.database import transaction
from gateway.findings import ClosedError, Conclusion, OwnFindingError, State, WrongOwnerError
from gateway.signature import NoReasonError
from gateway.surroundings import Actor
from tests.audit.breaking import checked, unguarded

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
DAY = (NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=3))
NOSY = Caller(who="nosy", system="ward-7", purpose="HOPERAT")


@pytest.fixture
def nosy(engine: Engine) -> Iterator[Session]:
    """Somebody reads a child at night, who had not been seen for half a year."""
    with transaction(engine) as session:
        for at in (NIGHT - timedelta(days=180), NIGHT):
            read = AuditEvent(action=Action.PATIENT_READ, caller=NOSY, identity="te-1", occurred=at)
            audit.append(session, read)
        yield session


def test_the_rules_notice_once_what_is_in_the_log(nosy: Session, caller: Caller) -> None:
    ids = findings.look(nosy, *DAY, caller)
    found = findings.listed(nosy, caller)
    assert {one.noticed.rule for one in found} == {"off-hours", "dormant"}
    assert {one.id for one in found} == set(ids)
    assert all(one.noticed.who == "nosy" for one in found)
    assert findings.look(nosy, *DAY, caller) == []
    staff = [Actor(account="nosy", purposes=frozenset(("TREAT",)))]
    assert len(findings.look(nosy, *DAY, caller, staff)) == 1
    (one,) = findings.listed(nosy, caller, rule="outside-task")
    assert one.noticed.who == "nosy"


def test_one_takes_it_and_closes_it_once(nosy: Session, caller: Caller) -> None:
    id_ = findings.look(nosy, *DAY, caller)[0]
    other = Caller(who="other", system="s", purpose="HOPERAT")
    assert findings.take(nosy, id_, caller)
    with pytest.raises(ClosedError):
        findings.take(nosy, id_, other)
    assert findings.close(nosy, id_, Conclusion.FALSE_ALARM, "she was on duty", caller)
    with pytest.raises(ClosedError):
        findings.close(nosy, id_, Conclusion.CONFIRMED, "again", caller)
    (closed,) = findings.listed(nosy, caller, state=State.CLOSED)
    assert (closed.last.owner, closed.last.reason) == ("tester", "she was on duty")
    told = list(audit.events(nosy, action=Action.FINDING_CHANGE))
    assert [one.detail["state"] for one in told] == ["taken", "closed"]
    assert "she was on duty" not in repr(told)
    rates = {one.rule: one.false_share for one in findings.rates(nosy, caller)}
    assert rates[closed.noticed.rule] == 1.0
    assert rates["kin"] is None


def test_a_finding_is_given_to_somebody_and_from_them_to_another(
    nosy: Session, caller: Caller
) -> None:
    id_ = findings.look(nosy, *DAY, caller)[0]
    for owner in ("lan", "minh"):
        assert findings.assign(nosy, id_, owner, caller)
        with pytest.raises(ClosedError):
            findings.close(nosy, id_, Conclusion.UNCLEAR, "no time", caller)
    told = list(audit.events(nosy, action=Action.FINDING_CHANGE))
    assert [one.detail["owner"] for one in told] == ["lan", "minh"]
    minh = Caller(who="minh", system="s", purpose="HOPERAT")
    with pytest.raises(NoReasonError):
        findings.close(nosy, id_, Conclusion.UNCLEAR, " ", minh)
    assert findings.close(nosy, id_, Conclusion.UNCLEAR, "no time", minh)
    with pytest.raises(ClosedError):
        findings.assign(nosy, id_, "lan", caller)
    with pytest.raises(WrongOwnerError):
        findings.assign(nosy, id_, "Nguyễn Thị Lan", caller)


def test_nobody_looks_into_what_is_about_themselves(nosy: Session, caller: Caller) -> None:
    id_ = findings.look(nosy, *DAY, caller)[0]
    with pytest.raises(OwnFindingError):
        findings.take(nosy, id_, NOSY)
    with pytest.raises(OwnFindingError):
        findings.close(nosy, id_, Conclusion.FALSE_ALARM, "trust me", NOSY)
    with pytest.raises(OwnFindingError):
        findings.assign(nosy, id_, "nosy", caller)


def test_whoever_decides_on_their_own_record_is_noticed(session: Session, caller: Caller) -> None:
    both = (Action.RECORD_UPDATE, Action.DECISION_MAKE)
    audit.append_many(
        session,
        [
            AuditEvent(action=action, caller=NOSY, record="r1", occurred=NIGHT, detail=detail)
            for action, detail in zip(both, ({}, {"decision": "01D"}), strict=True)
        ],
    )
    findings.look(session, *DAY, caller)
    (found,) = findings.listed(session, caller, rule="self-approved")
    assert (found.noticed.key, found.noticed.who) == ("01D", "nosy")


def test_what_there_is_not_is_said_and_logged(session: Session, caller: Caller) -> None:
    assert not findings.take(session, "none", caller)
    (event,) = audit.events(session, action=Action.FINDING_CHANGE)
    assert event.outcome is Outcome.FAILURE


@pytest.mark.parametrize("reviewer", ["tester", "nosy"])
def test_an_emergency_counts_until_somebody_else_has_looked(
    session: Session, caller: Caller, reviewer: str
) -> None:
    opened = AuditEvent(action=Action.OVERRIDE_OPEN, caller=NOSY, occurred=NIGHT)
    audit.append_many(session, [AuditEvent(action=Action.REPORT_READ, caller=caller), opened])
    (told,) = audit.events(session, action=Action.OVERRIDE_OPEN)
    review = AuditEvent(
        action=Action.OVERRIDE_REVIEW,
        caller=Caller(who=reviewer, system="s", purpose="HOPERAT"),
        detail={"override": told.id},
    )
    audit.append(session, review)
    findings.look(session, NIGHT + timedelta(days=2), NIGHT + timedelta(days=3), caller)
    found = [one.noticed.rule for one in findings.listed(session, caller)]
    assert ("unreviewed" in found) == (reviewer == "nosy")


GONE = {
    "the finding": (
        "finding:open",
        "DELETE FROM audit_finding_state WHERE finding = '{0}'",
        "DELETE FROM audit_finding WHERE id = '{0}'",
    ),
    "a state": (
        "finding:change",
        "DELETE FROM audit_finding_state WHERE finding = '{0}' AND state = 'closed'",
    ),
    "the outcome": (
        "finding:change",
        "UPDATE audit_finding_state SET outcome = 'unclear' WHERE finding = '{0}' AND state = 'closed'",
    ),
    "whom it is about": (
        "finding:open",
        "UPDATE audit_finding SET who = 'somebody' WHERE id = '{0}'",
    ),
    "its events": (
        "finding:open",
        "UPDATE audit_finding SET events = array_append(events, 'x') WHERE id = '{0}'",
    ),
    "when it was closed": (
        "finding:change",
        "UPDATE audit_finding_state SET occurred = occurred - 86400000000"
        " WHERE finding = '{0}' AND state = 'closed'",
    ),
    "one more state": (
        "None",
        "INSERT INTO audit_finding_state (finding, state, owner, outcome, who, occurred, event)"
        " SELECT finding, 'closed', owner, 'false-alarm', who, occurred, event"
        " FROM audit_finding_state WHERE finding = '{0}' AND state = 'closed'",
    ),
    # So that the rule, when it notices the same, says nothing: it was closed long ago.
    "one that nobody noticed": (
        "None",
        "INSERT INTO audit_finding (id, rule, key, who, occurred, events, count, event)"
        " SELECT 'put', rule, 'other', who, occurred, events, count, event"
        " FROM audit_finding WHERE id = '{0}'",
    ),
}


@pytest.mark.parametrize("what", GONE)
def test_a_finding_that_is_not_as_the_log_tells_is_found_by_the_check_of_the_log(
    engine: Engine, database_url: URL, caller: Caller, what: str
) -> None:
    with transaction(engine) as session:
        read = AuditEvent(action=Action.PATIENT_READ, caller=NOSY, identity="te-1", occurred=NIGHT)
        audit.append(session, read)
    with transaction(engine) as session:
        (id_,) = findings.look(session, *DAY, caller)
        assert findings.close(session, id_, Conclusion.CONFIRMED, "it was", caller)
    assert checked(engine).findings == []
    action, *statements = GONE[what]
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement.format(id_))).rowcount
    (found,) = [one for one in checked(engine).findings if one.code == "FINDING"]
    assert told_by(engine, found.id) == action


def told_by(engine: Engine, id_: str | None) -> str:
    with engine.connect() as connection:
        query = text("SELECT action FROM audit_event WHERE id = :id")
        return str(connection.scalar(query, {"id": id_}))
