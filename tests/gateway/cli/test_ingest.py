"""`motem ingest` from standard input and from a drop folder."""

import errno
import io
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, func, select

from adapters.formats import parts
from gateway.cli import dropfolder, ingest
from gateway.cli.ingest import Door
from gateway.database import printable, transaction
from gateway.registry import tables
from gateway.services import open_services
from gateway.settings import Settings
from tests.commands import motem
from tests.conftest import TESTER
from tests.gateway import cut_small
from tests.journeys.steps import minutes
from tests.ledger import engine_for

SMALL = "tests.gateway.cut_small"


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


def test_a_system_that_nothing_was_agreed_with_brings_no_fields(
    database_url: URL, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_bytes(girl(1))
    site = tmp_path / "site.toml"
    entry = '[[agreement]]\nsource = "police"\nsystem = "ca-hn"\nowner = "x"\n'
    site.write_text(entry + 'allowed_fields = ["tre"]\n', encoding="utf-8")

    def sent(system: str) -> int:
        arguments = ("ingest", tmp_path / "a.json", "--system", system)
        return motem(database_url, *arguments, MOTEM_SITE=str(site)).status

    assert (sent("ca hn"), sent("CA-HN")) == (2, 3)
    assert "no-agreement" in motem(database_url, "messages", "errors").out
    assert counted(database_url) == {"registry_message": 1, "registry_record": 0}


@pytest.mark.parametrize("both", [True, False])
def test_files_or_a_folder_to_watch_and_not_both(
    database_url: URL, tmp_path: Path, both: bool
) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    arguments = [tmp_path / "a.json", "--watch", tmp_path] if both else []
    assert motem(database_url, "ingest", *arguments).status == 2


@contextmanager
def watching(url: URL, folder: Path, module: str = "gateway") -> Iterator[subprocess.Popen[bytes]]:
    """A real process that watches a folder; killed at the end if it still runs."""
    environment = os.environ | {"DATABASE_URL": printable(url)}
    command = [sys.executable, "-m", module, "ingest", "--watch", str(folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
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


def large_ones(*numbers: int) -> bytes:
    return cut_small.array(*(cut_small.bad(n) if n == 5 else cut_small.girl(n) for n in numbers))


def test_a_large_file_is_one_line_of_the_table_with_places_as_in_the_file(
    database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small.cut_small(monkeypatch)
    (tmp_path / "a.json").write_bytes(large_ones(*range(12)))
    (tmp_path / "b.json").write_bytes(girl(99))
    taken = motem(database_url, "ingest", tmp_path)
    assert taken.status == 3
    (row,) = (
        line.split("│") for line in taken.out.splitlines() if "police" in line and "│" in line
    )
    assert [cell.strip() for cell in row[2:5]] == ["2", "0", "12"]
    assert "a.json: /5/ngayLap" in taken.out
    again = motem(database_url, "ingest", tmp_path)
    assert again.status == 3
    assert counted(database_url) == {"registry_message": 8, "registry_record": 12}


def test_standard_input_may_be_large(
    database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small.cut_small(monkeypatch)
    monkeypatch.setattr(sys, "stdin", Piped(large_ones(*range(12))))
    taken = motem(database_url, "ingest", "-", MOTEM_SPOOL=str(tmp_path))
    assert "-: /5/ngayLap" in taken.out
    assert list(tmp_path.iterdir()) == []


def test_a_message_in_parts_is_shown_with_where_to_find_them(
    database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small.cut_small(monkeypatch)
    (tmp_path / "a.json").write_bytes(large_ones(*range(12)))
    motem(database_url, "ingest", tmp_path)
    (whole,) = re.findall("[0-9a-z]{26}", motem(database_url, "messages", "list").out)
    shown = motem(database_url, "messages", "show", whole).out
    assert "parts: 6 of 6 read" in shown
    assert "/5/ngayLap" in shown
    parts = re.findall(
        "[0-9a-z]{26}", motem(database_url, "messages", "list", "--part-of", whole).out
    )
    assert len(parts) == 6
    assert f" of {whole}, from byte " in motem(database_url, "messages", "show", parts[0]).out
    assert motem(database_url, "messages", "replay", whole).status == 3
    assert motem(database_url, "messages", "withdraw", whole, "--reason", "test").status == 0


def test_what_cannot_be_cut_is_refused_before_anything_is_taken(
    database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small.cut_small(monkeypatch)
    monkeypatch.setattr(ingest, "WHOLE", 4_000)
    monkeypatch.setattr(parts, "WHOLE", 4_000)
    (tmp_path / "a.json").write_bytes(girl(1))
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04" + b"x" * 5_000)
    taken = motem(database_url, "ingest", tmp_path)
    assert taken.status == 2
    assert "b.xlsx" in taken.err
    assert counted(database_url)["registry_message"] == 0


def test_a_large_file_in_a_drop_folder_goes_on_where_it_was_stopped(
    database_url: URL, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_bytes(large_ones(*range(100, 180)))
    with watching(database_url, tmp_path, SMALL) as process:
        eventually(lambda: counted(database_url)["registry_record"] > 5, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "a.json" in names(tmp_path)
    with watching(database_url, tmp_path, SMALL) as process:
        eventually(lambda: names(tmp_path / "done") == {"a.json"}, process)
    assert counted(database_url) == {"registry_message": 41, "registry_record": 80}


def test_a_full_disk_stops_no_watcher_and_is_said_once(
    database_url: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two files are taken; the first cannot be moved, stays, and is not taken again and again."""
    (tmp_path / "a.json").write_bytes(girl(1))
    (tmp_path / "b.json").write_bytes(girl(2))
    move, looks = dropfolder.put_away, itertools.count()

    def full(dropped: dropfolder.Dropped, folder: str) -> bool:
        if dropped.path.name == "a.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return move(dropped, folder)

    class Stop(threading.Event):
        """Set after a few looks."""

        def wait(self, timeout: float | None = None) -> bool:
            if next(looks) > 3:
                self.set()
            return super().wait(0.01)

    monkeypatch.setattr(dropfolder, "put_away", full)
    settings = Settings.model_validate({"DATABASE_URL": printable(database_url)})
    services = open_services(settings)
    Door(services, None, TESTER, None).watch(tmp_path, Stop())
    services.engine.dispose()
    assert names(tmp_path) == {"a.json", "done", "rejected"}
    assert names(tmp_path / "done") == {"b.json"}
    assert capsys.readouterr().err.count("cannot be moved (No space left on device)") == 1
    assert counted(database_url) == {"registry_message": 2, "registry_record": 2}
