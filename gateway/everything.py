"""Use case: a caller reads all that is kept of one child, page by page, and the log says so."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome, naming
from gateway import showing
from gateway.fhir.extent import Extent, cursor_of, extent_of
from gateway.lookup import FHIR_ID, OWN_ID
from gateway.registry import resources, search
from gateway.registry.resources import KeptResource
from gateway.registry.versions import REFERENCE
from gateway.searching import Shown, shown_to, versions_of
from gateway.sight import seen_in

SHARED = ("Organization", "Location")
"""Types of bodies and places that belong to no record, and come along."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """A page: the child's own resources, and bodies and places that these name."""

    extent: Extent
    own: Sequence[Shown]
    along: Sequence[Shown]
    following: str | None


def everything(
    session: Session, id_: str, asked: Sequence[tuple[str, str]], caller: Caller
) -> Everything | None:
    """All that stands of an identity's records, or of one record; None where there is none.

    The first page begins with the Patient that was asked for. Raises WrongParameterError.
    """
    veil, purpose = search.veil_of(session), f"Patient/{id_}/$everything"
    extent = extent_of(asked, purpose, veil, by_type=True)
    patient = resources.read(session, "Patient", id_) if FHIR_ID.fullmatch(id_) else None
    if patient is None or showing.texts(session, caller, [patient]) == [None]:
        audit.append(session, _in_vain(id_, caller))
        return None
    found = resources.of_child(
        session,
        _records(patient),
        types=extent.types,
        since=extent.since,
        after=extent.after and (extent.after[0], extent.after[1]),
        most=extent.count + 1,
    )
    page = found[: extent.count]
    is_golden_wanted = patient.record_id is None and extent.after is None
    own = [patient, *page] if is_golden_wanted else page
    along = _along(session, own)
    shown_own, shown_along = (shown_to(session, caller, kept) for kept in (own, along))
    visible = {(one.type, one.id) for one in (*shown_own, *shown_along)}
    _tell(session, caller, [one for one in (*own, *along) if (one.type, one.id) in visible])
    end = page[-1] if len(found) > extent.count else None
    following = cursor_of((end.type, end.id), purpose, veil) if end else None
    return Everything(extent=extent, own=shown_own, along=shown_along, following=following)


def _records(patient: KeptResource) -> list[str]:
    if patient.record_id is not None:
        return [patient.record_id]
    links = json.loads(patient.body).get("link", ())
    return [one["other"]["reference"].partition("/")[2] for one in links]


def _along(session: Session, own: Sequence[KeptResource]) -> list[KeptResource]:
    """Bodies and places that a page names and that are nobody's own."""
    here = {(one.type, one.id) for one in own}
    named = {
        (kind, id_)
        for one in own
        for kind, id_ in REFERENCE.findall(one.body)
        if kind in SHARED and (kind, id_) not in here
    }
    kept = resources.read_many(session, named)
    return [one for one in kept.values() if one.record_id is None]


def _tell(session: Session, caller: Caller, shown: Sequence[KeptResource]) -> None:
    detail: dict[str, DetailValue] = {"count": len(shown), "shown": versions_of(shown)}
    seen = seen_in(shown)
    audit.append_many(session, naming(Action.PATIENT_EVERYTHING, caller, seen, detail))


def _in_vain(id_: str, caller: Caller) -> AuditEvent:
    """What was asked for, if it looks like an id of ours: it may be anybody's number."""
    return AuditEvent(
        action=Action.PATIENT_EVERYTHING,
        caller=caller,
        outcome=Outcome.FAILURE,
        detail={"asked": id_} if OWN_ID.fullmatch(id_) else {},
    )
