"""A payload of any size as a file that can be read again, with its length and SHA-256."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO, BinaryIO, cast

from gateway.errors import NoRoomError

LARGE = 8 * 1024 * 1024
"""Bytes; what is larger is never held in memory, and kept in parts where it can be cut."""
CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Spooled:
    """All of a payload, to be read from the beginning."""

    stream: BinaryIO = field(repr=False)
    size: int
    sha256: str
    name: str = field(default="", repr=False)

    @property
    def is_large(self) -> bool:
        return self.size > LARGE

    def rewound(self) -> BinaryIO:
        self.stream.seek(0)
        return self.stream

    def content(self) -> bytes:
        """All bytes: of what is not large."""
        return self.rewound().read()


class Spool:
    """Takes what comes in: into memory while that is little, then to a file without a name.

    The file is readable by its owner only and is gone with the process, however that ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        where = str(folder) if folder else None
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 (`close` ends it)
            max_size=LARGE, dir=where
        )
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> None:
        """Raises NoRoomError."""
        self._hash.update(content)
        try:
            self._file.write(content)
        except OSError as error:
            raise NoRoomError from error
        self.size += len(content)

    def ended(self, name: str = "") -> Spooled:
        """All that was written."""
        stream = cast(BinaryIO, self._file)
        return Spooled(stream=stream, size=self.size, sha256=self._hash.hexdigest(), name=name)

    def close(self) -> None:
        self._file.close()


@contextmanager
def spooled(source: BinaryIO, folder: Path | None = None) -> Iterator[Spooled]:
    """All that a pipe gives."""
    spool = Spool(folder)
    try:
        while content := source.read(CHUNK):
            spool.write(content)
        yield spool.ended()
    finally:
        spool.close()


@contextmanager
def opened(path: Path) -> Iterator[Spooled]:
    """A file where it stands. Raises OSError."""
    with path.open("rb") as stream:
        yield of(stream, path.name)


def of(stream: BufferedReader, name: str) -> Spooled:
    """A file that somebody opened. Raises OSError."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Spooled(stream=stream, size=os.fstat(stream.fileno()).st_size, sha256=digest, name=name)
