"""Who saw a child: every event about it, through the merges and splits of its records."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from audit.event import AuditEvent, Seen
from audit.membership import MOVES, Membership
from audit.queries import Named, moves_near, naming, tree_size


class Because(StrEnum):
    """Why an event is about a child. The stand-alone verifier has the same words and rules."""

    RECORD_THEN = "record-then"
    """It names a record that belonged to the child at that moment."""
    RECORD_NOW = "record-now"
    """It names a record that belongs to the child today."""
    IDENTITY_THEN = "identity-then"
    """It names the child."""
    IDENTITY_NOW = "identity-now"
    """It names what was then the identity of a record that belongs to the child today."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """An event about a child. `via`: the ids in it that lead to the child."""

    seq: int
    event: AuditEvent
    because: tuple[Because, ...]
    via: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """A child as it is today, and every event about it in the order of the signed tree.

    `size`: of the tree that was looked through; the answer is complete up to there.
    """

    child: str
    size: int
    records: tuple[str, ...]
    looks: tuple[Look, ...]


def who_saw(session: Session, id_: str) -> Sight | None:
    """Every look at the child that a record or identity (also a retired one) is today.

    Rather one too many than one too few: who saw a record while it was taken for the child's is
    told, and who saw it before it was. None where the log knows no such record or identity.
    """
    size = tree_size(session)
    membership = moves_near(session, [id_], size)
    child = membership.child_of(id_)
    if child is None:
        return None
    rule = Rule(child=child, now=membership.records_of(child), membership=membership)
    return Sight(
        child=child,
        size=size,
        records=tuple(sorted(rule.now)),
        looks=tuple(_looks(session, rule, size)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Which events are about a child, whose records are `now`."""

    child: str
    now: frozenset[str]
    membership: Membership

    def named(self) -> Named:
        """What events must name to be worth a look."""
        identities = self.membership.ever_of(self.now) | {self.child}
        return Named(
            records=self.membership.ever_in([self.child]) | self.now,
            identities=identities,
            # They may leave one of these identities for another.
            moved=self.membership.ever_in(identities),
        )

    def ids(self, event: AuditEvent, place: int) -> dict[Because, Set[str]]:
        """The ids in an event that lead to the child, by the reason why."""
        records, identities = _ids(event)
        times = (place - 1, place)  # Of a move, both who it was before and who it is after.
        held = {self.membership.identity_of(one, time) for one in self.now for time in times}
        return {
            Because.RECORD_THEN: {
                one
                for one in records
                if self.child in (self.membership.identity_of(one, time) for time in times)
            },
            Because.RECORD_NOW: records & self.now,
            Because.IDENTITY_THEN: identities & {self.child},
            Because.IDENTITY_NOW: {one for one in identities if one in held},
        }


def _ids(event: AuditEvent) -> tuple[set[str], set[str]]:
    """Records and identities that an event names, for itself and for what its answer showed."""
    named = [Seen(record=event.record, identity=event.identity), *event.seen]
    identities = {one.identity for one in named if one.identity is not None}
    before = event.detail.get("from")
    if event.action in MOVES and isinstance(before, str):
        identities.add(before)
    return {one.record for one in named if one.record is not None}, identities


def _looks(session: Session, rule: Rule, size: int) -> Iterator[Look]:
    for seq, event in naming(session, rule.named(), size):
        found = rule.ids(event, seq)
        because = tuple(reason for reason in Because if found[reason])
        if because:
            yield Look(
                seq=seq,
                event=event,
                because=because,
                via=tuple(sorted(set().union(*found.values()))),
            )
