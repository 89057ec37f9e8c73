"""Large payloads through real processes: kill -9, sent again, each record once, little memory."""

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, func, select

from gateway.database import transaction
from gateway.registry import tables
from tests.gateway.cut_small import array, girl
from tests.journeys.kills.door import motem
from tests.journeys.kills.nursery import Running, Start, nursery
from tests.journeys.serving import serving
from tests.ledger import engine_for

GIRLS = 80
PATH = "/sources/police/messages"
JSON = {"Content-Type": "application/json"}
MEGABYTE = 1_000_000
HUGE = 120 * MEGABYTE
MORE_MEMORY = 80 * MEGABYTE
"""Of a payload of HUGE bytes beside a small one; all of it in memory would be more."""


def payload() -> bytes:
    return array(*(girl(number) for number in range(GIRLS)))


def counts(url: URL) -> dict[str, int]:
    """Wholes, parts and records."""
    engine, c = engine_for(url), tables.message.c
    with transaction(engine) as session:
        found = {
            "wholes": session.scalar(select(func.count()).where(c.content.is_(None))),
            "parts": session.scalar(select(func.count()).where(c.part_of.is_not(None))),
            "records": session.scalar(select(func.count()).select_from(tables.record)),
        }
    engine.dispose()
    return {name: count or 0 for name, count in found.items()}


ONCE = {"wholes": 1, "parts": GIRLS // 2, "records": GIRLS}


def eventually(check: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def start(database_url: URL) -> Iterator[Start]:
    """Starts `motem`, to which some hundred bytes are large."""
    with nursery(database_url, small=True) as start:
        yield start


def ingest(start: Start, file: Path) -> Running:
    return start("ingest", str(file), "--source", "police")


def test_files_after_kill_9(start: Start, database_url: URL, tmp_path: Path) -> None:
    chance, file = random.Random(20261122), tmp_path / "large.json"
    file.write_bytes(payload())
    for number in range(1, 4):
        process = ingest(start, file)
        eventually(lambda number=number: counts(database_url)["parts"] >= 5 * number)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.wait()
    assert ingest(start, file).wait() == 0
    assert counts(database_url) == ONCE


def test_http_after_kill_9(start: Start, database_url: URL) -> None:
    headers = JSON | {"Idempotency-Key": "k1"}
    with serving(start) as (process, client):
        first = client.post(PATH, content=payload(), headers=headers)
        process.kill()
        process.wait()
    assert first.status_code == 202
    with serving(start) as (process, client):
        again = client.post(PATH, content=payload(), headers=headers)
        assert (again.status_code, again.text) == (202, first.text)
        where = first.headers["content-location"]
        eventually(lambda: counts(database_url)["records"] > GIRLS // 4)
        process.kill()
        process.wait()
    with serving(start) as (_, client):
        eventually(lambda: client.get(where).json()["state"] == "accepted")
    assert counts(database_url) == ONCE


def test_http_killed_before_the_answer_leaves_nothing_or_all(
    start: Start, database_url: URL
) -> None:
    chance = random.Random(20261122)
    for _ in range(3):
        with serving(start) as (process, client):
            slow = chance.uniform(0, 0.05)
            try:
                client.post(PATH, content=dripping(payload(), process, slow), headers=JSON)
            except httpx.HTTPError:
                assert process.wait() != 0
        assert counts(database_url)["parts"] in (0, ONCE["parts"])
    with serving(start) as (_, client):
        where = client.post(PATH, content=payload(), headers=JSON).headers["content-location"]
        eventually(lambda: client.get(where).json()["state"] == "accepted")
    assert counts(database_url) == ONCE


def dripping(content: bytes, process: Running, slow: float) -> Iterator[bytes]:
    """All of it; the service is killed when the last byte was sent, or shortly after."""
    for at in range(0, len(content), 10_000):
        yield content[at : at + 10_000]
    threading.Timer(slow, process.kill).start()


def huge(file: Path) -> Path:
    """An array that breaks after its first records: all that follows is kept, and nobody reads it."""
    with file.open("wb") as stream:
        stream.write(payload().rstrip()[:-1] + b",}")
        for _ in range(HUGE // MEGABYTE):
            stream.write(b" " * MEGABYTE)
    return file


def test_a_file_takes_little_memory(database_url: URL, tmp_path: Path) -> None:
    (tmp_path / "small.json").write_bytes(payload())
    peaks = {}
    for file in (tmp_path / "small.json", huge(tmp_path / "huge.json")):
        process = motem(database_url, "ingest", str(file), "--source", "police")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peaks[file.stem] = used.ru_maxrss * 1024
    assert process.returncode == 3
    assert counts(database_url)["parts"] > HUGE // (2 * MEGABYTE)
    assert peaks["huge"] - peaks["small"] < MORE_MEMORY


def test_a_request_takes_little_memory(database_url: URL, tmp_path: Path) -> None:
    file = huge(tmp_path / "huge.json")
    with serving(partial(motem, database_url)) as (process, client):
        client.post(PATH, content=payload(), headers=JSON)
        before = peak(process.pid)
        with file.open("rb") as stream:
            answer = client.post(
                PATH, content=iter(lambda: stream.read(MEGABYTE), b""), headers=JSON
            )
        assert answer.status_code == 202
        where = answer.headers["content-location"]
        eventually(lambda: client.get(where).json()["state"] == "partly-accepted")
        assert peak(process.pid) - before < MORE_MEMORY
        told: dict[str, Any] = json.loads(client.get(where).text)
        with client.stream("GET", f"{where}/content") as content:
            assert sum(len(piece) for piece in content.iter_bytes()) == file.stat().st_size
    assert told["size"] == told["progress"]["bytesRead"] == file.stat().st_size


def peak(pid: int) -> int:
    """The most bytes of a process that were ever resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
