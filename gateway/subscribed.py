"""What a subscription is told of a change: as far as its client may see the children at this moment."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from gateway import acting
from gateway.access.errors import NotAllowedHereError
from gateway.access.policy import Asking, Right, rows_of
from gateway.admission import Entrance
from gateway.changes import seen_by
from gateway.database import narrow
from gateway.registry.changes import KeptChange, Partition
from gateway.registry.receivers import Receiver
from gateway.subscription_form import ids_in


def still(entrance: Entrance, one: Receiver) -> Asking | None:
    """What its client is now; None where nobody has to say who it is. Raises NotAllowedHereError."""
    if one.purpose is None:
        raise NotAllowedHereError
    return entrance.still(one.client, one.purpose, Right.SUBSCRIBE)


def first_for(
    session: Session, one: Receiver, asking: Asking | None, found: Sequence[KeptChange]
) -> KeptChange | None:
    """The first of the entries that it is told of. From here on the transaction sees as its client.

    One at a time: what may be told is asked anew before each, also before it is tried again.
    """
    assert one.terms is not None, "a subscription has terms"
    wanted = ids_in(one.terms.criteria)
    with acting.request() as request:
        request.rows = rows_of(asking) if asking else acting.SYSTEM
        narrow(session)
    for entry in seen_by(session, found):
        told = _without_others(entry)
        if not wanted or wanted & _named(told):
            return told
    return None


def _named(entry: KeptChange) -> frozenset[str]:
    parts = [part for part in (entry.before, entry.after) if part]
    return entry.records | {entry.identity} | {id_ for part in parts for id_ in part}


def _without_others(entry: KeptChange) -> KeptChange:
    """Without identities of which the client sees no record, before or after."""
    if entry.before is None or entry.after is None:
        return entry
    seen = {id_ for part in (entry.before, entry.after) for id_, ids in part.items() if ids}
    standing = sorted(id_ for id_, ids in entry.after.items() if ids)
    identity = entry.identity if entry.identity in seen or not standing else standing[0]
    return replace(
        entry,
        identity=identity,
        before=_only(entry.before, seen),
        after=_only(entry.after, seen),
    )


def _only(part: Partition, seen: set[str]) -> Partition:
    return {id_: ids for id_, ids in part.items() if id_ in seen}
