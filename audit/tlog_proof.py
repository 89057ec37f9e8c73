"""Proof files (c2sp.org/tlog-proof@v1): that an entry is in a log, to be checked by anyone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from audit.checkpoint import Checkpoint, decimal, opened
from audit.merkle import leaf_hash
from audit.notes import (
    Cosignature,
    Note,
    NoteError,
    VerifierKey,
    base64,
    cosigned,
    unbase64,
)
from audit.proofs import MAX_LENGTH, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """An entry stands at `index` of the log of `note`; `path` leads to the root, upwards.

    `extra` is for whoever uses the file: nothing vouches for it.
    """

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    def __str__(self) -> str:
        extra = [] if self.extra is None else [f"extra {base64(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(base64, self.path)]
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Read a proof file; NoteError when it is not one. Nothing is verified yet."""
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines[0] != HEADER or not blank:
            raise NoteError("A proof begins with c2sp.org/tlog-proof@v1 and holds a checkpoint.")
        extra = unbase64(lines.pop(1)[6:]) if lines[1:2] and lines[1].startswith("extra ") else None
        if not lines[1:] or not lines[1].startswith("index "):
            raise NoteError("A proof names the index of its entry.")
        path = tuple(map(unbase64, lines[2:]))
        if len(path) > MAX_LENGTH or any(len(one) != 32 for one in path):
            raise NoteError("A proof has at most 63 hashes of 32 bytes.")
        Checkpoint.parsed(Note.parsed(note).text)
        return cls(index=decimal(lines[1][6:]), path=path, note=note, extra=extra)


def verify_proof(
    proof: Proof, entry: bytes, keys: Iterable[VerifierKey]
) -> tuple[Checkpoint, list[Cosignature]]:
    """The checkpoint that vouches for `entry`, and the known witnesses that saw it.

    `keys` are those of the log and of witnesses; NoteError when the proof does not convince.
    """
    known = list(keys)
    checkpoint = opened(proof.note, known)
    found = verify_inclusion(
        leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root
    )
    if not found:
        raise NoteError("The proof does not lead from this entry to the root.")
    return checkpoint, cosigned(Note.parsed(proof.note), known)
