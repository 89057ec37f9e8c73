"""Use cases: a client reads a version of its Subscription, or the past of one or all; the log says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue
from gateway.database import seeing_everything
from gateway.errors import NotFoundError
from gateway.exporting import asking_client
from gateway.fhir.errors import WithdrawnError
from gateway.fhir.extent import Extent, cursor_of, extent_of
from gateway.registry import search
from gateway.registry.subscription_versions import (
    Method,
    Version,
    version,
    versions,
    versions_of_client,
)
from gateway.subscribing import own

__all__ = ["Method", "Past", "Version", "read_all", "read_history", "read_version"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A page of versions, the newest first. `following`: the cursor of the next page."""

    extent: Extent
    versions: Sequence[Version]
    following: str | None


def read_version(session: Session, caller: Caller, id_: str, number: int) -> Version:
    """One. Raises NotFoundError, also for that of another; WithdrawnError for its end."""
    own(session, id_)
    with seeing_everything(session):
        found = version(session, id_, number)
    if found is None:
        raise NotFoundError
    if found.method is Method.DELETE:
        raise WithdrawnError
    _log(session, caller, {"what": "read", "receiver": id_, "version": number})
    return found


def read_history(
    session: Session, caller: Caller, id_: str, asked: Sequence[tuple[str, str]]
) -> Past:
    """All, also of one that was deleted. Raises NotFoundError, WrongParameterError."""
    own(session, id_)
    with seeing_everything(session):
        veil, purpose = search.veil_of(session), f"Subscription/{id_}"
        extent = extent_of(asked, purpose, veil)
        before = int(extent.after[0]) if extent.after else None
        most = extent.count + 1
        found = versions(session, id_, since=extent.since, before=before, most=most)
    page = found[: extent.count]
    _log(session, caller, {"what": "history", "receiver": id_})
    is_over = len(found) <= extent.count
    following = None if is_over else cursor_of((page[-1].number,), purpose, veil)
    return Past(extent=extent, versions=page, following=following)


def read_all(session: Session, caller: Caller, asked: Sequence[tuple[str, str]]) -> Past:
    """Those of all of its Subscriptions, also of deleted ones. Raises WrongParameterError."""
    with seeing_everything(session):
        veil, purpose = search.veil_of(session), "Subscription/"
        extent = extent_of(asked, purpose, veil)
        found = versions_of_client(
            session,
            asking_client(),
            since=extent.since,
            after=_place(extent),
            most=extent.count + 1,
        )
    page = found[: extent.count]
    _log(session, caller, {"what": "history"})
    end = page[-1] if len(found) > extent.count else None
    last = (end.changed.isoformat(), end.id, end.number) if end else None
    following = cursor_of(last, purpose, veil) if last else None
    return Past(extent=extent, versions=page, following=following)


def _place(extent: Extent) -> tuple[datetime, str, int] | None:
    if extent.after is None:
        return None
    moment, id_, number = extent.after
    return datetime.fromisoformat(moment), id_, number


def _log(session: Session, caller: Caller, detail: dict[str, DetailValue]) -> None:
    audit.append(session, AuditEvent(action=Action.RECEIVER_READ, caller=caller, detail=detail))
