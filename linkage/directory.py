"""Which hospital a name means: learned from the records that state code and name together."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from linkage.records import PersonRecord

NAMED = "name:"
CLEAR_SHARE = 0.8
"""A name is one hospital's where at least this share of its mentions agree on one code."""


def learn(records: Iterable[PersonRecord]) -> dict[str, str]:
    """`name:<folded name>` → `hospital:<code>`, only where it is clear.

    A pure function of the set of records, so that their order can't matter.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        for place, name in record.names_of_places:
            counts[f"{NAMED}{name}"][place] += 1
    return {
        name: place
        for name, codes in counts.items()
        for place, count in sorted(codes.items())
        if count >= CLEAR_SHARE * codes.total()
    }


def resolve(records: Sequence[PersonRecord], known: Mapping[str, str]) -> list[PersonRecord]:
    """The records with the hospitals' codes in the place of their names, where they are known."""
    return [
        replace(
            record,
            moves=tuple(
                sorted({replace(m, place=known.get(m.place, m.place)) for m in record.moves})
            ),
        )
        if any(move.place in known for move in record.moves)
        else record
        for record in records
    ]
