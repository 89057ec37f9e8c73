"""Use cases of whoever keeps the access log: check it, export it, prove, erase, declare a gap."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

import audit
from audit.archive import Archive
from audit.checking import Checked, check
from audit.checkpoint import Checkpoint
from audit.erasure import erasable, erase, places_of
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome
from audit.keys import LOG, rotate
from audit.notes import VerifierKey
from audit.reconciliation import Unexplained, occurrences, reads, unexplained
from audit.stored_tree import StoredTree
from audit.tiles import Tile
from audit.tlog_proof import Proof
from audit.units import unit_of
from gateway.database import ledger_of, settle, transaction
from gateway.errors import ConflictError, NotFoundError, WrongRequestError
from gateway.identity_check import differing

SNAPSHOT = "REPEATABLE READ"


class WrongLogError(WrongRequestError):
    """The file is no log of PostgreSQL that can be compared."""

    vietnamese = "Tệp không phải là nhật ký PostgreSQL có thể đối chiếu."


class NothingLostError(ConflictError):
    """The database has all that was signed: there is no gap to declare."""

    vietnamese = "Cơ sở dữ liệu có đủ mọi sự kiện đã ký: không có khoảng mất nào để khai báo."


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What an export holds: sequence numbers from `first`, `count` of them, of `size`."""

    first: int
    count: int
    size: int


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level=SNAPSHOT) as connection:
        yield connection
        connection.rollback()


def verified(engine: Engine, caller: Caller) -> Checked:
    """Check the whole log against what was signed; that it was checked is an event too."""
    ledger = ledger_of(engine)
    with _snapshot(engine) as connection:
        checked = check(connection, ledger.log_key, ledger.anchor, [ledger.event_key])
        checked.findings += differing(connection)
    # A log that is not whole cannot be signed on: then the event waits until somebody has looked.
    detail = {"events": checked.size, "findings": len(checked.findings)}
    outcome = Outcome.FAILURE if checked.findings else Outcome.SUCCESS
    event = AuditEvent(action=Action.AUDIT_VERIFY, caller=caller, outcome=outcome, detail=detail)
    with Session(engine) as session, session.begin():
        audit.append(session, event)
    if not checked.findings:
        settle(engine)
    return checked


def exported(
    engine: Engine,
    caller: Caller,
    since: datetime | None,
    until: datetime | None,
    opened: Callable[[], BinaryIO],
) -> Written:
    """Write a part of the log for `audit/verifier.py`. `until` is not included.

    The file is opened when the export is in the log itself, and closed. Raises NotFoundError where
    nothing was signed in that time.
    """
    asked = {"from": since.isoformat() if since else "", "to": until.isoformat() if until else ""}
    with transaction(engine) as session:
        audit.append(session, AuditEvent(action=Action.AUDIT_EXPORT, caller=caller, detail=asked))
    ledger = ledger_of(engine)
    with _snapshot(engine) as connection:
        archive = Archive(connection)
        part = archive.range(since, until)
        note = archive.note()
        if not part.count or note is None:
            raise NotFoundError
        with opened() as file:
            file.writelines(archive.export(part, ledger.log_key, ledger.event_key, asked))
    size = Checkpoint.of(note).size
    return Written(first=part.first, count=part.count, size=size)


def proof_of(engine: Engine, event: str) -> Proof:
    """That an event stands in the signed log; says nothing of it. Raises NotFoundError."""
    with _snapshot(engine) as connection:
        archive = Archive(connection)
        found = archive.proof(event)
    if found is None:
        raise NotFoundError
    return found


def last_note(engine: Engine) -> str:
    """The last signed checkpoint. Raises NotFoundError before the first."""
    with _snapshot(engine) as connection:
        found = Archive(connection).note()
    if found is None:
        raise NotFoundError
    return found


def tile_at(engine: Engine, path: str) -> bytes:
    """A tile of the tree (C2SP tlog-tiles). Raises NotFoundError."""
    try:
        tile = Tile.parsed(path)
    except ValueError:
        raise NotFoundError from None
    with _snapshot(engine) as connection:
        found = Archive(connection).tile(tile)
    if found is None:
        raise NotFoundError
    return found


def reconciled(
    engine: Engine, caller: Caller, lines: Iterable[str], logins: Collection[str]
) -> list[Unexplained]:
    """Reads that pgaudit saw and no event explains. `logins`: Motem's, in the database.

    Raises WrongLogError where the lines are no csvlog of PostgreSQL in UTC.
    """
    try:
        found = sorted(reads(lines), key=lambda read: read.at)
    except ValueError as error:
        raise WrongLogError(str(error)) from None
    with transaction(engine) as session:
        moments = list(occurrences(session, found[0].at, found[-1].at)) if found else []
        told = unexplained(found, frozenset(logins), moments)
        detail: dict[str, DetailValue] = {
            "what": "reconciliation",
            "reads": len(found),
            "findings": len(told),
        }
        audit.append(session, AuditEvent(action=Action.AUDIT_VERIFY, caller=caller, detail=detail))
    return told


def erased(engine: Engine, caller: Caller, before: datetime) -> int:
    """Erase the bodies of all events from before that moment but those that the log rests on.

    `engine` acts as the owner. Returns how many; each is named by a further event.
    """
    count = 0
    while True:
        with transaction(engine) as session:
            found = erasable(session.connection(), before)
            if not found:
                return count
            ids = [one.id for one in found]
            detail: dict[str, DetailValue] = {
                "before": before.isoformat(),
                "count": len(ids),
                "events": " ".join(ids),
                "places": places_of(found),
            }
            event = AuditEvent(
                action=Action.AUDIT_ERASE,
                caller=caller,
                detail=detail,
            )
            audit.append(session, event)
            tombstone = unit_of(session)
            assert tombstone is not None, "the event was just written"
            erase(session.connection(), ids, tombstone)
        count += len(ids)


def rotated(engine: Engine, caller: Caller, folder: Path) -> VerifierKey:
    """A new key for the tree; the log goes on under its name, and old proofs stay valid.

    The service and all commands must have ended: those that run go on with the old key, and are
    refused. Raises NotFoundError before anything was signed.
    """
    ledger = ledger_of(engine)
    with transaction(engine) as session:
        event = AuditEvent(action=Action.AUDIT_ROTATE, caller=caller)
        audit.append(session, event)
    note = ledger.anchor.read()
    if note is None:
        raise NotFoundError
    (last,) = ledger.log_key.epochs(note)
    return rotate(folder, LOG, last).named(1).public


def gap_declared(engine: Engine, caller: Caller, reason: str) -> tuple[int, int | None]:
    """Say that signed events are lost for ever, and go on under a new epoch.

    Returns the first and the last sequence number that are lost; no last one where the anchor
    itself is lost, and nobody here knows what was signed. Raises NothingLostError.
    """
    ledger = ledger_of(engine)
    note = ledger.anchor.read()
    with _snapshot(engine) as connection:
        size, known = StoredTree(connection=connection).size(), Archive(connection).note()
    signed = Checkpoint.of(note) if note else None
    if (signed is None and known is None) or (signed is not None and size >= signed.size):
        raise NothingLostError
    detail: dict[str, DetailValue] = {"first": size, "reason": reason}
    if signed is not None:
        detail |= {"last": signed.size - 1, "origin": signed.origin, "root": signed.root.hex()}
    event = AuditEvent(action=Action.AUDIT_GAP, caller=caller, detail=detail)
    ledger.begin_epoch()
    with transaction(engine) as session:
        audit.append(session, event)
    return size, signed.size - 1 if signed else None
