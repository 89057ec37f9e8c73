"""Scores pairs of records: Splink over all pairs that share a block key."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from splink import Linker

from linkage.backends import HERE, Backend
from linkage.configuration import CHILDREN, Configuration
from linkage.features import Feature
from linkage.habits import without
from linkage.model import MatchModel, settings
from linkage.records import Comparable, PersonRecord
from linkage.rows import Rows, as_table

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
    rows: Rows | None = None,
) -> Iterator[ScoredPair]:
    """Every pair that shares a block key and reaches `least` bits, in no particular order.

    Children of one large report are not paired, see `blocking.crowds`. The pairs are scored in
    portions, so that memory does not grow with a block. `rows`: of earlier calls with this model.
    Raises TooManyPairsError.
    """
    if len(records) < 2:
        return
    in_order = sorted(told_apart(records, model.habits), key=lambda record: record.key)
    table = (rows or Rows()).table(in_order, configuration, model.split)
    # Their places for ids: in the order of keys, and a quarter of the size.
    numbered = table.set_column(0, "unique_id", pa.array(range(len(records)), pa.int64()))
    linker = _linker(numbered, model, configuration, backend)
    keys = [record.key for record in in_order]
    read = _reader(configuration.features)
    kept = 0
    # Splink filters unrounded weights; the rounded ones decide.
    for values in _scored(linker, least - 10**-PRECISION, configuration.features, backend):
        pair = read(keys, values)
        if pair.weight >= least:
            kept += 1
            if kept > MOST_SCORED:
                raise TooManyPairsError
            yield pair


def told_apart(
    records: Sequence[Comparable], habits: Mapping[str, Sequence[str]]
) -> Sequence[Comparable]:
    """The records without what tells nobody apart: what a house writes of everybody."""
    if not habits:
        return records
    return [
        without(record, habits) if isinstance(record, PersonRecord) else record
        for record in records
    ]


def _scored(
    linker: Linker, least: float, features: Sequence[Feature], backend: Backend
) -> Iterator[tuple[Any, ...]]:
    try:
        yield from backend.pairs(linker, least, _columns(features))
    except Exception as error:
        if _is_out_of_memory(error, backend):
            # The library's text quotes the statement; without it nothing of a child is told.
            raise TooManyPairsError from None
        raise


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
    return _linker(as_table(records, configuration), model, configuration, HERE)


def _linker(
    rows: pa.Table,
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
        table = _frequency_table(rows[column], model, column)
        linker.table_management.register_term_frequency_lookup(
            api.register(table, dataset_display_name=f"frequencies_of_{column}"), column
        )
    return linker


def _frequency_table(values: pa.ChunkedArray, model: MatchModel, column: str) -> pa.Table:
    """Term frequencies frozen in the model; what the model never saw counts as seen once."""
    known, unseen = model.frequencies.get(column, {}), model.unseen.get(column, 1e-4)
    terms = sorted(term for term in values.unique().to_pylist() if term is not None)
    return pa.table(
        {
            column: pa.array(terms, pa.string()),
            f"tf_{column}": pa.array([known.get(t, unseen) for t in terms], pa.float64()),
        }
    )


def _columns(features: Sequence[Feature]) -> str:
    """What `_reader` wants of each pair."""
    gammas = ", ".join(f"gamma_{feature.name}" for feature in features)
    bits = ", ".join(
        f"mw_{f.name}" + (f" + mw_tf_adj_{f.name}" if f.term_columns else "") for f in features
    )
    return f"unique_id_l, unique_id_r, match_weight, {gammas}, {bits}"


def _reader(features: Sequence[Feature]) -> Callable[[Sequence[str], tuple[Any, ...]], ScoredPair]:
    """Reads what `_columns` asks for. Most pairs agree in the same way: that is kept only once."""
    counts = [len(feature.levels) for feature in features]
    levels_of: dict[tuple[int, ...], tuple[int | None, ...]] = {}
    bits_of: dict[tuple[float, ...], tuple[float, ...]] = {}

    def read(keys: Sequence[str], values: tuple[Any, ...]) -> ScoredPair:
        one, other, weight = values[:3]
        gammas, bits = values[3 : 3 + len(counts)], values[3 + len(counts) :]
        if gammas not in levels_of:
            levels_of[gammas] = tuple(map(_level, gammas, counts))
        if bits not in bits_of:
            bits_of[bits] = tuple(round(float(value), PRECISION) for value in bits)
        return ScoredPair(
            left=keys[min(one, other)],
            right=keys[max(one, other)],
            weight=round(float(weight), PRECISION),
            levels=levels_of[gammas],
            bits=bits_of[bits],
        )

    return read


def _level(gamma: int, count: int) -> int | None:
    """Splink numbers levels from the bottom (0 = none of them) and missing as -1."""
    return None if gamma < 0 else count - int(gamma)
