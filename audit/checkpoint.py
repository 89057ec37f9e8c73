"""Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of a log, as a signed note."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.notes import LARGEST, Note, NoteError, VerifierKey, base64, sign, unbase64, verified

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A log (`origin`, the name of its key) has `size` entries, under a `root` of 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64(self.root)}\n"

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Read exactly three lines; NoteError for others, also for extension lines."""
        lines = text.split("\n")
        if len(lines) != 4 or not lines[0] or lines[3]:
            raise NoteError("A checkpoint is three lines: origin, size, root.")
        root = unbase64(lines[2])
        if len(root) != 32:
            raise NoteError("A root has 32 bytes.")
        return cls(origin=lines[0], size=decimal(lines[1]), root=root)

    @classmethod
    def of(cls, note: str) -> Self:
        """What a note says, whoever signed it: nothing is verified. NoteError where it is none."""
        return cls.parsed(Note.parsed(note).text)

    def signed(self, private: Ed25519PrivateKey) -> Note:
        """Sign it with the log's key, whose name is the origin."""
        return sign(self.text, self.origin, private)


def opened(note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """The checkpoint of a note that one of the `keys` signed under the name of its origin.

    NoteError otherwise, and when a line by any of the keys does not fit.
    """
    read = Note.parsed(note)
    checkpoint = Checkpoint.parsed(read.text)
    verified(read, [key for key in keys if key.name == checkpoint.origin])
    return checkpoint


def decimal(text: str) -> int:
    """A number from 0 to 2^63 - 1 in its only spelling; NoteError for anything else."""
    if not _DECIMAL.fullmatch(text) or int(text) > LARGEST:
        raise NoteError("A size is a decimal number without leading zeroes.")
    return int(text)
