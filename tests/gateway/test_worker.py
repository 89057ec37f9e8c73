"""What was only received is read soon, once, and by whichever process is free."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from adapters.contract import Conversion, Statement
from audit import log
from audit.event import Action, Caller
from gateway import worker
from gateway.database import retried, transaction
from gateway.ingest import receive
from gateway.registry import tables
from gateway.registry.messages import MessageState
from gateway.worker import take_next, working
from tests.fake_source import ADAPTER, SOURCE, FakeAdapter, fake_message

GIRL = {"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"}


def adapters_of(_system: str) -> dict[str, FakeAdapter]:
    return {SOURCE: ADAPTER}


def received(engine: Engine, caller: Caller, count: int) -> list[str]:
    with transaction(engine) as session:
        return [
            receive(session, fake_message(GIRL | {"id": f"k{number}"}), caller)[0]
            for number in range(count)
        ]


def states(engine: Engine) -> dict[str, int]:
    c = tables.message.c
    with transaction(engine) as session:
        rows = session.execute(select(c.state, func.count()).group_by(c.state))
        return {row[0]: row[1] for row in rows}


def eventually(check: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not check():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_messages_are_read_as_they_come_in_while_the_service_runs(
    engine: Engine, caller: Caller
) -> None:
    with working(engine, adapters_of, caller):
        received(engine, caller, 3)
        eventually(lambda: states(engine) == {"accepted": 3})


def test_the_first_reading_is_an_ingest_and_no_replay(session: Session, caller: Caller) -> None:
    message, state = receive(session, fake_message(GIRL), caller)
    assert state == MessageState.RECEIVED
    assert take_next(session, adapters_of, caller) == message
    assert take_next(session, adapters_of, caller) is None
    actions = [event.action for event in log.events(session) if event.message == message]
    assert actions == [Action.MESSAGE_RECEIVE, Action.MESSAGE_INGEST, Action.RECORD_CREATE]


def test_several_workers_share_the_work_and_each_message_is_read_once(
    engine: Engine, caller: Caller
) -> None:
    ids = received(engine, caller, 12)

    def work(_: int) -> list[str]:
        done = []
        while found := retried(engine, lambda s: take_next(s, adapters_of, caller)):
            done.append(found)
        return done

    with ThreadPoolExecutor(4) as pool:
        done = [message for part in pool.map(work, range(4)) for message in part]
    assert sorted(done) == sorted(ids)
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(tables.record)) == 12


def test_a_message_that_cannot_be_stored_does_not_stop_those_after_it(
    engine: Engine, caller: Caller
) -> None:
    class Broken(FakeAdapter):
        def convert(self, statement: Statement) -> Conversion:
            found = super().convert(statement)
            return (
                found
                if statement.record_id != "k0"
                else Conversion(resources=found.resources, custodian="x", province="12345")
            )

    received(engine, caller, 3)
    with working(engine, lambda _: {SOURCE: Broken()}, caller):
        eventually(lambda: states(engine) == {"accepted": 2, "rejected": 1})


def test_whatever_goes_wrong_reading_goes_on_later(
    engine: Engine, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [MemoryError(), KeyError("x"), ConnectionError()]
    real = take_next

    def failing(*arguments: Any) -> str | None:
        if failures:
            raise failures.pop()
        return real(*arguments)

    monkeypatch.setattr(worker, "take_next", failing)
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    received(engine, caller, 1)
    with working(engine, adapters_of, caller):
        eventually(lambda: states(engine) == {"accepted": 1})
    assert failures == []


def test_a_source_that_is_no_longer_known_costs_its_message_only(
    session: Session, caller: Caller
) -> None:
    message, _ = receive(session, fake_message(GIRL), caller)
    assert take_next(session, lambda _: {}, caller) == message
    c = tables.message.c
    row = session.execute(select(c.state, c.source).where(c.id == message)).one()
    assert tuple(row) == (MessageState.REJECTED, SOURCE)
