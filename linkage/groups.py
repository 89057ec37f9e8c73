"""Groups of records while they are being joined: who is with whom, and who may not be."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.matcher import ScoredPair

UNTOLD = frozenset({""})
Edges = Mapping[str, Sequence[ScoredPair]]
"""Record key → its pairs, strongest first."""


@dataclass(slots=True)
class Groups:
    """Disjoint groups of keys, and which keys may not be in one group."""

    members: dict[str, set[str]]
    forbids: Callable[[str, str], bool]
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)

    def alike(self, one: str, other: str) -> bool:
        """Whether both hold a record of one source, and so stand for the same part of a life."""
        return not self._sources(one).isdisjoint(self._sources(other))

    def is_joined(self, group: str) -> bool:
        """Whether it is more than one record, or was in an earlier round."""
        return len(self.members[group]) > 1 or len(self._sources(group)) > 1

    def _sources(self, group: str) -> set[str]:
        return {source for key in self.members[group] for source in self.sources.get(key, UNTOLD)}

    def find(self, key: str) -> str:
        return self.home.get(key, key)

    def join(self, left: str, right: str) -> None:
        one, other = sorted((self.find(left), self.find(right)))
        if one == other:
            return
        moved = self.members.pop(other)
        self.members[one] |= moved
        self.home |= dict.fromkeys(moved, one)

    def conflicting(self, one: str, other: str) -> bool:
        """Whether any member of one group may not be joined with any of the other."""
        return any(
            self.forbids(min(left, right), max(left, right))
            for left in self.members[one]
            for right in self.members[other]
        )

    def neighbours(self, group: str, edges: Edges, floor: float) -> dict[str, ScoredPair]:
        """The groups that a group has a pair of at least `floor` bits with, and the strongest."""
        found: dict[str, ScoredPair] = {}
        for pair in (p for key in sorted(self.members[group]) for p in edges.get(key, ())):
            third = self.find(pair.left if self.find(pair.right) == group else pair.right)
            known = found.get(third)
            if (
                third != group
                and pair.weight >= floor
                and (known is None or known.weight < pair.weight)
            ):
                found[third] = pair
        return found


def edges_of(ordered: Sequence[ScoredPair]) -> Edges:
    """The pairs of each record, in the order given."""
    edges: dict[str, list[ScoredPair]] = defaultdict(list)
    for pair in ordered:
        edges[pair.left].append(pair)
        edges[pair.right].append(pair)
    return edges
