"""Lists of messages, and refusals that are alike."""

from typing import Any

from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.ingest import ingest
from gateway.registry import inbox, messages
from gateway.registry.messages import MessageState, Settlement
from tests.fake_source import ADAPTER, SOURCE, fake_message

GIRL = {"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"}


def taken(session: Session, caller: Caller, *lines: dict[str, Any]) -> str:
    return ingest(session, fake_message(*lines), ADAPTER, caller).message


def test_refusals_that_differ_only_in_their_numbers_are_one_cause(
    session: Session, caller: Caller
) -> None:
    bad = GIRL | {"bad": "convert"}
    taken(session, caller, *(bad | {"id": f"k{n}"} for n in range(12)))
    taken(session, caller, bad | {"id": "z"})
    (cause,) = inbox.causes(session)
    assert (cause.position, cause.count, cause.messages, cause.about_child) == ("line *", 13, 2, 13)
    assert (cause.source, cause.code, cause.element) == (SOURCE, "not-convertible", "name")
    assert cause.due is not None


def test_causes_are_told_apart_by_code_and_the_most_frequent_comes_first(
    session: Session, caller: Caller
) -> None:
    taken(session, caller, GIRL | {"bad": "read"})
    taken(session, caller, *(GIRL | {"id": f"k{n}", "bad": "convert"} for n in range(2)))
    assert [(c.code, c.count) for c in inbox.causes(session)] == [
        ("not-convertible", 2),
        ("wrong-date", 1),
    ]
    assert inbox.causes(session, "police") == []


def test_what_is_settled_is_no_cause_any_more(session: Session, caller: Caller) -> None:
    message = taken(session, caller, GIRL | {"bad": "read"})
    now = inbox.entries(session, most=1)[0].received
    messages.settle(session, [message], Settlement.WITHDRAWN, now)
    assert inbox.causes(session) == []
    assert not inbox.is_refused(session, message)


def test_a_list_is_the_newest_first_and_continues_where_it_ended(
    session: Session, caller: Caller
) -> None:
    ids = {taken(session, caller, GIRL | {"id": f"k{n}"}) for n in range(5)}
    first = inbox.entries(session, most=2)
    second = inbox.entries(session, before=first[-1].id, most=50)
    assert [one.id for one in [*first, *second]] == sorted(ids, reverse=True)
    assert all(not one.answer and not one.refusals for one in first)


def test_a_list_can_be_narrowed(session: Session, caller: Caller) -> None:
    good = taken(session, caller, GIRL)
    bad = taken(session, caller, GIRL | {"bad": "read"})

    def ids(**wanted: str) -> list[str]:
        return [one.id for one in inbox.entries(session, most=9, **wanted)]

    assert ids(state=MessageState.ACCEPTED) == [good]
    assert ids(state=MessageState.REJECTED) == [bad]
    assert sorted(ids(source=SOURCE)) == sorted([good, bad])
    assert ids(source="police") == []
    assert ids(part_of=good) == []


def test_one_message_shows_its_records_refusals_size_and_sender(
    session: Session, caller: Caller
) -> None:
    message = taken(session, caller, GIRL, GIRL | {"id": "k2", "bad": "read"})
    found = inbox.entry(session, message)
    assert found is not None
    content = inbox.content(session, message)
    assert content is not None
    assert found.size == len(content)
    assert (found.sender, found.system) == ("tester", "pytest")
    assert list(found.answer.values()) == ["new"]
    assert [(r.code, r.position, r.element) for r in found.refusals] == [
        ("wrong-date", "line 2", "born")
    ]


def test_what_is_not_there_is_none(session: Session) -> None:
    assert inbox.entry(session, "0" * 26) is None
    assert inbox.content(session, "0" * 26) is None
