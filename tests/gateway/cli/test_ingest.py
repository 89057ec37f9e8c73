"""`motem ingest` from standard input and from a drop folder."""

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, func, select

from gateway.database import engine_for, printable, transaction
from gateway.registry import tables
from tests.commands import motem
from tests.journeys.steps import minutes

COMMAND = [sys.executable, "-m", "gateway", "ingest", "--watch"]


def girl(number: int) -> bytes:
    return minutes({"hoTen": "Nguyễn Thị Bí Mật"}, soBienBan=f"{number}/BB-CAX")


def counted(url: URL) -> dict[str, int]:
    """Messages and records."""
    engine = engine_for(url)
    with transaction(engine) as session:
        found = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (tables.message, tables.record)
        }
    engine.dispose()
    return found


class Piped:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def test_standard_input_is_a_payload(
    database_url: URL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(girl(1)))
    assert motem(database_url, "ingest", "-").status == 0
    (tmp_path / "b.json").write_bytes(girl(2))
    monkeypatch.setattr(sys, "stdin", Piped(b"{"))
    both = motem(database_url, "ingest", "-", tmp_path / "b.json", "--source", "police")
    assert both.status == 3
    assert "-: /" in both.out
    assert counted(database_url)["registry_record"] == 2


def test_the_sending_system_is_kept(database_url: URL, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(girl(1))
    motem(database_url, "ingest", tmp_path, "--system", "ca-hn")
    assert "ca-hn" in motem(database_url, "messages", "list").out


@pytest.mark.parametrize("both", [True, False])
def test_files_or_a_folder_to_watch_and_not_both(
    database_url: URL, tmp_path: Path, both: bool
) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    arguments = [tmp_path / "a.json", "--watch", tmp_path] if both else []
    assert motem(database_url, "ingest", *arguments).status == 2


@contextmanager
def watching(url: URL, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real process that watches a folder; killed at the end if it still runs."""
    environment = os.environ | {"DATABASE_URL": printable(url)}
    process = subprocess.Popen([*COMMAND, str(folder)], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def eventually(check: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 150
    while not check():
        assert process.poll() is None, "the watcher has ended"
        assert time.monotonic() < until
        time.sleep(0.05)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_files_go_to_done_or_rejected_and_sigterm_ends_it(
    database_url: URL, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_bytes(girl(1))
    (tmp_path / "b.json").write_bytes(b"{")
    (tmp_path / "c.json.part").write_bytes(girl(3))
    with watching(database_url, tmp_path) as process:
        eventually(lambda: names(tmp_path / "rejected") == {"b.json"}, process)
        eventually(lambda: names(tmp_path / "done") == {"a.json"}, process)
        (tmp_path / "c.json.part").rename(tmp_path / "c.json")
        eventually(lambda: names(tmp_path / "done") == {"a.json", "c.json"}, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert names(tmp_path) == {"done", "rejected"}
    assert counted(database_url) == {"registry_message": 3, "registry_record": 2}


def test_kill_9_loses_no_file_and_doubles_no_record(database_url: URL, tmp_path: Path) -> None:
    chance, rounds, each = random.Random(20261122), 3, 25
    for round_ in range(rounds):
        for number in range(each):
            (tmp_path / f"{round_}-{number}.json").write_bytes(girl(100 * round_ + number))
        before = len(names(tmp_path / "done"))
        with watching(database_url, tmp_path) as process:
            eventually(lambda before=before: len(names(tmp_path / "done")) > before, process)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.3))
        left = {name for name in names(tmp_path) if name.endswith(".json")}
        assert len(left) + len(names(tmp_path / "done")) == (round_ + 1) * each
    with watching(database_url, tmp_path) as process:
        eventually(lambda: len(names(tmp_path / "done")) == rounds * each, process)
    assert counted(database_url) == {
        "registry_message": rounds * each,
        "registry_record": rounds * each,
    }
