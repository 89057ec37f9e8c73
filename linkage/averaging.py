"""Groups by average: two groups are joined while the pairs between them, taken together, speak for it.

For kinds of records of which many are one (a person's life in a dozen registers), where a chain of
single strong pairs would join half a town. Children are grouped by `clustering.py`, which also asks.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import takewhile

from linkage.matcher import ScoredPair

Sum = tuple[float, int]
"""Bits of all pairs between two groups that were scored, and how many they are."""
Entry = tuple[float, str, str]
"""Minus the average, and the two groups: the best comes first, ties by key."""


def never(one: str, other: str) -> bool:
    """Nothing is forbidden."""
    return False


@dataclass(slots=True)
class _Groups:
    """Groups under their smallest key, and what was scored between them."""

    members: dict[str, list[str]] = field(repr=False)
    between: dict[str, dict[str, Sum]] = field(repr=False)
    unknown: float
    forbids: Callable[[str, str], bool]
    waiting: list[Entry] = field(default_factory=list, repr=False)

    def average(self, one: str, other: str) -> float:
        """A pair that was not scored counts as `unknown`."""
        bits, count = self.between[one][other]
        every = len(self.members[one]) * len(self.members[other])
        return (bits + (every - count) * self.unknown) / every

    def offer(self, one: str, other: str, least: float) -> None:
        average = self.average(one, other)
        if average >= least:
            heapq.heappush(self.waiting, (-average, min(one, other), max(one, other)))

    def is_current(self, entry: Entry) -> bool:
        average, one, other = entry
        known = self.between.get(one, {})
        return other in known and -average == self.average(one, other)

    def may_join(self, one: str, other: str) -> bool:
        return not any(
            self.forbids(min(a, b), max(a, b))
            for a in self.members[one]
            for b in self.members[other]
        )

    def join(self, one: str, other: str, least: float) -> None:
        """`other` becomes part of `one`, and what either was compared with is offered anew."""
        self.members[one] += self.members.pop(other)
        for third, (bits, count) in self.between.pop(other).items():
            del self.between[third][other]
            if third != one:
                known, already = self.between[one].get(third, (0.0, 0))
                both = (known + bits, already + count)
                self.between[one][third] = self.between[third][one] = both
        for third in self.between[one]:
            self.offer(one, third, least)


@dataclass(frozen=True, kw_only=True, slots=True)
class Join:
    """Two groups, by their smallest keys, and the average weight in bits at which they joined."""

    bits: float
    one: str = field(repr=False)
    other: str = field(repr=False)


def joins(
    keys: Iterable[str],
    pairs: Iterable[ScoredPair],
    *,
    least: float,
    unknown: float,
    forbids: Callable[[str, str], bool] = never,
) -> list[Join]:
    """Join the two groups whose pairs weigh most on average, as long as that is `least` bits.

    The same whatever the order of keys and pairs; the strongest first, so that each beginning of
    the list is what a higher bound would have joined. `unknown`: bits of a pair that was not scored.
    `forbids`: whether two keys (the smaller first) may never be in one group.
    """
    groups = _Groups(
        members={key: [key] for key in sorted(keys)},
        between=defaultdict(dict),
        unknown=unknown,
        forbids=forbids,
    )
    for pair in sorted(pairs, key=lambda pair: (pair.left, pair.right)):
        groups.between[pair.left][pair.right] = (pair.weight, 1)
        groups.between[pair.right][pair.left] = (pair.weight, 1)
        groups.offer(pair.left, pair.right, least)
    made = []
    while groups.waiting:
        entry = heapq.heappop(groups.waiting)
        if groups.is_current(entry) and groups.may_join(*entry[1:]):
            groups.join(*entry[1:], least)
            made.append(Join(bits=-entry[0], one=entry[1], other=entry[2]))
    return made


def groups_at(
    keys: Iterable[str], made: Iterable[Join], least: float
) -> tuple[tuple[str, ...], ...]:
    """The groups of all joins down to `least` bits: sorted, of sorted keys, covering every key."""
    members = {key: [key] for key in keys}
    for join in takewhile(lambda join: join.bits >= least, made):
        members[join.one] += members.pop(join.other)
    return tuple(sorted(tuple(sorted(group)) for group in members.values()))
