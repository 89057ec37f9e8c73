"""Keeps the golden Patients up to date: stored projections of the identities."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gateway.registry import resources
from gateway.registry.planning import Plan
from gateway.registry.resources import KeptResource
from gateway.registry.tables import among
from gateway.registry.versions import SHARED_BY_ALL, Resource, Version, content_of, next_version
from linkage.golden import SourcePatient, golden_patient, retired_patient
from linkage.records import Labels
from linkage.tables import record

BATCH = 1000
"""Identities brought up to date at a time: bounds memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A record in its identity."""

    record_id: str
    source: str
    key: str
    founding_id: str
    identity_id: str


def project(session: Session, identity_ids: Collection[str]) -> int:
    """Recompute the golden Patients of identities, retired ones too; how many have changed.

    An id that never existed is ignored.
    """
    ids = sorted(set(identity_ids))
    return sum(_project(session, ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))


def found(session: Session, plans: Mapping[str, Plan]) -> None:
    """Store the first golden Patients of identities that have come into being with one record."""
    resources.save(session, [_first(id_, plan) for id_, plan in plans.items()])


def _first(id_: str, plan: Plan) -> Version:
    """From the Patient in hand: what stands in the database is not asked for."""
    patient = next(v for v in plan.versions if v.type == "Patient")
    source = SourcePatient(
        record_id=plan.record.id,
        source=plan.record.source,
        key=plan.record.key,
        patient=orjson.loads(patient.body),
    )
    return next_version(
        content_of(golden_patient(id_, [source])),
        after=0,
        now=patient.last_updated,
        record_id=None,
        labels=patient.labels,
    )


def _project(session: Session, ids: Collection[str]) -> int:
    now = datetime.now(UTC)
    found = _members(session, ids)
    patients = resources.patients(session, [m.record_id for m in found])
    current = resources.standing(session, "Patient", ids)
    versions: list[Version] = []
    for resource, labels in _golden(ids, found, patients):
        last, content = current.get(resource["id"]), content_of(resource)
        if last is None or last.content_hash != content.hash:
            versions.append(
                next_version(
                    content,
                    after=last.version_id if last else 0,
                    now=now,
                    record_id=None,
                    labels=labels,
                )
            )
    resources.save(session, versions)
    return len(versions)


def _members(session: Session, ids: Collection[str]) -> list[Member]:
    """Records that belong to the identities, and those that these were founded with."""
    c = record.c
    query = select(c.record_id, c.source, c.key, c.founding_id, c.identity_id).where(
        or_(among(c.identity_id, ids), among(c.founding_id, ids))
    )
    return [Member(**row._mapping) for row in session.execute(query)]


def _golden(
    ids: Collection[str], found: Collection[Member], patients: dict[str, KeptResource]
) -> list[tuple[Resource, Labels]]:
    members: dict[str, list[Member]] = {id_: [] for id_ in ids}
    for member in found:
        if member.identity_id in members and member.record_id in patients:
            members[member.identity_id].append(member)
    successors = {m.founding_id: m.identity_id for m in found}
    golden = []
    for id_, those in members.items():
        if those:
            golden.append(_standing(id_, those, patients))
        elif successors.get(id_, id_) != id_:
            golden.append((retired_patient(id_, successors[id_]), SHARED_BY_ALL))
    return golden


def _standing(
    id_: str, members: Collection[Member], patients: dict[str, KeptResource]
) -> tuple[Resource, Labels]:
    sources = [
        SourcePatient(
            record_id=m.record_id,
            source=m.source,
            key=m.key,
            patient=orjson.loads(patients[m.record_id].body),
        )
        for m in members
    ]
    return golden_patient(id_, sources), _labels([patients[m.record_id].labels for m in members])


def _labels(labels: Collection[Labels]) -> Labels:
    custodians = {label.custodian for label in labels}
    provinces = {label.province for label in labels}
    return Labels(
        custodian=custodians.pop() if len(custodians) == 1 else SHARED_BY_ALL.custodian,
        province=provinces.pop() if len(provinces) == 1 else None,
        sensitivity=tuple(sorted({code for label in labels for code in label.sensitivity})),
    )
