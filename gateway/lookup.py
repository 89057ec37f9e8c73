"""Use case: a caller reads a child's Patient, and the log says so."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway.registry import resources

FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

OWN_ID = re.compile(r"(te-)?[0-9a-hjkmnp-tv-z]{26}(-[0-9a-z-]{1,36})?")
"""A record's, a resource's or an identity's id: a lower-case ULID (Crockford's letters)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundResource:
    """A resource as it is served; may be shown only after the transaction has ended."""

    version_id: int
    last_updated: datetime
    body: str = field(repr=False)


def read_patient(session: Session, patient_id: str, caller: Caller) -> FoundResource | None:
    """The Patient of a record or the golden one of an identity; None where there is none.

    The access event, also of a search in vain, is written in the session's transaction.
    """
    if not FHIR_ID.fullmatch(patient_id):
        return None
    kept = resources.read(session, "Patient", patient_id)
    event = AuditEvent(
        action=Action.PATIENT_READ,
        caller=caller,
        record=kept.record_id if kept else None,
        identity=patient_id if kept and not kept.record_id else None,
        outcome=Outcome.SUCCESS if kept else Outcome.FAILURE,
        detail={"version": kept.version_id} if kept else _asked(patient_id),
    )
    audit.append(session, event)
    if kept is None:
        return None
    return FoundResource(version_id=kept.version_id, last_updated=kept.last_updated, body=kept.body)


def _asked(patient_id: str) -> dict[str, str]:
    """What was asked for in vain, if it looks like an id of ours: it may be anybody's number."""
    return {"asked": patient_id} if OWN_ID.fullmatch(patient_id) else {}
