"""Keeps the rows by which resources are found: those of the current versions, and no others."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gateway.fhir.extraction import Term, is_listed, terms_of
from gateway.registry.bulk import insert_rows
from gateway.registry.tables import among
from gateway.registry.tables import resource as kept
from gateway.registry.tables import search as table
from gateway.registry.versions import Version, label_values
from linkage.records import Labels

AT_ONCE = 1000
"""Resources read at a time where all rows are made anew: bounds memory."""


def add(session: Session, versions: Sequence[Version], *, keep_known: bool = False) -> None:
    """Rows of new versions. `keep_known`: those that have rows already are passed over."""
    known = _known(session, versions) if keep_known else set[tuple[str, str]]()
    rows = [
        row
        for version in versions
        if (version.type, version.id) not in known
        for row in _rows(version.id, version.body, label_values(version.labels))
    ]
    insert_rows(session, table, rows)


def remove(session: Session, kind: str, ids: Collection[str]) -> None:
    """Resources of one type are found no longer."""
    session.execute(delete(table).where(table.c.type == kind, among(table.c.id, ids)))


def fill(session: Session) -> None:
    """Make all rows anew: for a migration, where what is taken out of resources has changed."""
    session.execute(delete(table))
    c = kept.c
    query = select(c.id, c.body, c.custodian, c.province, c.sensitivity).where(c.is_current)
    found = session.execute(query, execution_options={"yield_per": AT_ONCE})
    for part in found.partitions():
        insert_rows(session, table, [row for one in part for row in _kept_rows(one)])


def _kept_rows(row: Any) -> Iterator[dict[str, Any]]:
    labels = Labels(
        custodian=row.custodian, province=row.province, sensitivity=tuple(row.sensitivity)
    )
    return _rows(row.id, row.body, label_values(labels))


def _known(session: Session, versions: Iterable[Version]) -> set[tuple[str, str]]:
    """Whoever stored the same body or place at the same time has ended by now."""
    ids = [version.id for version in versions]
    query = select(table.c.type, table.c.id).where(among(table.c.id, ids)).distinct()
    return {(row.type, row.id) for row in session.execute(query)}


def _rows(id_: str, body: str, labels: dict[str, Any]) -> Iterator[dict[str, Any]]:
    resource = orjson.loads(body)
    head = {"type": resource["resourceType"], "id": id_, "listed": is_listed(resource)} | labels
    return (head | _values(term) for term in terms_of(resource))


def _values(term: Term) -> dict[str, Any]:
    span = term.span
    return {
        "parameter": term.parameter,
        "value": term.value,
        "qualifier": term.qualifier,
        "low": _side(span.low, "-infinity") if span else None,
        "high": _side(span.high, "infinity") if span else None,
    }


def _side(moment: datetime | None, open_: str) -> str:
    return moment.isoformat() if moment else open_
