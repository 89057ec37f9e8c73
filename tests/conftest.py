"""What tests share: a real PostgreSQL, fresh databases, a session that is rolled back, a caller."""

import atexit
import fcntl
import gc
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from sqlalchemy import URL, Engine, make_url
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import postgres
from gateway.database import DRIVER, printable
from gateway.migrate import migrate
from gateway.postgres_place import folder_of
from tests.ledger import VARIABLE, audit_folder, copy_anchor, engine_for

ROOM = 4 * 2**30
"""Bytes that must be free in memory for the databases of one worker and their logs."""


def _in_memory() -> str | None:
    """Where that can be: the disk is not what is tested, and each fresh database waits for it."""
    place = Path("/dev/shm")
    has_room = os.access(place, os.W_OK) and shutil.disk_usage(place).free >= ROOM
    return str(place) if has_room else None


MEMORY = _in_memory()
if VARIABLE not in os.environ:  # Else a process that started this one has set it.
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix="motem-audit-", dir=MEMORY)
    atexit.register(shutil.rmtree, os.environ[VARIABLE], ignore_errors=True)
IN_CI = os.environ.get("CI") == "true"
if not IN_CI:  # There hypothesis has a profile of its own: the same examples, no deadline either.
    # A machine that stalls for a moment is no fault of what is tested; costs have their own tests.
    hypothesis_settings.register_profile("motem", deadline=None)
    hypothesis_settings.load_profile("motem")
TESTER = Caller(who="tester", system="pytest", purpose="HOPERAT")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is left out: a skipped test has failed."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but CI allows no skip: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI nothing is left out: a module skipped as a whole has failed."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
    return report


def pytest_collection_finish() -> None:
    """What is imported and collected stays: the collector need not look at it in each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def caller() -> Caller:
    return TESTER


@contextmanager
def temporary_home(folder: str | None = None) -> Iterator[Path]:
    """A MOTEM_HOME that the server's account can reach (pytest's own folders are private).

    On a disk, as what is measured has it, unless `folder` says otherwise.
    """
    home = Path(tempfile.mkdtemp(prefix="mt-", dir=folder))
    home.chmod(0o711)
    try:
        yield home
    finally:
        postgres.stop(home)
        shutil.rmtree(home)
        # In a bench the next home has a database of that name too, of which nothing was signed;
        # tests that run at the same time have one folder for all.
        if "PYTEST_XDIST_WORKER" not in os.environ:
            (audit_folder() / f"{postgres.DATABASE}.checkpoint").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def server_url() -> Iterator[URL]:
    """A login that may make roles and databases: MOTEM_TEST_DATABASE_URL or an embedded server."""
    given = os.environ.get("MOTEM_TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername=DRIVER)
        return
    with temporary_home(MEMORY) as home:
        url = postgres.ensure(home)
        _without_waiting_for_the_disk(home)
        yield url


def _without_waiting_for_the_disk(home: Path) -> None:
    """Processes are killed in tests, machines are not: what is written need not reach the disk."""
    data = folder_of(home) / "data"
    with (data / "postgresql.conf").open("a") as file:
        file.write("\nfsync = off\nfull_page_writes = off\n")
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)


@contextmanager
def fresh_database(server: URL, template: str | None = None) -> Iterator[URL]:
    """A database of its own, empty or a copy of `template`, dropped at the end."""
    name = f"motem_test_{uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        create += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(printable(server), autocommit=True) as connection:
        connection.execute(create)
        if template:
            copy_anchor(template, name)
        try:
            yield server.set(database=name)
        finally:
            _drop(connection, drop)


def _drop(connection: psycopg.Connection[Any], drop: sql.Composed) -> None:
    """Not while the server itself cleans up in the database: that nobody but itself may end."""
    for _ in range(300):
        try:
            connection.execute(drop)
            return
        except psycopg.errors.InsufficientPrivilege:
            time.sleep(0.1)
    connection.execute(drop)


@pytest.fixture
def empty_database_url(server_url: URL) -> Iterator[URL]:
    """A database of this test's own, without tables."""
    with fresh_database(server_url) as url:
        yield url


@pytest.fixture(scope="session")
def template_url(server_url: URL) -> Iterator[URL]:
    """A migrated database that others are copied from; nobody stays connected to it."""
    with fresh_database(server_url) as url:
        engine = engine_for(url, None)
        # Roles belong to the whole server: workers that share one make them one after the other.
        with (Path(tempfile.gettempdir()) / f"motem-tests-{os.getuid()}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            migrate(engine, TESTER)
        engine.dispose()
        yield url


@pytest.fixture
def database_url(server_url: URL, template_url: URL) -> Iterator[URL]:
    """A migrated database of this test's own: for tests that commit, or use several connections."""
    with fresh_database(server_url, template_url.database) as url:
        yield url


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    """The application's engine on this test's own database."""
    engine = engine_for(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_engine(server_url: URL, template_url: URL) -> Iterator[Engine]:
    """The application's engine on the database of all tests that roll back."""
    with fresh_database(server_url, template_url.database) as url:
        engine = engine_for(url)
        yield engine
        engine.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session as the application has it; all that a test does in it is rolled back."""
    with shared_engine.connect() as connection, connection.begin() as whole:
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        whole.rollback()
