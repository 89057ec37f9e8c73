"""Promise 6: kill -9 during `motem ingest` loses nothing that was answered and doubles nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import URL, func, select

from gateway.database import engine_for, printable, transaction
from gateway.registry import tables
from linkage import tables as linkage_tables

ROUNDS = 4
FILES, RECORDS = 12, 60
COMMAND = [sys.executable, "-m", "gateway", "ingest"]


def write_minutes(folder: Path, round_: int) -> set[str]:
    """Police minutes of synthetic children, one file for each minutes; their record ids."""
    for number in range(FILES):
        minutes = {
            "loai": "BIEN_BAN_TRE_BI_BO_ROI",
            "soBienBan": f"{round_}{number:03d}/BB-CAX",
            "ngayLap": "2026-03-04T08:30:00+07:00",
            "donViLap": {"maXa": "00199", "ten": "Công an phường Thử", "loai": "CONG_AN_XA"},
            "phatHien": {
                "thoiGian": "2026-03-04T05:10:00+07:00",
                "maXa": "00199",
                "diaDiem": "cổng chợ",
                "loaiNoi": "CHO",
            },
            "tre": [{"stt": n, "gioiTinh": "NU"} for n in range(1, RECORDS + 1)],
        }
        text = json.dumps(minutes, ensure_ascii=False)
        (folder / f"{round_}-{number}.json").write_text(text, encoding="utf-8")
    return {
        f"police:00199/{round_}{number:03d}/BB-CAX/2026#{child}"
        for number in range(FILES)
        for child in range(1, RECORDS + 1)
    }


@pytest.fixture
def environment(database_url: URL) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": printable(database_url)}


def test_kill_9_at_any_point_loses_nothing_and_doubles_nothing(
    tmp_path: Path, environment: dict[str, str], database_url: URL
) -> None:
    chance, expected, interrupted = random.Random(20261122), set[str](), 0
    for round_ in range(1, ROUNDS + 1):
        folder = tmp_path / str(round_)
        folder.mkdir()
        expected |= write_minutes(folder, round_)
        before = _records(database_url)
        process = subprocess.Popen(
            [*COMMAND, str(folder)], env=environment, stdout=subprocess.DEVNULL
        )
        _wait_for_more(database_url, before, process)
        time.sleep(chance.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed_with = _records(database_url)
        interrupted += before < killed_with < expected
        again = subprocess.run([*COMMAND, str(folder)], env=environment, check=False)
        assert again.returncode == 0
        assert killed_with <= _records(database_url)
        assert _records(database_url) == expected
    assert interrupted, "no kill fell between two commits: make the folders larger"
    _assert_each_once(database_url, len(expected))


def _wait_for_more(url: URL, before: set[str], process: subprocess.Popen[bytes]) -> None:
    """The kill is to fall while the command works, not while Python starts."""
    while process.poll() is None and _records(url) == before:
        time.sleep(0.02)


def _records(url: URL) -> set[str]:
    engine = engine_for(url)
    with transaction(engine) as session:
        keys = set(session.scalars(select(tables.record.c.key)))
    engine.dispose()
    return keys


def _assert_each_once(url: URL, children: int) -> None:
    """Records, their Patients, compared records and identities: as many as children."""
    resource, of = tables.resource.c, linkage_tables.record.c
    counts = (
        select(func.count()).select_from(tables.record),
        select(func.count()).where(
            resource.type == "Patient", resource.is_current, resource.record_id.is_not(None)
        ),
        select(func.count()).where(resource.type == "Patient", resource.record_id.is_(None)),
        select(func.count(of.record_id)),
        select(func.count(of.identity_id.distinct())),
        select(func.count()).select_from(tables.statement),
    )
    engine = engine_for(url)
    with transaction(engine) as session:
        assert [session.scalar(query) for query in counts] == [children] * len(counts)
    engine.dispose()
