"""The embedded server: starts, is shared, survives kills, keeps others out."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from gateway import postgres, postgres_place
from gateway.database import printable
from gateway.errors import EmbeddedServerError
from gateway.postgres_place import WheelMissingError
from tests.conftest import temporary_home


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with temporary_home() as home:
        postgres.ensure(home)
        yield home


def ask(url: URL, question: str) -> object:
    with psycopg.connect(printable(url)) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def pid_of(home: Path) -> int:
    return int((home / "postgres/data/postmaster.pid").read_text().split()[0])


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_is_postgresql_18_with_checksums_and_the_builtin_locale(home: Path) -> None:
    url = postgres.ensure(home)
    assert str(ask(url, "SHOW server_version")).startswith("18.")
    assert ask(url, "SHOW data_checksums") == "on"
    assert ask(url, "SELECT lower('ĐẶNG THỊ ƯỚC')") == "đặng thị ước"
    assert ask(url, "SHOW fsync") == "on"


def test_listens_on_no_network_and_only_its_account_may_enter(home: Path) -> None:
    url = postgres.ensure(home)
    assert ask(url, "SHOW listen_addresses") == ""
    folder = home / "postgres"
    assert [mode(folder / name) for name in (".", "data", "run")] == [0o700] * 3
    assert [mode(file) for file in folder.glob("*.password")] == [0o600] * 2


def test_never_runs_as_root(home: Path) -> None:
    postgres.ensure(home)
    status = Path(f"/proc/{pid_of(home)}/status")
    if status.exists():
        uids = next(line for line in status.read_text().splitlines() if line.startswith("Uid:"))
        assert "0" not in uids.split()


def test_the_login_is_no_superuser_and_needs_its_password(home: Path) -> None:
    url = postgres.ensure(home)
    assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(printable(url.set(password="wrong")))


def test_statements_and_values_stay_out_of_the_servers_log(home: Path) -> None:
    url = postgres.ensure(home)
    with psycopg.connect(printable(url)) as connection:
        connection.execute("CREATE TEMPORARY TABLE t (name text UNIQUE)")
        connection.execute("INSERT INTO t VALUES ('canary')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO t VALUES ('canary')")
    assert "canary" not in (home / "postgres/server.log").read_text()


def test_a_second_use_finds_the_running_server(home: Path) -> None:
    postgres.ensure(home)
    before = pid_of(home)
    assert printable(postgres.ensure(home)) == printable(postgres.ensure(home))
    assert pid_of(home) == before


def test_comes_back_after_kill_minus_nine_with_all_that_was_committed(home: Path) -> None:
    url = postgres.ensure(home)
    with psycopg.connect(printable(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        os.kill(pid_of(home), signal.SIGKILL)
    assert ask(postgres.ensure(home), "SELECT count(*) FROM kept") == 1


def test_a_pid_file_that_names_a_foreign_process_does_not_stop_the_start(home: Path) -> None:
    postgres.ensure(home)
    os.kill(pid_of(home), signal.SIGKILL)
    pid_file = home / "postgres/data/postmaster.pid"
    rest = pid_file.read_text().split("\n", 1)[1]
    with subprocess.Popen(["sleep", "60"]) as other:
        pid_file.write_text(f"{other.pid}\n{rest}")
        assert ask(postgres.ensure(home), "SELECT 1") == 1
        other.kill()


def test_stop_ends_it_and_a_later_start_finds_the_data(home: Path) -> None:
    with psycopg.connect(printable(postgres.ensure(home)), autocommit=True) as connection:
        connection.execute("CREATE TABLE stays (n int)")
    assert postgres.stop(home)
    assert not postgres.stop(home)
    assert ask(postgres.ensure(home), "SELECT count(*) FROM stays") == 0


def test_says_once_on_standard_error_what_it_is_for(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    postgres.stop(home)
    postgres.ensure(home)
    postgres.ensure(home)
    assert caplog.text.count("for demonstration and development") == 1


def test_many_starters_at_once_make_one_server() -> None:
    with temporary_home() as home:
        program = (
            "import sys; from pathlib import Path; from gateway import postgres;"
            "sys.stdout.write(postgres.ensure(Path(sys.argv[1])).render_as_string(False))"
        )
        with ThreadPoolExecutor(4) as pool:
            urls = set(
                pool.map(
                    lambda _: subprocess.check_output(
                        [sys.executable, "-c", program, home], stderr=subprocess.DEVNULL, text=True
                    ),
                    range(4),
                )
            )
        assert len(urls) == 1
        assert len(list((home / "postgres").glob("new-*"))) == 0


def test_a_half_made_data_folder_is_made_anew() -> None:
    with temporary_home() as home:
        place = postgres_place.prepare(home)
        (place.folder / "new-killed").mkdir()
        assert ask(postgres.ensure(home), "SELECT 1") == 1
        assert not (place.folder / "new-killed").exists()


def test_a_home_too_deep_for_a_socket_gets_a_short_private_one() -> None:
    with temporary_home() as home:
        deep = home / ("x" * 100)
        url = postgres.ensure(deep)
        socket = Path(str(url.query["host"]))
        assert ask(url, "SELECT 1") == 1
        assert len(str(socket)) < 60
        assert mode(socket) == 0o700
        assert printable(postgres.ensure(deep)) == printable(url)
        postgres.stop(deep)
        assert not socket.exists()


def test_a_folder_that_is_open_to_others_is_refused() -> None:
    with temporary_home() as home:
        (home / "postgres").mkdir(mode=0o755)
        (home / "postgres").chmod(0o755)
        if os.geteuid() == 0:
            os.chown(home / "postgres", 65534, 65534)
        with pytest.raises(EmbeddedServerError, match="open to others"):
            postgres.ensure(home)
        (home / "postgres").rmdir()


def test_without_the_wheel_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_place, "WHEEL", "no_such_wheel")
    with temporary_home() as home, pytest.raises(WheelMissingError, match="DATABASE_URL"):
        postgres.ensure(home)


AS_ORDINARY_USER = """
import os, sys
from pathlib import Path
from gateway import postgres, postgres_place
account = postgres_place.Account(uid=65534, gid=65534)
if os.geteuid() == 0:
    programs = postgres_place._programs(account)
    postgres_place._programs = lambda _: programs
    os.setgroups([]); os.setgid(account.gid); os.setuid(account.uid)
home = Path(sys.argv[1])
sys.stdout.write(postgres.ensure(home).render_as_string(hide_password=False))
"""


def test_works_for_an_ordinary_user_and_root_may_share_it() -> None:
    with temporary_home() as home:
        own = home / "own"
        own.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(own, 65534, 65534)
        url = subprocess.check_output([sys.executable, "-c", AS_ORDINARY_USER, own], text=True)
        assert printable(postgres.ensure(own)) == url.replace("+psycopg", "")
        assert postgres.stop(own)


def test_below_a_private_folder_the_data_goes_where_the_server_can_reach_it(
    private_folder_of_root: Path,
) -> None:
    url = postgres.ensure(private_folder_of_root)
    assert ask(url, "SELECT 1") == 1
    assert mode(private_folder_of_root.parent) == 0o700


@pytest.fixture
def private_folder_of_root() -> Iterator[Path]:
    """MOTEM_HOME below a folder 0700, as in /root; what root keeps elsewhere for it is removed."""
    with temporary_home() as home:
        home.chmod(0o700)
        below = home / "var"
        yield below
        target = (below / "postgres").resolve()
        if target.is_relative_to(postgres_place.SHARED):
            postgres.stop(below)
            shutil.rmtree(target)
