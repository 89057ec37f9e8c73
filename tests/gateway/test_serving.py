"""Several processes behind one address."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
import structlog.testing
from sqlalchemy import URL, Engine

from gateway import weighing
from gateway.database import printable
from gateway.serving import AddressTakenError, listening, make_ready
from linkage import model as models
from linkage import parity
from tests.journeys.kills.services import free_port

PATIENCE = 60.0


def _until(told: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not told():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def _answers(base: str) -> bool:
    """Over a connection of its own, so that any of the processes may take it."""
    try:
        return httpx.get(f"{base}/readyz", trust_env=False, timeout=PATIENCE).status_code == 200
    except httpx.TransportError:
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) != 0


def _serving(first: int, base: str) -> set[int]:
    """The processes under the first that hold the address, as many as can be found."""
    _answers(base)
    path = Path(f"/proc/{first}/task/{first}/children")
    return {pid for pid in map(int, path.read_text().split()) if _is_spawned(pid)}


def _is_spawned(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def _service(url: URL, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--port", str(port), "--workers", "2"],
        env=os.environ | {"DATABASE_URL": printable(url)},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_the_processes_share_sends_at_once() -> None:
    """Else asyncio lets each answer wait for the acknowledgement of its head."""
    with listening("127.0.0.1", 0) as held:
        held.listen()
        with socket.create_connection(held.getsockname()):
            taken, _ = held.accept()
            assert taken.proto == socket.IPPROTO_TCP
            taken.close()
        with pytest.raises(AddressTakenError), listening(*held.getsockname()):
            pass


def test_the_scorer_is_checked_before_anybody_asks(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "_checked", [])
    make_ready(engine)
    assert [model.version for model, _ in parity._checked] == [models.load().version]


def test_a_scorer_that_gives_other_figures_than_splink_stops_no_service(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(model: models.MatchModel) -> NoReturn:
        raise parity.ParityError

    monkeypatch.setattr(weighing, "scorer_for", wrong)
    with structlog.testing.capture_logs() as said:
        make_ready(engine)
    assert [one["error"] for one in said] == ["NoScorerError"]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux tells of children")
def test_several_processes_answer_and_end_with_the_first(database_url: URL) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with _service(database_url, port) as process:
        _until(lambda: _answers(base), "the service is not ready")
        _until(lambda: len(_serving(process.pid, base)) == 2, "two were asked for")
        process.kill()
        process.wait()
        _until(lambda: _is_free(port), "others hold on to the address of a service that is gone")
