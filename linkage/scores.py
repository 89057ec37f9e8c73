"""Scores of a round, without scoring again what stood together, unchanged, in a round before."""

import hashlib
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from linkage.blocking import block_keys, crowds
from linkage.clustering import Keys
from linkage.matcher import ScoredPair
from linkage.model import MatchModel
from linkage.records import PersonRecord

REST = "rest"
"""As if they were children of one report: who was compared before is not compared again."""
Engine = Callable[[Sequence[PersonRecord], MatchModel, float], Iterable[ScoredPair]]
"""Every pair of records that shares a block key and reaches so many bits: `matcher.score`."""
FINGERPRINT = 31
"""Hexadecimal digits."""
LARGE = "+"
"""Behind the fingerprint of who is not compared with the others of its report."""


@dataclass(frozen=True, kw_only=True)
class Atom:
    """A record, or a group as one record, and a fingerprint of all that is known of its members."""

    record: PersonRecord = field(repr=False)
    told: str

    @cached_property
    def blocks(self) -> "array[int]":
        """Its block keys as numbers: every round asks who shares one. They hold in this process.

        Two keys with one number cost a look at a pair, and add none.
        """
        return array("q", {hash(key) for key in block_keys(self.record)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The atoms of one round by their fingerprints, all their pairs, and what became of these.

    Of any two atoms that are not among `pairs` it is known that they weigh too little.
    """

    prints: Mapping[str, str] = field(default_factory=dict, repr=False)
    pairs: Mapping[Keys, ScoredPair] = field(default_factory=dict, repr=False)
    outcomes: Mapping[Keys, str] = field(default_factory=dict, repr=False)
    """JOINED, or why not; a pair that did not come into question is not in it."""


EMPTY: Mapping[Any, Any] = MappingProxyType({})
NOTHING = Seen(prints=EMPTY, pairs=EMPTY, outcomes=EMPTY)


@cache
def code() -> str:
    """A fingerprint of all that computes a score: linkage's own code, Splink and DuckDB."""
    digest = hashlib.sha256(f"{version('splink')} {version('duckdb')}".encode())
    for file in sorted(resources.files("linkage").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:FINGERPRINT]


def scored(
    atoms: Sequence[Atom],
    model: MatchModel,
    least: float,
    before: Sequence[Seen],
    engine: Engine,
) -> Seen:
    """Every pair of atoms that shares a block key and reaches `least` bits.

    `before` were scored with this model and this `least`: a pair of two that stand unchanged in one
    of them is taken from there, for a score depends on nothing but the two, the model, and whether
    they are children of one large report. The outcome is that of scoring all of them. Raises
    TooManyPairsError.
    """
    records = [atom.record for atom in atoms]
    large = crowds(records)
    crowd = {record.key: record.report for record in records if record.report in large}
    prints = {
        atom.record.key: atom.told + LARGE if atom.record.key in crowd else atom.told
        for atom in atoms
    }
    known = [
        frozenset(key for key, told in prints.items() if seen.prints.get(key) == told)
        for seen in before
    ]
    pairs = {
        keys: pair
        for seen, same in zip(before, known, strict=True)
        for keys, pair in seen.pairs.items()
        if same.issuperset(keys)
    }
    new = min((prints.keys() - same for same in known), key=len, default={*prints})
    for pair in engine(_to_score(atoms, new), model, least) if new else ():
        keys = (pair.left, pair.right)
        together = crowd.get(keys[0], keys[0]) == crowd.get(keys[1], keys[1])
        if not together and not any(same.issuperset(keys) for same in known):
            pairs[keys] = pair
    return Seen(prints=prints, pairs=pairs)


def _to_score(atoms: Sequence[Atom], new: Collection[str]) -> list[PersonRecord]:
    """The new ones and those that share a block key with one of them."""
    if len(new) == len(atoms):
        return [atom.record for atom in atoms]
    asked = [atom for atom in atoms if atom.record.key in new]
    blocks = {block for atom in asked for block in atom.blocks}
    rest = (atom.record for atom in atoms if _is_partner(atom, new, blocks))
    return [*(atom.record for atom in asked), *(replace(record, report=REST) for record in rest)]


def _is_partner(atom: Atom, new: Collection[str], blocks: set[int]) -> bool:
    return atom.record.key not in new and not blocks.isdisjoint(atom.blocks)


def fingerprint(*told: str) -> str:
    """Of texts in their order."""
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:FINGERPRINT]
