"""Which identities changed together, each set of them with its whole partition before and after."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Homes: TypeAlias = Mapping[str, str]
"""Record → its identity."""
Partition: TypeAlias = dict[str, list[str]]
"""Identity → its records, in order; none where it has just been retired, or is only about to be."""


def changed_together(before: Homes, after: Homes) -> Iterator[tuple[Partition, Partition]]:
    """One pair for each set of identities between which records moved. Both name all records."""
    sets: dict[str, set[str]] = {}
    for record, identity in after.items():
        if before[record] != identity:
            _join(sets, before[record], identity)
    parts: dict[int, tuple[Partition, Partition]] = {
        id(own): ({one: [] for one in own}, {one: [] for one in own}) for own in sets.values()
    }
    for record in sorted(after):
        own = sets.get(before[record])
        if own is not None:
            old, new = parts[id(own)]
            old[before[record]].append(record)
            new[after[record]].append(record)
    yield from sorted(parts.values(), key=lambda pair: min(pair[0]))


def _join(sets: dict[str, set[str]], one: str, other: str) -> None:
    """Both identities, and all that were joined to either, share one set."""
    smaller, larger = sorted(
        (sets.setdefault(one, {one}), sets.setdefault(other, {other})), key=len
    )
    if smaller is not larger:
        larger |= smaller
        sets.update(dict.fromkeys(smaller, larger))
