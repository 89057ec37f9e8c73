"""Checks the whole log in the database against what was signed, and names what is wrong, and where.

For whoever has access to the database. An auditor who has not is given an export and `verifier`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DataError

from audit.anchor import Anchor
from audit.checkpoint import Checkpoint, opened
from audit.finding_check import misfits
from audit.keys import Key, epoch_of
from audit.merkle import EMPTY_ROOT, Frontier, leaf_hash
from audit.notes import Note, NoteError, Signature
from audit.sealing import commitment_of, entry_of, is_signed_by
from audit.tables import WORDS, checkpoint, leaf, tile
from audit.tiles import WIDTH, perfect_root
from audit.units import portions

AT_ONCE = 4096
"""Rows read at a time: bounds memory."""
BACK = 10 * 60 * 1_000_000
"""Microseconds by which an event may be older than the one before: work that took long."""
LOST = bytes(32)
"""Stands for the hash of a leaf that is gone, so that what comes after it keeps its place."""
LEAVES = (
    "SELECT l.seq, coalesce(l.hash, ''), e.body, coalesce(e.salt, ''), e.commitment,"
    " coalesce(e.signature, ''), e.erased_by, e.occurred"
    " FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event_id ORDER BY l.seq"
)
TELLING = (*WORDS, "occurred", "seen")
"""Columns that the database computes from the body."""
COMPUTED = " OR ".join(f"{name}::text IS DISTINCT FROM told ->> '{name}'" for name in TELLING)
COMPUTED += " OR id <> told ->> 'id'"
ROWS = {
    # OFFSET 0: each body is read once, not once for each column.
    "COLUMN": f"SELECT id FROM (SELECT *, body::jsonb AS told FROM audit_event OFFSET 0) e WHERE {COMPUTED}",
    "ORPHAN": "SELECT e.id FROM audit_event e WHERE NOT EXISTS"
    " (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)"
    " AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.id = e.id)"
    " AND NOT EXISTS (SELECT 1 FROM audit_refused r WHERE r.id = e.id)",
    "QUEUE": "SELECT p.id FROM audit_pending p JOIN audit_leaf l ON l.event_id = p.id",
    # What tells of something stands in the tree itself: else whoever did it has written that too.
    "REFUSED": "SELECT r.id FROM audit_refused r LEFT JOIN (audit_event e JOIN audit_leaf l"
    " ON l.event_id = e.id AND e.action = 'audit:alarm') ON e.id = r.alarm"
    " WHERE e.body::jsonb -> 'detail' ->> 'refused' IS DISTINCT FROM r.id",
    "ERASED": "SELECT e.id FROM audit_event e LEFT JOIN (audit_event t JOIN audit_leaf l"
    " ON l.event_id = t.id) ON t.id = e.erased_by"
    " WHERE e.body IS NULL AND (t.action IS DISTINCT FROM 'audit:erase'"
    " OR strpos(t.body, e.id) = 0) OR e.body IS NOT NULL AND e.erased_by IS NOT NULL",
}
"""What must find no row: code → ids of events."""
FORGED = "SELECT id FROM audit_refused"
GUARDED = ("event", "leaf", "tile", "checkpoint", "refused", "finding", "finding_state")
"""Tables whose triggers refuse every change."""
OPEN = ("pending",)
GUARDS = text(
    "SELECT name FROM unnest(cast(:names AS text[]), cast(:guards AS text[])) AS t(name, guards)"
    " LEFT JOIN pg_class c ON c.oid = to_regclass(name)"
    " WHERE c.relkind IS DISTINCT FROM 'r' OR c.relrowsecurity"
    " OR EXISTS (SELECT 1 FROM pg_rewrite WHERE ev_class = c.oid)"
    " OR EXISTS (SELECT 1 FROM pg_inherits WHERE c.oid IN (inhparent, inhrelid))"
    " OR EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = c.oid AND tgenabled <> 'O')"
    " OR guards <> (SELECT coalesce(string_agg(tgname, ' ' ORDER BY tgname), '')"
    " FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)"
)
"""Tables that show or keep something else than what is written: rows of which policies, rules, views
or triggers leave some out, or which nothing refuses to change any more."""
PLACED = "SELECT found.id, l.seq FROM ({}) found LEFT JOIN audit_leaf l ON l.event_id = found.id"
WORDS_OF = {
    "COLUMN": "the id or a search column does not say what the body says",
    "ORPHAN": "stands neither in the tree nor among what waits for it",
    "QUEUE": "waits for the tree, and stands in it",
    "REFUSED": "was refused, but no alarm tells of it",
    "ERASED": "was erased, but no event tells of it",
    "FINDING": "tells of a finding, or of a state of one, that is not there as it says; or no event"
    " tells of this finding",
    "FORGED": "was written by somebody without the key: an alarm tells of it, the tree has it not",
}
PLAIN = text(
    "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema"
    " AND table_name = 'audit_event' AND column_name = ANY(:names) AND is_generated <> 'ALWAYS'"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong: a code, and where: `seq` to before `until`, or a row's id."""

    code: str
    words: str
    seq: int | None = None
    until: int | None = None
    id: str | None = None


