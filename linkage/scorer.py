"""The model as one Python function over two rows: the same figures as Splink, in microseconds.

For one pair or one question at a time, where starting a query costs more than the scores do. This
is the one module that reads private attributes of Splink's compiled settings; `parity.py` holds
what comes out to Splink itself before anybody uses it.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from splink.internals.misc import prob_to_match_weight

from linkage.features import COLUMNS, FEATURES, ColumnKind
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel, settings
from linkage.records import PersonRecord
from linkage.sql_expressions import FUNCTIONS, Kind, UntranslatableError, columns, holds

Row = Mapping[str, Any]
"""Column → value, as of `features.row`."""
Exact = tuple[float, tuple[int | None, ...], tuple[float, ...]]
"""Weight, not rounded yet; levels and bits as in ScoredPair."""
TERM_COLUMNS = tuple(
    sorted({level.term_frequency for f in FEATURES for level in f.levels if level.term_frequency})
)
UNSEEN = 1e-4
"""How frequent a term is of which the model says nothing, as in `matcher`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A row as the compiled function takes it: lists as sets, frequencies of terms at the end."""

    key: str = field(repr=False)
    values: tuple[Any, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scorer:
    """A compiled model. Prepare each record once, then score as many pairs as needed."""

    model: MatchModel
    exact: Callable[[tuple[Any, ...], tuple[Any, ...]], Exact] = field(repr=False)

    def prepared(self, record: PersonRecord) -> Prepared:
        values = {name: column.of(record) for name, column in COLUMNS.items()}
        return self.prepared_row(record.key, values)

    def prepared_row(self, key: str, row: Row) -> Prepared:
        """`row` holds a value or None for every column."""
        told = [_held(row[name], column.kind) for name, column in COLUMNS.items()]
        shares = [self.frequency(name, row[name]) for name in TERM_COLUMNS]
        return Prepared(key=key, values=(*told, *shares))

    def frequency(self, column: str, term: str | None) -> float | None:
        """What Splink is given: a term that the model never saw counts as seen once."""
        if term is None:
            return None
        unseen = self.model.unseen.get(column, UNSEEN)
        return self.model.frequencies.get(column, {}).get(term, unseen)

    def pair(self, one: PersonRecord, other: PersonRecord) -> ScoredPair:
        """The same as `matcher.score` gives for these two, whether they share a block key or not."""
        return self.score(self.prepared(one), self.prepared(other))

    def score(self, one: Prepared, other: Prepared) -> ScoredPair:
        left, right = (one, other) if one.key <= other.key else (other, one)
        weight, levels, bits = self.exact(left.values, right.values)
        return ScoredPair(
            left=left.key,
            right=right.key,
            weight=round(weight, PRECISION),
            levels=levels,
            bits=bits,
        )


def compiled(model: MatchModel) -> Scorer:
    """Compile a model. Raises UntranslatableError; whether the figures are right, parity.py tells."""
    namespace: dict[str, Any] = {**FUNCTIONS, "Decimal": Decimal, "log2": math.log2}
    exec(compile("\n".join(_source(model)), f"<{model.version}>", "exec"), namespace)
    return Scorer(model=model, exact=namespace["exact"])


def _held(value: Any, kind: ColumnKind) -> Any:
    return frozenset(value) if kind is ColumnKind.TEXTS and value is not None else value


def _source(model: MatchModel) -> Iterator[str]:
    """The function, line by line."""
    core = settings(model).get_settings("duckdb").core_model_settings
    kinds = {name: Kind(column.kind) for name, column in COLUMNS.items()}
    shares = {f"tf_{name}": Kind.FLOAT for name in TERM_COLUMNS}
    known = columns(kinds | shares)
    names = [feature.name for feature in FEATURES]
    if [comparison.output_column_name for comparison in core.comparisons] != names:
        raise UntranslatableError("The settings compare something else than the features.")
    yield "def exact(left, right):"
    for side, given in (("_l", "left"), ("_r", "right")):
        yield f"    ({''.join(f'{side}{n}, ' for n in range(len(kinds | shares)))}) = {given}"
    yield f"    weight = {prob_to_match_weight(core.probability_two_random_records_match)!r}"
    for number, comparison in enumerate(core.comparisons):
        yield from _comparison(number, comparison.comparison_levels, known)
    every = range(len(names))
    levels, bits = (", ".join(f"{what}{n}" for n in every) for what in ("level", "bits"))
    yield f"    return weight, ({levels},), ({bits},)"


def _comparison(number: int, levels: Any, known: Mapping[str, Any]) -> Iterator[str]:
    """One feature: the first level that holds counts, and what it adds is added to the weight."""
    if not levels[-1]._is_else_level:
        raise UntranslatableError("A comparison has no level for what none of the others takes.")
    word, position = "if", 0
    for level in levels:
        test = None if level._is_else_level else holds(level.sql_condition, known)
        yield f"    {word} {test}:" if test else "    else:" if word == "elif" else "    if True:"
        word = "elif"
        if level.is_null_level:
            yield f"        level{number}, bits{number} = None, 0.0"
            continue
        yield f"        level{number} = {position}"
        added = _number(level._match_weight)
        yield f"        bits{number} = {round(added, PRECISION)!r}"
        yield f"        weight += {added!r}"
        yield from _rarity(number, level, levels, known)
        position += 1


def _rarity(number: int, level: Any, levels: Any, known: Mapping[str, Any]) -> Iterator[str]:
    """What a rare term adds and a common one takes away, where the level adjusts for that."""
    if not (level._has_tf_adjustments and level._tf_adjustment_weight) or level._is_else_level:
        return
    name = f"tf_{level._tf_adjustment_input_column_name}"
    left, right = (known[f"{name}{side}"].code for side in ("_l", "_r"))
    added, share = _number(level._match_weight), _number(level._tf_adjustment_weight)
    expected = math.log2(level._u_probability_corresponding_to_exact_match(levels))
    least = _number(level._tf_minimum_u_value)
    yield f"        if {left} is not None or {right} is not None:"
    # What is not known of one side is taken from the other, so the greatest of both is meant.
    yield f"            rarity = {share!r} * ({expected!r} - log2(most({left}, {right}, {least!r})))"
    yield f"            bits{number} = round({added!r} + rarity, {PRECISION})"
    yield "            weight += rarity"


def _number(value: float | None) -> float:
    """A constant of the function. A level without figures of its own, or an infinite one, is refused."""
    if value is None or not math.isfinite(value):
        raise UntranslatableError("A level has no finite weight.")
    return float(value)
