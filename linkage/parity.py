"""Holds the compiled scorer to Splink's own figures before anybody uses it, and fails closed."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from threading import Lock
from typing import Any

import pyarrow as pa
from splink.internals.realtime import compare_records

from linkage.backends import HERE, Backend
from linkage.features import COLUMNS, FEATURES, ColumnKind
from linkage.matcher import PRECISION
from linkage.model import MatchModel, settings
from linkage.rows import ARROW_TYPES
from linkage.scorer import (
    TERM_COLUMNS,
    Exact,
    Scorer,
    compiled,
    frequency_of,
    prepared_values,
)

Row = Mapping[str, Any]
"""Key, and column → value or None, as of `features.row`."""
ROWS = 80
"""Rows of the check: each of the first half is compared with each of the second. They reach every level."""
NEARLY = 1e-9
"""Bits by which the sums of two engines may differ; what is shown and decided is rounded coarser."""
TEXTS = ("a", "ab", "abcd", "Trần", "trần", "tran")
NUMBERS = (0, 1, 4, 44, 100, 260, 6000, 6300, 7000)
MISSING_SHARE = 0.25
KEPT = 8
"""Models whose scorers are kept; a process uses one or two."""
_checked: list[tuple[MatchModel, Scorer]] = []
_checking = Lock()


class ParityError(Exception):
    """The compiled scorer gives other figures than Splink: nothing may be scored with it."""


def scorer_for(model: MatchModel) -> Scorer:
    """The model's compiled scorer, checked once for each process and version.

    Raises ParityError or UntranslatableError; then there is no scorer, and no guess.
    """
    with _checking:
        known = next((scorer for held, scorer in _checked if held is model), None)
        if known is None:
            known = _checked_scorer(model)
            _checked[:] = [(model, known), *_checked[: KEPT - 1]]
        return known


def _checked_scorer(model: MatchModel) -> Scorer:
    """The scorer of an equal model where there is one, else a new one, checked."""
    version = model.version
    for _, scorer in _checked:
        if scorer.version == version:
            return scorer
    made = compiled(model)
    check(made)
    return made


def check(scorer: Scorer) -> None:
    """Score made-up rows with both. Raises ParityError where one pair differs."""
    rows = made_rows(scorer.model)
    left, right = rows[: ROWS // 2], rows[ROWS // 2 :]
    by_splink = scored_by_splink(left, right, scorer)
    for one in left:
        for other in right:
            key = (one["unique_id"], other["unique_id"])
            ours = scorer.exact(prepared(one), prepared(other))
            if not is_equal(ours, by_splink[key]):
                raise ParityError


def prepared(row: Row) -> Sequence[Any]:
    """What the function takes of a row."""
    return prepared_values(row["unique_id"], [row[name] for name in COLUMNS]).values


def is_equal(one: Exact, other: Exact) -> bool:
    """The same levels and bits, and the same weight but for the last digits of a sum."""
    return one[1:] == other[1:] and abs(one[0] - other[0]) <= NEARLY


def made_rows(
    model: MatchModel, seed: int = 3, count: int = ROWS, texts: Sequence[str] = TEXTS
) -> list[Row]:
    """The same rows at each call: every column of every feature, few different values, gaps."""
    chance = Random(seed)
    terms = {name: sorted(model.frequencies.get(name, {}))[:3] for name in TERM_COLUMNS}
    return [
        {
            "unique_id": f"{number:04}",
            **{
                name: _made(column.kind, [*texts, *terms.get(name, [])], chance)
                for name, column in COLUMNS.items()
            },
        }
        for number in range(count)
    ]


def _made(kind: ColumnKind, texts: Sequence[str], chance: Random) -> Any:
    if chance.random() < MISSING_SHARE:
        return None
    if kind is ColumnKind.NUMBER:
        return chance.choice(NUMBERS)
    if kind is ColumnKind.TEXT:
        return chance.choice(texts)
    return sorted(set(chance.sample(texts, chance.randint(1, 4))))


def scored_by_splink(
    left: list[Row], right: list[Row], scorer: Scorer, backend: Backend = HERE
) -> Mapping[tuple[str, str], Exact]:
    """Every pair of a left with a right row, as Splink scores it."""
    api = backend.api()
    tables = (_table(left, scorer), _table(right, scorer))
    found = compare_records(*tables, settings(scorer.model, dialect=backend.dialect), api)
    names = ["unique_id_l", "unique_id_r", "match_weight", *_columns_of_splink()]
    query = f"select {', '.join(names)} from {found.physical_name}"
    return dict(_exact(values) for values in backend.rows(api, query))


def _columns_of_splink() -> Iterator[str]:
    yield from (f"gamma_{feature.name}" for feature in FEATURES)
    for feature in FEATURES:
        rare = any(level.term_frequency for level in feature.levels)
        yield f"mw_{feature.name}" + (f" + mw_tf_adj_{feature.name}" if rare else "")


def _exact(values: tuple[Any, ...]) -> tuple[tuple[str, str], Exact]:
    left, right, weight, *rest = values
    levels = tuple(
        None if gamma < 0 else len(feature.levels) - gamma
        for gamma, feature in zip(rest, FEATURES, strict=False)
    )
    bits = tuple(round(one, PRECISION) for one in rest[len(FEATURES) :])
    return (left, right), (weight, levels, bits)


def _table(rows: list[Row], scorer: Scorer) -> pa.Table:
    """An Arrow table of the rows with the frequencies of their terms."""
    fields = [("unique_id", pa.string()), *((n, ARROW_TYPES[c.kind]) for n, c in COLUMNS.items())]
    fields += [(f"tf_{name}", pa.float64()) for name in TERM_COLUMNS]
    # Splink asks for the columns of the blocking rule too, though no rule is applied here.
    fields += [("crowd", pa.string()), ("block_keys", pa.list_(pa.string()))]
    share = {name: frequency_of(name, scorer.model) for name in TERM_COLUMNS}
    told = [
        {
            **row,
            **{f"tf_{name}": share[name](row[name]) for name in TERM_COLUMNS},
        }
        for row in rows
    ]
    return pa.Table.from_pylist(told, schema=pa.schema(fields))
