"""A gigabyte with two hundred thousand records through `motem ingest`, in bounded memory.

By itself, about a quarter of an hour: python -m pytest -m bench --capture=no tests/bench/test_large.py
Smaller: MOTEM_BENCH_RECORDS=20000.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gateway import postgres
from gateway.database import printable
from tests.bench.measure import report, run
from tests.conftest import temporary_home
from tests.journeys.steps import minutes

RECORDS = int(os.environ.get("MOTEM_BENCH_RECORDS", "200000"))
BYTES_A_RECORD = 5_400
MEMORY = 700_000_000
WORDS = "Bé quấn khăn bông xanh, bên cạnh có bình sữa và một mảnh giấy ghi ngày sinh. "

pytestmark = pytest.mark.bench


def elements(records: int) -> Iterator[bytes]:
    """Minutes of one child each, of about BYTES_A_RECORD: the text of a thorough report."""
    story = WORDS * ((BYTES_A_RECORD - 700) // len(WORDS.encode()))
    for number in range(records):
        child = {"hoTen": f"Nguyễn Thị Thử {number}", "gioiTinh": "NU", "dacDiem": story}
        yield minutes(child, soBienBan=f"{number}/BB-CAX")


def written(file: Path, records: int) -> int:
    """Write a JSON array of minutes; its bytes."""
    with file.open("wb") as stream:
        stream.write(b"[")
        for number, element in enumerate(elements(records)):
            stream.write(b",\n" * bool(number) + element)
        stream.write(b"]")
    return file.stat().st_size


def test_a_gigabyte_comes_in_in_bounded_memory_and_again_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    size = written(file, RECORDS)
    with temporary_home() as home:
        assert run(home, "migrate").status == 0
        first = run(home, "ingest", file)
        counted = counts(home)
        start = time.perf_counter()
        again = run(home, "ingest", file)
        report(
            "large",
            bytes=size,
            records=RECORDS,
            records_a_second=round(RECORDS / first.seconds),
            ingest=first,
            again=round(time.perf_counter() - start, 1),
        )
        assert (first.status, again.status) == (0, 0)
        assert counted == counts(home)
    assert counted["registry_record"] == RECORDS
    assert first.peak < MEMORY


def counts(home: Path) -> dict[str, int]:
    with psycopg.connect(printable(postgres.ensure(home))) as connection:
        found = {}
        for table in ("registry_message", "registry_record", "registry_statement"):
            query = psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))
            row = connection.execute(query).fetchone()
            found[table] = row[0] if row else 0
        return found
