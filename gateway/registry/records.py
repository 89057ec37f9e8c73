"""Keeps which records there are: an opaque id for each key, its version and its flags."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.registry.bulk import insert_rows, update_rows
from gateway.registry.tables import among
from gateway.registry.tables import record as table
from gateway.registry.versions import label_values
from linkage.records import Labels


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptRecord:
    """A record in the registry. `key` is `<source>:<record id>` of formats.md."""

    id: str
    source: str
    key: str = field(repr=False)
    base_key: str = field(repr=False)
    version: int
    flags: tuple[str, ...]


def under(session: Session, source: str, base_keys: Collection[str]) -> dict[str, list[KeptRecord]]:
    """Base key → the records under it."""
    found: dict[str, list[KeptRecord]] = {}
    query = select(table).where(table.c.source == source, among(table.c.base_key, base_keys))
    for row in session.execute(query.order_by(table.c.id)):
        kept = KeptRecord(
            id=row.id,
            source=row.source,
            key=row.key,
            base_key=row.base_key,
            version=row.version,
            flags=tuple(row.flags),
        )
        found.setdefault(row.base_key, []).append(kept)
    return found


def base_key(session: Session, source: str, id_: str) -> str | None:
    """The base key of a record of this source, None where it has none with this id."""
    found: str | None = session.scalar(
        select(table.c.base_key).where(table.c.id == id_, table.c.source == source)
    )
    return found


def add(session: Session, records: Sequence[tuple[KeptRecord, Labels]], now: datetime) -> None:
    """Store new records. A key that exists already breaks the unique index."""
    rows = [
        {
            "id": kept.id,
            "source": kept.source,
            "key": kept.key,
            "base_key": kept.base_key,
            "version": kept.version,
            "flags": list(kept.flags),
            "created": now,
            "updated": now,
        }
        | label_values(labels)
        for kept, labels in records
    ]
    insert_rows(session, table, rows)


def change(session: Session, records: Sequence[tuple[KeptRecord, Labels]], now: datetime) -> None:
    """Store new versions, keys and flags of records."""
    rows = [
        {
            "id": kept.id,
            "key": kept.key,
            "version": kept.version,
            "flags": list(kept.flags),
            "updated": now,
        }
        | label_values(labels)
        for kept, labels in records
    ]
    update_rows(session, table, rows)
