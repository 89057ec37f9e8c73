"""The database in use, its roles, and the one transaction of a unit of work."""

from pathlib import Path
from typing import cast

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import URL, Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from gateway import database, postgres
from gateway.acting import as_system
from gateway.database import (
    Log,
    Role,
    database_url,
    engine_for,
    open_engine,
    printable,
    transaction,
)
from gateway.errors import DatabaseUnavailableError, NotMigratedError, RolesMissingError
from gateway.settings import Settings
from tests.conftest import temporary_home


def settings_with(url: str) -> Settings:
    return Settings.model_construct(database_url=SecretStr(url))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_spelling_of_a_postgresql_url_is_taken(scheme: str) -> None:
    url = database_url(settings_with(f"{scheme}://motem:p%40ss@db:5433/motem"))
    assert printable(url) == "postgresql://motem:p%40ss@db:5433/motem"


@pytest.mark.parametrize("wrong", ["sqlite:///canary", "mysql://u:canary@h/d", "canary"])
def test_another_database_is_refused_without_showing_the_url(wrong: str) -> None:
    with pytest.raises(DatabaseUnavailableError, match="DATABASE_URL") as caught:
        database_url(settings_with(wrong))
    assert "canary" not in str(caught.value)


def test_the_printed_url_connects_with_libpq(database_url: URL) -> None:
    with psycopg.connect(printable(database_url)) as connection:
        assert connection.info.dbname == database_url.database


def test_a_unit_of_work_is_kept_whole_or_not_at_all(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("CREATE TEMPORARY TABLE work (n int)"))
        session.execute(text("INSERT INTO work VALUES (1)"))

    def work_that_fails() -> None:
        with transaction(engine) as session:
            session.execute(text("INSERT INTO work VALUES (2)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work_that_fails()
    with transaction(engine) as session:
        assert session.scalars(text("SELECT n FROM work")).all() == [1]


def test_a_commit_that_fails_raises(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(
            text("CREATE TEMPORARY TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        )
    with pytest.raises(Exception, match="late_n_key"), transaction(engine) as session:
        session.execute(text("INSERT INTO late VALUES (1), (1)"))


@pytest.mark.parametrize("role", list(Role))
def test_every_connection_acts_as_its_role_and_in_utc(database_url: URL, role: Role) -> None:
    engine = engine_for(database_url, role)
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == role
            assert connection.scalar(text("SHOW timezone")) == "UTC"
            assert connection.scalar(text("SHOW is_superuser")) == "off"
    engine.dispose()


def test_the_application_may_not_change_the_schema(engine: Engine) -> None:
    with (
        pytest.raises(Exception, match="permission denied for schema public"),
        transaction(engine) as session,
    ):
        session.execute(text("CREATE TABLE mine (n int)"))


def test_errors_do_not_quote_parameters(engine: Engine) -> None:
    with pytest.raises(Exception, match="hidden") as caught, transaction(engine) as session:
        session.execute(text("SELECT CAST(:value AS text) FROM nowhere"), {"value": "canary"})
    assert "canary" not in str(caught.value)


def test_a_role_that_is_missing_means_not_migrated(server_url: URL) -> None:
    # The four roles may exist already: they are shared by all databases of a server.
    missing = cast(Role, "motem_test_missing")
    engine = engine_for(server_url, missing)
    with pytest.raises(NotMigratedError, match="motem migrate"):
        engine.connect()
    engine.dispose()


def test_a_login_that_may_not_take_the_role_is_told_what_to_ask_for(
    server_url: URL, database_url: URL
) -> None:
    with psycopg.connect(printable(server_url), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS motem_test_stranger")
        connection.execute("CREATE ROLE motem_test_stranger LOGIN PASSWORD 'made-up'")
        stranger = database_url.set(username="motem_test_stranger", password="made-up")
        engine = engine_for(stranger)
        with pytest.raises(RolesMissingError, match='GRANT motem_app TO "motem_test_stranger"'):
            engine.connect()
        engine.dispose()
        connection.execute("DROP ROLE motem_test_stranger")


def test_a_server_that_does_not_answer_is_a_clear_error() -> None:
    engine = engine_for(make_url("postgresql+psycopg://u:canary@/d?host=/nonexistent"))
    with pytest.raises(DatabaseUnavailableError, match="does not answer") as caught:
        engine.connect()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("number", "spoken"), [(140_011, "14.11"), (90_624, "9.624")])
def test_an_old_server_is_refused(number: int, spoken: str) -> None:
    with pytest.raises(DatabaseUnavailableError, match=spoken):
        database._require_version(number)


@pytest.mark.parametrize("number", [150_000, 180_004])
def test_a_server_from_15_on_is_taken(number: int) -> None:
    database._require_version(number)


def test_a_running_service_starts_a_killed_embedded_server_again() -> None:
    with temporary_home() as home:
        engine = open_engine(Settings.model_construct(database_url=None, home=home), role=None)
        with engine.connect() as connection:
            before = connection.scalar(text("SELECT pg_postmaster_start_time()"))
        postgres.stop(home)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT pg_postmaster_start_time()")) != before
        engine.dispose()


@pytest.mark.parametrize(
    "broken",
    ["SET LOCAL motem.nothing =", "SELECT 1/0", "SET LOCAL role = 'motem_nobody'", "COMMIT; x"],
)
def test_a_begin_that_fails_leaves_no_transaction_that_sees_anything(
    database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """BEGIN, the role and what the caller sees are one message: where one part fails, all does."""
    whole = database._for_whom
    message = [whole]
    monkeypatch.setattr(database, "_for_whom", lambda: message[0]())
    web = engine_for(database_url, Role.CALLER, pool_size=1, audit=Log(folder=tmp_path))
    try:
        for failing in (lambda: f"{whole()}; {broken}", lambda: f"{broken}; {whole()}"):
            message[0] = failing
            with as_system(), pytest.raises(DBAPIError), transaction(web) as session:
                session.connection()
            message[0] = whole
            with transaction(web) as session:
                asked = "SELECT current_user, current_setting('motem.sees', true)"
                assert tuple(session.execute(text(asked)).one()) == (Role.CALLER, "")
                assert session.scalar(text("SELECT count(*) FROM registry_record")) == 0
    finally:
        web.dispose()
