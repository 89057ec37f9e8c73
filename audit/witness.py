"""A witness (c2sp.org/tlog-witness): remembers the last checkpoint of a log, signs only growth."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, decimal
from audit.notes import Note, NoteError, VerifierKey, cosign, unbase64, verified
from audit.proofs import MAX_LENGTH, verify_consistency

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is answered over HTTP."""

    status: int
    text: str
    content_type: str = TEXT_TYPE


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """What a log sends: the size it thinks the witness has, the proof from there, a checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parsed(cls, body: bytes) -> "Submission":
        """Read a request; NoteError when it is malformed."""
        try:
            head, blank, note = body.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError as error:
            raise NoteError("A request is UTF-8.") from error
        first, *lines = head.split("\n")
        if not blank or not first.startswith("old "):
            raise NoteError("A request is an old size, a proof, an empty line and a checkpoint.")
        proof = tuple(map(unbase64, lines))
        if len(proof) > MAX_LENGTH or any(len(one) != 32 for one in proof):
            raise NoteError("A proof is at most 63 hashes of 32 bytes.")
        read = Note.parsed(note)
        checkpoint = Checkpoint.parsed(read.text)
        old = decimal(first.removeprefix("old "))
        if old > checkpoint.size or (old == 0 and proof):
            raise NoteError("The old size is not larger than the new; from nothing needs no proof.")
        return cls(old=old, proof=proof, note=read, checkpoint=checkpoint)


@dataclass(frozen=True, kw_only=True)
class Witness:
    """A key under a name, the logs it knows, and a folder with the last checkpoint of each.

    `logs` is origin → key of the log. What a file in the folder says outlives the process; without
    it the witness would sign any past again, so the folder belongs on a disk that is kept.
    """

    folder: Path
    name: str
    private: Ed25519PrivateKey
    logs: Mapping[str, VerifierKey]
    clock: Callable[[], float] = time

    def add_checkpoint(self, body: bytes) -> Answer:
        """Cosign the checkpoint if it follows from the last one; the answer for any other."""
        try:
            asked = Submission.parsed(body)
        except NoteError as error:
            return Answer(status=400, text=f"{error}\n")
        key = self.logs.get(asked.checkpoint.origin)
        if key is None:
            return Answer(status=404, text="This witness does not know the log.\n")
        try:
            verified(asked.note, [key])
        except NoteError as error:
            return Answer(status=403, text=f"{error}\n")
        with self._locked():
            return self._decided(asked)

    def _decided(self, asked: Submission) -> Answer:
        """Compared and kept under one lock: two at once must not roll the log back."""
        new, last = asked.checkpoint, self.last(asked.checkpoint.origin)
        size = last.size if last else 0
        if asked.old != size or (last and new.size == size and new.root != last.root):
            return Answer(status=409, text=f"{size}\n", content_type=SIZE_TYPE)
        before = last.root if last else b""
        if not verify_consistency(size, before, new.size, new.root, asked.proof):
            return Answer(status=422, text="The proof does not lead from the last checkpoint.\n")
        line = cosign(new.text, self.name, self.private, int(self.clock()))
        self._keep(asked.note.with_signatures([line]), new.origin)
        return Answer(status=200, text=str(line))

    def checkpoint(self, name: str) -> Answer:
        """The last checkpoint of the log whose origin has this SHA-256 (hex), with its signatures."""
        known = {origin_hash(origin): origin for origin in self.logs}
        path = self._path(known[name]) if name in known else None
        if path is None or not path.exists():
            return Answer(status=404, text="This witness has no checkpoint of the log.\n")
        return Answer(status=200, text=path.read_text("utf-8"))

    def last(self, origin: str) -> Checkpoint | None:
        """The last checkpoint that was cosigned; NoteError when what was kept is damaged."""
        try:
            kept = self._path(origin).read_text("utf-8")
        except FileNotFoundError:
            return None
        checkpoint = Checkpoint.parsed(Note.parsed(kept).text)
        if checkpoint.origin != origin:
            raise NoteError("The checkpoint that was kept is of another log.")
        return checkpoint

    def _path(self, origin: str) -> Path:
        return self.folder / f"{origin_hash(origin)}.checkpoint"

    def _keep(self, note: Note, origin: str) -> None:
        """On the disk before anybody is answered: what was signed must not be forgotten."""
        path = self._path(origin)
        written = path.with_suffix(".new")
        with written.open("w", encoding="utf-8") as file:
            file.write(str(note))
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One at a time, also among several processes with one folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def origin_hash(origin: str) -> str:
    """How a log is named in the address of its last checkpoint: SHA-256 in hex."""
    return sha256(origin.encode()).hexdigest()
