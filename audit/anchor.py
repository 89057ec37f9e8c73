"""The last checkpoint, kept outside the database: it shows when the database is an older one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from audit.errors import LedgerError
from audit.witness_client import Prover


class AnchorMovedError(LedgerError):
    """Somebody else has signed in the meantime: two hosts share one log without a witness."""


class Anchor(Protocol):
    """Where the last checkpoint stands: a file on one host, the witness where there are several."""

    def read(self) -> str | None:
        """The signed note of the last checkpoint; None before the first."""

    def swap(self, before: str | None, after: str, prove: Prover) -> None:
        """Put `after` in the place of `before`. Raises AnchorMovedError where it is not there.

        `prove`: the hashes that show that one grew out of the other.
        """

    def replace(self, before: str | None, after: str, name: str) -> None:
        """The same where what was signed is lost; `before` is kept under a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileAnchor:
    """A file, replaced as a whole: compare-and-swap under a lock of its own."""

    path: Path

    def read(self) -> str | None:
        try:
            # What is no text is no checkpoint either: whoever reads it says so.
            return self.path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def swap(self, before: str | None, after: str, prove: Prover) -> None:
        with self._held(before):
            self._write(self.path, after)

    def replace(self, before: str | None, after: str, name: str) -> None:
        with self._held(before):
            if before is not None:
                self._write(self.path.with_suffix(f".{name}"), before)
            self._write(self.path, after)

    @contextmanager
    def _held(self, before: str | None) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("a") as lock:
            # Not waited for: only one that lost its connection and was then stopped can hold it.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.read() != before:
                raise AnchorMovedError("The anchor is not what this process signed last.")
            yield

    def _write(self, path: Path, note: str) -> None:
        made = self.path.with_suffix(".new")
        with made.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            # A crash may bring the old file back, never half of one: what was signed stands in the
            # database too, and is signed again with the same root.
            os.fsync(file.fileno())
        made.replace(path)


def forget(folder: Path, database: str) -> None:
    """Remove what was signed last of a database that is removed for ever. The keys stay."""
    for path in folder.glob(f"{database}.*"):
        path.unlink()
