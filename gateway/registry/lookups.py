"""Keeps which look-ups went out and how they ended: no word of what an answer says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gateway.registry.outbound_tables import lookup
from gateway.registry.versions import label_values
from linkage.records import Labels

_c = lookup.c


class Result(StrEnum):
    """How a look-up ended. `asked`: the question may have left, and its outcome is not known."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not-confirmed"
    NOT_REACHABLE = "not-reachable"


SETTLED = (Result.CONFIRMED, Result.NOT_CONFIRMED)
"""The database has answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptLookup:
    """One step of a look-up. The same transaction asks about the same version of a Patient."""

    transaction_id: str
    subject: str
    """Id of the Patient: a record's own, or the golden one of an identity."""
    patient_version: int
    identity_id: str
    at: datetime
    result: Result


def add(session: Session, kept: KeptLookup, labels: Labels) -> None:
    """Append a step."""
    row = {name: getattr(kept, name) for name in KeptLookup.__slots__}
    session.execute(insert(lookup), [row | label_values(labels)])


def last(session: Session, subject: str) -> KeptLookup | None:
    """The last step of the last look-up of a Patient."""
    columns = [_c[name] for name in KeptLookup.__slots__]
    query = select(*columns).where(_c.subject == subject).order_by(_c.number.desc()).limit(1)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return KeptLookup(**(dict(row._mapping) | {"result": Result(row.result)}))


def counts(session: Session) -> dict[str, int]:
    """Result → look-ups that stand there now."""
    ranked = func.row_number().over(partition_by=_c.transaction_id, order_by=_c.number.desc())
    steps = select(_c.result, ranked.label("place")).subquery()
    query = select(steps.c.result, func.count()).where(steps.c.place == 1)
    found = {row[0]: row[1] for row in session.execute(query.group_by(steps.c.result))}
    return {result.value: found.get(result.value, 0) for result in Result}
