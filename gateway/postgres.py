"""Starts, shares and stops the embedded PostgreSQL 18, which is for demonstration and development.

The server belongs to the folder, not to the command that started it: it keeps running for the next
command until `stop`, and a killed one is started again by whoever needs it next.
"""

import fcntl
import logging
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psycopg.pq import PGconn, Ping
from sqlalchemy import URL

from gateway import postgres_place
from gateway.errors import EmbeddedServerError
from gateway.postgres_place import Place

# The standard library's logger writes warnings to standard error even when nothing is configured:
# `motem db url` must have nothing but the URL on standard output.
log = logging.getLogger(__name__)

DATABASE = "motem"
LOGIN = "motem"
SUPERUSER = "postgres"
EMBEDDED = "motem-embedded"
"""Name of every embedded server."""

SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No child data in the server's log: neither statements nor the values in error details.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # Containers often have 64 MB of shared memory, too little for parallel plans.
    "max_parallel_workers_per_gather": "0",
    "max_connections": "200",
    # By this `gateway.api.callers` knows it. No session can set it: only who starts the server.
    "cluster_name": EMBEDDED,
}

ATTEMPTS = 40
"""Times a refused start is tried again, half a second apart: processes of a killed server may still
hold its memory. A start that is only slow is waited for without a limit."""

PATIENCE = 5.0
"""Seconds after which a waiting person is told what is being waited for."""

NO_TIMEOUT = 10**8
"""Seconds; pg_ctl counts tenths of a second in 32 bits."""

NO_PROCESS = 2**31 - 1
"""A process id that no system gives."""


def ensure(home: Path) -> URL:
    """Make sure that the server of this MOTEM_HOME runs; the URL of its database.

    Waits for as long as recovery takes. Raises EmbeddedServerError where it cannot run.
    """
    place = postgres_place.prepare(home)
    if not _is_ready(place):
        with _only_one_starter(place):
            _start(place)
    return URL.create(
        "postgresql+psycopg",
        username=LOGIN,
        password=_secret(place, LOGIN),
        database=DATABASE,
        query={"host": str(_socket_folder(place))},
    )


def stop(home: Path) -> bool:
    """Stop the server and wait for its end; whether one was running."""
    if not postgres_place.folder_of(home).exists():
        return False
    place = postgres_place.prepare(home)
    with _only_one_starter(place):
        pid = _running_pid(place)
        if pid is None:
            return False
        socket = _socket_folder(place)
        os.kill(pid, signal.SIGINT)
        while _running_pid(place) is not None:
            time.sleep(0.05)
        if socket and socket.parent != place.folder:
            shutil.rmtree(socket, ignore_errors=True)
        return True


def delete(home: Path) -> None:
    """Stop the server and remove its data for ever. Nothing happens where there is none."""
    stop(home)
    folder = postgres_place.folder_of(home)
    if folder.exists():
        shutil.rmtree(folder.resolve())
    if folder.is_symlink():
        folder.unlink()


def _start(place: Place) -> None:
    if not place.data.exists():
        _initialise(place)
    for _ in range(ATTEMPTS):
        if _running_pid(place) is None:
            _forget_dead_server(place)
            _launch(place)
        if _became_ready(place):
            return
        time.sleep(0.5)
    raise EmbeddedServerError(
        f"The embedded PostgreSQL does not start; see {place.log_file}, which ends:"
        f" {_last_line(place.log_file)}"
    )


