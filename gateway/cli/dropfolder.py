"""A folder that other programs put files into: which are complete, and where they go when taken."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

from gateway.errors import GatewayError
from gateway.exclusive import exclusive

DONE, REJECTED = "done", "rejected"
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
"""Endings under which programs write; a file is complete when it has another name."""
State = tuple[int, int, int]
"""Inode, size and time of the last change (ns): what differs when a file was written to."""


class FolderInUseError(GatewayError):
    """Another `motem ingest --watch` takes the files of this folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """A complete file as it was when it was looked at."""

    path: Path
    state: State
    stream: BufferedReader = field(repr=False)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folders for what was taken, and keep others out. Raises FolderInUseError."""
    for name in (DONE, REJECTED):
        (folder / name).mkdir(exist_ok=True)
    with exclusive(folder, FolderInUseError):
        yield


def files_in(folder: Path) -> dict[Path, State]:
    """Plain files that may be complete, the oldest first, with their states."""
    found = {}
    for path in folder.iterdir():
        state = _state(path)
        if state and not path.name.startswith(".") and not path.name.endswith(UNFINISHED):
            found[path] = state
    return dict(sorted(found.items(), key=lambda one: (one[1][2], one[0].name)))


def complete(before: dict[Path, State], now: dict[Path, State]) -> list[Path]:
    """Files that have not changed between two looks, or only got another name."""
    known = set(before.values())
    return [path for path, state in now.items() if state in known]


@contextmanager
def read(path: Path) -> Iterator[Dropped | None]:
    """An open file; None where it is gone, unreadable or no plain file."""
    try:
        # Between the look and the reading a link or a pipe may have taken the file's place.
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield None
        return
    with open(number, "rb") as stream:
        state = _plain(os.fstat(number))
        yield Dropped(path=path, state=state, stream=stream) if state else None


def is_unchanged(dropped: Dropped) -> bool:
    """Half of what somebody still writes would be refused, and kept as a child at risk."""
    return _plain(os.fstat(dropped.stream.fileno())) == dropped.state


def put_away(dropped: Dropped, folder: str) -> bool:
    """Move a file that was taken, over no other. False where it was written to meanwhile: it stays.

    One rename, so that a kill leaves the file in one place or the other. Raises OSError where it
    cannot be moved: a full disk, no right to do so.
    """
    if _state(dropped.path) != dropped.state:
        return False
    (dropped.path.parent / folder).mkdir(exist_ok=True)
    os.rename(dropped.path, _free(dropped.path.parent / folder, dropped.path))
    return True


def _free(folder: Path, path: Path) -> Path:
    wanted, number = folder / path.name, 1
    while os.path.lexists(wanted):
        number += 1
        wanted = folder / f"{path.stem}.{number}{path.suffix}"
    return wanted


def _state(path: Path) -> State | None:
    """None where it is gone or no plain file: a pipe would never end, a link may lead anywhere."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return _plain(found)


def _plain(found: os.stat_result) -> State | None:
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
