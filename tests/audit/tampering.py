"""What an administrator of the database may do to the log: single changes, each at a random place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from sqlalchemy import URL, Connection, Engine, text

import audit
from audit.checking import Checked, Finding
from audit.event import Action, AuditEvent
from gateway.database import Role, reading, settle, transaction
from gateway.ledger_keeping import erased
from tests.audit.breaking import CALLER, write_unsigned
from tests.ledger import engine_for

LONG_AGO = datetime(2020, 2, 1, tzinfo=UTC)
ERASED = 40
TILE = 256


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where it was changed: a sequence number, an id of an event, or both.

    `within`: a finding may name a range of at most so many; 1: it must name the place itself.
    """

    seq: int | None = None
    id: str | None = None
    within: int = 1


@dataclass(frozen=True, kw_only=True)
class Signed:
    """How large the log is, and at which sizes it was signed."""

    size: int
    checkpoints: Sequence[int]

    def step(self, seq: int) -> int:
        """How many events lie between the checkpoints beside this one, or in its tile."""
        before = max((size for size in self.checkpoints if size <= seq), default=0)
        after = min((size for size in self.checkpoints if size > seq), default=self.size)
        return max(after - before, TILE)


Change = Callable[[Connection, Random, Signed], Place]


def make_log(url: URL, events: int, rng: Random) -> Signed:
    """Fill a log: many batches of both kinds, some erased, one refused, one that is not signed yet."""
    owner = engine_for(url, Role.OWNER)
    with transaction(owner) as session:
        audit.append_many(session, (replace(_event(n), occurred=LONG_AGO) for n in range(ERASED)))
    erased(owner, CALLER, datetime(2021, 1, 1, tzinfo=UTC))
    with owner.begin() as connection:
        connection.execute(text(FORGE))
    written = ERASED
    while written < events:
        count = min(rng.choice((1, 2, 5, 50, 300)), events - written)
        with rng.choice((reading, transaction))(owner) as session:
            audit.append_many(session, (_event(written + n) for n in range(count)))
        written += count
    settle(owner)
    write_unsigned(owner)
    with owner.begin() as connection:
        connection.execute(text("ANALYZE"))
    signed = _signed(owner)
    owner.dispose()
    return signed


def _event(number: int) -> AuditEvent:
    identity, record = f"i{number % 97}", f"r{number}"
    return AuditEvent(action=Action.PATIENT_READ, caller=CALLER, identity=identity, record=record)


def _signed(engine: Engine) -> Signed:
    with engine.connect() as connection:
        sizes = connection.scalars(text("SELECT size FROM audit_checkpoint ORDER BY size")).all()
    return Signed(size=sizes[-1], checkpoints=sizes)


FORGE = """
WITH one AS (INSERT INTO audit_event (id, body, salt, commitment, signature)
  VALUES ('forged', '{"id":"forged"}', '', '', '') RETURNING id)
INSERT INTO audit_pending (id) SELECT id FROM one
"""


def located(found: Checked, place: Place) -> bool:
    """Whether a finding names the place."""
    return any(_names(one, place) for one in found.findings)


def _names(one: Finding, place: Place) -> bool:
    if place.id is not None and one.id == place.id:
        return True
    if place.seq is None or one.seq is None:
        return False
    until = one.seq + 1 if one.until is None else one.until
    return one.seq <= place.seq < until and until - one.seq <= place.within


def event_column(name: str, value: str) -> Change:
    """Another value in a column of an event that has a body."""

    def change(connection: Connection, rng: Random, signed: Signed) -> Place:
        seq = rng.randrange(ERASED + 10, signed.size)
        _one(connection, f"UPDATE audit_event SET {name} = {value} WHERE id = {AT}", seq=seq)
        return Place(seq=seq)

    return change


AT = "(SELECT event_id FROM audit_leaf WHERE seq = :seq)"
FLIPPED = "set_byte({0}, {1}, get_byte({0}, {1}) # {2})"


def flipped(
    table: str, column: str, size: int, key: str, places: Callable[[Signed], Sequence[int]]
) -> Change:
    """One bit of one byte of a column, in the row with this key."""

    def change(connection: Connection, rng: Random, signed: Signed) -> Place:
        at = rng.choice(places(signed))
        bit = FLIPPED.format(column, rng.randrange(size), 1 << rng.randrange(8))
        _one(connection, f"UPDATE {table} SET {column} = {bit} WHERE {key}", seq=at)
        if table == "audit_tile":
            return Place(seq=at * TILE, within=TILE)
        return Place(seq=at)

    return change


