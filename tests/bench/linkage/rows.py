"""Records of public data sets, and the levels that their attributes are compared with."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from splink import comparison_level_library as cll
from splink.internals.comparison_level_creator import ComparisonLevelCreator

from linkage.features import Column, ColumnKind, Level

Made = Callable[[], ComparisonLevelCreator]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One record: what it says under each name, a text or texts; what is not there is missing."""

    key: str
    texts: Mapping[str, str] = field(repr=False)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    report: str | None = None

    def as_json(self) -> str:
        """The same for equal records."""
        return json.dumps([self.key, self.texts, self.lists], sort_keys=True)


def row(
    key: str,
    texts: Mapping[str, str | None],
    *,
    report: str | None = None,
    **lists: Iterable[str],
) -> Row:
    """A row without what is empty."""
    return Row(
        key=key,
        texts={name: text for name, text in texts.items() if text},
        lists={name: found for name, many in lists.items() if (found := tuple(sorted(set(many))))},
        report=report,
    )


def text(name: str) -> Column:
    return Column(kind=ColumnKind.TEXT, of=lambda record: record.texts.get(name))


def texts(name: str) -> Column:
    """Never empty: NULL instead."""

    def values(record: Row) -> list[str] | None:
        return list(record.lists.get(name, ())) or None

    return Column(kind=ColumnKind.TEXTS, of=values)


def level(
    english: str, made: str | Made, m: float, u: float, *, term_frequency: str | None = None
) -> Level:
    """A level by its SQL condition, or by Splink's own. These sets are not explained to anybody."""

    def custom() -> ComparisonLevelCreator:
        return cll.CustomLevel(made) if isinstance(made, str) else made()

    return Level(
        condition=custom,
        m=m,
        u=u,
        vietnamese=english,
        english=english,
        term_frequency=term_frequency,
    )


def same(column: str, english: str, m: float, u: float) -> Level:
    """Equal values, which count more the rarer they are."""
    return level(english, lambda: cll.ExactMatchLevel(column), m, u, term_frequency=column)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a file with a header, without blanks around names and values."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {name.strip(): value.strip() for name, value in one.items()}
            for one in csv.DictReader(file)
        ]
