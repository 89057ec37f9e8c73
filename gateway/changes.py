"""Use case: what has changed since a place, in the order in which it was signed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from audit.event import Action, Caller, Seen, naming
from audit.log import append_many
from gateway.registry import changes
from gateway.registry.changes import KeptChange, Kind, Partition, Place

__all__ = ["Changes", "KeptChange", "Kind", "Place", "as_told", "read_changes", "seen_by"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """Some entries, and the place after the last one that was looked at."""

    entries: Sequence[KeptChange]
    following: Place
    more: bool


def read_changes(session: Session, caller: Caller, since: Place | datetime, most: int) -> Changes:
    """At most `most` entries after a place or a moment; what the caller may not see is left out.

    Opaque ids only: what they stand for is read through the doors that ask who may. Each child that
    is named is in the log.
    """
    begin = changes.place_at(session, since) if isinstance(since, datetime) else since
    found = changes.following(session, begin, most)
    entries = list(seen_by(session, found))
    seen = {(one.identity, id_) for one in entries for id_ in one.records}
    append_many(
        session,
        naming(
            Action.CHANGES_READ,
            caller,
            (Seen(identity=identity, record=id_) for identity, id_ in sorted(seen)),
            {"entries": len(entries)},
        ),
    )
    following = found[-1].place if found else begin
    return Changes(entries=entries, following=following, more=len(found) == most)


def seen_by(session: Session, found: Sequence[KeptChange]) -> Iterator[KeptChange]:
    """Entries about records that this transaction may see; of identities only those records."""
    named = changes.visible(session, {id_ for one in found for id_ in one.records})
    for one in found:
        if one.record is not None and one.record in named:
            yield one
        elif one.record is None and one.records & named:
            yield replace(one, before=_part(one.before, named), after=_part(one.after, named))


def as_told(one: KeptChange) -> dict[str, Any]:
    """One entry as who polls and receivers are told of it."""
    data = {
        "identity": one.identity,
        "record": one.record,
        "before": one.before,
        "after": one.after,
    }
    return {
        "id": str(one.place),
        "type": one.kind,
        "timestamp": one.occurred.isoformat(),
        "data": {name: value for name, value in data.items() if value is not None},
    }


def _part(whole: Partition | None, named: frozenset[str]) -> Partition | None:
    """Identities with those of their records that may be seen; one without any is left out."""
    if whole is None:
        return None
    return {
        identity: [id_ for id_ in ids if id_ in named]
        for identity, ids in whole.items()
        if not ids or named.intersection(ids)
    }
