"""A server that is not the embedded one: Debian's, in its oldest version that is installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, text

import audit
import audit.tables
import gateway.access.tables
import gateway.registry.change_tables
import gateway.registry.export_tables
import gateway.registry.outbound_tables
import gateway.registry.tables
import linkage.tables
from audit.event import Action, AuditEvent, Caller
from gateway import acting
from gateway.admission import Entrance
from gateway.database import DRIVER, OLDEST_VERSION, Role, printable, transaction
from gateway.migrate import migrate
from gateway.migrations.comparison import compared
from gateway.settings import Settings
from tests.conftest import fresh_database
from tests.ledger import engine_for

NOBODY = 65534


def programs() -> Path | None:
    found = {
        int(path.parents[1].name): path for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
    }
    usable = sorted(version for version in found if version >= OLDEST_VERSION)
    return found[usable[0]].parent if usable else None


@pytest.fixture(scope="module")
def system_server() -> Iterator[URL]:
    """A superuser's URL of a server made for this module."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server on this system (Debian: apt-get install postgresql)")
    home = Path(tempfile.mkdtemp(prefix="mts-"))
    user = NOBODY if os.geteuid() == 0 else None
    if user is not None:
        os.chown(home, user, user)

    def run(*command: str | Path) -> None:
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=home, user=user, group=user
        )

    run(
        folder / "initdb",
        "--auth=trust",
        "--username=admin",
        "--encoding=UTF8",
        "-D",
        home / "data",
    )
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
    run(folder / "pg_ctl", "start", "-w", "-D", home / "data", "-l", home / "log", "-o", options)
    yield URL.create(DRIVER, username="admin", database="postgres", query={"host": str(home)})
    run(folder / "pg_ctl", "stop", "-m", "immediate", "-D", home / "data")
    shutil.rmtree(home)


@pytest.mark.parametrize("login", ["admin", "modest"])
def test_migrates_and_works_for_a_superuser_and_for_a_login_that_may_make_roles(
    system_server: URL, caller: Caller, login: str
) -> None:
    admin = engine_for(system_server, None)
    with transaction(admin) as session:
        if login == "modest":
            session.execute(text("CREATE ROLE modest LOGIN CREATEDB CREATEROLE"))
    admin.dispose()
    with fresh_database(system_server.set(username=login)) as url:
        owner = engine_for(url, None)
        migrate(owner, caller)
        with owner.connect() as connection:
            models = [
                gateway.registry.tables.metadata,
                linkage.tables.metadata,
                audit.tables.metadata,
                gateway.registry.outbound_tables.metadata,
                gateway.registry.change_tables.metadata,
                gateway.registry.export_tables.metadata,
                gateway.access.tables.metadata,
            ]
            context = MigrationContext.configure(connection, opts={"include_object": compared})
            assert compare_metadata(context, models) == []  # type: ignore[arg-type]
        owner.dispose()
        app = engine_for(url, Role.APP)
        with transaction(app) as session:
            audit.append(session, AuditEvent(action=Action.REPORT_READ, caller=caller))
            assert session.scalar(text("SHOW is_superuser")) == "off"
        app.dispose()
        web = engine_for(url, Role.CALLER)
        settings = Settings.model_validate({"DATABASE_URL": printable(url)})
        assert not Entrance(settings, web).is_open
        with acting.request() as request:
            request.rows = acting.Rows(sees=("*@*",), types=("*",))
            with transaction(web) as session:
                assert session.scalar(text("SELECT count(*) FROM registry_resource")) == 0
        web.dispose()
