"""Scores pairs of records: Splink on DuckDB over all pairs that share a block key."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from linkage.blocking import block_keys
from linkage.features import COLUMNS, FEATURES, ColumnKind, row
from linkage.model import TERM_FREQUENCY_COLUMNS, MatchModel, settings
from linkage.records import PersonRecord

ARROW_TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.TEXTS: pa.list_(pa.string()),
    ColumnKind.NUMBER: pa.int64(),
}
FETCH = 50_000
PRECISION = 6
"""Weights are rounded to a millionth of a bit, so that no engine's last digit decides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredPair:
    """Two record keys (sorted), their match weight in bits and what each feature adds to it.

    `levels[i]` is the level of FEATURES[i] that held: its index, len(levels) for "none of them",
    None where a side is missing. `bits[i]` is what it added, term frequency included.
    """

    left: str = field(repr=False)
    right: str = field(repr=False)
    weight: float
    levels: tuple[int | None, ...]
    bits: tuple[float, ...]


def score(records: Sequence[PersonRecord], model: MatchModel, least: float) -> Iterator[ScoredPair]:
    """Every pair that shares a block key and reaches `least` bits, in no particular order."""
    if len(records) < 2:
        return
    linker = make_linker(records, model)
    # Splink filters unrounded weights; the rounded ones decide.
    predictions = linker.inference.predict(threshold_match_weight=least - 10**-PRECISION)
    yield from (p for p in _pairs(linker, predictions.physical_name) if p.weight >= least)


def make_linker(
    records: Sequence[PersonRecord],
    model: MatchModel,
) -> Linker:
    """A Splink linker over the records with the model's frozen term frequencies."""
    # DuckDB would spill what it compares, child data, to a folder of its own.
    connection = duckdb.connect(config={"temp_directory": ""})
    api = DuckDBAPI(connection=connection)
    linker = Linker(
        api.register(as_table(records), dataset_display_name="records"),
        settings(model),
        log_level=logging.WARNING,
        # The settings are made by us and held by tests; checking them takes half of a small run.
        validate_settings=False,
    )
    for column in TERM_FREQUENCY_COLUMNS:
        table = _frequency_table(records, model, column)
        linker.table_management.register_term_frequency_lookup(
            api.register(table, dataset_display_name=f"frequencies_of_{column}"), column
        )
    return linker


def as_table(records: Sequence[PersonRecord]) -> pa.Table:
    """The records as an Arrow table: key, block keys, and the columns of every feature."""
    schema = pa.schema(
        [("unique_id", pa.string()), ("block_keys", pa.list_(pa.string()))]
        + [(name, ARROW_TYPES[column.kind]) for name, column in COLUMNS.items()]
    )
    rows = [row(record) | {"block_keys": sorted(set(block_keys(record)))} for record in records]
    return pa.Table.from_pylist(rows, schema=schema)


def _frequency_table(records: Sequence[PersonRecord], model: MatchModel, column: str) -> pa.Table:
    """Term frequencies frozen in the model; what the model never saw counts as seen once."""
    known, unseen = model.frequencies.get(column, {}), model.unseen.get(column, 1e-4)
    terms = sorted({term for r in records if (term := COLUMNS[column].of(r)) is not None})
    return pa.table(
        {
            column: pa.array(terms, pa.string()),
            f"tf_{column}": pa.array([known.get(t, unseen) for t in terms], pa.float64()),
        }
    )


def _pairs(linker: Linker, table: str) -> Iterator[ScoredPair]:
    names = [feature.name for feature in FEATURES]
    gammas = ", ".join(f"gamma_{name}" for name in names)
    bits = ", ".join(
        f"mw_{f.name}"
        + (f" + mw_tf_adj_{f.name}" if any(v.term_frequency for v in f.levels) else "")
        for f in FEATURES
    )
    cursor = linker._db_api._con.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"select unique_id_l, unique_id_r, match_weight, {gammas}, {bits} from {table}")
    while batch := cursor.fetchmany(FETCH):
        yield from (_pair(values) for values in batch)


def _pair(values: tuple[object, ...]) -> ScoredPair:
    left, right, weight, *rest = values
    count = len(FEATURES)
    return ScoredPair(
        left=min(str(left), str(right)),
        right=max(str(left), str(right)),
        weight=round(float(str(weight)), PRECISION),
        levels=tuple(
            _level(int(str(g)), len(f.levels)) for g, f in zip(rest, FEATURES, strict=False)
        ),
        bits=tuple(round(float(str(b)), PRECISION) for b in rest[count:]),
    )


def _level(gamma: int, count: int) -> int | None:
    """Splink numbers levels from the bottom (0 = none of them) and missing as -1."""
    return None if gamma < 0 else count - gamma
