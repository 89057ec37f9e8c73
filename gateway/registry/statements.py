"""Keeps every statement that a source ever made, and finds those that speak of one record."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, and_, func, or_, select, text
from sqlalchemy.orm import Session

from adapters.contract import Statement
from gateway.registry.bulk import insert_rows, update_rows
from gateway.registry.preparation import Prepared
from gateway.registry.tables import among
from gateway.registry.tables import statement as table
from gateway.registry.versions import label_values
from linkage.records import Labels

LOCK_SPACE, SOURCE_LOCK_SPACE = 7110, 7111
"""First numbers of our advisory locks, apart from those of other parts of the program."""
MOST_LOCKS = 512
"""Who has more keys locks the whole source: a server has room for only a few thousand locks."""


LOCK_SOURCE = text("SELECT pg_advisory_xact_lock(:space, :n)")
LOCK_SOURCE_SHARED = text("SELECT pg_advisory_xact_lock_shared(:space, :n)")
LOCK_KEYS = text("SELECT pg_advisory_xact_lock(:space, n) FROM unnest(CAST(:n AS integer[])) AS n")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptStatement:
    """A statement with what the registry knows of it; `number` None means not yet stored."""

    statement: Statement
    base_key: str | None = field(repr=False)
    received: datetime
    text: str = field(repr=False)
    """The content as JSON."""
    content_hash: str
    fingerprint: str
    message_id: str
    record_id: str | None = None
    number: int | None = None
    moved: bool = False
    """Stored under another base key or record than it belongs to now."""


def new_statement(prepared: Prepared, message_id: str, now: datetime) -> KeptStatement:
    """A statement on its way into the registry."""
    return KeptStatement(
        statement=prepared.statement,
        base_key=prepared.statement.record_id,
        received=now,
        text=prepared.text,
        content_hash=prepared.content_hash,
        fingerprint=prepared.fingerprint,
        message_id=message_id,
    )


def lock(session: Session, source: str, names: Iterable[str]) -> None:
    """Hold base keys and episodes of a source until the transaction ends, always in one order."""
    numbers = sorted({_lock_number(source, name) for name in names})
    if not numbers:
        return
    whole = {"space": SOURCE_LOCK_SPACE, "n": _lock_number(source)}
    if len(numbers) > MOST_LOCKS:
        session.execute(LOCK_SOURCE, whole)
        return
    session.execute(LOCK_SOURCE_SHARED, whole)
    session.execute(LOCK_KEYS, {"space": LOCK_SPACE, "n": numbers})


def _lock_number(*names: str) -> int:
    """Two names with one number would only wait for each other."""
    digest = hashlib.sha256("|".join(names).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def owners(session: Session, source: str, episodes: Collection[str]) -> dict[str, set[str]]:
    """Episode → base keys that the source gave for it."""
    found: dict[str, set[str]] = {}
    if episodes:
        query = select(table.c.episode, table.c.base_key).where(
            table.c.source == source, table.c.keyed, among(table.c.episode, episodes)
        )
        for episode, base_key in session.execute(query.distinct()):
            found.setdefault(episode, set()).add(base_key)
    return found


def about(
    session: Session, source: str, keys: Collection[str], episodes: Collection[str]
) -> list[KeptStatement]:
    """All statements under the base keys, and parts of the episodes that still wait."""
    waiting = and_(table.c.base_key.is_(None), among(table.c.episode, episodes))
    query = (
        select(table)
        .where(table.c.source == source)
        .where(or_(among(table.c.base_key, keys), waiting))
        .order_by(table.c.received, table.c.id)
    )
    return [_kept(row) for row in session.execute(query)]


def _kept(row: Row[Any]) -> KeptStatement:
    return KeptStatement(
        statement=Statement(
            kind=row.kind,
            record_id=row.base_key if row.keyed else None,
            content=orjson.loads(row.content),
            position=row.position,
            episode=row.episode,
            effective=row.effective,
            unkeyed=row.unkeyed,
        ),
        base_key=row.base_key,
        received=row.received,
        text=row.content,
        content_hash=row.content_hash,
        fingerprint=row.fingerprint,
        message_id=row.message_id,
        record_id=row.record_id,
        number=row.id,
    )


def save(session: Session, source: str, statements: Sequence[tuple[KeptStatement, Labels]]) -> None:
    """Store new statements in their order."""
    rows = [_row(source, kept) | label_values(labels) for kept, labels in statements]
    insert_rows(session, table, rows)


def _row(source: str, kept: KeptStatement) -> dict[str, Any]:
    statement = kept.statement
    return {
        "source": source,
        "base_key": kept.base_key,
        "keyed": statement.record_id is not None,
        "episode": statement.episode,
        "kind": statement.kind,
        "effective": statement.effective,
        "received": kept.received,
        "content": kept.text,
        "content_hash": kept.content_hash,
        "fingerprint": kept.fingerprint,
        "position": statement.position,
        "unkeyed": statement.unkeyed,
        "message_id": kept.message_id,
        "record_id": kept.record_id,
    }


def assign(session: Session, moved: Sequence[KeptStatement]) -> None:
    """Write down that stored statements belong to another base key or record than before."""
    rows = [
        {"id": kept.number, "base_key": kept.base_key, "record_id": kept.record_id}
        for kept in moved
    ]
    update_rows(session, table, rows)


def waiting_count(session: Session) -> Mapping[str, int]:
    """Source → parts that wait for the statement which gives their key."""
    query = (
        select(table.c.source, func.count())
        .where(table.c.base_key.is_(None))
        .group_by(table.c.source)
    )
    return {row[0]: row[1] for row in session.execute(query)}
