"""Two groups side by side, and what else fits either: all that the second look goes by."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain

from linkage.decision import Forbids
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


Best = tuple[tuple[float, str], ...]
"""Bits and key of the best two: the second is asked for where the partner is the first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fits:
    """What fits one group: the best of all, and of each source; `apart` as in `Side`."""

    best: Best = ()
    of_source: Mapping[str, Best] = field(default_factory=dict)
    apart: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """The groups of a round, the sources of each, and what fits it."""

    records: Mapping[str, PersonRecord]
    groups: Groups
    sources: Mapping[str, frozenset[str]]
    fits: Mapping[str, _Fits]

    def side(self, key: str, partner: str) -> Side:
        fits = self.fits[key]
        alike = (fits.of_source.get(source, ()) for source in self.sources[partner])
        return Side(
            record=self.records[key],
            keys=self.groups[key],
            other=_bits(fits.best, partner),
            alike=_bits(chain.from_iterable(alike), partner),
            apart=fits.apart,
        )


def _bits(best: Iterable[tuple[float, str]], partner: str) -> float | None:
    return max((bits for bits, third in best if third != partner), default=None)


def _fits(
    pairs: Iterable[ScoredPair], sources: Mapping[str, frozenset[str]], forbids: Forbids
) -> dict[str, _Fits]:
    """Once for all pairs of a group: among look-alikes each has as many."""
    fitting: dict[str, list[tuple[float, str]]] = defaultdict(list)
    apart = set()
    for pair in pairs:
        if forbids(pair.left, pair.right):
            apart |= {pair.left, pair.right}
        else:
            fitting[pair.left].append((pair.weight, pair.right))
            fitting[pair.right].append((pair.weight, pair.left))
    return {
        key: _Fits(best=_best(found), of_source=_by_source(found, sources), apart=key in apart)
        for key, found in fitting.items()
    }


def _by_source(
    found: Iterable[tuple[float, str]], sources: Mapping[str, frozenset[str]]
) -> dict[str, Best]:
    of_source: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for bits, third in found:
        for source in sources[third]:
            of_source[source].append((bits, third))
    return {source: _best(alike) for source, alike in of_source.items()}


def _best(found: Iterable[tuple[float, str]]) -> Best:
    return tuple(nlargest(2, found))


def views(
    atoms: Iterable[PersonRecord],
    pairs: Sequence[ScoredPair],
    groups: Groups,
    forbids: Forbids,
) -> Iterator[View]:
    """Every pair of a round that may still be one child. `atoms`: each group as one record."""
    records = {atom.key: atom for atom in atoms}
    sources = {key: frozenset(atom.source.split("+")) for key, atom in records.items()}
    fits = _fits(pairs, sources, forbids)
    seen = _Round(records=records, groups=groups, sources=sources, fits=fits)
    for pair in pairs:
        if not forbids(pair.left, pair.right):
            yield View(
                pair=pair,
                left=seen.side(pair.left, pair.right),
                right=seen.side(pair.right, pair.left),
            )
