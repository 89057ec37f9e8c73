"""Keeps what the rounds of the last linking saw, so that the next scores only what is new."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, islice
from typing import Any

import orjson
from sqlalchemy import Table, delete, insert, select, text
from sqlalchemy.orm import Session

from linkage.clustering import Keys
from linkage.matcher import ScoredPair
from linkage.records import Labels
from linkage.scores import Seen
from linkage.second_look import Judged
from linkage.tables import judged, scored_atom, scored_pair, scored_with

AT_ONCE = 10_000
"""Rows of one statement."""
Row = tuple[Any, ...]
"""The columns of a row in their order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """What the rounds saw; `rows`: of each table, the keys of its rows and a hash of the rest."""

    seen: tuple[Seen, ...] = ()
    rows: Mapping[str, Mapping[Row, int]] = field(default_factory=dict, repr=False)


def remembered(session: Session, scored_by: str, keys: Mapping[str, str]) -> Remembered:
    """What the last linking saw, if it was `scored_by` the same; `keys`: record id → key.

    A record that is gone is told by its id: who had a pair with it is to be decided anew.
    """
    if scored_last_by(session) != scored_by:
        return Remembered()
    rows: dict[str, dict[Row, int]] = {}
    prints: dict[int, dict[str, str]] = defaultdict(dict)
    for record, told, first, last in _rows(session, scored_atom, rows):
        for number in range(first, last + 1):
            prints[number][keys.get(record, record)] = told
    pairs: dict[int, dict[Keys, ScoredPair]] = defaultdict(dict)
    became: dict[int, dict[Keys, str]] = defaultdict(dict)
    read = cache(_scores)
    for left, right, first, _, weight, scores, outcomes, *_ in _rows(session, scored_pair, rows):
        pair = _pair(keys.get(left, left), keys.get(right, right), weight, *read(scores))
        for number, outcome in enumerate(orjson.loads(outcomes), start=first):
            pairs[number][pair.left, pair.right] = pair
            if outcome:
                became[number][pair.left, pair.right] = outcome
    for _ in _rows(session, judged, rows):
        pass  # Only what they are is needed, to write no more than what is another now.
    seen = tuple(Seen(prints=prints[n], pairs=pairs[n], outcomes=became[n]) for n in sorted(prints))
    return Remembered(seen=seen, rows=rows)


def scored_last_by(session: Session) -> str | None:
    """What the last linking was `scored_by`; None before the first."""
    return session.scalar(select(scored_with.c.version))


def remember(
    session: Session,
    scored_by: str,
    seen: Sequence[Seen],
    before: Remembered,
    known: Mapping[str, tuple[str, Labels]],
    likely: Sequence[Judged] = (),
    doubtful: Sequence[Judged] = (),
) -> None:
    """Put what a linking saw in the place of what the one before did; only differences are written.

    `before` is what `remembered` gave; `known`: key → id and labels of each record; `likely` is what
    its second look joined, `doubtful` what it found for questions.
    """
    if not before.rows:
        for table in (judged, scored_pair, scored_atom, scored_with):
            session.execute(delete(table))
        session.execute(insert(scored_with), [{"version": scored_by}])
    for table, rows in (
        (scored_atom, _atom_rows(seen, known)),
        (scored_pair, _pair_rows(seen, known)),
        (judged, _judged_rows([(True, likely), (False, doubtful)], known)),
    ):
        _write(session, table, before.rows.get(table.name, {}), rows)


def _rows(session: Session, table: Table, into: dict[str, dict[Row, int]]) -> Iterator[Row]:
    """Every row of a table; what is needed to compare them with others goes `into`."""
    hashes = into.setdefault(table.name, {})
    found = session.execute(select(table), execution_options={"yield_per": AT_ONCE})
    for row in found:
        plain = tuple(tuple(value) if isinstance(value, list) else value for value in row)
        hashes[_key(table, plain)] = hash(plain)
        yield plain


def _key(table: Table, row: Row) -> Row:
    return tuple(
        value for column, value in zip(table.columns, row, strict=True) if column.primary_key
    )


def _scores(text: str) -> tuple[tuple[int | None, ...], tuple[float, ...]]:
    levels, bits = orjson.loads(text)
    return tuple(levels), tuple(float(value) for value in bits)


