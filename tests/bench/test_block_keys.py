"""Ways to find records that share one of several keys: an array with GIN, a table of keys.

By itself: python -m pytest -m bench --capture=no tests/bench/test_block_keys.py
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import quantiles
from typing import Any, LiteralString, TypeAlias

import psycopg
import pytest

from gateway import postgres
from gateway.database import printable
from tests.bench.measure import report
from tests.conftest import temporary_home

RECORDS, KEYS, BATCH, LOOKUPS = 100_000, 15, 1_000, 500

pytestmark = pytest.mark.bench

Record: TypeAlias = tuple[str, list[str]]
"""Id and keys."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How keys are stored. Each statement that writes takes ids and keys, as two arrays."""

    create: tuple[LiteralString, ...]
    insert: tuple[LiteralString, ...]
    change: tuple[LiteralString, ...]
    find: LiteralString
    tables: tuple[LiteralString, ...]
    one_row_a_key: bool


ARRAY = Way(
    create=(
        "CREATE TABLE array_record (id text PRIMARY KEY, block_keys text[] NOT NULL)",
        "CREATE INDEX ON array_record USING gin (block_keys)",
    ),
    insert=(
        "INSERT INTO array_record"
        " SELECT id, keys::text[] FROM unnest(%s::text[], %s::text[]) AS row (id, keys)",
    ),
    change=(
        "UPDATE array_record SET block_keys = row.keys::text[]"
        " FROM unnest(%s::text[], %s::text[]) AS row (id, keys) WHERE array_record.id = row.id",
    ),
    find="SELECT id FROM array_record WHERE block_keys && %s::text[]",
    tables=("array_record",),
    one_row_a_key=False,
)
AT_ONCE = replace(
    ARRAY,
    create=(
        "DROP TABLE array_record",
        ARRAY.create[0],
        "CREATE INDEX ON array_record USING gin (block_keys) WITH (fastupdate = off)",
    ),
)
"""GIN without its list of pending entries, which every look-up has to read through."""
INSERT_KEYS = "INSERT INTO table_key SELECT * FROM unnest(%s::text[], %s::text[]) AS row (id, key)"
TABLE = Way(
    create=(
        "CREATE TABLE table_record (id text PRIMARY KEY)",
        "CREATE TABLE table_key (id text, key text, PRIMARY KEY (key, id))",
        "CREATE INDEX ON table_key (id)",
    ),
    insert=(
        "INSERT INTO table_record"
        " SELECT DISTINCT id FROM unnest(%s::text[], %s::text[]) AS row (id, key)",
        INSERT_KEYS,
    ),
    change=(
        "DELETE FROM table_key USING unnest(%s::text[], %s::text[]) AS row (id, key)"
        " WHERE table_key.id = row.id",
        INSERT_KEYS,
    ),
    find="SELECT DISTINCT id FROM table_key WHERE key = ANY(%s::text[])",
    tables=("table_record", "table_key"),
    one_row_a_key=True,
)


def made(seed: int = 20261122) -> list[Record]:
    """Keys as blocking makes them: numbers of one child, names of some, days of many."""
    chance = random.Random(seed)
    records = []
    for number in range(RECORDS):
        own = {f"id:{number // 3:012d}|{part}" for part in range(KEYS - 9)}
        names = {f"n:{chance.randrange(RECORDS // 4)}|{part}" for part in range(4)}
        days = {f"d:{chance.randrange(2_000)}|{part}" for part in range(5)}
        records.append((f"{number:026d}", sorted(own | names | days)))
    chance.shuffle(records)
    return records


@pytest.fixture
def connection() -> Iterator[psycopg.Connection]:
    with temporary_home() as home, psycopg.connect(printable(postgres.ensure(home))) as found:
        yield found


def test_an_array_with_gin_beside_a_table_of_keys(connection: psycopg.Connection) -> None:
    records = made()
    asked = random.Random(1).sample(records, LOOKUPS)
    array, by_array = measured(connection, ARRAY, records, asked)
    at_once, by_at_once = measured(connection, AT_ONCE, records, asked)
    table, by_table = measured(connection, TABLE, records, asked)
    assert by_array == by_at_once == by_table, "all find the same candidates"
    candidates = sum(map(len, by_array)) / LOOKUPS
    report(
        "block_keys",
        records=RECORDS,
        keys=KEYS,
        candidates=candidates,
        array=array,
        array_at_once=at_once,
        table=table,
    )


def measured(
    connection: psycopg.Connection, way: Way, records: Sequence[Record], asked: Sequence[Record]
) -> tuple[dict[str, float], list[list[str]]]:
    """Figures of one way, and the candidates of each record that was asked for."""
    for statement in way.create:
        connection.execute(statement)
    filling = sum(
        seconds(partial(write, connection, way, way.insert, records[at : at + BATCH]))
        for at in range(0, RECORDS, BATCH)
    )
    for table in way.tables:
        connection.execute(b"ANALYZE " + table.encode())
    found: list[list[str]] = []

    def look(keys: list[str]) -> None:
        found.append(sorted(row[0] for row in connection.execute(way.find, [keys])))

    looking = [seconds(partial(look, keys)) for _, keys in asked]
    sizes = [
        connection.execute("SELECT pg_total_relation_size(%s)", [name]).fetchone()
        for name in way.tables
    ]
    changed = [[(id_, [f"{key}*" for key in keys])] for id_, keys in asked]
    changing = [seconds(partial(write, connection, way, way.change, one)) for one in changed]
    return {
        "insert_seconds": round(filling, 2),
        "look_up_ms_p50": milliseconds(looking, 50),
        "look_up_ms_p95": milliseconds(looking, 95),
        "change_ms_p50": milliseconds(changing, 50),
        "change_ms_p95": milliseconds(changing, 95),
        "megabytes": round(sum(row[0] for row in sizes if row) / 1024**2),
    }, found


def write(
    connection: psycopg.Connection,
    way: Way,
    statements: Sequence[LiteralString],
    records: Sequence[Record],
) -> None:
    """One transaction, as an ingest has them."""
    if way.one_row_a_key:
        rows = [(id_, key) for id_, keys in records for key in keys]
    else:
        rows = [(id_, "{" + ",".join(f'"{key}"' for key in keys) + "}") for id_, keys in records]
    for statement in statements:
        connection.execute(statement, [[id_ for id_, _ in rows], [key for _, key in rows]])
    connection.commit()


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def milliseconds(times: Sequence[float], percent: int) -> float:
    return round(1000 * quantiles(times, n=100)[percent - 1], 2)
