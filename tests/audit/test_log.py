"""The log: what is appended is read back as it was, in order; nothing changes it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

import audit
from audit.event import MAX_NUMBER, Action, AuditEvent, Caller, Outcome
from gateway.database import engine_for, transaction

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.lists(
        st.builds(
            AuditEvent,
            action=st.sampled_from(Action),
            caller=st.just(Caller(who="a", system="b", purpose="HOPERAT")),
            record=st.none() | words,
            identity=st.none() | words,
            outcome=st.sampled_from(Outcome),
            detail=st.dictionaries(
                words, words | st.integers(-MAX_NUMBER, MAX_NUMBER) | st.booleans(), max_size=3
            ),
        ),
        max_size=5,
    )
)
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_events_come_back_as_they_were_and_in_order(
    session: Session, events: list[AuditEvent]
) -> None:
    with session.begin_nested() as part:
        before = len(list(audit.events(session)))
        audit.append_many(session, events)
        assert list(audit.events(session))[before:] == events
        part.rollback()


def test_reading_can_be_narrowed(session: Session, caller: Caller) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    old = AuditEvent(
        action=Action.PATIENT_READ, caller=caller, record="r1", identity="i1", occurred=long_ago
    )
    new = AuditEvent(action=Action.IDENTITY_LINK, caller=caller, record="r2", identity="i1")
    audit.append_many(session, [old, new])
    assert list(audit.events(session, record="r1")) == [old]
    assert list(audit.events(session, identity="i1")) == [old, new]
    assert list(audit.events(session, identity="i1", action=Action.IDENTITY_LINK)) == [new]
    since = long_ago + timedelta(days=1)
    assert list(audit.events(session, identity="i1", since=since)) == [new]


def test_an_event_stands_or_falls_with_the_work(engine: Engine, caller: Caller) -> None:
    event = AuditEvent(action=Action.RECORD_CREATE, caller=caller, record="r1")

    def work_that_fails() -> None:
        with transaction(engine) as session:
            audit.append(session, event)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work_that_fails()
    with transaction(engine) as session:
        assert list(audit.events(session, record="r1")) == []
        audit.append(session, event)
    with transaction(engine) as session:
        assert list(audit.events(session, record="r1")) == [event]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_event SET who = 'nobody'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
    ],
)
def test_not_even_the_owner_changes_or_removes_an_event(
    database_url: URL, caller: Caller, change: str
) -> None:
    engine = engine_for(database_url, None)
    with transaction(engine) as session:
        audit.append(session, AuditEvent(action=Action.PATIENT_READ, caller=caller))
    with (
        pytest.raises(ProgrammingError, match="never changed or removed"),
        transaction(engine) as session,
    ):
        session.execute(text(change))
    engine.dispose()