def _pair(
    left: str,
    right: str,
    weight: float,
    levels: tuple[int | None, ...],
    bits: tuple[float, ...],
) -> ScoredPair:
    first, second = sorted((left, right))
    return ScoredPair(left=first, right=second, weight=weight, levels=levels, bits=bits)


def _atom_rows(seen: Sequence[Seen], known: Mapping[str, tuple[str, Labels]]) -> Iterator[Row]:
    rounds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, one in enumerate(seen, start=1):
        for atom in one.prints.items():
            rounds[atom].append(number)
    for (key, told), numbers in rounds.items():
        for run in _runs(numbers):
            yield known[key][0], told, run[0], run[-1]


def _pair_rows(seen: Sequence[Seen], known: Mapping[str, tuple[str, Labels]]) -> Iterator[Row]:
    rounds: dict[ScoredPair, list[int]] = defaultdict(list)
    for number, one in enumerate(seen, start=1):
        for pair in one.pairs.values():
            rounds[pair].append(number)
    for pair, numbers in rounds.items():
        left, labels = known[pair.left]
        scores = orjson.dumps([pair.levels, pair.bits]).decode()
        for run in _runs(numbers):
            became = [seen[n - 1].outcomes.get((pair.left, pair.right), "") for n in run]
            told = (pair.weight, scores, orjson.dumps(became).decode())
            about = (left, known[pair.right][0], run[0], run[-1], *told)
            yield (*about, labels.custodian, labels.province, labels.sensitivity)


def _judged_rows(
    found: Iterable[tuple[bool, Sequence[Judged]]], known: Mapping[str, tuple[str, Labels]]
) -> Iterator[Row]:
    for joined, every in found:
        for one in every:
            left, right = (tuple(known[key][0] for key in keys) for keys in (one.left, one.right))
            told = (joined, one.bits, orjson.dumps(one.clues).decode(), left, right)
            labels = known[one.left[0]][1]
            yield (
                *(left[0], right[0], *told),
                *(labels.custodian, labels.province, labels.sensitivity),
            )


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Ascending numbers, cut where one is left out.

    What a group weighs with another may change as it grows, and later be again what it was.
    """
    for _, run in groupby(enumerate(numbers), key=lambda item: item[1] - item[0]):
        yield [number for _, number in run]


def _write(session: Session, table: Table, before: Mapping[Row, int], rows: Iterable[Row]) -> None:
    """Take away the rows that are gone or others now, and add those that are new."""
    gone = dict(before)
    following = (row for row in rows if not _stands(table, row, gone))
    while batch := list(islice(following, AT_ONCE)):
        # A row that says something else now must go before it comes again.
        changed = [key for row in batch if (key := _key(table, row)) in gone]
        _delete(session, table, changed)
        for key in changed:
            del gone[key]
        _insert(session, table, batch)
    keys = iter(gone)
    while old := list(islice(keys, AT_ONCE)):
        _delete(session, table, old)


def _stands(table: Table, row: Row, gone: dict[Row, int]) -> bool:
    """Whether the row is there as it is; then it is not gone."""
    key = _key(table, row)
    if gone.get(key) != hash(row):
        return False
    del gone[key]
    return True


def _delete(session: Session, table: Table, keys: Sequence[Row]) -> None:
    names = [str(column.name) for column in table.primary_key]
    same = " AND ".join(f"old.{name} = gone.{name}" for name in names)
    statement = f"DELETE FROM {table.name} AS old USING {_given(table)} AS gone WHERE {same}"
    _execute(session, statement, names, keys)


def _insert(session: Session, table: Table, rows: Sequence[Row]) -> None:
    names = [str(column.name) for column in table.columns]
    columns = ", ".join(names)
    statement = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {_given(table)}"
    _execute(session, statement, names, rows)


def _given(table: Table) -> str:
    return f"json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"


def _execute(session: Session, statement: str, names: Sequence[str], rows: Sequence[Row]) -> None:
    """The rows are one parameter."""
    if rows:
        told = [dict(zip(names, row, strict=True)) for row in rows]
        session.execute(text(statement), {"rows": orjson.dumps(told).decode()})