@dataclass(kw_only=True)
class Checked:
    """What a check found; `size` is how many events the tree holds, `erased` how many bodies not.

    `remarks` are worth a look, but no sign that the log is not what was signed.
    """

    size: int = 0
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)

    def found(
        self,
        code: str,
        words: str,
        seq: int | None = None,
        *,
        until: int | None = None,
        id_: str | None = None,
    ) -> None:
        self.findings.append(Finding(code=code, words=words, seq=seq, until=until, id=id_))


def check(
    connection: Connection, log_key: Key, anchor: Anchor, event_keys: Sequence[Key] = ()
) -> Checked:
    """Read everything once and compute it anew; about a second for each 100,000 events.

    The connection must hold one snapshot (REPEATABLE READ): else what is written meanwhile is found.
    The events' own signatures are looked at only where no checkpoint vouches for them yet.
    """
    checked = Checked()
    anchored = _anchored(anchor, log_key, checked)
    signed = _signed(connection, log_key, checked)
    grown = _Grown([*signed, *([anchored] if anchored else [])], event_keys, checked)
    tiles = _Tiles(connection, checked)
    for rows in portions(connection, LEAVES, AT_ONCE):
        tiles.add(grown.add(rows))
    tiles.end()
    checked.size = grown.size
    if grown.signed > grown.size:
        told = f"signed at {grown.signed} events, {grown.size} are left"
        checked.found("TRUNCATED", told, grown.size, until=grown.signed)
    _compare(anchored, signed, checked)
    _check_rows(connection, checked)
    return checked


def _anchored(anchor: Anchor, log_key: Key, checked: Checked) -> Checkpoint | None:
    """The last checkpoint as it stands outside the database, where nobody of it reaches."""
    try:
        note = anchor.read()
        return opened(note, log_key.epochs(note)) if note is not None else None
    except (NoteError, OSError) as error:
        checked.found("ANCHOR", f"the checkpoint outside the database: {error}")
        return None


def _signed(connection: Connection, log_key: Key, checked: Checked) -> list[Checkpoint]:
    """The checkpoints of the database, the smallest first, each with a signature that fits."""

    @cache
    def key_of(origin: str) -> Key | None:
        return log_key.named(epoch_of(origin)) if log_key.epochs(f"{origin}\n") else None

    found, before = [], 0
    for row in connection.execute(select(checkpoint).order_by(checkpoint.c.size)):
        if row.before != before:
            checked.found("CHECKPOINT", "the checkpoint before it is another one", row.size)
        before = row.size
        made = Checkpoint(origin=row.note.partition("\n")[0], size=row.size, root=row.root)
        try:
            key = key_of(made.origin)
            # To sign it again is several times as quick as to look whether the signature fits.
            if key is None or _signed_again(made, key) != row.note:
                made = opened(row.note, log_key.epochs(row.note))
        except NoteError as error:
            checked.found("CHECKPOINT", str(error), row.size)
            continue
        if (made.size, made.root) != (row.size, row.root):
            checked.found("CHECKPOINT", "size or root is not what was signed", row.size)
        found.append(made)
    return found


