"""What was only received is read soon, once, and by whichever process is free."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from sqlalchemy import URL, Engine, func, select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from adapters.contract import Conversion, Statement
from audit import log
from audit.event import Action, Caller
from gateway import inbox, worker
from gateway.database import retried, transaction
from gateway.figures import figures
from gateway.ingest import receive
from gateway.registry import tables, unread
from gateway.registry.messages import MessageState
from gateway.replay import refused_messages, replay
from gateway.worker import take_next, working
from tests.fake_source import ADAPTER, SOURCE, FakeAdapter, fake_message
from tests.ledger import engine_for

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


def test_the_first_reading_is_an_ingest_and_no_replay(engine: Engine, caller: Caller) -> None:
    (message,) = received(engine, caller, 1)
    assert states(engine) == {"received": 1}
    assert take_next(engine, adapters_of, caller) == message
    assert take_next(engine, adapters_of, caller) is None
    with transaction(engine) as session:
        actions = [event.action for event in log.events(session) if event.message == message]
    assert actions == [Action.MESSAGE_RECEIVE, Action.MESSAGE_INGEST, Action.RECORD_CREATE]


def test_several_workers_share_the_work_and_each_message_is_read_once(
    engine: Engine, caller: Caller
) -> None:
    ids = received(engine, caller, 12)

    def work(_: int) -> list[str]:
        done = []
        while found := take_next(engine, adapters_of, caller):
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
    engine: Engine, caller: Caller
) -> None:
    (message,) = received(engine, caller, 1)
    assert take_next(engine, lambda _: {}, caller) == message
    c = tables.message.c
    with transaction(engine) as session:
        row = session.execute(select(c.state, c.source).where(c.id == message)).one()
    assert tuple(row) == (MessageState.REJECTED, SOURCE)


class Deadly(FakeAdapter):
    """Reading k0 ends the process, as running out of memory does."""

    def convert(self, statement: Statement) -> Conversion:
        if statement.record_id == "k0":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().convert(statement)


def work_in_a_process(url: URL, caller: Caller) -> int:
    """A service that reads until nothing waits; how its process ended."""

    def work() -> None:
        engine = engine_for(url)
        while take_next(engine, lambda _: {SOURCE: Deadly()}, caller):
            pass

    process = get_context("fork").Process(target=work)
    process.start()
    process.join()
    return process.exitcode or 0


def test_a_message_that_ends_the_process_is_given_up_and_holds_up_no_other(
    database_url: URL, engine: Engine, caller: Caller
) -> None:
    deadly, *_ = received(engine, caller, 3)
    engine.dispose()  # A process that is forked must not share connections.
    assert work_in_a_process(database_url, caller) == -signal.SIGKILL
    assert work_in_a_process(database_url, caller) == -signal.SIGKILL
    assert states(engine) == {"accepted": 2, "received": 1}
    engine.dispose()
    assert work_in_a_process(database_url, caller) == -signal.SIGKILL
    assert work_in_a_process(database_url, caller) == 0
    assert states(engine) == {"accepted": 2, "rejected": 1}
    with transaction(engine) as session:
        stands = figures(session).unsettled[SOURCE]
        found = inbox.one(session, deadly, caller)
        content = inbox.content(session, deadly, caller)
        group = refused_messages(session, caller, SOURCE, None, 9)
        asked = refused_messages(session, caller, SOURCE, "reading-broke-off", 9)
    assert (stands.refusals, stands.children, stands.mistakes) == (1, 1, 1)
    assert found is not None
    assert [(one.code, one.due is not None) for one in found.refusals] == [
        ("reading-broke-off", True)
    ]
    assert content == fake_message(GIRL | {"id": "k0"}).content
    assert (group, asked) == ([], [deadly])
    again = retried(engine, lambda session: replay(session, deadly, adapters_of, caller))
    assert again.after is MessageState.REPLAYED


def test_what_fails_without_ending_the_process_is_tried_as_often_as_it_takes(
    engine: Engine, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise PoolTimeoutError

    (message,) = received(engine, caller, 1)
    with monkeypatch.context() as patched:
        patched.setattr(worker, "replay", full)
        for _ in range(2 * worker.ATTEMPTS):
            with pytest.raises(PoolTimeoutError):
                take_next(engine, adapters_of, caller)
    assert take_next(engine, adapters_of, caller) == message
    assert states(engine) == {"accepted": 1}


def test_whoever_was_quicker_since_the_beginning_was_counted_keeps_the_message(
    engine: Engine, caller: Caller
) -> None:
    first, second = received(engine, caller, 2)
    with transaction(engine) as quicker:
        assert unread.hold(quicker, first)
        with transaction(engine) as session:
            assert not unread.hold(session, first)
        assert take_next(engine, adapters_of, caller) == second
        assert take_next(engine, adapters_of, caller) is None
    assert take_next(engine, adapters_of, caller) == first
