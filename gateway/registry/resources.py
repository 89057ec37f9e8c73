"""Keeps FHIR resources with all their versions, as text exactly as they are served."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gateway.registry.bulk import insert_rows
from gateway.registry.tables import among
from gateway.registry.tables import resource as table
from gateway.registry.versions import (
    SHARED_BY_ALL,
    Resource,
    Version,
    content_of,
    label_values,
    next_version,
)
from linkage.records import Labels

Name: TypeAlias = tuple[str, str]
"""Resource type and id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """The version of a resource that stands now."""

    version_id: int
    content_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptResource:
    """A resource as it is served. `record_id` is None for golden and shared ones."""

    version_id: int
    last_updated: datetime
    record_id: str | None
    body: str = field(repr=False)
    labels: Labels


def of_records(session: Session, record_ids: Collection[str]) -> dict[str, dict[Name, Current]]:
    """Record id → the last version of each of its resources; withdrawn ones have an empty hash."""
    found: dict[str, dict[Name, Current]] = {}
    if record_ids:
        c = table.c
        digest = func.max(c.content_hash).filter(c.is_current)
        query = (
            select(c.record_id, c.type, c.id, func.max(c.version_id), digest)
            .where(among(c.record_id, record_ids))
            .group_by(c.record_id, c.type, c.id)
        )
        for record_id, kind, id_, version, current in session.execute(query):
            last = Current(version_id=version, content_hash=current or "")
            found.setdefault(record_id, {})[kind, id_] = last
    return found


def standing(session: Session, kind: str, ids: Collection[str]) -> dict[str, Current]:
    """Id → version that stands now, of resources of one type."""
    query = select(table.c.id, table.c.version_id, table.c.content_hash).where(
        table.c.is_current, table.c.type == kind, among(table.c.id, ids)
    )
    return {
        id_: Current(version_id=version, content_hash=digest)
        for id_, version, digest in session.execute(query)
    }


def save(session: Session, versions: Sequence[Version]) -> None:
    """Store new versions; the ones before are no longer current."""
    withdraw(session, [(v.type, v.id) for v in versions if v.version_id > 1])
    insert_rows(session, table, [_row(version) for version in versions])


def _row(version: Version) -> dict[str, Any]:
    return {
        "type": version.type,
        "id": version.id,
        "version_id": version.version_id,
        "is_current": True,
        "last_updated": version.last_updated,
        "record_id": version.record_id,
        "content_hash": version.content_hash,
        "body": version.body,
    } | label_values(version.labels)


def withdraw(session: Session, names: Sequence[Name]) -> None:
    """The resources stand no longer; their versions stay."""
    for kind, ids in _by_type(names).items():
        session.execute(
            update(table)
            .where(table.c.is_current, table.c.type == kind, among(table.c.id, ids))
            .values(is_current=False)
        )


def _by_type(names: Iterable[Name]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, id_ in sorted(names):
        found.setdefault(kind, []).append(id_)
    return found


def add_shared(session: Session, resources: Iterable[Resource], now: datetime) -> None:
    """Store bodies and places that are not known yet, always in one order."""
    by_name = {(r["resourceType"], r["id"]): r for r in resources}
    known = {
        (kind, id_)
        for kind, ids in _by_type(by_name).items()
        for id_ in standing(session, kind, ids)
    }
    rows = [
        _row(
            next_version(
                content_of(by_name[n]), after=0, now=now, record_id=None, labels=SHARED_BY_ALL
            )
        )
        for n in sorted(by_name.keys() - known)
    ]
    insert_rows(session, table, rows, keep_known=True)


def read(session: Session, kind: str, id_: str) -> KeptResource | None:
    """The current version of one resource."""
    query = select(table).where(table.c.is_current, table.c.type == kind, table.c.id == id_)
    row = session.execute(query).one_or_none()
    return _kept(row._mapping) if row else None


def patients(session: Session, record_ids: Collection[str]) -> dict[str, KeptResource]:
    """Record id → its Patient."""
    query = select(table).where(
        table.c.is_current, table.c.type == "Patient", among(table.c.id, record_ids)
    )
    return {row.id: _kept(row._mapping) for row in session.execute(query)}


def _kept(row: Mapping[Any, Any]) -> KeptResource:
    return KeptResource(
        version_id=row["version_id"],
        last_updated=row["last_updated"],
        record_id=row["record_id"],
        body=row["body"],
        labels=Labels(
            custodian=row["custodian"],
            province=row["province"],
            sensitivity=tuple(row["sensitivity"]),
        ),
    )
