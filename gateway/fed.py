"""What became of a write at the FHIR door, and what its sender is told of it, with its event."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from adapters.errors import Rejection
from audit.event import Action, AuditEvent, Caller, DetailValue, Seen
from audit.log import append
from gateway.feed_words import NOT_LINKED, Words
from gateway.registry import resources
from gateway.registry.planning import UNCHANGED
from gateway.registry.resources import KeptResource
from gateway.showing import texts
from linkage.store import IdentityStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Fed:
    """What stands now, and what was decided.

    `body` is None where the caller may not see the resource, or it stands no longer; `id` None where
    all was refused, and the message kept with its `rejections`. `remarks` are warnings, in
    Vietnamese and English.
    """

    id: str | None
    kind: str = "Patient"
    version: int = 0
    updated: datetime | None = None
    body: str | None = field(default=None, repr=False)
    is_new: bool = False
    identity: str = ""
    decision: str = ""
    message: str | None = None
    rejections: tuple[Rejection, ...] = ()
    remarks: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What one transaction has done: `record` None where all was refused.

    `id`: of the resource, where that is not the record's Patient.
    """

    record: str | None
    kind: str = "Patient"
    id: str | None = None
    change: str = UNCHANGED
    is_new: bool = False
    message: str | None = None
    rejections: tuple[Rejection, ...] = ()
    remarks: tuple[Words, ...] = ()


def shown(session: Session, kept: Kept, caller: Caller) -> Fed:
    """What stands, and to which child it belongs; the log says that it was told."""
    record = str(kept.record)
    id_ = kept.id or record
    identity, decision = IdentityStore(session).identities_of([record]).get(record, (record, ""))
    found = resources.read(session, kept.kind, id_)
    last = found or resources.last_version(session, kept.kind, id_)
    assert last is not None, "what was taken stands, or stood"
    is_golden = kept.kind == "Patient" and last.record_id is None
    members = IdentityStore(session).members(id_) if is_golden else ()
    append(session, _told(last, identity, [one.record_id for one in members], caller))
    pending = (NOT_LINKED,) if decision == "pending" else ()
    return Fed(
        kind=kept.kind,
        id=id_,
        version=last.version_id,
        updated=last.last_updated,
        body=texts(session, caller, [found])[0] if found else None,
        is_new=kept.is_new,
        identity=identity,
        decision=decision,
        message=kept.message,
        rejections=kept.rejections,
        remarks=(*kept.remarks, *pending),
    )


def _told(last: KeptResource, identity: str, members: Sequence[str], caller: Caller) -> AuditEvent:
    is_patient = last.type == "Patient"
    detail: dict[str, DetailValue] = {"version": last.version_id}
    if not is_patient:
        detail |= {"type": last.type, "resource": last.id}
    is_childs = is_patient or last.record_id is not None
    return AuditEvent(
        action=Action.PATIENT_READ if is_patient else Action.RESOURCE_READ,
        caller=caller,
        record=last.record_id,
        identity=identity if is_childs else None,
        detail=detail,
        seen=tuple(Seen(record=one, identity=identity) for one in members),
    )