def row(
    statement: str, places: Callable[[Signed], Sequence[int]], within: int = 1, times: int = 1
) -> Change:
    """A statement about one row; `times`: how many events a place counts for."""

    def change(connection: Connection, rng: Random, signed: Signed) -> Place:
        at = rng.choice(places(signed))
        _one(connection, statement, seq=at)
        return Place(seq=at * times, within=within)

    return change


def search_column(connection: Connection, rng: Random, signed: Signed) -> Place:
    """Edited apart from the body, once the database computes it no more."""
    name = rng.choice(("identity", "record", "who", "purpose", "outcome", "action"))
    seq = rng.randrange(ERASED + 10, signed.size)
    _do(connection, f"ALTER TABLE audit_event ALTER COLUMN {name} DROP EXPRESSION")
    _one(connection, f"UPDATE audit_event SET {name} = 'other' WHERE id = {AT}", seq=seq)
    return Place(seq=seq)


def order(connection: Connection, rng: Random, signed: Signed) -> Place:
    """Two events exchange their places, leaves and all."""
    a, b = sorted(rng.sample(range(signed.size), 2))
    _do(
        connection,
        f"CREATE TEMP TABLE two ON COMMIT DROP AS SELECT * FROM audit_leaf WHERE seq IN ({a}, {b})",
    )
    _do(connection, f"DELETE FROM audit_leaf WHERE seq IN ({a}, {b})")
    _do(connection, f"INSERT INTO audit_leaf SELECT {a + b} - seq, event_id, hash FROM two")
    return Place(seq=a, within=signed.step(a))


def contents(connection: Connection, rng: Random, signed: Signed) -> Place:
    """Two events exchange what they are, but not their ids."""
    a, b = rng.sample(range(ERASED + 10, signed.size), 2)
    _do(
        connection,
        "UPDATE audit_event e SET salt = o.salt, commitment = o.commitment,"
        " signature = o.signature FROM audit_event o, audit_leaf la, audit_leaf lb"
        f" WHERE la.seq = {a} AND lb.seq = {b} AND e.id = la.event_id AND o.id = lb.event_id",
    )
    return Place(seq=a)


def inserted(connection: Connection, rng: Random, signed: Signed) -> Place:
    """A leaf at the end that nobody signed, for an event that was refused."""
    _do(
        connection,
        "INSERT INTO audit_leaf (seq, event_id, hash) VALUES"
        f" ({signed.size}, 'forged', decode(repeat('ab', 32), 'hex'))",
    )
    return Place(seq=signed.size)


def moved(connection: Connection, rng: Random, signed: Signed) -> Place:
    """A leaf far behind the end."""
    seq = rng.randrange(signed.size - 1)
    _one(connection, "UPDATE audit_leaf SET seq = seq + 1000000000 WHERE seq = :seq", seq=seq)
    return Place(seq=seq)


TAIL = {
    "leaves": ("DELETE FROM audit_leaf WHERE seq >= {0}",),
    "leaves and events": (
        "DELETE FROM audit_event e USING audit_leaf l WHERE l.event_id = e.id AND seq >= {0}",
        "DELETE FROM audit_leaf WHERE seq >= {0}",
    ),
    "whole": (
        "DELETE FROM audit_event e USING audit_leaf l WHERE l.event_id = e.id AND seq >= {0}",
        "DELETE FROM audit_leaf WHERE seq >= {0}",
        "DELETE FROM audit_tile WHERE (number + 1) * (256 ^ (level + 1)) > {0}",
        "DELETE FROM audit_checkpoint WHERE size > {0}",
        "DELETE FROM audit_event e WHERE e.id IN (SELECT id FROM audit_pending)",
        "DELETE FROM audit_pending",
    ),
}


def cut(what: str) -> Change:
    """The end of the log is taken away; whole: the state of an earlier checkpoint is back."""

    def change(connection: Connection, rng: Random, signed: Signed) -> Place:
        size = rng.choice([one for one in signed.checkpoints[:-1] if one > ERASED + 10])
        for statement in TAIL[what]:
            connection.execute(text(statement.format(size)))
        return Place(seq=size, within=signed.size)

    return change


def forgotten(statement: str) -> Change:
    """Of an event that is in no tree: only its id tells which."""

    def change(connection: Connection, rng: Random, signed: Signed) -> Place:
        return Place(id=connection.execute(text(statement)).scalar_one())

    return change


def _events(signed: Signed) -> Sequence[int]:
    return range(ERASED + 10, signed.size)


def _leaves(signed: Signed) -> Sequence[int]:
    return range(signed.size)


