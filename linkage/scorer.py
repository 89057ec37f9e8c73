"""The model as one Python function over two rows: the same figures as Splink, in microseconds.

For one pair or one question at a time, where starting a query costs more than the scores do. This
is the one module that reads private attributes of Splink's compiled settings; `parity.py` holds
what comes out to Splink itself before anybody uses it.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from splink.internals.misc import prob_to_match_weight

from linkage.compared import values_of
from linkage.features import COLUMNS, FEATURES
from linkage.habits import without
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel, settings
from linkage.records import PersonRecord
from linkage.sql_expressions import SIDES, UntranslatableError, columns, holds
from linkage.sql_functions import FUNCTIONS, Kind

Exact = tuple[float, tuple[int | None, ...], tuple[float, ...]]
"""Weight, not rounded yet; levels and bits as in ScoredPair."""
TERM_COLUMNS = tuple(
    sorted({level.term_frequency for f in FEATURES for level in f.levels if level.term_frequency})
)
UNSEEN = 1e-4
"""How frequent a term is of which the model says nothing, as in `matcher`."""


Scored = Iterator[tuple[int, Exact]]
"""The place of a record among those that were given, and how it scores."""
Compiled = Callable[[Sequence[Any], Iterable[Sequence[Any]], float], Scored]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A record as the compiled function takes it: its columns in their order, lists as sets."""

    key: str = field(repr=False)
    values: Sequence[Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scorer:
    """A compiled model. Prepare each record once, then score as many pairs as needed."""

    model: MatchModel
    version: str
    """Of the model: to compute it takes longer than to score hundreds of pairs."""
    run: Compiled = field(repr=False)

    def prepared(self, record: PersonRecord) -> Prepared:
        told = without(record, self.model.habits)
        return prepared_values(record.key, values_of(told))

    def exact(self, left: Sequence[Any], right: Sequence[Any]) -> Exact:
        """Values of two records, of which the left is prepared."""
        ((_, found),) = self.run(left, (right,), -math.inf)
        return found

    def against(self, one: Prepared, others: Iterable[Sequence[Any]], least: float) -> Scored:
        """One record against the bare values of many: those of at least so many bits, rounded.

        `one` is taken for the left of both, whatever the keys.
        """
        for place, found in self.run(one.values, others, least - 10**-PRECISION):
            if round(found[0], PRECISION) >= least:
                yield place, found

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


def prepared_values(key: str, values: Iterable[Any]) -> Prepared:
    """`values`: of every column in the order of COLUMNS, None where it is missing."""
    held = tuple([frozenset(value) if value.__class__ is list else value for value in values])
    return Prepared(key=key, values=held)


def frequency_of(column: str, model: MatchModel) -> Callable[[str | None], float | None]:
    """What Splink is given for a term: one that the model never saw counts as seen once."""
    known, unseen = model.frequencies.get(column, {}), model.unseen.get(column, UNSEEN)
    return lambda term: None if term is None else known.get(term, unseen)


def compiled(model: MatchModel) -> Scorer:
    """Compile a model. Raises UntranslatableError; whether the figures are right, parity.py tells."""
    namespace: dict[str, Any] = {**FUNCTIONS, "Decimal": Decimal, "log2": math.log2}
    namespace |= {f"share_of_{column}": frequency_of(column, model) for column in TERM_COLUMNS}
    version = model.version
    exec(compile("\n".join(_source(model)), f"<{version}>", "exec"), namespace)
    return Scorer(model=model, version=version, run=namespace["run"])


def _source(model: MatchModel) -> Iterator[str]:
    """The function, line by line."""
    core = settings(model).get_settings("duckdb").core_model_settings
    known = columns({name: Kind(column.kind) for name, column in COLUMNS.items()})
    names = [feature.name for feature in FEATURES]
    if [comparison.output_column_name for comparison in core.comparisons] != names:
        raise UntranslatableError("The settings compare something else than the features.")
    left, right = (
        "".join(f"{value.code}, " for name, value in known.items() if name.endswith(side))
        for side in SIDES
    )
    yield "def run(left, others, least):"
    yield f"    ({left}) = left"
    yield f"    for place, ({right}) in enumerate(others):"
    yield f"        weight = {prob_to_match_weight(core.probability_two_random_records_match)!r}"
    for number, comparison in enumerate(core.comparisons):
        for line in _comparison(number, comparison.comparison_levels, known):
            yield f"        {line}"
    every = range(len(names))
    levels, bits = (", ".join(f"{what}{n}" for n in every) for what in ("level", "bits"))
    yield "        if weight >= least:"
    yield f"            yield place, (weight, ({levels},), ({bits},))"


def _comparison(number: int, levels: Any, known: Mapping[str, Any]) -> Iterator[str]:
    """One feature: the first level that holds counts, and what it adds is added to the weight."""
    if not levels[-1]._is_else_level:
        raise UntranslatableError("A comparison has no level for what none of the others takes.")
    word, position = "if", 0
    for level in levels:
        test = None if level._is_else_level else holds(level.sql_condition, known)
        yield f"{word} {test}:" if test else "else:" if word == "elif" else "if True:"
        word = "elif"
        if level.is_null_level:
            yield f"    level{number}, bits{number} = None, 0.0"
            continue
        yield f"    level{number} = {position}"
        added = _number(level._match_weight)
        yield f"    bits{number} = {round(added, PRECISION)!r}"
        yield f"    weight += {added!r}"
        yield from _rarity(number, level, levels, known)
        position += 1


def _rarity(number: int, level: Any, levels: Any, known: Mapping[str, Any]) -> Iterator[str]:
    """What a rare term adds and a common one takes away, where the level adjusts for that."""
    if not (level._has_tf_adjustments and level._tf_adjustment_weight) or level._is_else_level:
        return
    name = level._tf_adjustment_input_column_name
    left, right = (known[f"{name}{side}"].code for side in SIDES)
    added, share = _number(level._match_weight), _number(level._tf_adjustment_weight)
    expected = math.log2(level._u_probability_corresponding_to_exact_match(levels))
    least = _number(level._tf_minimum_u_value)
    yield f"    share_l, share_r = share_of_{name}({left}), share_of_{name}({right})"
    yield "    if share_l is not None or share_r is not None:"
    # What is not known of one side is taken from the other, so the greatest of both is meant.
    yield f"        rarest = most(share_l, share_r, {least!r})"
    yield f"        rarity = {share!r} * ({expected!r} - log2(rarest))"
    yield f"        bits{number} = round({added!r} + rarity, {PRECISION})"
    yield "        weight += rarity"


def _number(value: float | None) -> float:
    """A constant of the function. A level without figures of its own, or an infinite one, is refused."""
    if value is None or not math.isfinite(value):
        raise UntranslatableError("A level has no finite weight.")
    return float(value)
