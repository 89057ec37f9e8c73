"""Ingesting in several processes gives what ingesting in one gives, and ends with its parent."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, select
from sqlalchemy.exc import OperationalError

from adapters.catalog import addressed, load_adapters
from adapters.contract import SourceMessage
from audit.event import Caller
from gateway.database import Log, printable, transaction
from gateway.errors import DatabaseUnavailableError
from gateway.ingest import deliver_many
from gateway.parallel import MOST_MESSAGES, Taker, deliver_in_processes
from gateway.registry import tables
from tests.conftest import TESTER, fresh_database
from tests.ledger import audit_folder, engine_for

ADAPTERS = load_adapters()


def minutes(number: int, **child: Any) -> SourceMessage:
    """Minutes, all of one day; `child` says what they say of the only child."""
    told = {
        "loai": "BIEN_BAN_TRE_BI_BO_ROI",
        "soBienBan": f"{number}/BB-CAX",
        "ngayLap": "2026-03-04T08:30:00+07:00",
        "donViLap": {"maXa": "00199", "ten": "Công an phường Thử", "loai": "CONG_AN_XA"},
        "phatHien": {"thoiGian": "2026-03-04T05:10:00+07:00", "maXa": "00199", "loaiNoi": "CHO"},
        "tre": [{"stt": 1, "gioiTinh": "NU"} | child],
    }
    return SourceMessage(source="", content=json.dumps(told, ensure_ascii=False).encode())


def world() -> list[SourceMessage]:
    """More than one process takes; each of the first is said again later, and differs."""
    first = [minutes(number, dacDiem=f"nốt ruồi {number}") for number in range(MOST_MESSAGES)]
    others = [minutes(1000 + number) for number in range(MOST_MESSAGES)]
    again = [minutes(number, dacDiem=f"vết bớt {number}") for number in range(MOST_MESSAGES)]
    broken = [SourceMessage(source="police", content=content) for content in (b"", b"{", b"\0")]
    return [*first, *others, *again, *broken, SourceMessage(source="", content=b"?"), first[0]]


def standing(engine: Engine) -> dict[str, list[str]]:
    """Key → what stands of its record, without what differs from one database to the next."""
    found: dict[str, list[str]] = {}
    record, resource = tables.record.c, tables.resource.c
    query = (
        select(record.key, record.id, resource.body)
        .join(tables.resource, resource.record_id == record.id)
        .where(resource.is_current, resource.type != "Provenance")
    )
    with transaction(engine) as session:
        for key, id_, body in session.execute(query):
            told = json.loads(body)
            told["meta"] = {k: v for k, v in told["meta"].items() if k in ("tag", "security")}
            text = json.dumps(told, sort_keys=True, ensure_ascii=False)
            found.setdefault(key, []).append(text.replace(id_, "id"))
    return {key: sorted(bodies) for key, bodies in found.items()}


@pytest.fixture
def other(server_url: URL, template_url: URL) -> Iterator[Engine]:
    with fresh_database(server_url, template_url.database) as url:
        engine = engine_for(url)
        yield engine
        engine.dispose()


def taker(url: URL) -> Taker:
    return Taker(
        url=url.render_as_string(hide_password=False),
        audit=Log(folder=audit_folder()),
        adapters=ADAPTERS,
        caller=TESTER,
    )


def test_what_stands_in_the_end_is_the_same(
    engine: Engine, database_url: URL, other: Engine, caller: Caller
) -> None:
    sent = world()
    alone = list(deliver_many(other, (addressed(one, ADAPTERS) for one in sent), caller))
    together = list(deliver_in_processes(taker(database_url), iter(sent), 3))
    assert [one.source for one in together] == [one.source for one in alone]
    assert [one.state for one in together] == [one.state for one in alone]
    assert [one.repeated for one in together] == [one.repeated for one in alone]
    assert len(standing(engine)) == 2 * MOST_MESSAGES
    assert standing(engine) == standing(other)


def test_nobody_waits_for_ever_where_the_database_is_gone(empty_database_url: URL) -> None:
    gone = empty_database_url.set(database="nowhere")
    with pytest.raises((DatabaseUnavailableError, OperationalError)) as raised:
        list(deliver_in_processes(taker(gone), iter(world()), 2))
    assert "nốt ruồi" not in str(raised.value)


@pytest.mark.parametrize("early", ["early_pool(2)", "None"])
def test_processes_end_when_their_parent_is_killed(
    early: str, tmp_path: Path, database_url: URL
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from sqlalchemy import make_url\n"
        "from gateway.parallel import deliver_in_processes, early_pool\n"
        "from tests.gateway.test_parallel import taker, world\n"
        "def for_ever():\n"
        "    while True:\n"
        "        yield from world()\n"
        "if __name__ == '__main__':\n"
        f"    early = {early}\n"
        "    whose = taker(make_url(sys.argv[1]))\n"
        "    for _ in deliver_in_processes(whose, for_ever(), 2, early):\n"
        "        print('begun', flush=True)\n"
        "        time.sleep(60)\n",
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen(
        [
            sys.executable,
            script,
            printable(database_url).replace("postgresql", "postgresql+psycopg"),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "begun\n"
    children = descendants(parent.pid)
    assert len(children) >= 2
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 20
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, children))


def descendants(pid: int) -> list[int]:
    """Children and their children."""
    children = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and fields(int(folder.name))[1:2] == [str(pid)]
    ]
    return [*children, *(below for child in children for below in descendants(child))]


def is_alive(pid: int) -> bool:
    """A zombie is dead: who takes in orphans may do so late."""
    return fields(pid)[:1] not in ([], ["Z"])


def fields(pid: int) -> list[str]:
    """State, parent and the rest of a process; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []
