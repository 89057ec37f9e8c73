"""Use cases: the access log as FHIR AuditEvents, one for each child, page by page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from audit.balp import Resource, children_of, event_id_of, resources_of
from audit.event import Caller
from audit.queries import After, Logged, end_of
from gateway import auditing
from gateway.auditing import Wanted

__all__ = ["Place", "Resource", "ResourcePage", "read", "search"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page begins: after an event, and after so many resources of the next one."""

    after: After | None = None
    skipped: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourcePage:
    """AuditEvents, the newest first; `following` is where the next page begins, if there is one."""

    resources: Sequence[Resource]
    following: Place | None


def search(
    session: Session,
    wanted: Wanted,
    caller: Caller,
    *,
    child: str | None = None,
    begin: Place,
    most: int,
) -> ResourcePage:
    """One page of at most `most` resources; with `child` only those about that child."""
    leading = _leading(session, child)
    if leading is not None:
        wanted = replace(wanted, events=tuple(leading))
    page = auditing.search(session, wanted, caller, about=child, after=begin.after, most=most)
    given: list[Resource] = []
    place = begin
    for found in page.events:
        own = list(_resources(found, leading))
        rest = own[place.skipped : place.skipped + most - len(given)]
        given += rest
        if place.skipped + len(rest) < len(own):
            following = replace(place, skipped=place.skipped + len(rest))
            return ResourcePage(resources=given, following=following)
        place = Place(after=end_of([found]))
    return ResourcePage(resources=given, following=place if page.after else None)


def read(session: Session, resource_id: str, caller: Caller) -> Resource | None:
    """One AuditEvent by its id; None where there is none."""
    found = auditing.one(session, event_id_of(resource_id), caller)
    if found is None:
        return None
    return next((one for one in resources_of(found.event) if one["id"] == resource_id), None)


def _leading(session: Session, child: str | None) -> Mapping[str, tuple[str, ...]] | None:
    """Event → the ids in it that lead to the child."""
    if child is None:
        return None
    sight = auditing.found_of_child(session, child)
    return {one.event.id: one.via for one in sight.looks} if sight else {}


def _resources(found: Logged, leading: Mapping[str, tuple[str, ...]] | None) -> Iterator[Resource]:
    """Those of an event that are about the child; an event may show many children."""
    resources = resources_of(found.event)
    if leading is None:
        yield from resources
        return
    via = leading[found.event.id]
    children = list(children_of(found.event))
    own = [
        resource
        for one, resource in zip(children, resources, strict=False)
        if one.identity in via or one.record in via
    ]
    # What leads there by the identity that it left is told by the one resource there is.
    yield from own or resources[:1]
