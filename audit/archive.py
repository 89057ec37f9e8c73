"""Takes parts of the log out of the database: exports, proofs, tiles and checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from audit.body import microseconds
from audit.checkpoint import Checkpoint
from audit.export_format import ExportedEvent, Manifest, Query, beside, export_lines
from audit.keys import Key
from audit.proofs import inclusion_proof
from audit.sealing import entry_of
from audit.stored_tree import StoredTree
from audit.tables import audit_event, checkpoint, leaf
from audit.tiles import HEIGHT, Tile, bundle, width
from audit.tlog_proof import Proof

AT_ONCE = 4096
"""Events read at a time: bounds memory."""
MOST_CHECKPOINTS = 1000
"""Earlier checkpoints in one export, evenly over its range: the last one vouches for all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Sequence numbers from `first`, `count` of them; `count` 0: nothing."""

    first: int
    count: int


class Archive:
    """Reads what was signed. The connection should hold one snapshot (REPEATABLE READ)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tree = StoredTree(connection=connection)

    def note(self) -> str | None:
        """The last checkpoint as a signed note; None before the first."""
        query = select(checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(1)
        return self._connection.scalar(query)

    def range(self, since: datetime | None = None, until: datetime | None = None) -> Range:
        """The shortest range of signed events that holds all of a time; `until` is not included."""
        c = audit_event.c
        query = select(func.min(leaf.c.seq), func.max(leaf.c.seq)).join(
            audit_event, c.id == leaf.c.event_id
        )
        if since is not None:
            query = query.where(c.occurred >= microseconds(since))
        if until is not None:
            query = query.where(c.occurred < microseconds(until))
        first, last = self._connection.execute(query).one()
        return (
            Range(first=0, count=0) if first is None else Range(first=first, count=last - first + 1)
        )

    def export(self, part: Range, log_key: Key, event_key: Key, query: Query) -> Iterator[bytes]:
        """The lines of an export of this range. Raises LookupError where nothing was signed yet."""
        note = self.note()
        if note is None:
            raise LookupError("Nothing of the log was signed yet.")
        whole = Checkpoint.of(note)
        left, right = beside(part.first, part.count, whole.size, self._tree.node)
        (key,) = log_key.epochs(note)
        manifest = Manifest(
            note=note,
            key=key,
            event_keys=(event_key.public,),
            first=part.first,
            count=part.count,
            left=left,
            right=right,
            checkpoints=tuple(self._checkpoints(part)),
            query=query,
        )
        yield from export_lines(manifest, self._events(part))

    def proof(self, event: str) -> Proof | None:
        """That this event is in the tree; None where it is not, or not yet."""
        seq = self._connection.scalar(select(leaf.c.seq).where(leaf.c.event_id == event))
        note = self.note()
        if seq is None or note is None:
            return None
        size = Checkpoint.of(note).size
        if seq >= size:
            return None
        path = inclusion_proof(seq, size, self._tree.node)
        return Proof(index=seq, path=tuple(path), note=note)

    def entry(self, event: str) -> bytes | None:
        """What the tree holds of an event: its commitment and its signature."""
        c = audit_event.c
        row = self._connection.execute(
            select(c.commitment, c.signature).where(c.id == event)
        ).first()
        return None if row is None else entry_of(bytes(row.commitment), bytes(row.signature))

    def tile(self, tile: Tile) -> bytes | None:
        """A tile or a bundle of entries (C2SP tlog-tiles); None where the tree is smaller."""
        note = self.note()
        size = Checkpoint.of(note).size if note else 0
        level = tile.level or 0
        if width(level, tile.index, size) < tile.width:
            return None
        start = tile.index << HEIGHT
        if tile.level is None:
            part = Range(first=start, count=tile.width)
            return bundle(entry_of(one.commitment, one.signature) for one in self._events(part))
        return b"".join(self._tree.hashes(level, start, tile.width))

    def _checkpoints(self, part: Range) -> Iterator[Checkpoint]:
        c = checkpoint.c
        within = (c.size > part.first, c.size <= part.first + part.count)
        count = self._connection.scalar(select(func.count()).where(*within)) or 0
        step = max(1, -(-count // MOST_CHECKPOINTS))
        numbered = select(c.note, func.row_number().over(order_by=c.size).label("n")).where(*within)
        found = numbered.subquery()
        query = select(found.c.note).where(found.c.n % step == 0).order_by(found.c.n)
        for note in self._connection.scalars(query):
            yield Checkpoint.of(note)

    def _events(self, part: Range) -> Iterator[ExportedEvent]:
        c = audit_event.c
        query = (
            select(c.body, c.salt, c.commitment, c.signature)
            .join(leaf, leaf.c.event_id == c.id)
            .where(leaf.c.seq >= part.first, leaf.c.seq < part.first + part.count)
            .order_by(leaf.c.seq)
            .execution_options(yield_per=AT_ONCE)
        )
        for row in self._connection.execute(query):
            yield _exported(row)


def _exported(row: Any) -> ExportedEvent:
    return ExportedEvent(
        body=row.body,
        salt=None if row.salt is None else bytes(row.salt),
        commitment=bytes(row.commitment),
        signature=bytes(row.signature),
    )
