"""Use case: the figures that operators watch; counts by source, so that no event is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from audit.queries import tree_size, waiting
from gateway.registry import lookups, registrations, traffic
from gateway.registry.statements import waiting_count
from gateway.registry.traffic import Unsettled

__all__ = ["Figures", "Unsettled", "figures"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How much came, what is refused and not settled, and what waits."""

    states: Mapping[tuple[str, str], int]
    """(source, state) → messages."""
    unsettled: Mapping[str, Unsettled]
    """Source → refusals that nobody has settled. Zero is the only good number."""
    waiting: Mapping[str, int]
    """Source → parts that wait for the statement which gives their key."""
    unread: float
    """Seconds since the message came that waits longest to be read; 0 where none waits."""
    lookups: Mapping[str, int]
    """Result → look-ups in the population database; every result stands there."""
    registrations: Mapping[str, int]
    """State → requests for a birth registration; every state stands there."""
    unsigned: int
    """Events of the access log that wait for a signature: more than a moment, and nothing is shown."""
    signed: int
    """Events in the signed tree."""


def figures(session: Session) -> Figures:
    """Count."""
    now = datetime.now(UTC)
    oldest = traffic.oldest_unread(session)
    return Figures(
        states=traffic.states(session),
        unsettled=traffic.unsettled(session, now),
        waiting=dict(waiting_count(session)),
        unread=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        lookups=lookups.counts(session),
        registrations=registrations.counts(session),
        unsigned=waiting(session),
        signed=tree_size(session),
    )
