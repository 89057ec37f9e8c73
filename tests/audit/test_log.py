"""The log: what is appended is read back as it was, in order; nothing changes it."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, event, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

import audit
from audit.canonical import MAX_NUMBER
from audit.event import Action, AuditEvent, Caller, Outcome
from audit.units import unit_of
from gateway.database import transaction
from tests.ledger import engine_for

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
        assert list(map(said, list(audit.events(session))[before:])) == list(map(said, events))
        part.rollback()


def said(event: AuditEvent) -> AuditEvent:
    """Without what the transaction adds: the first event of a unit has its id."""
    return replace(event, id="", unit=None)


def test_reading_can_be_narrowed(session: Session, caller: Caller) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    old = AuditEvent(
        action=Action.PATIENT_READ, caller=caller, record="r1", identity="i1", occurred=long_ago
    )
    new = AuditEvent(action=Action.IDENTITY_LINK, caller=caller, record="r2", identity="i1")
    audit.append_many(session, [old, new])
    since = long_ago + timedelta(days=1)
    narrowed: dict[str, list[AuditEvent]] = {
        "record": list(audit.events(session, record="r1")),
        "identity": list(audit.events(session, identity="i1")),
        "action": list(audit.events(session, identity="i1", action=Action.IDENTITY_LINK)),
        "since": list(audit.events(session, identity="i1", since=since)),
    }
    assert {name: list(map(said, found)) for name, found in narrowed.items()} == {
        "record": [said(old)],
        "identity": [said(old), said(new)],
        "action": [said(new)],
        "since": [said(new)],
    }


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
        assert list(map(said, audit.events(session, record="r1"))) == [said(event)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_event SET body = '{}'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
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


def test_what_a_savepoint_takes_back_is_not_the_first_event_of_its_transaction(
    engine: Engine, caller: Caller
) -> None:
    with transaction(engine) as session:
        trial = session.begin_nested()
        audit.append(session, AuditEvent(action=Action.PATIENT_READ, caller=caller))
        trial.rollback()
        assert unit_of(session) is None
        audit.append(session, AuditEvent(action=Action.REPORT_READ, caller=caller))
        unit = unit_of(session)
    with transaction(engine) as session:
        *_, kept = audit.events(session)
    assert (kept.id, kept.unit, kept.action) == (unit, None, Action.REPORT_READ)


def test_a_connection_that_is_lost_when_work_begins_is_an_error_of_the_database(
    engine: Engine,
) -> None:
    @event.listens_for(engine, "checkout")
    def lose(connection: psycopg.Connection[Any], *_: object) -> None:
        with suppress(psycopg.Error):
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DBAPIError), transaction(engine) as session:
        session.connection()
