"""Keeps what the rounds of the last linking saw, so that the next scores only what is new."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Table, delete, insert, select, text
from sqlalchemy.orm import Session

from linkage.clustering import Keys
from linkage.matcher import ScoredPair
from linkage.records import Labels
from linkage.scores import Seen
from linkage.tables import scored_atom, scored_pair, scored_with

AT_ONCE = 10_000
"""Rows of one statement."""
Row = tuple[Any, ...]
"""The columns of a row in their order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """What the rounds saw, and the rows that say so."""

    seen: tuple[Seen, ...] = ()
    atoms: frozenset[Row] = field(default=frozenset(), repr=False)
    pairs: frozenset[Row] = field(default=frozenset(), repr=False)


def remembered(session: Session, scored_by: str, keys: Mapping[str, str]) -> Remembered:
    """What the last linking saw of the records (id → key), if it was `scored_by` the same."""
    if session.scalar(select(scored_with.c.version)) != scored_by:
        return Remembered()
    atoms = frozenset(map(tuple, session.execute(select(scored_atom))))
    pairs = frozenset((*row[:-1], tuple(row[-1])) for row in session.execute(select(scored_pair)))
    return Remembered(seen=_seen(atoms, pairs, keys), atoms=atoms, pairs=pairs)


def remember(
    session: Session,
    scored_by: str,
    seen: Sequence[Seen],
    before: Remembered,
    known: Mapping[str, tuple[str, Labels]],
) -> None:
    """Put what a linking saw in the place of what the one before did; only differences are written.

    `before` is what `remembered` gave; `known`: key → id and labels of each record.
    """
    if not before.seen:
        for table in (scored_pair, scored_atom, scored_with):
            session.execute(delete(table))
        session.execute(insert(scored_with), [{"version": scored_by}])
        before = Remembered()
    _write(session, scored_atom, before.atoms, _atom_rows(seen, known))
    _write(session, scored_pair, before.pairs, _pair_rows(seen, known))


def _seen(
    atoms: Collection[Row], pairs: Collection[Row], keys: Mapping[str, str]
) -> tuple[Seen, ...]:
    """Round by round; a record that is gone was not seen."""
    prints: dict[int, dict[str, str]] = defaultdict(dict)
    found: dict[int, dict[Keys, ScoredPair]] = defaultdict(dict)
    for record, told, first, last in atoms:
        for number in range(first, last + 1) if record in keys else ():
            prints[number][keys[record]] = told
    for left, right, first, last, weight, scores, *_ in pairs:
        if left in keys and right in keys:
            pair = _pair(keys[left], keys[right], weight, scores)
            for number in range(first, last + 1):
                found[number][pair.left, pair.right] = pair
    return tuple(Seen(prints=prints[n], pairs=found[n]) for n in sorted(prints))


def _pair(left: str, right: str, weight: float, scores: str) -> ScoredPair:
    levels, bits = orjson.loads(scores)
    return ScoredPair(
        left=min(left, right),
        right=max(left, right),
        weight=weight,
        levels=tuple(levels),
        bits=tuple(float(value) for value in bits),
    )


def _atom_rows(seen: Sequence[Seen], known: Mapping[str, tuple[str, Labels]]) -> frozenset[Row]:
    """An atom stands in rounds that follow one another, until it is joined with another."""
    rounds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, one in enumerate(seen, start=1):
        for atom in one.prints.items():
            rounds[atom].append(number)
    return frozenset(
        (known[key][0], told, numbers[0], numbers[-1]) for (key, told), numbers in rounds.items()
    )


def _pair_rows(seen: Sequence[Seen], known: Mapping[str, tuple[str, Labels]]) -> frozenset[Row]:
    rounds: dict[ScoredPair, list[int]] = defaultdict(list)
    for number, one in enumerate(seen, start=1):
        for pair in one.pairs.values():
            rounds[pair].append(number)
    return frozenset(_row(pair, numbers, known) for pair, numbers in rounds.items())


def _row(pair: ScoredPair, rounds: Sequence[int], known: Mapping[str, tuple[str, Labels]]) -> Row:
    left, labels = known[pair.left]
    scores = orjson.dumps([pair.levels, pair.bits]).decode()
    about = (left, known[pair.right][0], rounds[0], rounds[-1], pair.weight, scores)
    return (*about, labels.custodian, labels.province, labels.sensitivity)


def _write(session: Session, table: Table, before: frozenset[Row], after: frozenset[Row]) -> None:
    """Take away the rows that are gone, then add those that are new."""
    columns = [str(column.name) for column in table.columns]
    key = " AND ".join(f"old.{c.name} = gone.{c.name}" for c in table.primary_key)
    rows = f"json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
    removal = f"DELETE FROM {table.name} AS old USING {rows} AS gone WHERE {key}"
    addition = f"INSERT INTO {table.name} SELECT {', '.join(columns)} FROM {rows}"
    for statement, wanted in ((removal, before - after), (addition, after - before)):
        ordered = sorted(wanted, key=str)
        for start in range(0, len(ordered), AT_ONCE):
            batch = [
                dict(zip(columns, row, strict=True)) for row in ordered[start : start + AT_ONCE]
            ]
            session.execute(text(statement), {"rows": orjson.dumps(batch).decode()})
