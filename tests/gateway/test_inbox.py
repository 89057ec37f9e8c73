"""Who looks at messages is in the log; the log holds none of their bytes."""

import pytest
from sqlalchemy.orm import Session

from audit import log
from audit.event import Action, Caller
from gateway import inbox
from gateway.ingest import ingest
from tests.fake_source import ADAPTER, fake_message


@pytest.fixture
def message(session: Session, caller: Caller) -> str:
    line = {"id": "k1", "name": "Nguyễn Thị Thử", "bad": "convert"}
    return ingest(session, fake_message(line), ADAPTER, caller).message


def test_a_look_at_state_or_bytes_of_a_message_is_an_event(
    session: Session, caller: Caller, message: str
) -> None:
    inbox.one(session, message, caller)
    content = inbox.content(session, message, caller)
    assert content is not None
    assert "Thử" in content.decode()
    events = log.events(session, action=Action.MESSAGE_READ)
    assert [(event.message, event.detail) for event in events] == [
        (message, {"what": "state"}),
        (message, {"what": "content"}),
    ]


def test_a_look_at_a_messages_records_is_a_look_at_each_child(
    session: Session, caller: Caller
) -> None:
    lines = [{"id": f"k{number}", "name": "Nguyễn Thị Thử"} for number in range(2)]
    taken = ingest(session, fake_message(*lines), ADAPTER, caller)
    found = inbox.one(session, taken.message, caller)
    assert found is not None
    assert tuple(found.records) == taken.records
    events = log.events(session, action=Action.RECORD_READ)
    seen = {(event.message, event.record, event.identity) for event in events}
    assert seen == {(taken.message, one.record, one.identity) for one in taken.records}


def test_a_list_and_the_causes_are_events_too(
    session: Session, caller: Caller, message: str
) -> None:
    inbox.listed(session, caller)
    inbox.causes(session, caller)
    events = log.events(session, action=Action.MESSAGE_SEARCH)
    assert [event.detail for event in events] == [{"count": 1}, {}]


def test_a_list_is_never_longer_than_the_most(
    session: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    ingest(session, fake_message({"id": "k2", "name": "Lê Thị Hai"}), ADAPTER, caller)
    monkeypatch.setattr(inbox, "MOST", 1)
    assert len(inbox.listed(session, caller, most=1000)) == 1
    assert message


def test_what_does_not_exist_leaves_no_event(session: Session, caller: Caller) -> None:
    assert inbox.one(session, "0" * 26, caller) is None
    assert inbox.content(session, "0" * 26, caller) is None
    assert list(log.events(session, action=Action.MESSAGE_READ)) == []