def _launch(place: Place) -> None:
    """Start the server apart from this process. pg_ctl ends when it is ready or has failed."""
    socket = postgres_place.socket_folder(place)
    settings = {**SERVER_SETTINGS, "unix_socket_directories": str(socket)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    started = _run(
        place,
        "pg_ctl",
        "start",
        "--wait",
        f"--timeout={NO_TIMEOUT}",
        "--silent",
        f"--pgdata={place.data}",
        f"--log={place.log_file}",
        f"--options={shlex.join(options)}",
    )
    if started.returncode == 0:
        log.warning(
            "Embedded PostgreSQL started in %s, for demonstration and development, not for real "
            "children's data. It keeps running; to stop it: motem db stop",
            place.folder,
        )


def _became_ready(place: Place) -> bool:
    """Wait while the server starts, recovers or stops; whether it takes connections in the end."""
    since, told = time.monotonic(), False
    while not (ready := _is_ready(place)) and _running_pid(place) is not None:
        if not told and time.monotonic() - since > PATIENCE:
            log.warning("Waiting for PostgreSQL in %s to recover.", place.folder)
            told = True
        time.sleep(0.1)
    return ready


def _initialise(place: Place) -> None:
    """Make the data folder under another name first: a killed set-up leaves nothing half-made."""
    for leftover in place.folder.glob("new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=place.folder))
    place.hand_over(fresh)
    _secret(place, SUPERUSER)
    _set_up(
        place,
        "initdb",
        f"--pgdata={fresh}",
        f"--username={SUPERUSER}",
        f"--pwfile={place.secret_file(SUPERUSER)}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--data-checksums",
    )
    # The login that Motem uses is no superuser: it may make its roles and databases, no more.
    login = (
        f"CREATE ROLE {LOGIN} LOGIN CREATEROLE CREATEDB PASSWORD '{_secret(place, LOGIN)}';\n"
        f"CREATE DATABASE {DATABASE} OWNER {LOGIN};\n"
    )
    _set_up(place, "postgres", "--single", "-D", str(fresh), "postgres", typed=login)
    fresh.rename(place.data)


def _set_up(place: Place, program: str, *arguments: str, typed: str = "") -> None:
    done = _run(place, program, *arguments, typed=typed)
    lines = done.stderr.splitlines()
    wrong = [line for line in lines if "error:" in line.lower() or "fatal:" in line.lower()]
    if done.returncode or wrong:
        reason = (wrong or lines or ["no reason given"])[-1]
        raise EmbeddedServerError(f"The embedded PostgreSQL cannot be set up: {reason}")


def _run(
    place: Place, program: str, *arguments: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    account = place.account
    return subprocess.run(
        [place.programs / program, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        cwd=place.folder,
        # Not this process's own: PGDATA, PGPORT or a locale there would change the server.
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,
    )


@contextmanager
def _only_one_starter(place: Place) -> Iterator[None]:
    """Only one process starts or stops the server; the lock ends with its holder, however."""
    lock = os.open(place.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        place.hand_over(place.lock_file)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _secret(place: Place, name: str) -> str:
    """A random password, made once and kept in a file of its own (0600)."""
    path = place.secret_file(name)
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        place.hand_over(fresh)
        fresh.rename(path)
    return path.read_text()


def _is_ready(place: Place) -> bool:
    socket = _socket_folder(place)
    return socket is not None and PGconn.ping(f"host='{_quoted(socket)}'".encode()) == Ping.OK


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace("'", "\\'")


def _socket_folder(place: Place) -> Path | None:
    """Where the server that runs, or ran last and was killed, has its socket."""
    lines = _pid_file_lines(place)
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _running_pid(place: Place) -> int | None:
    """The server's process id; None when it is dead, whatever its pid file says.

    A number alone proves nothing: after a restart of the machine or container another process may
    have it, and a dead server that nobody waits for (a zombie) still answers signals.
    """
    lines = _pid_file_lines(place)
    pid = int(lines[0]) if lines and lines[0].isdigit() else None
    if pid is None or not _is_alive(pid):
        return None
    if not Path("/proc/self/cmdline").exists():
        return pid
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return pid if os.fsencode(place.data) in command else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _forget_dead_server(place: Place) -> None:
    """Let PostgreSQL see that the process named in a leftover pid file is not a server any more.

    Only the process id is replaced: by the rest of the file PostgreSQL itself makes sure that no
    process of the dead server still holds its memory.
    """
    lines = _pid_file_lines(place)
    if lines:
        place.pid_file.write_text("\n".join([str(NO_PROCESS), *lines[1:]]) + "\n")


def _pid_file_lines(place: Place) -> list[str]:
    try:
        return place.pid_file.read_text().splitlines()
    except FileNotFoundError:
        return []


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return lines[-1] if lines else "(nothing)"