def _tiles(signed: Signed) -> Sequence[int]:
    return range(signed.size // TILE)


def _checkpoints(signed: Signed) -> Sequence[int]:
    return signed.checkpoints


def _inner_checkpoints(signed: Signed) -> Sequence[int]:
    """A row that is gone is noticed at the next one."""
    return signed.checkpoints[:-1]


def gone_checkpoint(connection: Connection, rng: Random, signed: Signed) -> Place:
    at = rng.randrange(len(signed.checkpoints))
    size = signed.checkpoints[at]
    _one(connection, "DELETE FROM audit_checkpoint WHERE size = :seq", seq=size)
    if at == len(signed.checkpoints) - 1:
        return Place(seq=signed.checkpoints[at - 1], within=signed.size)
    return Place(seq=signed.checkpoints[at + 1])


LEAF, EVENT = "seq = :seq", f"id = {AT}"
LEVEL0 = "level = 0 AND number = :seq"
SIZE = "size = :seq"
CHANGES: dict[str, Change] = {
    "event deleted": row(f"DELETE FROM audit_event WHERE {EVENT}", _leaves),
    "leaf deleted": row(f"DELETE FROM audit_leaf WHERE {LEAF}", lambda s: range(s.size - 1)),
    "tile deleted": row(f"DELETE FROM audit_tile WHERE {LEVEL0}", _tiles, TILE, TILE),
    "checkpoint deleted": gone_checkpoint,
    "waiting forgotten": forgotten("DELETE FROM audit_pending RETURNING id"),
    "refusal forgotten": forgotten("DELETE FROM audit_refused RETURNING id"),
    "alarm exchanged": forgotten(
        "UPDATE audit_refused SET alarm = (SELECT event_id FROM audit_leaf WHERE seq = 0) RETURNING id"
    ),
    "who": event_column("body", 'replace(body, \'"who":"tester"\', \'"who":"nobody"\')'),
    "child": event_column("body", 'replace(body, \'"identity":"i\', \'"identity":"j\')'),
    "time": event_column("body", r"regexp_replace(body, '(occurred..)', '\11')"),
    "spelling": event_column("body", "replace(body, ',\"who\"', ', \"who\"')"),
    "body gone": event_column(
        "(body, salt, erased_by)", f"(NULL, NULL, {AT.replace(':seq', '0')})"
    ),
    "salt": event_column("salt", "sha256(salt)"),
    "commitment": event_column("commitment", "sha256(commitment)"),
    "signature": event_column("signature", "sha512(signature)"),
    "tombstone": row(
        f"UPDATE audit_event SET erased_by = {AT.replace(':seq', '0')} WHERE {EVENT}",
        lambda _: range(1, 1 + ERASED),
    ),
    "erasure's proof": row(
        f"UPDATE audit_event SET commitment = sha256(commitment) WHERE {EVENT}",
        lambda _: range(1, 1 + ERASED),
    ),
    "search column": search_column,
    "leaf's hash": row(f"UPDATE audit_leaf SET hash = sha256(hash) WHERE {LEAF}", _leaves),
    "tile's root": row(
        f"UPDATE audit_tile SET root = sha256(root) WHERE {LEVEL0}", _tiles, TILE, TILE
    ),
    "tile's number": row(
        f"UPDATE audit_tile SET number = -1 - number WHERE {LEVEL0}", _tiles, TILE, TILE
    ),
    "checkpoint's root": row(
        f"UPDATE audit_checkpoint SET root = sha256(root) WHERE {SIZE}", _checkpoints
    ),
    "checkpoint before": row(
        f"UPDATE audit_checkpoint SET before = -before - 1 WHERE {SIZE}", _checkpoints
    ),
    "note": row(
        f"UPDATE audit_checkpoint SET note = overlay(note placing '!' from 3) WHERE {SIZE}",
        _checkpoints,
    ),
    "bit of salt": flipped("audit_event", "salt", 32, EVENT, _events),
    "bit of commitment": flipped("audit_event", "commitment", 32, EVENT, _leaves),
    "bit of signature": flipped("audit_event", "signature", 68, EVENT, _leaves),
    "bit of leaf": flipped("audit_leaf", "hash", 32, LEAF, _leaves),
    "bit of tile": flipped("audit_tile", "hashes", TILE * 32, LEVEL0, _tiles),
    "bit of root": flipped("audit_checkpoint", "root", 32, SIZE, _checkpoints),
    "order": order,
    "contents": contents,
    "leaf inserted": inserted,
    "leaf moved": moved,
    "leaves cut": cut("leaves"),
    "leaves and events cut": cut("leaves and events"),
    "old state": cut("whole"),
}
"""Each is made in a transaction of its own, which is rolled back after the check."""


def _do(connection: Connection, statement: str) -> None:
    assert connection.execute(text(statement)).rowcount != 0


def _one(connection: Connection, statement: str, *, seq: int) -> None:
    changed = connection.execute(text(statement), {"seq": seq}).rowcount
    assert changed == 1, "the change itself must do something"
