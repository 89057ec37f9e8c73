"""Keeps FHIR resources with all their versions, as text exactly as they are served."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select, tuple_, update
from sqlalchemy.orm import Session

from gateway.prepared import Prepared
from gateway.registry import search_rows
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


STANDING = Prepared(
    select(table).where(
        table.c.is_current,
        table.c.type == bindparam("kind", type_=Text),
        table.c.id == any_(bindparam("ids", type_=ARRAY(Text))),
    )
)
"""What stands of one type under these ids."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """The version of a resource that stands now."""

    version_id: int
    content_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptResource:
    """A resource as it is served. `record_id` is None for golden and shared ones."""

    type: str
    id: str
    version_id: int
    last_updated: datetime
    record_id: str | None
    body: str = field(repr=False)
    labels: Labels
    is_current: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Where in a history, the newest first, a version stands."""

    last_updated: datetime
    id: str
    version_id: int


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
    _insert(session, versions)


def _insert(session: Session, versions: Sequence[Version], *, keep_known: bool = False) -> None:
    insert_rows(session, table, [_row(version) for version in versions], keep_known=keep_known)
    search_rows.add(session, versions, keep_known=keep_known)


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
        search_rows.remove(session, kind, ids)


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
    versions = [
        next_version(content_of(by_name[n]), after=0, now=now, record_id=None, labels=SHARED_BY_ALL)
        for n in sorted(by_name.keys() - known)
    ]
    _insert(session, versions, keep_known=True)


def read(session: Session, kind: str, id_: str) -> KeptResource | None:
    """The current version of one resource."""
    found = STANDING.rows(session, {"kind": kind, "ids": [id_]})
    return _kept(found[0]) if found else None


def read_version(session: Session, kind: str, id_: str, version_id: int) -> KeptResource | None:
    """One version of a resource, whether it still stands or not."""
    c = table.c
    query = select(table).where(c.type == kind, c.id == id_, c.version_id == version_id)
    row = session.execute(query).one_or_none()
    return _kept(row._mapping) if row else None


def read_many(session: Session, names: Iterable[Name]) -> dict[Name, KeptResource]:
    """The current versions of resources, of those that there are."""
    return {
        (kind, row["id"]): _kept(row)
        for kind, ids in _by_type(names).items()
        for row in STANDING.rows(session, {"kind": kind, "ids": ids})
    }


def last_version(session: Session, kind: str, id_: str) -> KeptResource | None:
    """The last version of a resource, which its source may not say any more."""
    query = select(table).where(table.c.type == kind, table.c.id == id_)
    row = session.execute(query.order_by(table.c.version_id.desc()).limit(1)).one_or_none()
    return _kept(row._mapping) if row else None


def history(
    session: Session,
    kind: str,
    id_: str | None,
    *,
    since: datetime | None,
    after: Moment | None,
    most: int,
    only_golden: bool = False,
) -> list[KeptResource]:
    """Versions of one resource, or of all of a type, the newest first; at most `most`.

    `only_golden`: none that is of a record.
    """
    c = table.c
    place = tuple_(c.last_updated, c.id, c.version_id)
    query = select(table).where(c.type == kind)
    if id_ is not None:
        query = query.where(c.id == id_)
    if only_golden:
        query = query.where(c.record_id.is_(None))
    if since is not None:
        query = query.where(c.last_updated >= since)
    if after is not None:
        query = query.where(place < tuple_(after.last_updated, after.id, after.version_id))
    query = query.order_by(c.last_updated.desc(), c.id.desc(), c.version_id.desc())
    return [_kept(row._mapping) for row in session.execute(query.limit(most))]


def of_child(
    session: Session,
    record_ids: Collection[str],
    *,
    types: Collection[str],
    since: datetime | None,
    after: Name | None,
    most: int,
) -> list[KeptResource]:
    """What stands in records, of some types or of all, in the order of type and id."""
    c = table.c
    query = select(table).where(c.is_current, among(c.record_id, record_ids))
    if types:
        query = query.where(among(c.type, types))
    if since is not None:
        query = query.where(c.last_updated >= since)
    if after is not None:
        query = query.where(tuple_(c.type, c.id) > tuple_(*after))
    found = session.execute(query.order_by(c.type, c.id).limit(most))
    return [_kept(row._mapping) for row in found]


def patients(session: Session, record_ids: Collection[str]) -> dict[str, KeptResource]:
    """Record id → its Patient."""
    found = STANDING.rows(session, {"kind": "Patient", "ids": sorted(record_ids)})
    return {row["id"]: _kept(row) for row in found}


def _kept(row: Mapping[Any, Any]) -> KeptResource:
    return KeptResource(
        type=row["type"],
        id=row["id"],
        version_id=row["version_id"],
        last_updated=row["last_updated"],
        record_id=row["record_id"],
        body=row["body"],
        labels=Labels(
            custodian=row["custodian"],
            province=row["province"],
            sensitivity=tuple(row["sensitivity"]),
        ),
        is_current=row["is_current"],
    )
