"""Ten thousand records through `motem ingest`, beside reading the same files and keeping the bytes.

By itself: python -m pytest -m bench --capture=no tests/bench/test_ingest.py
"""

import csv
import io
import json
import time
from base64 import b64decode
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from gateway import postgres
from gateway.cli.files import payload_files
from gateway.database import printable
from tests.bench.conftest import Ingested
from tests.bench.measure import PATIENCE, report

RECORDS_A_SECOND = 400
BYTES = 1_500_000_000

pytestmark = pytest.mark.bench


def test_ingest_of_ten_thousand_records(ingested: Ingested) -> None:
    measured = ingested.records / ingested.ingest.seconds
    rate = measured * ingested.slowness
    plain = keep_bytes(ingested)
    report(
        "ingest",
        records=ingested.records,
        records_a_second=round(measured),
        slowness=round(ingested.slowness, 2),
        records_a_second_on_an_idle_machine=round(rate),
        cpu_milliseconds_a_record=round(1000 * ingested.ingest.cpu / ingested.records, 2),
        ingest=ingested.ingest,
        plain_seconds=round(plain, 2),
        times_plain=round(ingested.ingest.seconds / plain, 1),
    )
    assert ingested.ingest.status == 3, "the world has broken payloads, and all else is taken"
    assert ingested.records > 9_000
    assert rate * PATIENCE >= RECORDS_A_SECOND
    assert ingested.ingest.peak < BYTES


def keep_bytes(ingested: Ingested) -> float:
    """Seconds to parse each file with nothing but its format's library and to insert its bytes."""
    start = time.perf_counter()
    url = printable(postgres.ensure(ingested.home))
    with psycopg.connect(url) as connection:
        table = psycopg.sql.Identifier(f"plain_{uuid4().hex}")
        connection.execute(
            psycopg.sql.SQL("CREATE TABLE {} (name text, content bytea)").format(table)
        )
        insert = psycopg.sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(table)
        for file in payload_files([ingested.world]):
            content = file.read_bytes()
            parse(file, content)
            connection.execute(insert, (file.name, content))
    return time.perf_counter() - start


def parse(file: Path, content: bytes) -> int:
    """How many parts it has; 0 where it is broken."""
    try:
        match file.suffix:
            case ".xml":
                inner = etree.fromstring(content).iter("NOIDUNGFILE")
                return sum(len(etree.fromstring(b64decode(part.text or ""))) for part in inner)
            case ".json":
                return len(json.loads(content))
            case ".xlsx":
                book = CalamineWorkbook.from_filelike(io.BytesIO(content))
                return len(book.get_sheet_by_index(0).to_python())
            case _:
                return len(list(csv.reader(io.StringIO(content.decode()))))
    except Exception:  # The world has files that are broken in every way.
        return 0
