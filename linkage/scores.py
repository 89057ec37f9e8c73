"""Scores of a round, without scoring again what stood together, unchanged, in a round before."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from importlib.metadata import version
from types import MappingProxyType

from linkage.blocking import block_keys, crowds
from linkage.clustering import Keys
from linkage.matcher import ScoredPair
from linkage.model import MatchModel
from linkage.records import PersonRecord

REST = "rest"
"""As if they were children of one report: who was compared before is not compared again."""
Engine = Callable[[Sequence[PersonRecord], MatchModel, float], Iterable[ScoredPair]]
"""Every pair of records that shares a block key and reaches so many bits: `matcher.score`."""
FINGERPRINT = 32
"""Hexadecimal digits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The atoms of one round by a fingerprint of all that decides a score, and all their pairs.

    Of any two of them that are not among `pairs` it is known that they weigh too little.
    """

    prints: Mapping[str, str] = field(default_factory=dict, repr=False)
    pairs: Mapping[Keys, ScoredPair] = field(default_factory=dict, repr=False)


NOTHING = Seen(prints=MappingProxyType({}), pairs=MappingProxyType({}))


@cache
def code() -> str:
    """A fingerprint of all that computes a score: linkage's own code, Splink and DuckDB."""
    digest = hashlib.sha256(f"{version('splink')} {version('duckdb')}".encode())
    for file in sorted(resources.files("linkage").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:FINGERPRINT]


def scored(
    atoms: Sequence[PersonRecord],
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
    large = crowds(atoms)
    crowd = {atom.key: atom.report for atom in atoms if atom.report in large}
    prints = {atom.key: _fingerprint(atom, large=atom.key in crowd) for atom in atoms}
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


def _to_score(atoms: Sequence[PersonRecord], new: Collection[str]) -> list[PersonRecord]:
    """The new atoms and those that share a block key with one of them."""
    asked = [atom for atom in atoms if atom.key in new]
    keys = {key for atom in asked for key in block_keys(atom)}
    rest = (atom for atom in atoms if atom.key not in new)
    partners = [atom for atom in rest if not keys.isdisjoint(block_keys(atom))]
    return [*asked, *(replace(atom, report=REST) for atom in partners)]


def _fingerprint(atom: PersonRecord, *, large: bool) -> str:
    told = f"{atom.as_json()}{large}"
    return hashlib.sha256(told.encode()).hexdigest()[:FINGERPRINT]
