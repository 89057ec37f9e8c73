"""Search of the log: each question finds what says so, page by page, with an index behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, Outcome
from audit.queries import Wanted, end_of, every, last_checkpoint, search

THEN = datetime(2020, 2, 1, tzinfo=UTC)
OTHER = AuditEvent(
    action=Action.RECORD_READ,
    caller=Caller(who="other", system="elsewhere", purpose="TREAT"),
    occurred=THEN,
)
ONE = AuditEvent(
    action=Action.DECISION_MAKE,
    caller=Caller(who="Ánh", system="desk", purpose="PUBHLTH", request="q1"),
    record="r1",
    identity="i1",
    message="m1",
    outcome=Outcome.REFUSED,
    occurred=THEN + timedelta(days=2),
)
QUESTIONS = {
    "record": Wanted(record="r1"),
    "identity": Wanted(identity="i1"),
    "message": Wanted(message="m1"),
    "request": Wanted(request="q1"),
    "who": Wanted(who="Ánh"),
    "system": Wanted(system="desk"),
    "purpose": Wanted(purpose="PUBHLTH"),
    "actions": Wanted(actions=(Action.DECISION_MAKE, Action.DECISION_WITHDRAW)),
    "outcomes": Wanted(outcomes=(Outcome.REFUSED,)),
    "period": Wanted(since=THEN + timedelta(days=1), until=THEN + timedelta(days=3)),
    "events": Wanted(events=(ONE.id,)),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_finds_what_says_so_and_reads_no_more(
    session: Session, question: str
) -> None:
    audit.append_many(session, [OTHER, ONE])
    asked: list[tuple[str, object]] = []
    connection = session.connection()

    def note(*told: object) -> None:
        asked.append((str(told[2]), told[3]))

    sqlalchemy_event.listen(connection, "before_cursor_execute", note)
    found = search(session, QUESTIONS[question])
    sqlalchemy_event.remove(connection, "before_cursor_execute", note)
    assert [one.event for one in found] == list(audit.events(session, record="r1"))
    ((statement, values),) = asked
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values)  # type: ignore[arg-type]
    assert "Seq Scan on audit_event" not in "\n".join(row[0] for row in plan)


def test_pages_together_are_all_the_newest_first_also_of_one_moment(session: Session) -> None:
    caller = Caller(who="busy", system="s", purpose="HOPERAT")
    events = [
        AuditEvent(
            action=Action.RECORD_READ, caller=caller, occurred=THEN + timedelta(seconds=n // 3)
        )
        for n in range(10)
    ]
    audit.append_many(session, events)
    wanted = Wanted(who="busy")
    whole = search(session, wanted)
    paged = search(session, wanted, most=4)
    while page := search(session, wanted, after=end_of(paged), most=4):
        paged += page
    assert paged == whole == list(every(session, wanted))
    assert [one.event.occurred for one in whole] == [one.occurred for one in reversed(events)]
    assert len(whole) == 10


def test_what_is_signed_has_its_place_and_there_is_a_checkpoint(session: Session) -> None:
    (first,) = search(session, Wanted(actions=(Action.DATABASE_MIGRATE,)))
    assert first.seq == 0
    note = last_checkpoint(session)
    assert note is not None
    assert note.splitlines()[1] == "1"
