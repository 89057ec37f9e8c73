"""The log as the gateway uses it: its keys, and the moment from which an event is signed."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from audit.anchor import Anchor, FileAnchor
from audit.errors import LateError, LedgerError, UnfitError
from audit.event import AuditEvent
from audit.keys import EVENT, LOG, key_in
from audit.log import Row, sealed
from audit.proofs import consistency_proof
from audit.sequencer import Sequencer, driver_of
from audit.stored_tree import StoredTree
from audit.together import Take, Together
from audit.units import attach
from audit.witness_anchor import WitnessAnchor
from audit.witnessing import EVERY, Witnessing

LOCK = 0x61756469743A3031
"""Advisory lock of PostgreSQL: whoever holds it signs."""
HOLD = "SELECT set_config('lock_timeout', %s, false), pg_advisory_lock(%s)"
LET_GO = "SELECT pg_advisory_unlock(%s)"
PATIENCE = "10s"
"""Longer than a whole batch takes: then whoever signs has stopped, and no answer is given."""


class Asked(NamedTuple):
    """What somebody waits for: events to be written, and one that was committed."""

    rows: Sequence[Row] = ()
    event: str | None = None


class Ledger:
    """Seals what engines write, and signs it into the tree.

    Nobody signs in the background: who waits for a signature signs, for all who wait with it. What
    only read is written by that same one, for all of them at once.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        witness: Callable[[Path], Witnessing] | None = None,
        *,
        shared: bool = False,
        tell: Callable[[str, str], None] | None = None,
    ) -> None:
        """`engine`: for the sequencer alone, with its rights. `folder`: keys and anchor.

        `witness`: makes one that keeps what was cosigned in the file that it is given. `shared`:
        several hosts write this log, and the witness is the anchor. `tell`: is given each
        checkpoint, and each event without what it is about.
        """
        self._engine = engine
        self._alone = threading.Lock()
        self._signing: Together[Asked] = Together(self._sign)
        self.event_key = key_in(folder, EVENT)
        self.log_key = key_in(folder, LOG)
        self.witness = witness(folder / f"{engine.url.database}.witness") if witness else None
        self.anchor: Anchor = FileAnchor(path=folder / f"{engine.url.database}.checkpoint")
        if shared:
            if self.witness is None:
                raise LedgerError("Several hosts can share a log only with a witness.")
            self.anchor = WitnessAnchor(client=self.witness.client, key=self.log_key)
        self._sequencer = Sequencer(
            event_keys=(self.event_key,), log_key=self.log_key, anchor=self.anchor, tell=tell
        )

    def attach(self, engine: Engine, settings: Callable[[], str] | None = None) -> None:
        """Let this engine write events. `settings`: see `audit.units.attach`."""
        attach(engine, self.event_key, settings)

    def settle(self, event: str | None = None) -> None:
        """Return once all that was committed before is under a signed checkpoint.

        `event`: one of it, which must have come into the tree. Raises LedgerError: then nothing of
        it may be disclosed.
        """
        self._signing.do(Asked(event=event))
        self.keep_witness(EVERY)

    def write(self, events: Iterable[AuditEvent]) -> None:
        """Return once these are written and under a signed checkpoint; they are of no transaction.

        Raises LedgerError: then nothing of it may be disclosed.
        """
        rows = sealed(events, self.event_key)
        try:
            self._signing.do(Asked(rows=rows))
        except UnfitError:  # Perhaps another's: each by itself, so that one spoils nothing for all.
            self._sign(lambda: [Asked(rows=rows)])
        self.keep_witness(EVERY)

    def begin_epoch(self) -> None:
        """Go on with what the database has, under a new name, although more was signed before.

        Raises LedgerError where it has not even what its own last checkpoint says.
        """
        self._work(self._sequencer.begin_epoch)

    def close(self) -> None:
        self._engine.dispose()
        if self.witness is not None:
            self.witness.client.http.close()

    def keep_witness(self, every: float) -> None:
        """Ask the witness, if there is one and `every` seconds have gone by. Raises LedgerError.

        Nobody who signs waits for it: it has no part in the lock.
        """
        if self.witness is not None:
            with _told():
                self.witness.keep_up(self.anchor.read, self._prove, every=every)

    def _prove(self, old: int, new: int) -> list[bytes]:
        with self._engine.connect() as connection:
            return consistency_proof(old, new, StoredTree(connection=connection).node)

    def _sign(self, take: Take[Asked]) -> None:
        def work(connection: Connection) -> None:
            asked = take()
            rows = [row for one in asked for row in one.rows]
            told = [one.event for one in asked if one.event is not None]
            self._sequencer.drain(connection, rows, told)

        self._work(work)

    def _work(self, work: Callable[[Connection], object]) -> None:
        """The sequencer is for one thread at a time, the log for one connection."""
        with self._alone, _told(), self._engine.connect() as connection:
            # Each statement by itself: a BEGIN and a COMMIT around one are two more waits.
            connection.execution_options(isolation_level="AUTOCOMMIT")
            with _alone(connection):
                work(connection)


@contextmanager
def _told() -> Iterator[None]:
    """What database and disk raise, as a sentence of the log."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        state = getattr(cause, "sqlstate", None)
        raise LateError(f"The log could not be signed ({state or 'no connection'}).") from None
    except OSError as error:
        raise LedgerError(f"The log's folder cannot be used: {error.strerror}.") from None


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold the log's lock; it is the connection's, and outlives its transactions."""
    try:
        driver_of(connection).execute(HOLD, (PATIENCE, LOCK))
        yield
    except BaseException:
        # Closed for good, which lets go of the lock whatever state it is in.
        connection.invalidate()
        raise
    driver_of(connection).execute(LET_GO, (LOCK,))
