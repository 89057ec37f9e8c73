"""Promises 1, 7 and 9 on the way out: logged first, asked once, nothing of an answer is kept."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Session

from adapters.outbound import population_standin as standin
from audit.event import Action
from gateway.database import printable
from gateway.outbound.registration import State
from gateway.registry.registrations import read
from tests.gateway.outbound.conftest import (
    child_with_number,
    found_child,
    results,
    written,
)
from tests.journeys.conftest import asking
from tests.shell import Shell, shell_at

SECRETS = ("canary-secret", "canary-key")
ANSWERED_NAME, ANSWERED_NUMBER = "Khổng Canary Trả Lời", "998326777055"


@pytest.fixture
def shell(database_url: URL, tmp_path: Path) -> Iterator[Shell]:
    with shell_at(database_url, tmp_path) as shell:
        yield shell


def killed_once(shell: Shell, there: Callable[[], bool], *words: str) -> None:
    """Start a command, and kill it as soon as the other side has what it sent."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", *words],
        env=os.environ | {"DATABASE_URL": printable(shell.database)} | shell.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not there():
        assert process.poll() is None, "it ended before it sent anything"
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()


def rows(engine: Engine) -> dict[str, str]:
    """Everything that stands in each table, as text."""
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        return {
            table: "\n".join(connection.scalars(text(f'SELECT t::text FROM "{table}" AS t')))
            for table in tables
        }


def test_of_an_answer_nothing_is_kept_anywhere(engine: Engine, shell: Shell) -> None:
    """The platform answers with somebody else's name and number, and with a fault that quotes."""

    def answer(content: bytes) -> tuple[int, str, bytes]:
        asked = standin.asked(content)
        told = standin.found(asked).replace(asked.name.split()[0].encode(), ANSWERED_NAME.encode())
        return 200, "text/xml", told.replace(asked.number.encode(), ANSWERED_NUMBER.encode())

    record = child_with_number(engine)
    before = rows(engine)
    for shell.behaviour.answer in (
        answer,
        lambda _: (500, "text/xml", standin.fault(f"Server.{ANSWERED_NUMBER}")),
        lambda _: (200, "text/xml", ANSWERED_NAME.encode()),
        lambda _: (400, "text/html", ANSWERED_NAME.encode()),
    ):
        shown = shell("lookup", record, "--again", MOTEM_LOG_LEVEL="debug").written
        for text_ in (shown, *rows(engine).values()):
            for secret in (*ANSWERED_NAME.split()[:2], ANSWERED_NUMBER, *SECRETS):
                assert secret not in text_
    after = rows(engine)
    assert {table for table in after if after[table] != before[table]} == {
        "audit_checkpoint",
        "audit_event",
        "audit_leaf",
        "outbound_lookup",
    }
    assert {result for _, result in results(engine)} == {"asked", "not-confirmed", "not-reachable"}


def test_each_question_that_was_asked_has_its_event(engine: Engine, shell: Shell) -> None:
    for number in range(4):
        child_with_number(engine, f"k{number}", f"99932600020{number}")
    shell.behaviour.fail = 3
    for _ in range(2):
        shell("lookup", "--next", 3)
    asked = written(engine, Action.LOOKUP_ASK)
    assert {event.detail["transaction"] for event in asked} == set(shell.sandbox.transactions)
    assert all(event.identity and event.caller.system == "motem-cli" for event in asked)


def test_a_look_up_that_is_killed_is_asked_again_under_its_transaction(
    engine: Engine, shell: Shell
) -> None:
    record = child_with_number(engine)
    shell.behaviour.slow = 600
    killed_once(shell, lambda: bool(shell.sandbox.transactions), "lookup", record)
    assert [result for _, result in results(engine)] == ["asked"]
    shell.behaviour.slow = 0
    assert shell("lookup", record).status == 0
    (transaction_id,) = shell.sandbox.transactions
    assert shell.sandbox.transactions[transaction_id] == 2
    assert results(engine)[-1] == (transaction_id, "confirmed")
    assert len(written(engine, Action.LOOKUP_ASK)) == 2


def test_a_request_that_is_killed_between_sending_and_storing_is_one_registration(
    engine: Engine, shell: Shell
) -> None:
    child = found_child(engine)
    shell("registration", "draft", child)
    shell.behaviour.slow = 600
    words = ("registration", "send")
    killed_once(shell, lambda: bool(shell.sandbox.handed_in), *words)
    (request_id,) = shell.sandbox.requests
    with Session(engine) as session:
        assert read(session, [request_id])[0].state is State.DRAFTED
    shell.behaviour.slow = 0
    for _ in range(2):
        assert shell(*words).status == 0
    assert shell.sandbox.handed_in == {request_id: 2}
    assert shell("registration", "draft", child).status == 1
    assert shell("registration", "refresh").status == 0
    with Session(engine) as session:
        (one,) = read(session, [request_id])
    assert [step.state for step in one.steps[-3:]] == [
        State.SENT,
        State.ACKNOWLEDGED,
        State.ANSWERED,
    ]
    assert list(shell.sandbox.requests) == [request_id]


def test_what_went_out_is_counted_without_a_childs_data(engine: Engine, shell: Shell) -> None:
    child_with_number(engine)
    found_child(engine)
    shell("lookup", "--next", 1)
    shell("registration", "draft", "--next", 1, "--send")
    with asking(shell.database) as client:
        metrics = client.get("/metrics").text
    for line in (
        'motem_lookups{result="confirmed"} 1.0',
        'motem_lookups{result="not-reachable"} 0.0',
        'motem_registrations{state="acknowledged"} 1.0',
        'motem_registrations{state="refused"} 0.0',
    ):
        assert line in metrics
    report = shell("report").out
    assert "tra cứu · look-ups" in report
    assert "khai sinh · registrations" in report


def test_addresses_hold_ids_of_ours_and_nothing_else(engine: Engine, shell: Shell) -> None:
    child_with_number(engine)
    found_child(engine)
    shell("lookup", "--next", 1)
    shell("registration", "draft", "--next", 1, "--send")
    shell("registration", "refresh")
    (request_id,) = shell.sandbox.requests
    assert shell.sandbox.addresses == {"/population/037", f"/registrations/{request_id}"}
