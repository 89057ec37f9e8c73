"""Two groups side by side, and what else fits either: all that the second look goes by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.decision import Forbids
from linkage.groups import Edges, edges_of
from linkage.matcher import ScoredPair
from linkage.own_merges import Groups
from linkage.records import PersonRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """What else fits one group of a pair, and may be the same child.

    `other`: the bits of the best of them; `alike`: of the best that has a source in common with the
    group on the other side, and so would take its place. `apart`: somebody fits who is known to be
    another child. `keys`: the records of the group, which `record` is as one.
    """

    record: PersonRecord = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    other: float | None
    alike: float | None
    apart: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A pair of groups, each compared as one record, with both its sides."""

    pair: ScoredPair
    left: Side
    right: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.left, self.right

    @property
    def records(self) -> tuple[PersonRecord, PersonRecord]:
        return self.left.record, self.right.record


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """The groups of a round, what they have in common, and who may not be one child."""

    records: Mapping[str, PersonRecord]
    groups: Groups
    sources: Mapping[str, frozenset[str]]
    edges: Edges
    forbids: Forbids

    def side(self, key: str, partner: str) -> Side:
        rivals = list(self._others(key, partner))
        possible = [(bits, third) for bits, third, forbidden in rivals if not forbidden]
        alike = [
            bits
            for bits, third in possible
            if not self.sources[third].isdisjoint(self.sources[partner])
        ]
        return Side(
            record=self.records[key],
            keys=self.groups[key],
            other=max((bits for bits, _ in possible), default=None),
            alike=max(alike, default=None),
            apart=any(forbidden for *_, forbidden in rivals),
        )

    def _others(self, key: str, partner: str) -> Iterator[tuple[float, str, bool]]:
        for pair in self.edges.get(key, ()):
            third = pair.left if pair.right == key else pair.right
            if third != partner:
                yield pair.weight, third, self.forbids(pair.left, pair.right)


def views(
    atoms: Iterable[PersonRecord],
    pairs: Sequence[ScoredPair],
    groups: Groups,
    forbids: Forbids,
) -> Iterator[View]:
    """Every pair of a round that may still be one child. `atoms`: each group as one record."""
    records = {atom.key: atom for atom in atoms}
    seen = _Round(
        records=records,
        groups=groups,
        sources={key: frozenset(atom.source.split("+")) for key, atom in records.items()},
        edges=edges_of(pairs),
        forbids=forbids,
    )
    for pair in pairs:
        if not forbids(pair.left, pair.right):
            yield View(
                pair=pair,
                left=seen.side(pair.left, pair.right),
                right=seen.side(pair.right, pair.left),
            )
