"""Which records belonged to which identity, and when: replayed from the events that say so."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from audit.event import Action, AuditEvent

MOVES = (
    Action.RECORD_CREATE,
    Action.IDENTITY_CREATE,
    Action.IDENTITY_LINK,
    Action.IDENTITY_SPLIT,
)
"""Events after which a record belongs to the identity that they name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """From this place in the log on a record belongs to an identity. Places count from 0."""

    place: int
    record: str
    identity: str


def move_of(place: int, event: AuditEvent) -> Move | None:
    """What an event says of who belongs where; None where it says nothing."""
    if event.action not in MOVES or event.record is None or event.identity is None:
        return None
    return Move(place=place, record=event.record, identity=event.identity)


class Membership:
    """Answers for any place in the log; without a place, as of the last move."""

    def __init__(self, moves: Iterable[Move]) -> None:
        """`moves` in the order of their places."""
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._identities: defaultdict[str, list[str]] = defaultdict(list)
        self._ever: defaultdict[str, set[str]] = defaultdict(set)
        self._founders: dict[str, str] = {}
        for move in moves:
            self._places[move.record].append(move.place)
            self._identities[move.record].append(move.identity)
            self._ever[move.identity].add(move.record)
            self._founders.setdefault(move.identity, move.record)

    def identity_of(self, record: str, place: int | None = None) -> str | None:
        """The identity of a record; None before there was one."""
        places = self._places.get(record, [])
        count = len(places) if place is None else bisect_right(places, place)
        return self._identities[record][count - 1] if count else None

    def records_of(self, identity: str) -> frozenset[str]:
        """The records that an identity has today."""
        ever = self._ever.get(identity, ())
        return frozenset(one for one in ever if self.identity_of(one) == identity)

    def ever_in(self, identities: Iterable[str]) -> frozenset[str]:
        """Every record that ever belonged to one of these identities."""
        return frozenset(one for id_ in identities for one in self._ever.get(id_, ()))

    def ever_of(self, records: Iterable[str]) -> frozenset[str]:
        """Every identity that one of these records ever belonged to."""
        return frozenset(id_ for one in records for id_ in self._identities.get(one, ()))

    def child_of(self, id_: str) -> str | None:
        """Today's identity of a record or of an identity; None if unknown.

        An identity that has no record (it was retired) leads on to the one that has its founder: the
        record with which it began.
        """
        if self.records_of(id_):
            return id_
        return self.identity_of(self._founders.get(id_, id_))
