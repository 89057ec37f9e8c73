"""Takes committed events into the tree and signs it: one process at a time, in whole batches.

First the leaves are committed, then the checkpoint goes to the anchor outside the database, then
into the database. After a crash in between, the leaves that stand are signed: the same root again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, cast

import psycopg
import structlog
from sqlalchemy import Connection, insert, select

from audit.anchor import Anchor
from audit.body import outline
from audit.checkpoint import Checkpoint, opened
from audit.errors import RestoredError, UnfitError
from audit.event import Action, AuditEvent, Caller, Outcome
from audit.keys import Key, epoch_of
from audit.log import Row, columns_of, write
from audit.merkle import Frontier, leaf_hash
from audit.notes import NoteError
from audit.proofs import consistency_proof
from audit.sealing import commitment_of, entry_of, is_signed_by
from audit.stored_tree import StoredTree
from audit.tables import checkpoint, refused
from audit.tiles import WIDTH

BATCH = 4096
"""Events in one batch at most: bounds memory, and how long one batch keeps others waiting."""
PAGE = 512
"""Leaves that are read at a time: few, so that the database looks for them by index."""
SEQUENCER = Caller(who="sequencer", system="motem-audit", purpose="HOPERAT")
PENDING = (
    "SELECT size, id, body, salt, commitment, signature"
    " FROM (SELECT coalesce(max(seq) + 1, 0) AS size FROM audit_leaf) AS tree"
    " LEFT JOIN (SELECT number, e.* FROM"
    " (SELECT * FROM audit_pending ORDER BY number LIMIT %s) AS p CROSS JOIN LATERAL"
    " (SELECT * FROM audit_event WHERE id = p.id OFFSET 0) AS e) AS waiting ON true ORDER BY number"
)
"""LATERAL and OFFSET 0 here and below: the few rows that are new are found by index. The database
takes them for a third of the log, and would read all of it for each batch."""
TAKEN = (
    "WITH taken AS (DELETE FROM audit_pending WHERE id = ANY(%b::text[]))"
    " INSERT INTO audit_leaf (seq, event_id, hash) SELECT %s + place - 1, id, hash"
    " FROM unnest(%b::text[], %b::bytea[]) WITH ORDINALITY AS row(id, hash, place)"
)
WRITTEN = (
    "WITH written AS (INSERT INTO audit_event (id, body, salt, commitment, signature)"
    " SELECT * FROM unnest(%b::text[], %b::text[], %b::bytea[], %b::bytea[], %b::bytea[]))"
    " INSERT INTO audit_leaf (seq, event_id, hash) SELECT %s + place - 1, id, hash"
    " FROM unnest(%b::text[], %b::bytea[]) WITH ORDINALITY AS row(id, hash, place)"
)
"""Events that are of no transaction get their leaves with them, and never wait."""
LEAVES = (
    "SELECT l.seq, l.hash, e.body, e.salt, e.commitment, e.signature"
    " FROM (SELECT * FROM audit_leaf WHERE seq >= %s ORDER BY seq LIMIT %s) AS l"
    " LEFT JOIN LATERAL (SELECT * FROM audit_event WHERE id = l.event_id OFFSET 0) AS e ON true"
    " ORDER BY l.seq"
)
STANDING = "SELECT count(*) FROM audit_leaf WHERE event_id = ANY(%b::text[])"
UNFIT = ("22", "23", "54")
"""Classes of SQLSTATE: the values, the constraints, the limits of the database."""
GROWN = (
    "SELECT (SELECT max(size) FROM audit_checkpoint),"
    " array(SELECT hash FROM audit_leaf WHERE seq >= %s AND seq < %s ORDER BY seq)"
)
"""How far another process has signed, and the leaves up to there."""
SIGNED = (
    "INSERT INTO audit_checkpoint (size, before, root, note) SELECT %s, %s, %s, %s"
    " FROM set_config('synchronous_commit', 'off', true)"
)
"""A checkpoint row that a crash takes away stands in the anchor, and is written again."""
LAST = select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)
log = structlog.get_logger()


class Found(NamedTuple):
    """Size of the tree, and an event that waits, by whomever; no id: nothing waits."""

    size: int
    id: str
    body: str | None
    salt: bytes | None
    commitment: bytes
    signature: bytes


@dataclass(kw_only=True)
class Sequencer:
    """Keeps where the signed tree ends, so that a batch costs only what is new.

    Whoever calls `drain` holds the lock of the log, and uses the connection for nothing else; it
    commits each statement by itself (AUTOCOMMIT).
    """

    event_keys: Sequence[Key]
    """Whose events are taken; those of others are refused with an alarm."""
    log_key: Key
    anchor: Anchor
    epoch: int = 1
    """Of the log's name: another one begins where signed events were lost."""
    tell: Callable[[str, str], None] | None = None
    """Is given each event, without what it is about, and each note, once it is signed."""
    signed: str | None = None
    """The last note that this process signed or saw."""
    frontier: Frontier = field(default_factory=Frontier)
    """Of the tree that it signs."""
    telling: tuple[str, ...] = ()
    """Outlines of the last batch."""
    ours: frozenset[bytes] = frozenset()
    """Entries of the batch whose signatures were found good, and need no second look."""
    taken: Sequence[str] = ()
    """Ids of those of the batch that waited."""
    owed: set[bytes] = field(default_factory=set)
    """Those of them that have not been read back from the tree: nothing is signed without them."""

    def drain(
        self, connection: Connection, rows: Sequence[Row] = (), told: Sequence[str] = ()
    ) -> int:
        """Write these, and sign them and all that was committed before; how many events.

        `told`: ids of events that were committed, and must be in the tree now. Raises LedgerError;
        UnfitError where the database does not take one of the rows.
        """
        note = self.anchor.read()
        if note is None or (note != self.signed and not self._follow(connection, note)):
            self._resume(connection, note)
        count = len(rows)
        more, waiting = True, set(told)
        while more:
            size, found = self._pending(connection)
            self.ours, self.taken = frozenset(), ()
            alarms = self._take(connection, found, size)
            self._write(connection, rows, size + len(found) - alarms)
            rows = ()
            # Also where nothing was pending: who took it may have failed before it was signed.
            self._sign(connection)
            waiting.difference_update(self.taken)
            count += len(found)
            more = alarms > 0 or len(found) == BATCH
        _require_leaves(connection, waiting)
        return count

    def _pending(self, connection: Connection) -> tuple[int, Sequence[Found]]:
        """How many leaves there are, and what waits for its own.

        Raises RestoredError where there are fewer leaves than were signed.
        """
        rows = [Found(*row) for row in driver_of(connection).execute(PENDING, (BATCH,))]
        size = rows[0].size
        if size < self.frontier.size:
            raise RestoredError(
                f"{self.frontier.size} events were signed, the database has {size}: an older one."
            )
        return size, rows if rows[0].id is not None else []

    def _take(self, connection: Connection, found: Sequence[Found], start: int) -> int:
        """Commit the leaves of a batch; how many events were refused, each with an alarm."""
        if not found:
            return 0
        judged = [(one, self._is_ours(one)) for one in found]
        good = [one for one, is_ours in judged if is_ours]
        bad = [one for one, is_ours in judged if not is_ours]
        with _together(connection, bool(bad)):
            self._put(connection, start, good, [one.id for one in found])
            self._refuse(connection, bad)
        return len(bad)

    def _write(self, connection: Connection, rows: Sequence[Row], start: int) -> None:
        """Commit events that this process has just sealed, with their leaves."""
        if not rows:
            return
        sealed = [one for _, one in rows]
        ids = [id_ for id_, _ in rows]
        entries = [entry_of(one.commitment, one.signature) for one in sealed]
        values = (*columns_of(rows), start, ids, list(map(leaf_hash, entries)))
        try:
            driver_of(connection).execute(WRITTEN, values)
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith(UNFIT):
                raise
            raise UnfitError(f"{UnfitError.__doc__} ({error.sqlstate})") from None
        self.ours = self.ours | frozenset(entries)
        if self.tell is not None:
            self.telling += tuple(outline(one.body) for one in sealed)

    def _put(
        self, connection: Connection, start: int, good: Sequence[Found], taken: Sequence[str]
    ) -> None:
        """Give events their leaves, and let nothing of the batch wait any longer."""
        entries = [entry_of(one.commitment, one.signature) for one in good]
        values = (taken, start, [one.id for one in good], list(map(leaf_hash, entries)))
        driver_of(connection).execute(TAKEN, values)
        self.ours, self.taken = frozenset(entries), [one.id for one in good]
        if self.tell is not None:
            self.telling = tuple(outline(one.body) for one in good if one.body is not None)

    def _is_ours(self, one: Found) -> bool:
        return (
            one.body is not None
            and one.salt is not None
            and f'"id":"{one.id}"' in one.body  # Else another event, once more.
            and commitment_of(one.body, one.salt) == one.commitment
            and self._is_signed(one.commitment, one.signature)
        )

    def _is_signed(self, commitment: bytes, signature: bytes) -> bool:
        return any(is_signed_by(key, commitment, signature) for key in self.event_keys)

    def _refuse(self, connection: Connection, bad: Sequence[Found]) -> None:
        """Somebody without the key wrote into the log: that itself becomes an event."""
        for one in bad:
            log.error("an event that is not ours stands in the log", event_id=one.id)
            alarm = AuditEvent(
                action=Action.AUDIT_ALARM,
                caller=SEQUENCER,
                outcome=Outcome.REFUSED,
                detail={"refused": one.id},
            )
            write(connection, [alarm], self.event_keys[0])
            connection.execute(insert(refused).values(id=one.id, alarm=alarm.id))

    def _sign(self, connection: Connection, anchored: Checkpoint | None = None) -> None:
        """Sign what stands beyond the frontier, read again and computed again from the bodies.

        `anchored`: what was signed already, and whose checkpoint the database may have lost.
        """
        before = self.frontier.size
        grown = Frontier(before, self.frontier.hashes)
        leaves = self._leaves(connection, before)
        self.owed = set(self.ours)
        if anchored is not None and anchored.size > before:
            grown.extend(islice(leaves, anchored.size - before))
            _require_root(grown, anchored)
        grown.extend(leaves)
        if self.owed:
            raise RestoredError("Events that were just written are not in the log.")
        if grown.size == before:
            return
        if anchored is None or grown.size > anchored.size:
            key = self.log_key.named(self.epoch)
            made = Checkpoint(origin=key.name, size=grown.size, root=grown.root())
            note = str(made.signed(key.private))
            nodes = StoredTree(connection=connection).node
            self.anchor.swap(self.signed, note, partial(consistency_proof, nodes=nodes))
            self.signed = note
        self._keep(connection, before, grown)

    def _keep(self, connection: Connection, before: int, grown: Frontier) -> None:
        """Put tiles and checkpoint into the database, which has the leaves."""
        with _together(connection, grown.size // WIDTH > before // WIDTH):
            StoredTree(connection=connection).add_tiles(before, grown.size)
            values = (grown.size, before, grown.root(), self.signed)
            driver_of(connection).execute(SIGNED, values)
        self.frontier = grown
        if self.tell is not None:
            for told in self.telling:
                self.tell("event", told)
            self.tell("checkpoint", self.signed or "")
        self.telling = ()

    def _leaves(self, connection: Connection, start: int) -> Iterable[bytes]:
        """Hashes of the leaves from `start` on, made of what the events say today."""
        driver = driver_of(connection)
        while rows := driver.execute(LEAVES, (start, PAGE)).fetchall():
            for seq, row in enumerate(rows, start):
                yield self._leaf(seq, row)
            if len(rows) < PAGE:
                return
            start += len(rows)

    def _leaf(self, seq: int, row: tuple[Any, ...]) -> bytes:
        """Raises RestoredError where it is not what was written."""
        stands, hash_, body, salt, commitment, signature = row
        if stands == seq and commitment is not None:
            entry = entry_of(commitment, signature)
            made = leaf_hash(entry)
            is_whole = body is None or commitment_of(body, salt or b"") == commitment
            # A leaf that somebody put there by hand was never among what is pending.
            is_ours = entry in self.ours or self._is_signed(commitment, signature)
            if is_whole and is_ours and made == hash_:
                self.owed.discard(entry)
                return made
        raise RestoredError(f"Event {seq} of the log is not what was written.")

    def _follow(self, connection: Connection, note: str) -> bool:
        """Go on from where another process has signed; whether it was as simple as that."""
        anchored = self._opened(note)
        before = self.frontier.size
        if self.signed is None or anchored.size < before:
            return False
        found = driver_of(connection).execute(GROWN, (before, anchored.size)).fetchone()
        last, hashes = found or (None, [])
        if last != anchored.size:
            return False
        grown = Frontier(before, self.frontier.hashes)
        grown.extend(hashes)
        if (grown.size, grown.root()) != (anchored.size, anchored.root):
            return False
        self.frontier, self.signed, self.epoch = grown, note, epoch_of(anchored.origin)
        return True

    def _resume(self, connection: Connection, note: str | None) -> None:
        """Go on from the last checkpoint in the database; it must lead to the one in the anchor."""
        self.ours = frozenset()
        last = connection.execute(LAST).first()
        if note is None and last is not None:
            raise RestoredError("The log was signed before, but its last checkpoint is missing.")
        anchored = None if note is None else self._opened(note)
        tree = StoredTree(connection=connection)
        if anchored is not None and anchored.size > tree.size():
            raise RestoredError(
                f"{anchored.size} events were signed, the database has {tree.size()}: an older one."
            )
        self.frontier = tree.frontier(last.size if last else 0)
        if last is not None:
            _require_root(self.frontier, self._opened(last.note))
        if anchored is not None and anchored.size <= self.frontier.size:
            _require_root(tree.frontier(anchored.size), anchored)
        self.signed = note
        if anchored is not None:
            self.epoch = epoch_of(anchored.origin)
        self._sign(connection, anchored)

    def begin_epoch(self, connection: Connection) -> None:
        """Sign what the database has under the name of the next epoch; the old anchor is kept.

        The anchor goes over in one step: whatever comes in between, no name signs two pasts.
        """
        note = self.anchor.read()
        last = connection.execute(LAST).first()
        kept = self._opened(last.note) if last else None
        before = [one for one in (self._opened(note) if note else None, kept) if one]
        newest = max((epoch_of(one.origin) for one in before), default=0)
        tree = StoredTree(connection=connection).frontier(kept.size if kept else 0)
        if kept is not None:
            _require_root(tree, kept)
        key = self.log_key.named(newest + 1)
        made = Checkpoint(origin=key.name, size=tree.size, root=tree.root())
        begun = str(made.signed(key.private))
        self.anchor.replace(note, begun, f"epoch-{newest}")
        self._resume(connection, begun)

    def _opened(self, note: str) -> Checkpoint:
        try:
            return opened(note, self.log_key.epochs(note))
        except NoteError as error:
            raise RestoredError(f"A checkpoint is not signed by this log's key: {error}") from None


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """By the driver itself: all who wait for a signature wait for these few statements."""
    found: Any = connection.connection.driver_connection
    return cast("psycopg.Connection[Any]", found)


@contextmanager
def _together(connection: Connection, several: bool) -> Iterator[None]:
    """One transaction for several statements; one statement needs none.

    Where that fails the connection is closed by whoever holds the lock.
    """
    if several:
        connection.exec_driver_sql("BEGIN")
    yield
    if several:
        connection.exec_driver_sql("COMMIT")


def _require_leaves(connection: Connection, ids: Collection[str]) -> None:
    """What was committed was taken by another process; or away since, by a trigger, a rule.

    Raises RestoredError.
    """
    if ids:
        row = driver_of(connection).execute(STANDING, (list(ids),)).fetchone()
        if row is None or row[0] != len(ids):
            raise RestoredError("An event that was written is not in the log.")


def _require_root(tree: Frontier, signed: Checkpoint) -> None:
    if tree.root() != signed.root:
        raise RestoredError(f"The tree is not the one that was signed at {signed.size} events.")
