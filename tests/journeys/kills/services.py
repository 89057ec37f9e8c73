"""Two doors that listen, killed while they answer: HTTP (at once and later) and MLLP."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import httpx
from sqlalchemy import URL, Engine

from tests.gateway import hl7_sender
from tests.journeys.kills.door import PATIENCE, Told, motem
from tests.journeys.kills.nursery import Running, Start
from tests.journeys.steps import minutes

SENDERS = 4
LATER = {"Prefer": "respond-async"}
ANSWERED = {200, 201, 202}
Gone = (OSError, httpx.HTTPError)
"""What senders see when the service is killed."""


class Sender(Protocol):
    """Sends one payload after the other; what was not answered is sent again."""

    told: Told

    def talk(self, port: int, stop: threading.Event) -> None:
        """Send until told to stop, or until the service is gone."""
        ...

    def again(self, port: int) -> None:
        """Send what the last kill interrupted."""
        ...


class Service:
    """A service with senders, which begin when it is ready."""

    def __init__(self, command: list[str], senders: list[Sender], ready: Callable[[int], bool]):
        self.command, self.senders, self.ready = command, senders, ready
        self.told = senders[0].told

    @contextmanager
    def serving(self, start: Start) -> Iterator[tuple[Running, int]]:
        port = free_port()
        process = start(*self.command, "--port", str(port))
        try:
            until = time.monotonic() + PATIENCE
            while not self.ready(port):
                assert process.poll() is None, "the service has ended"
                assert time.monotonic() < until, "the service is not ready"
                time.sleep(0.05)
            yield process, port
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def at_work(self, start: Start, number: int) -> Iterator[Running]:
        stop = threading.Event()
        with self.serving(start) as (process, port):
            threads = [threading.Thread(target=s.talk, args=(port, stop)) for s in self.senders]
            for thread in threads:
                thread.start()
            try:
                yield process
            finally:
                stop.set()
                process.kill()
                for thread in threads:
                    thread.join()

    def progress(self, engine: Engine) -> int:
        return len(self.told.answered) + len(self.told.received)

    def finish(self, url: URL) -> None:
        with self.serving(partial(motem, url)) as (_, port):
            for sender in self.senders:
                sender.again(port)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class HttpSender:
    """Sends minutes of one child each under a key, every second time to be read later."""

    number: int
    told: Told
    sent: int = 0
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Idempotency-Key → status and body of its first answer."""

    def talk(self, port: int, stop: threading.Event) -> None:
        with suppress(*Gone), _client(port) as client:
            while not stop.is_set():
                self.send(client)
                self.sent += 1

    def send(self, client: httpx.Client) -> None:
        name = f"{self.number}{self.sent:05d}"
        headers = {"Content-Type": "application/json", "Idempotency-Key": name}
        headers |= LATER if self.sent % 2 else {}
        payload = minutes({"gioiTinh": "NU"}, soBienBan=f"{name}/BB-CAX")
        while True:
            answer = client.post("/sources/police/messages", content=payload, headers=headers)
            if answer.status_code != 409:
                break
            time.sleep(0.02)
        assert answer.status_code in ANSWERED, answer.text
        self.told.given.add(f"police:00199/{name}/BB-CAX/2026#1")
        self.told.received.add(answer.json()["message"])
        if answer.status_code != 202:
            self.told.answered.add(f"police:00199/{name}/BB-CAX/2026#1")
        # Under its key a request gets the answer that it got before the kills.
        assert self.answers.setdefault(name, (answer.status_code, answer.text)) == (
            answer.status_code,
            answer.text,
        )

    def again(self, port: int) -> None:
        """And some of what was answered before; then wait until all is read."""
        with _client(port) as client:
            last = self.sent
            for self.sent in (*range(0, last, max(1, last // 10)), last):
                self.send(client)
            until = time.monotonic() + PATIENCE
            while client.get("/messages?state=received").json()["messages"]:
                assert time.monotonic() < until
                time.sleep(0.05)


def _client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE)


def _is_ready(port: int) -> bool:
    try:
        with _client(port) as client:
            return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class MllpSender:
    """Sends admissions, and waits for each answer."""

    number: int
    told: Told
    sent: int = 0

    def talk(self, port: int, stop: threading.Event) -> None:
        with suppress(*Gone), _connection(port) as connection:
            while not stop.is_set():
                self.send(connection)
                self.sent += 1

    def send(self, connection: socket.socket) -> None:
        name = int(f"{self.number}{self.sent:05d}")
        said = hl7_sender.send(connection, hl7_sender.admission(name))
        assert said[1] == f"MSA|AA|C{name}", said
        self.told.given.add(f"hospital:01999/BN{name}")
        self.told.answered.add(f"hospital:01999/BN{name}")

    def again(self, port: int) -> None:
        with _connection(port) as connection:
            self.send(connection)


def _connection(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def _listens(port: int) -> bool:
    try:
        _connection(port).close()
    except OSError:
        return False
    return True


def over_http() -> Service:
    told = Told()
    return Service(["serve"], [HttpSender(n, told) for n in range(1, SENDERS + 1)], _is_ready)


def over_mllp() -> Service:
    told = Told()
    return Service(["mllp"], [MllpSender(n, told) for n in range(1, SENDERS + 1)], _listens)
