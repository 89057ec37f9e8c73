"""A world of about ten thousand records, ingested once for all measurements."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from gateway import postgres
from gateway.database import printable
from tests.bench.measure import Run, run
from tests.conftest import temporary_home
from tests.ledger import VARIABLE
from tests.machine import slowness

CHILDREN, SEED = "3000", "987001"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingested:
    """A world in a database of its own; `records` are those that the registry holds."""

    home: Path
    world: Path
    records: int
    ingest: Run
    slowness: float
    """Of the machine, before and after (tests/machine.py)."""


@pytest.fixture
def disk_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[URL]:
    """A migrated database, and a log, that wait for the disk (those of other tests do not)."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "audit"))
    with temporary_home() as home:
        assert run(home, "migrate").status == 0
        yield postgres.ensure(home)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingested]:
    world = tmp_path_factory.mktemp("bench") / "world"
    with temporary_home() as home:
        assert run(home, "sample", world, "--children", CHILDREN, "--seed", SEED).status == 0
        assert run(home, "migrate").status == 0
        slow = slowness()
        ingest = run(home, "ingest", world)
        slow = (slow + slowness()) / 2
        with psycopg.connect(printable(postgres.ensure(home))) as connection:
            row = connection.execute("SELECT count(*) FROM registry_record").fetchone()
        records = row[0] if row else 0
        yield Ingested(home=home, world=world, records=records, ingest=ingest, slowness=slow)
