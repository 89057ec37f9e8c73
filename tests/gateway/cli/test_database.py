"""`motem db url`, `motem db stop` and `motem migrate`, run as an operator runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.conftest import temporary_home


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with temporary_home() as home:
        yield home


def motem(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        env=usual | {"MOTEM_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_db_url_prints_nothing_but_a_url_that_connects(home: Path) -> None:
    motem(home, "db", "stop")
    done = motem(home, "db", "url")
    assert done.stdout.count("\n") == 1
    assert "for demonstration and development" in done.stderr
    with psycopg.connect(done.stdout.strip()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    engine = create_engine(done.stdout.strip())
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_migrate_says_what_it_did(home: Path) -> None:
    assert "Migrated from nothing" in motem(home, "migrate").stderr
    assert "up to date" in motem(home, "migrate").stderr


def test_the_printed_login_may_read_the_tables(home: Path) -> None:
    motem(home, "migrate")
    with psycopg.connect(motem(home, "db", "url").stdout.strip()) as connection:
        row = connection.execute("SELECT count(*) FROM audit_event").fetchone()
    assert row is not None
    assert row[0] >= 1


def test_a_given_database_is_printed_and_no_server_is_started(tmp_path: Path) -> None:
    url = "postgresql://me:an-own-password@db.example/motem"
    assert motem(tmp_path / "none", "db", "url", DATABASE_URL=url).stdout.strip() == url
    assert not (tmp_path / "none").exists()


def test_a_foreseeable_failure_is_one_sentence_without_a_traceback(home: Path) -> None:
    done = motem(home, "migrate", DATABASE_URL="sqlite:///x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "motem: DATABASE_URL must be a PostgreSQL URL (postgresql://…).\n"


def test_wrong_use_ends_with_status_2(home: Path) -> None:
    assert motem(home, "db", "no-such-command").returncode == 2


def test_stop_with_delete_removes_the_data() -> None:
    with temporary_home() as home:
        motem(home, "db", "url")
        assert (home / "postgres" / "data").exists()
        done = motem(home, "db", "stop", "--delete")
        assert "stopped" in done.stderr
        assert not (home / "postgres").exists()
