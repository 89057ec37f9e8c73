"""What a source itself merged: joined before any score, where no steward and no conflict forbids."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from itertools import combinations

from linkage.records import PersonRecord

Groups = dict[str, tuple[str, ...]]
"""Smallest key of a group → its keys."""


def joined(
    groups: Groups,
    records: Mapping[str, PersonRecord],
    forbids: Callable[[str, str], bool],
) -> Groups:
    """The groups, those as one of which their source says that they are one child (HL7 A40).

    `forbids` says of two groups whether they hold records that may not be joined. Of a chain of such
    statements that holds two of these nothing is joined here: which of them is wrong is not known.
    """
    chains: list[set[str]] = []
    for said in _said(groups, records):
        apart = [chain for chain in chains if chain.isdisjoint(said)]
        chains = [*apart, said.union(*(chain for chain in chains if chain not in apart))]
    made = dict(groups)
    for chain in chains:
        if any(forbids(left, right) for left, right in combinations(sorted(chain), 2)):
            continue
        keys = tuple(sorted(key for one in chain for key in made.pop(one)))
        made[keys[0]] = keys
    return made


def _said(groups: Groups, records: Mapping[str, PersonRecord]) -> Collection[set[str]]:
    """For each statement of a source the groups that hold records of it which bear it."""
    bearers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, keys in groups.items():
        for record in (records[key] for key in keys):
            for token in record.merged:
                bearers[record.source, token].add(name)
    return [found for found in bearers.values() if len(found) > 1]
