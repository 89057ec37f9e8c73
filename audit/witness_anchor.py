"""The witness as the anchor: for several hosts that write one log and share no file."""

from dataclasses import dataclass

from audit.anchor import AnchorMovedError
from audit.checkpoint import Checkpoint
from audit.errors import LateError
from audit.keys import Key
from audit.notes import Note
from audit.witness_client import Prover, WitnessClient, WitnessError, WitnessRefusalError


@dataclass(frozen=True, kw_only=True, slots=True)
class WitnessAnchor:
    """What the witness saw last is what was signed last; it must answer each time."""

    client: WitnessClient
    key: Key

    def read(self) -> str | None:
        """Of the newest epoch that the witness knows, without its own lines."""
        found, epoch = None, 1
        while (note := self._last(epoch)) is not None:
            found, epoch = note, epoch + 1
        return found

    def swap(self, before: str | None, after: str, prove: Prover) -> None:
        if self.read() != before:
            raise AnchorMovedError("The witness saw another checkpoint than this host signed last.")
        self._cosign(after, prove)

    def replace(self, before: str | None, after: str, name: str) -> None:
        """A new epoch is a new log to the witness: it must have been told of its key."""
        del name
        if self.read() != before:
            raise AnchorMovedError("The witness saw another checkpoint than this host signed last.")
        self._cosign(after, lambda _old, _new: [])

    def _cosign(self, after: str, prove: Prover) -> None:
        try:
            self.client.cosign(Note.parsed(after), prove)
        except WitnessRefusalError as error:
            raise AnchorMovedError(str(error)) from None
        except WitnessError as error:
            raise LateError(str(error)) from None

    def _last(self, epoch: int) -> str | None:
        origin = self.key.named(epoch).name
        try:
            note = self.client.last(origin)
        except WitnessError as error:
            raise LateError(str(error)) from None
        if note is None or Checkpoint.parsed(note.text).origin != origin:
            return None
        own = tuple(line for line in note.signatures if line.name == origin)
        return str(Note(text=note.text, signatures=own))
