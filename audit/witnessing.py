"""Keeps a witness informed, and knows how long it has been since it last agreed."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import structlog

from audit.errors import LateError, RestoredError
from audit.notes import Note, Signature
from audit.witness_client import Prover, WitnessClient, WitnessError, WitnessRefusalError

EVERY = 60.0
"""Seconds after which whoever signs asks the witness, where nobody did meanwhile."""
AGAIN = 10.0
"""Seconds between two attempts that fail."""

log = structlog.get_logger()


@dataclass(kw_only=True)
class Witnessing:
    """`kept` holds the checkpoint that the witness cosigned last; its time says when that was.

    `grace`: seconds that the witness may be silent before nothing is disclosed any more.
    """

    client: WitnessClient
    kept: Path
    grace: float
    clock: Callable[[], float] = time.time
    tried: float = 0.0
    """When it was asked last."""
    refused: str | None = None
    """Why it refused, until it agrees again."""
    asking: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if not self.kept.exists():  # The grace begins when a witness is first named.
            self.kept.touch(mode=0o600)

    def silence(self) -> float:
        """Seconds since the witness agreed last."""
        return max(0.0, self.clock() - self.kept.stat().st_mtime)

    def keep_up(
        self, signed: Callable[[], str | None], prove: Prover, *, every: float = EVERY
    ) -> None:
        """Ask the witness where that is due. Raises LateError once it has been silent too long.

        `signed`: reads the newest checkpoint of whoever writes this log.

        Raises RestoredError where it saw another log under this name: no grace is given for that.
        Where somebody is asking, nobody waits for the answer.
        """
        if self._is_due(every) and self.asking.acquire(blocking=False):
            try:
                self._ask(signed, prove)
            finally:
                self.asking.release()
        if self.refused is not None:
            raise RestoredError(self.refused)
        if self.silence() > self.grace:
            raise LateError(f"The witness has been silent for longer than {self.grace:.0f} s.")

    def _is_due(self, every: float) -> bool:
        return self.silence() >= every and self.clock() - self.tried >= AGAIN

    def _ask(self, signed: Callable[[], str | None], prove: Prover) -> None:
        self.tried = self.clock()
        try:
            read, line = self._cosigned(signed, prove)
        except WitnessRefusalError as error:
            self.refused = str(error)
            return
        except WitnessError as error:
            log.warning("the witness does not answer", reason=str(error))
            return
        self.refused, self.tried = None, 0.0
        made = self.kept.with_suffix(".asked")
        made.write_text(str(read.with_signatures([line])), "utf-8")
        os.utime(made, (self.clock(), self.clock()))
        made.replace(self.kept)

    def _cosigned(self, signed: Callable[[], str | None], prove: Prover) -> tuple[Note, Signature]:
        """A refusal counts only where nobody else, who then asked too, has signed meanwhile."""
        while True:
            note = signed()
            if note is None:
                raise WitnessError("Nothing of the log was signed yet.")
            try:
                return Note.parsed(note), self.client.cosign(Note.parsed(note), prove)
            except WitnessRefusalError:
                if signed() == note:
                    raise
