"""The source register: agreements, traffic, lateness, errors and fields never seen before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from adapters.catalog import load_adapters
from audit import log
from audit.event import Action, Caller
from gateway.figures import figures
from gateway.ingest import ingest, receive
from gateway.register import Entry, register
from gateway.registry import tables
from gateway.site import Agreement, Site
from tests.fake_source import ADAPTER, SOURCE, fake_message

DAY = timedelta(days=1)
GIRL = {"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"}
POLICE = {"police": load_adapters()["police"]}


def registered(session: Session, caller: Caller, *agreements: Agreement) -> list[Entry]:
    return register(session, POLICE, Site(agreement=agreements), caller)


def sent(session: Session, caller: Caller, system: str, number: int, bad: str | None = None) -> str:
    """A message of the police, as the tests' own adapter reads it."""
    message = replace(fake_message(GIRL | {"id": f"k{number}", "bad": bad}), source="police")
    return ingest(session, message, ADAPTER, replace(caller, system=system)).message


def agreement(system: str | None = None, rhythm: str | None = "1d") -> Agreement:
    return Agreement.model_validate(
        {"source": "police", "owner": "Công an", "system": system, "rhythm": rhythm}
    )


def aged(session: Session, days: int) -> None:
    received = datetime.now(UTC) - timedelta(days=days)
    session.execute(update(tables.message).values(received=received))


def test_without_a_file_a_source_stands_there_with_what_came(
    session: Session, caller: Caller
) -> None:
    sent(session, caller, "a", 1)
    sent(session, caller, "b", 2, "convert")
    (entry,) = registered(session, caller)
    assert (entry.agreement, entry.system, entry.late) == (None, None, False)
    assert (entry.messages, entry.error_rate, entry.open_refusals) == (2, 0.5, 1)
    assert entry.lag is not None
    assert entry.lag < DAY
    assert len(list(log.events(session, action=Action.REPORT_READ))) == 1


def test_each_system_with_an_agreement_is_a_line_and_all_others_are_one(
    session: Session, caller: Caller
) -> None:
    for number, system in enumerate(("a", "b", "c")):
        sent(session, caller, system, number)
    found = registered(session, caller, agreement("a"), agreement("z"))
    assert [(entry.system, entry.messages) for entry in found] == [(None, 2), ("a", 1), ("z", 0)]


@pytest.mark.parametrize(("days", "late"), [(0, False), (2, True)])
def test_what_comes_less_often_than_agreed_is_late(
    session: Session, caller: Caller, days: int, late: bool
) -> None:
    sent(session, caller, "a", 1)
    aged(session, days)
    (entry,) = registered(session, caller, agreement())
    assert entry.late is late


def test_who_never_sent_is_late_where_a_rhythm_was_agreed_and_only_then(
    session: Session, caller: Caller
) -> None:
    found = registered(session, caller, agreement(), agreement("a", rhythm=None))
    assert [(entry.last, entry.late) for entry in found] == [(None, True), (None, False)]


def test_old_errors_are_not_in_the_rate_but_what_nobody_settled_stays(
    session: Session, caller: Caller
) -> None:
    sent(session, caller, "a", 1, "convert")
    aged(session, 40)
    sent(session, caller, "a", 2)
    (entry,) = registered(session, caller)
    assert (entry.messages, entry.error_rate, entry.open_refusals) == (1, 0.0, 1)


def test_fields_never_seen_before_are_added_up(session: Session, caller: Caller) -> None:
    for number in range(2):
        sent(session, caller, "a", number)
    session.execute(update(tables.message).values(unknown_fields={"canNang": 2, "x": 1}))
    (entry,) = registered(session, caller)
    assert entry.unknown_fields == {"canNang": 4, "x": 2}


def test_the_figures_count_what_is_unsettled_overdue_waiting_and_unread(
    session: Session, caller: Caller
) -> None:
    for number in range(3):
        bad = fake_message(GIRL | {"id": f"k{number}", "bad": "convert"})
        ingest(session, bad, ADAPTER, caller)
    ingest(session, replace(fake_message(GIRL), source=""), None, caller)
    ingest(session, fake_message({"episode": "e1"}), ADAPTER, caller)
    receive(session, fake_message(GIRL), caller)
    late = tables.rejection.c.id == session.scalar(tables.rejection.select().limit(1))
    session.execute(
        update(tables.rejection).where(late).values(due=datetime(2026, 1, 1, tzinfo=UTC))
    )
    received = tables.message.c.state == "received"
    minutes_ago = datetime.now(UTC) - timedelta(minutes=2)
    session.execute(update(tables.message).where(received).values(received=minutes_ago))
    found = figures(session)
    fake, unknown = found.unsettled[SOURCE], found.unsettled["unknown"]
    assert (fake.refusals, fake.children, fake.overdue) == (3, 3, 1)
    assert (unknown.refusals, unknown.children, unknown.overdue) == (1, 1, 0)
    assert found.states[SOURCE, "rejected"] == 3
    assert found.waiting == {SOURCE: 1}
    assert 100 < found.unread < 300
