"""What is compared, which pairs, and how it is learned: the children's table, or another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from linkage import habits
from linkage.blocking import block_keys
from linkage.features import FEATURES, Column, Feature
from linkage.splitting import FINER, Finer, Split, finer_keys


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """Everything by which the engine depends on the kind of records that it links.

    What the engine asks of a record itself is `records.Comparable`; all else is asked by `columns`
    and `block_keys`. A level with a term frequency names the column that holds the term.
    """

    name: str
    features: tuple[Feature, ...]
    block_keys: Callable[[Any], Iterable[str]]
    """Every key of a record: a pair is compared when it shares one."""
    em_rules: tuple[tuple[str, ...], ...]
    """EM sessions, each on pairs that agree on these columns; it trains all the other features."""
    prior: float
    """How probable it is that two records taken at random are one."""
    habits: Callable[[Sequence[Any]], Mapping[str, tuple[str, ...]]] = lambda records: {}
    """House or source → what it writes of everybody, frozen in the model."""
    learning: float = 1.0
    """How far training moves a weight from what is stated to the estimate, in bits: 0 to 1."""
    rarest: float = 1e-5
    """No term counts as rarer than this."""
    finer: Finer = field(default_factory=dict)
    """What an oversized block of a kind may be split by (`splitting.py`)."""

    def keys(self, record: Any, split: Split) -> set[str]:
        """The different keys by which a record meets others, with the blocks that a model splits."""
        keys = self.block_keys(record)
        return set(finer_keys(keys, record, split, self.finer) if split else keys)

    @property
    def columns(self) -> Mapping[str, Column]:
        """Column name → how it is read from a record, in the order of the features."""
        return {name: column for f in self.features for name, column in f.columns.items()}

    @property
    def term_columns(self) -> tuple[str, ...]:
        """The columns whose terms weigh more the rarer they are."""
        return tuple(sorted({t for f in self.features for t in f.term_columns}))


CHILDREN = Configuration(
    name="children",
    features=FEATURES,
    block_keys=block_keys,
    finer=FINER,
    em_rules=(
        ("personal_id",),
        ("certificate",),
        ("minutes_first",),
        ("name_main",),
        ("birth_day", "sex"),
    ),
    prior=3e-4,
    habits=habits.learn,
    # The evidence is not independent (a handover has a place, a time, a weight and a number at
    # once), and EM takes that for more certainty than there is. On the sample world and on worlds
    # made by others, larger shares cost precision; `motem train` mainly brings the local names.
    learning=0.1,
    # A rare spelling is also what a shared mistake looks like.
    rarest=2.7e-4,
)
