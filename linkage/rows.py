"""Records as an Arrow table for Splink: key, crowd, block keys, and the columns of every feature."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

import pyarrow as pa

from linkage.blocking import crowds
from linkage.configuration import CHILDREN, Configuration
from linkage.features import ColumnKind
from linkage.records import Comparable
from linkage.splitting import NOTHING_SPLIT, Split

ARROW_TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.TEXTS: pa.list_(pa.string()),
    ColumnKind.NUMBER: pa.int64(),
}
AT_ONCE = 50_000
"""Records that become a part of the table at once: as Python objects they take ten times as much."""
CROWD = 1
"""The column of the crowd: who belongs to one depends on the other records."""


def as_table(
    records: Sequence[Comparable],
    configuration: Configuration = CHILDREN,
    split: Split = NOTHING_SPLIT,
) -> pa.Table:
    """One row for each record, in their order."""
    starts = range(0, max(len(records), 1), AT_ONCE)
    parts = (_part(records[at : at + AT_ONCE], configuration, split) for at in starts)
    return _with_crowds(pa.concat_tables(parts), records)


@dataclass(slots=True)
class Rows:
    """The table of the first call: later rounds compare most of these records again.

    To make a row takes as long as to score ten pairs. One configuration, one split.
    """

    first: pa.Table | None = field(default=None, repr=False)
    places: dict[str, tuple[int, Any]] = field(default_factory=dict, repr=False)

    def table(
        self, records: Sequence[Comparable], configuration: Configuration, split: Split
    ) -> pa.Table:
        """`as_table`. The records are dataclasses."""
        if self.first is None:
            self.first = as_table(records, configuration, split)
            self.places = {record.key: (at, record) for at, record in enumerate(records)}
            return self.first
        kind: Any = type(next(iter(self.places.values()))[1])
        told = attrgetter(*(part.name for part in fields(kind) if part.name != "report"))
        known = [self._place(record, told) for record in records]
        new = [record for record, at in zip(records, known, strict=True) if at is None]
        both = pa.concat_tables([self.first, as_table(new, configuration, split)])
        following = iter(range(len(self.first), len(both)))
        order = [next(following) if at is None else at for at in known]
        return _with_crowds(both.take(pa.array(order, pa.int64())), records)

    def _place(self, record: Any, told: Callable[[Any], tuple[Any, ...]]) -> int | None:
        """Where the same record stands, in whichever report it comes now."""
        at, known = self.places.get(record.key, (None, record))
        return at if known is record or told(known) == told(record) else None


def _part(records: Sequence[Comparable], configuration: Configuration, split: Split) -> pa.Table:
    texts, lists = ARROW_TYPES[ColumnKind.TEXT], ARROW_TYPES[ColumnKind.TEXTS]
    shared = [sorted(configuration.keys(record, split)) for record in records]
    columns = {
        "unique_id": pa.array([record.key for record in records], texts),
        "crowd": pa.nulls(len(records), texts),
        "block_keys": pa.array(shared, lists),
    }
    columns |= {
        name: pa.array(list(map(column.of, records)), ARROW_TYPES[column.kind])
        for name, column in configuration.columns.items()
    }
    return pa.table(columns)


def _with_crowds(table: pa.Table, records: Sequence[Comparable]) -> pa.Table:
    large = crowds(records)
    reports = [record.report if record.report in large else None for record in records]
    return table.set_column(CROWD, "crowd", pa.array(reports, pa.string()))
