"""Keeps other processes out: a lock of the operating system, which ends with its holder, however."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import GatewayError


@contextmanager
def exclusive(path: Path, refused: type[GatewayError]) -> Iterator[None]:
    """Holds a folder that there is, or a file, which is made. Raises `refused` where it is held."""
    is_folder = path.is_dir()
    flags = os.O_RDONLY | os.O_DIRECTORY if is_folder else os.O_RDWR | os.O_CREAT
    held = os.open(path, flags, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise refused from error
        yield
    finally:
        os.close(held)