def _signed_again(made: Checkpoint, key: Key) -> str:
    """An Ed25519 signature of the same text is the same."""
    value = key.sign(made.text.encode())
    signature = Signature(name=key.name, key_id=key.public.id, value=value)
    return str(Note(text=made.text, signatures=(signature,)))


class _Row(NamedTuple):
    """A leaf and its event, as they stand there; without commitment the event is gone."""

    seq: int
    hash: bytes
    body: str | None
    salt: bytes
    commitment: bytes | None
    signature: bytes
    erased_by: str | None
    occurred: int | None


class _Grown:
    """Makes the leaves of what stands there today, and compares wherever a root was signed."""

    def __init__(
        self, signed: Iterable[Checkpoint], event_keys: Sequence[Key], checked: Checked
    ) -> None:
        roots = {one.size: one.root for one in signed}
        self._roots = sorted(roots.items(), reverse=True)
        self._tree = Frontier()
        self._fitted = 0
        self._event_keys = event_keys
        self._checked = checked
        self._occurred = 0
        self.signed = max(roots, default=0)

    @property
    def size(self) -> int:
        return self._tree.size

    def add(self, rows: Sequence[tuple[object, ...]]) -> list[bytes]:
        """The hashes of these leaves, and of those that are missing before them."""
        hashes: list[bytes] = []
        start = self.size
        for row in map(_Row._make, rows):
            seq = start + len(hashes)
            if self._is_whole(row, seq):
                hashes.append(row.hash)
                continue
            if row.seq != seq:
                told = f"stands at {row.seq}: what was before it is missing, or it is twice there"
                self._checked.found("SEQUENCE", told, seq, until=max(row.seq, seq + 1))
                if row.seq < self.signed:
                    hashes += [LOST] * (row.seq - seq)
            hashes.append(self._hash(row))
        self._append(hashes)
        return hashes

    def _is_whole(self, row: _Row, seq: int) -> bool:
        """Whether there is nothing to say of it, as of nearly all: so all is asked in one go."""
        stands, hash_, body, salt, commitment, signature, _, occurred = row
        if body is None or commitment is None or occurred is None:
            return False
        is_whole = (
            stands == seq < self.signed
            and occurred >= self._occurred - BACK
            and commitment_of(body, salt) == commitment
            and leaf_hash(entry_of(commitment, signature)) == hash_
        )
        if is_whole:
            self._occurred = occurred
        return is_whole

    def _append(self, hashes: Sequence[bytes]) -> None:
        start, end, at = self.size, self.size + len(hashes), 0
        while self._roots and self._roots[-1][0] <= end:
            size, root = self._roots.pop()
            self._tree.extend(hashes[at : size - start])
            at = size - start
            if self._tree.root() != root:
                told = f"not the tree that was signed at {size} events"
                self._checked.found("ROOT", told, self._fitted, until=size)
                self._roots.clear()  # None of what was signed later fits either.
            self._fitted = size
        self._tree.extend(hashes[at:])

    def _hash(self, row: _Row) -> bytes:
        """The leaf as its event makes it; what does not fit is found."""
        found = self._checked.found
        if row.commitment is None:
            found("MISSING", "the event is gone", row.seq)
            return row.hash
        if row.body is None and row.erased_by is not None:
            self._checked.erased += 1
        elif row.body is None or commitment_of(row.body, row.salt) != row.commitment:
            found("BODY", "body, salt or commitment was changed", row.seq)
        made = leaf_hash(entry_of(row.commitment, row.signature))
        if made != row.hash:
            found("LEAF", "the leaf is not that of its event", row.seq)
        if row.seq >= self.signed and not self._is_ours(row.commitment, row.signature):
            found("FORGED", "was put into the tree by somebody without the key", row.seq)
        self._look_at_clock(row)
        return made

    def _is_ours(self, commitment: bytes, signature: bytes) -> bool:
        keys = self._event_keys
        return not keys or any(is_signed_by(key, commitment, signature) for key in keys)

    def _look_at_clock(self, row: _Row) -> None:
        occurred = row.occurred or self._occurred
        if occurred < self._occurred - BACK:
            told = f"{(self._occurred - occurred) // 1_000_000} s older than the event before it"
            self._checked.remarks.append(Finding(code="CLOCK", words=told, seq=row.seq))
        self._occurred = occurred


