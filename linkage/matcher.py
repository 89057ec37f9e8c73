"""Scores pairs of records: Splink over all pairs that share a block key."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from splink import Linker

from linkage.backends import HERE, Backend
from linkage.blocking import crowds, most_pairs
from linkage.configuration import CHILDREN, Configuration
from linkage.features import ColumnKind, Feature, row
from linkage.model import MatchModel, settings
from linkage.records import Comparable
from linkage.splitting import NOTHING_SPLIT, Split

ARROW_TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.TEXTS: pa.list_(pa.string()),
    ColumnKind.NUMBER: pa.int64(),
}
MOST_SCORED = 4_000_000
"""Pairs that one linking may keep: about five gigabytes of this process."""
PRECISION = 6
"""Weights are rounded to a millionth of a bit, so that no engine's last digit decides."""


class TooManyPairsError(Exception):
    """So many pairs share a block key and fit that memory does not suffice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredPair:
    """Two record keys (sorted), their match weight in bits and what each feature adds to it.

    `levels[i]` is the level of the configuration's feature i that held: its index, len(levels) for
    "none of them", None where a side is missing. `bits[i]` is what it added, term frequency included.
    """

    left: str = field(repr=False)
    right: str = field(repr=False)
    weight: float
    levels: tuple[int | None, ...]
    bits: tuple[float, ...]


def score(
    records: Sequence[Comparable],
    model: MatchModel,
    least: float,
    configuration: Configuration = CHILDREN,
    backend: Backend = HERE,
) -> Iterator[ScoredPair]:
    """Every pair that shares a block key and reaches `least` bits, in no particular order.

    Children of one large report are not paired, see `blocking.crowds`. The pairs are scored in
    portions, so that memory does not grow with a block. Raises TooManyPairsError.
    """
    if len(records) < 2:
        return
    table = as_table(records, configuration, model.split)
    portions = _portions(table, backend)
    if not portions:
        return
    linker = _linker(table, records, model, configuration, backend)
    kept = 0
    for portion in portions:
        # Splink filters unrounded weights; the rounded ones decide.
        found = _scored(linker, portion, least - 10**-PRECISION, configuration.features, backend)
        for pair in found:
            if pair.weight >= least:
                kept += 1
                if kept > MOST_SCORED:
                    raise TooManyPairsError
                yield pair


def _portions(table: pa.Table, backend: Backend) -> list[tuple[int, int]]:
    """(1, n) to (n, n), by which Splink divides the left sides of all pairs; none without pairs."""
    known = zip(table["crowd"].to_pylist(), table["block_keys"].to_pylist(), strict=True)
    pairs = most_pairs(known)
    count = backend.portions(pairs) if pairs else 0
    return [(number, count) for number in range(1, count + 1)]


def _scored(
    linker: Linker,
    portion: tuple[int, int],
    least: float,
    features: Sequence[Feature],
    backend: Backend,
) -> Iterator[ScoredPair]:
    try:
        found = linker.inference.predict_chunk(
            left_chunk=portion, right_chunk=(1, 1), threshold_match_weight=least
        )
        columns = _columns(features)
        for row in backend.rows(linker._db_api, f"select {columns} from {found.physical_name}"):
            yield _pair(row, features)
    except Exception as error:
        if _is_out_of_memory(error, backend):
            # The library's text quotes the statement; without it nothing of a child is told.
            raise TooManyPairsError from None
        raise
    found.drop_table_from_database_and_remove_from_cache()


def _is_out_of_memory(error: BaseException | None, backend: Backend) -> bool:
    """Splink wraps what its database says."""
    while error is not None and not backend.is_out_of_memory(error):
        error = error.__cause__ or error.__context__
    return error is not None


def make_linker(
    records: Sequence[Comparable],
    model: MatchModel,
    configuration: Configuration = CHILDREN,
) -> Linker:
    """A Splink linker over the records with the model's frozen term frequencies."""
    return _linker(as_table(records, configuration), records, model, configuration, HERE)


def _linker(
    rows: pa.Table,
    records: Sequence[Comparable],
    model: MatchModel,
    configuration: Configuration,
    backend: Backend,
) -> Linker:
    api = backend.api()
    linker = Linker(
        api.register(rows, dataset_display_name="records"),
        settings(model, configuration, dialect=backend.dialect),
        log_level=logging.WARNING,
        # The settings are made by us and held by tests; checking them takes half of a small run.
        validate_settings=False,
    )
    for column in configuration.term_columns:
        table = _frequency_table(records, model, column, configuration)
        linker.table_management.register_term_frequency_lookup(
            api.register(table, dataset_display_name=f"frequencies_of_{column}"), column
        )
    return linker


def as_table(
    records: Sequence[Comparable],
    configuration: Configuration = CHILDREN,
    split: Split = NOTHING_SPLIT,
) -> pa.Table:
    """The records as an Arrow table: key, crowd, block keys, and the columns of every feature."""
    columns = configuration.columns
    schema = pa.schema(
        [("unique_id", pa.string()), ("crowd", pa.string()), ("block_keys", pa.list_(pa.string()))]
        + [(name, ARROW_TYPES[column.kind]) for name, column in columns.items()]
    )
    large = crowds(records)
    rows = [
        row(record, columns)
        | {
            "crowd": record.report if record.report in large else None,
            "block_keys": sorted(configuration.keys(record, split)),
        }
        for record in records
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _frequency_table(
    records: Sequence[Comparable], model: MatchModel, column: str, configuration: Configuration
) -> pa.Table:
    """Term frequencies frozen in the model; what the model never saw counts as seen once."""
    known, unseen = model.frequencies.get(column, {}), model.unseen.get(column, 1e-4)
    of = configuration.columns[column].of
    terms = sorted({term for r in records if (term := of(r)) is not None})
    return pa.table(
        {
            column: pa.array(terms, pa.string()),
            f"tf_{column}": pa.array([known.get(t, unseen) for t in terms], pa.float64()),
        }
    )


def _columns(features: Sequence[Feature]) -> str:
    """What `_pair` wants of each pair."""
    gammas = ", ".join(f"gamma_{feature.name}" for feature in features)
    bits = ", ".join(
        f"mw_{f.name}" + (f" + mw_tf_adj_{f.name}" if f.term_columns else "") for f in features
    )
    return f"unique_id_l, unique_id_r, match_weight, {gammas}, {bits}"


def _pair(values: tuple[object, ...], features: Sequence[Feature]) -> ScoredPair:
    left, right, weight, *rest = values
    count = len(features)
    return ScoredPair(
        left=min(str(left), str(right)),
        right=max(str(left), str(right)),
        weight=round(float(str(weight)), PRECISION),
        levels=tuple(
            _level(int(str(g)), len(f.levels)) for g, f in zip(rest, features, strict=False)
        ),
        bits=tuple(round(float(str(b)), PRECISION) for b in rest[count:]),
    )


def _level(gamma: int, count: int) -> int | None:
    """Splink numbers levels from the bottom (0 = none of them) and missing as -1."""
    return None if gamma < 0 else count - gamma
