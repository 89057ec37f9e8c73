"""Promise 6 over HTTP: kill -9 of the service loses nothing that was answered, doubles nothing."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import URL, Select, func, select

from gateway.database import engine_for, printable, transaction
from gateway.registry import tables
from linkage import tables as linkage_tables
from tests.journeys.steps import minutes

ROUNDS = 10
SENDERS = 4
LATER = {"Prefer": "respond-async"}
ANSWERED = {200, 201, 202}


@dataclass
class Sender:
    """Sends minutes of one child each, every second time to be read later; repeats what failed."""

    number: int
    sent: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Record key → message, as answered with 200, 201 or 202."""
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Idempotency-Key → status and body of its first answer."""

    def work(self, client: httpx.Client, stop: threading.Event) -> None:
        """Send until told to stop; what is not answered is sent again in the next round."""
        while not stop.is_set():
            try:
                self.send(client)
            except httpx.HTTPError:
                return  # The service was killed.
            self.sent += 1

    def send(self, client: httpx.Client) -> None:
        name = f"{self.number}{self.sent:05d}"
        key = f"police:00199/{name}/BB-CAX/2026#1"
        headers = {"Content-Type": "application/json", "Idempotency-Key": name}
        headers |= LATER if self.sent % 2 else {}
        payload = minutes({"gioiTinh": "NU"}, soBienBan=f"{name}/BB-CAX")
        while True:
            answer = client.post("/sources/police/messages", content=payload, headers=headers)
            if answer.status_code != 409:
                break
            time.sleep(0.02)
        assert answer.status_code in ANSWERED, answer.text
        self.acknowledged[key] = answer.json()["message"]
        self.answers[name] = (answer.status_code, answer.text)


@contextmanager
def serving(
    url: URL, module: str = "gateway"
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A real `motem serve`, and a client of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, "serve", "--port", str(port)]
    environment = os.environ | {"DATABASE_URL": printable(url)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
            _wait_until_ready(client, process)
            yield process, client
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the service has ended"
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the service is not ready after a minute")


def _scalars(url: URL, *queries: Select[Any]) -> list[list[Any]]:
    engine = engine_for(url)
    with transaction(engine) as session:
        found = [list(session.scalars(query)) for query in queries]
    engine.dispose()
    return found


def _round(url: URL, senders: list[Sender], seconds: float) -> None:
    """All send at once, until the service is killed."""
    stop = threading.Event()
    with serving(url) as (process, client):
        before = sum(len(one.acknowledged) for one in senders)
        threads = [threading.Thread(target=one.work, args=(client, stop)) for one in senders]
        for thread in threads:
            thread.start()
        # The kill is to fall while work is done, not before the first answer.
        until = time.monotonic() + 60
        while sum(len(one.acknowledged) for one in senders) == before:
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        stop.set()
        for thread in threads:
            thread.join()


def test_kill_9_of_the_service_at_any_point_loses_nothing_and_doubles_nothing(
    database_url: URL,
) -> None:
    chance = random.Random(20261122)
    senders = [Sender(number) for number in range(1, SENDERS + 1)]
    message = tables.message.c
    for _ in range(ROUNDS):
        _round(database_url, senders, chance.uniform(0, 0.5))
        (kept,) = _scalars(database_url, select(message.id))
        assert {m for one in senders for m in one.acknowledged.values()} <= set(kept)
    expected = {key for one in senders for key in one.acknowledged}
    assert len(expected) > ROUNDS * SENDERS
    with serving(database_url) as (_, client):
        for one in senders:
            one.send(client)  # What the last kill interrupted.
            expected |= one.acknowledged.keys()
            _assert_answered_as_before(client, one)
        _wait_until_read(client)
    _assert_each_once(database_url, expected)


def _assert_answered_as_before(client: httpx.Client, one: Sender) -> None:
    """Under its key each request gets the answer that it got before the kills."""
    now, sent = dict(one.answers), one.sent
    for number in range(0, sent, max(1, sent // 10)):
        one.sent = number
        one.send(client)
    assert one.answers == now


def _wait_until_read(client: httpx.Client) -> None:
    until = time.monotonic() + 60
    while client.get("/messages?state=received").json()["messages"]:
        assert time.monotonic() < until
        time.sleep(0.05)


def _assert_each_once(url: URL, keys: set[str]) -> None:
    """Messages, records, Patients and identities: as many as children, and these children."""
    resource, of = tables.resource.c, linkage_tables.record.c
    found, messages, patients, golden, identities = _scalars(
        url,
        select(tables.record.c.key),
        select(func.count()).select_from(tables.message),
        select(func.count()).where(
            resource.type == "Patient", resource.is_current, resource.record_id.is_not(None)
        ),
        select(func.count()).where(resource.type == "Patient", resource.record_id.is_(None)),
        select(func.count(of.identity_id.distinct())),
    )
    assert sorted(found) == sorted(keys)
    assert [messages, patients, golden, identities] == [[len(keys)]] * 4
