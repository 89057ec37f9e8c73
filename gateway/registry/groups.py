"""Groups of children: those of whom one body, or one source, has a record; asked for, never stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, distinct, func, or_, select
from sqlalchemy.orm import Session

from gateway.fhir.bulk import NO_CHILD
from gateway.fhir.veil import Veil
from gateway.registry.search import bounded
from gateway.registry.tables import among, resource
from gateway.registry.versions import SHARED_BY_ALL
from linkage.tables import record as linked

KINDS: Mapping[str, Column[str]] = {"custodian": linked.c.custodian, "source": linked.c.source}
"""By what children belong together → the column of their records."""
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""So that no id looks like somebody's number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """`kind`: of KINDS; `value`: the body or the source."""

    kind: str
    value: str

    def id(self, veil: Veil) -> str:
        """The same in every process of one database, and nobody without its key can make it."""
        told = veil.digest(f"group {self.kind} {self.value}")
        return f"g-{told[:32].translate(LETTERS)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A record by which a child belongs to a group."""

    identity: str
    record: str


def find(session: Session, veil: Veil, id_: str) -> Group | None:
    """Which group has an id, whoever may see somebody in it. Needs the rights of the service."""
    for kind, column in KINDS.items():
        for value in session.scalars(select(column).distinct().where(_is_one(column))).all():
            found = Group(kind=kind, value=value)
            if found.id(veil) == id_:
                return found
    return None


def sizes(session: Session) -> dict[Group, int]:
    """Each group of which the caller sees somebody, and how many. Raises TooCostlyError."""
    found: dict[Group, int] = {}
    with bounded(session):
        for kind, column in KINDS.items():
            query = _seen(column, func.count(distinct(linked.c.identity_id))).where(_is_one(column))
            for value, count in session.execute(query.group_by(column)).all():
                found[Group(kind=kind, value=value)] = count
    return found


def size(session: Session, group: Group) -> int:
    """How many of its children the caller sees. Raises TooCostlyError."""
    query = _seen(func.count(distinct(linked.c.identity_id))).where(_in(group))
    with bounded(session):
        return session.scalar(query) or 0


def members(session: Session, group: Group) -> list[Member]:
    """All records by which children whom the caller sees are in it. Raises TooCostlyError."""
    query = _seen(linked.c.identity_id, linked.c.record_id).where(_in(group))
    with bounded(session):
        rows = session.execute(query.order_by(linked.c.identity_id, linked.c.record_id))
        return [Member(identity=row.identity_id, record=row.record_id) for row in rows]


def of_members(session: Session, group: Group, kind: str, ids: Collection[str]) -> list[str]:
    """Those of some resources that are of a group's children; bodies and places are of all."""
    if kind in NO_CHILD:
        return sorted(ids)
    c = resource.c
    named = select(c.id, c.record_id).where(c.is_current, c.type == kind, among(c.id, ids))
    records = {row.id: row.record_id for row in session.execute(named)}
    own, goldens = (
        {one for one in records.values() if one},
        {n for n, r in records.items() if not r},
    )
    one = linked.alias()
    belongs = _seen(linked.c.record_id).where(_in(group), linked.c.identity_id == one.c.identity_id)
    asked = or_(
        among(one.c.record_id, own),
        among(one.c.identity_id, goldens),
        among(one.c.founding_id, goldens),
    )
    query = select(one.c.record_id, one.c.identity_id, one.c.founding_id)
    found = {id_ for row in session.execute(query.where(asked, belongs.exists())) for id_ in row}
    return sorted(id_ for id_, record in records.items() if (record or id_) in found)


def _in(group: Group) -> ColumnElement[bool]:
    return KINDS[group.kind] == group.value


def _is_one(column: Column[str]) -> ColumnElement[bool]:
    """What nobody answers for makes no group."""
    return column != SHARED_BY_ALL.custodian


def _seen(*columns: ColumnElement[Any]) -> Select[Any]:
    """Of records whose Patient the caller sees too: its type and its own labels count as well."""
    patient = resource.alias()
    joined = linked.join(
        patient,
        (patient.c.type == "Patient") & (patient.c.id == linked.c.record_id) & patient.c.is_current,
    )
    return select(*columns).select_from(joined)