class _Tiles:
    """Compares the tiles with the leaves as they come by, one tile of a level at a time."""

    def __init__(self, connection: Connection, checked: Checked) -> None:
        self._checked = checked
        self._rows = {
            (row.level, row.number): (bytes(row.hashes), bytes(row.root))
            for row in connection.execute(select(tile))
        }
        self._open: list[list[bytes]] = [[]]
        self._count = [0]

    def add(self, hashes: Sequence[bytes], level: int = 0) -> None:
        while len(self._open) <= level:
            self._open.append([])
            self._count.append(0)
        for hash_ in hashes:
            self._open[level].append(hash_)
            if len(self._open[level]) == WIDTH:
                self._close(level)

    def end(self) -> None:
        for level, number in self._rows:
            first = number * WIDTH ** (level + 1)
            self._checked.found("TILE", f"there is no such tile: level {level}", first)

    def _close(self, level: int) -> None:
        hashes, self._open[level] = self._open[level], []
        number = self._count[level]
        self._count[level] += 1
        root = perfect_root(hashes)
        if self._rows.pop((level, number), None) != (b"".join(hashes), root):
            span = WIDTH ** (level + 1)
            told = f"level {level}, number {number}"
            self._checked.found("TILE", told, number * span, until=(number + 1) * span)
        self.add([root], level + 1)


def _compare(anchored: Checkpoint | None, signed: Sequence[Checkpoint], checked: Checked) -> None:
    """The last checkpoint in the database must be the one outside it."""
    inside = (signed[-1].size, signed[-1].root) if signed else (0, EMPTY_ROOT)
    outside = (anchored.size, anchored.root) if anchored else (0, EMPTY_ROOT)
    if inside != outside and not any(one.code == "ANCHOR" for one in checked.findings):
        told = f"the last checkpoints differ: {outside[0]} outside, {inside[0]} inside"
        first, last = sorted((inside[0], outside[0]))
        checked.found("ANCHOR", told, first, until=last)


def _check_rows(connection: Connection, checked: Checked) -> None:
    for name in connection.scalars(PLAIN, {"names": list(TELLING)}):
        checked.found("COLUMN", f"the column {name} can be set by hand")
    names = [f"audit_{name}" for name in (*GUARDED, *OPEN)]
    guards = [f"audit_{name}_refuse_change audit_{name}_refuse_truncate" for name in GUARDED]
    guards += [""] * len(OPEN)
    for name in connection.scalars(GUARDS, {"names": names, "guards": guards}):
        checked.found("GUARD", f"{name} is not as it was made: a view, policy, rule or trigger")
    for code, query in ROWS.items():
        try:
            with connection.begin_nested():
                found = connection.execute(text(PLACED.format(query))).all()
        except DataError:  # The bodies are found one by one: no commitment fits.
            checked.found(code, "cannot be looked at: the text of an event is no JSON")
            continue
        for id_, seq in found:
            checked.found(code, WORDS_OF[code], seq, id_=id_)
    for id_ in misfits(connection):
        seq = connection.scalar(select(leaf.c.seq).where(leaf.c.event_id == id_))
        checked.found("FINDING", WORDS_OF["FINDING"], seq, id_=id_)
    for id_ in connection.scalars(text(FORGED)):
        checked.remarks.append(Finding(code="FORGED", words=WORDS_OF["FORGED"], id=id_))
