"""Use cases: a caller reads a resource, a version of it or its history, and the log says so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome, naming
from gateway import showing
from gateway.fhir.extent import Extent, cursor_of, extent_of
from gateway.registry import resources, search
from gateway.registry.resources import KeptResource, Moment
from gateway.sight import seen_in

FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

OWN_ID = re.compile(r"(te-)?[0-9a-hjkmnp-tv-z]{26}(-[0-9a-z-]{1,36})?")
"""A record's, a resource's or an identity's id: a lower-case ULID (Crockford's letters)."""


class Absent(Enum):
    """Why there is nothing to be shown."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundResource:
    """A resource as it is served; may be shown only after the transaction has ended."""

    type: str
    id: str
    version_id: int
    last_updated: datetime
    body: str = field(repr=False)
    withheld: tuple[str, ...] = ()
    is_withdrawn: bool = False
    """In a history: the last version of what is no longer said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """A page of versions, the newest first. `following`: the cursor of the next page."""

    extent: Extent
    versions: Sequence[FoundResource]
    following: str | None


def read(
    session: Session, kind: str, id_: str, caller: Caller, version: int | None = None
) -> FoundResource | Absent:
    """A resource as it stands, or one version of it; of a child, the golden Patient too.

    The access event, also of a search in vain, is written in the session's transaction.
    """
    if not FHIR_ID.fullmatch(id_):
        return Absent.UNKNOWN
    if version is None:
        kept = resources.read(session, kind, id_)
    else:
        kept = resources.read_version(session, kind, id_, version)
    shown = _shown(session, caller, [kept] if kept else [])
    if kept is None and version is None:
        last = resources.last_version(session, kind, id_)
        gone = last if last and _shown(session, caller, [last]) else None
        audit.append(session, _in_vain(kind, id_, caller, gone))
        return Absent.WITHDRAWN if gone else Absent.UNKNOWN
    if kept is None or not shown:
        audit.append(session, _in_vain(kind, id_, caller, None))
        return Absent.UNKNOWN
    event = _looked_at(kept, caller, by_version=version is not None)
    audit.append(session, replace(event, withheld=shown[0].withheld))
    return shown[0]


def read_history(
    session: Session,
    kind: str,
    id_: str | None,
    asked: Sequence[tuple[str, str]],
    caller: Caller,
    *,
    only_golden: bool = False,
) -> History | Absent:
    """Versions of a resource, or of all of a type. Raises WrongParameterError.

    `only_golden`: of what is made of children, and of no record. Of a resource that never was,
    nothing. The access events are written in the transaction.
    """
    veil, purpose = search.veil_of(session), f"{kind}/{id_ or ('te-' if only_golden else '')}"
    extent = extent_of(asked, purpose, veil)
    after = _moment(extent)
    found: list[KeptResource] = []
    if id_ is None or FHIR_ID.fullmatch(id_):
        found = resources.history(
            session,
            kind,
            id_,
            since=extent.since,
            after=after,
            most=extent.count + 1,
            only_golden=only_golden,
        )
    page = found[: extent.count]
    shown = _shown(session, caller, page)
    if id_ is not None and not shown and not extent.applied and after is None:
        audit.append(session, _in_vain(kind, id_, caller, None, Action.RESOURCE_HISTORY))
        return Absent.UNKNOWN
    visible = {(one.id, one.version_id) for one in shown}
    seen = seen_in(one for one in page if (one.id, one.version_id) in visible)
    detail: dict[str, DetailValue] = {"type": kind, "count": len(shown)}
    if id_ is not None and OWN_ID.fullmatch(id_):
        detail["resource"] = id_
    audit.append_many(session, naming(Action.RESOURCE_HISTORY, caller, seen, detail))
    end = page[-1] if len(found) > extent.count else None
    last = (end.last_updated.isoformat(), end.id, end.version_id) if end else None
    following = cursor_of(last, purpose, veil) if last else None
    return History(extent=extent, versions=shown, following=following)


def _moment(extent: Extent) -> Moment | None:
    if extent.after is None:
        return None
    moment, id_, number = extent.after
    return Moment(last_updated=datetime.fromisoformat(moment), id=id_, version_id=number)


def _shown(session: Session, caller: Caller, found: Sequence[KeptResource]) -> list[FoundResource]:
    views = showing.shown(session, caller, found)
    return [
        FoundResource(
            type=one.type,
            id=one.id,
            version_id=one.version_id,
            last_updated=one.last_updated,
            body=view.text,
            withheld=view.withheld,
        )
        for one, view in zip(found, views, strict=True)
        if view.text is not None
    ]


def _looked_at(kept: KeptResource, caller: Caller, *, by_version: bool) -> AuditEvent:
    detail: dict[str, DetailValue] = {"version": kept.version_id}
    if by_version:
        detail["vread"] = True
    is_patient = kept.type == "Patient"
    if not is_patient:
        detail |= {"type": kept.type, "resource": kept.id}
    is_golden = is_patient and kept.record_id is None
    return AuditEvent(
        action=Action.PATIENT_READ if is_patient else Action.RESOURCE_READ,
        caller=caller,
        record=kept.record_id,
        identity=kept.id if is_golden else None,
        detail=detail,
        seen=tuple(seen_in([kept])) if is_golden else (),
    )


def _in_vain(
    kind: str,
    id_: str,
    caller: Caller,
    gone: KeptResource | None,
    action: Action = Action.RESOURCE_READ,
) -> AuditEvent:
    """What was asked for in vain, if it looks like an id of ours: it may be anybody's number."""
    detail: dict[str, DetailValue] = {"asked": id_} if OWN_ID.fullmatch(id_) else {}
    if kind == "Patient" and action is Action.RESOURCE_READ:
        action = Action.PATIENT_READ
    else:
        detail["type"] = kind
    return AuditEvent(
        action=action,
        caller=caller,
        record=gone.record_id if gone else None,
        outcome=Outcome.FAILURE,
        detail=detail,
    )
