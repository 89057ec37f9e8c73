"""Asks a witness over HTTP to cosign a checkpoint, and believes only a cosignature that fits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import httpx

from audit.checkpoint import Checkpoint, decimal
from audit.notes import Note, NoteError, Signature, VerifierKey, base64, cosigned
from audit.witness import SIZE_TYPE

MAX_ANSWER = 64 * 1024

Prover = Callable[[int, int], Sequence[bytes]]
"""(old size, new size) → the hashes that show that the log grew from one to the other."""


class WitnessError(Exception):
    """The witness did not cosign: it cannot be reached, or does not answer as it must."""


class WitnessRefusalError(WitnessError):
    """The witness saw another past of this log: it was rolled back, or rewritten.

    `size` is what the witness last saw, where it said so.
    """

    def __init__(self, message: str, size: int | None = None) -> None:
        super().__init__(message)
        self.size = size


class _Heard(NamedTuple):
    status: int
    kind: str
    text: str

    @property
    def size(self) -> int | None:
        """Which size the witness saw last, where it said so in a form that can be read."""
        if (self.status, self.kind) != (409, SIZE_TYPE):
            return None
        try:
            return decimal(self.text.removesuffix("\n"))
        except NoteError:
            return None


@dataclass(kw_only=True)
class WitnessClient:
    """One witness: where it is, its key (type 4), and the size that it saw last.

    Not for several threads: a log has one sequencer.
    """

    http: httpx.Client
    url: str
    key: VerifierKey
    size: int = 0

    def cosign(self, note: Note, prove: Prover) -> Signature:
        """The witness's line for a signed checkpoint.

        When the witness knows another size than we think, it is asked once more from there.
        WitnessRefusalError when our log is not what it saw; WitnessError for anything else.
        """
        checkpoint = Checkpoint.parsed(note.text)
        answer = self._asked(note, checkpoint, prove, min(self.size, checkpoint.size))
        if (known := answer.size) is not None:
            if known > checkpoint.size:
                raise WitnessRefusalError("The witness saw a longer log.", known)
            self.size = known
            answer = self._asked(note, checkpoint, prove, known)
        if answer.status in (409, 422):
            raise WitnessRefusalError("The witness saw another log under this name.", self.size)
        if answer.status != 200:
            raise WitnessError(f"The witness answered {answer.status}.")
        line = self._believed(note, answer.text)
        self.size = checkpoint.size
        return line

    def last(self, origin: str) -> Note | None:
        """What the witness saw last of a log; None where it saw nothing. Raises WitnessError."""
        address = f"{self.url}/checkpoint/{sha256(origin.encode()).hexdigest()}"
        try:
            answer = self.http.get(address)
        except httpx.HTTPError as error:
            raise WitnessError("The witness cannot be reached.") from error
        if answer.status_code == 404:
            return None
        if answer.status_code != 200 or len(answer.content) > MAX_ANSWER:
            raise WitnessError(f"The witness answered {answer.status_code}.")
        try:
            return Note.parsed(answer.text)
        except NoteError as error:
            raise WitnessError("What the witness keeps is no checkpoint.") from error

    def _asked(self, note: Note, checkpoint: Checkpoint, prove: Prover, old: int) -> _Heard:
        proof = prove(old, checkpoint.size) if 0 < old < checkpoint.size else ()
        head = "".join(f"{line}\n" for line in (f"old {old}", *map(base64, proof)))
        address, content = f"{self.url}/add-checkpoint", f"{head}\n{note}".encode()
        data = b""
        try:
            with self.http.stream("POST", address, content=content) as answer:
                for part in answer.iter_bytes():
                    data += part
                    if len(data) > MAX_ANSWER:
                        raise WitnessError("The witness answers too much.")
        except httpx.HTTPError as error:
            raise WitnessError("The witness cannot be reached.") from error
        kind = answer.headers.get("Content-Type", "")
        return _Heard(answer.status_code, kind, data.decode("utf-8", "replace"))

    def _believed(self, note: Note, text: str) -> Signature:
        try:
            lines = [Signature.parsed(line) for line in text.removesuffix("\n").split("\n")]
            mine = [line for line in lines if line.by(self.key)]
            cosigned(Note(text=note.text, signatures=tuple(mine)), [self.key])
        except NoteError as error:
            raise WitnessError("The cosignature of the witness does not fit.") from error
        if not mine:
            raise WitnessError("The witness signed with another key than is known.")
        return mine[0]
