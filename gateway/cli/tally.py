"""Adds up what became of many messages, and shows it as a table."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.table import Table

from adapters.errors import Rejection
from gateway.ingest import IngestResult

COLUMNS = ("new", "updated", "unchanged", "waiting", "left out", "rejected")
POSITIONS_SHOWN = 3
"""Positions named for each reason; the registry keeps them all."""


@dataclass(kw_only=True)
class Tally:
    """Counts by source, and reasons of refusals with their first positions."""

    files: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    unknown_fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    """(source, code, sentences) → places."""

    def add(self, name: str, result: IngestResult) -> None:
        """Count one message; the file's name tells the operator where to look."""
        source = result.source
        self.files[source] += 1
        self.repeated[source] += result.repeated
        counts = self.counts.setdefault(source, Counter())
        for reason, count in result.counts.items():
            counts["left out" if reason.startswith("left-out:") else reason] += count
        for unknown, times in result.unknown_fields.items():
            self.unknown_fields[source, unknown] += times
        for rejection in result.rejections:
            key = (source, rejection.problem.value, sentences(rejection))
            self.reasons.setdefault(key, []).append(f"{name}: {rejection.position}")

    @property
    def rejected(self) -> int:
        """How many records or payloads were refused."""
        return sum(counts["rejected"] for counts in self.counts.values())

    def table(self) -> Table:
        """Per source: what was read and what became of it."""
        table = Table(title="Đã nhận · Ingested", title_justify="left")
        table.add_column("source", no_wrap=True)
        for column in ("files", "again", *COLUMNS):
            table.add_column(column, justify="right", no_wrap=True)
        for source in sorted(self.counts):
            files, again = self.files[source], self.repeated[source]
            numbers = [files, again, *(self.counts[source][column] for column in COLUMNS)]
            table.add_row(source, *(str(number) for number in numbers))
        return table

    def refusals(self) -> Iterator[str]:
        """Per reason: how often, why in both languages, and where first."""
        for (source, code, text), places in sorted(self.reasons.items()):
            yield f"{source}  {code}  ×{len(places)}  {text}"
            yield from (f"    {place}" for place in places[:POSITIONS_SHOWN])
            if len(places) > POSITIONS_SHOWN:
                yield f"    … {len(places) - POSITIONS_SHOWN} more"

    def remarks(self) -> Iterator[str]:
        """Columns or elements that a source never sent before."""
        for (source, name), times in sorted(self.unknown_fields.items()):
            yield f"{source}: unknown field {name!r}, {times} times"


def sentences(rejection: Rejection) -> str:
    """What is wrong, in both languages."""
    return f"{rejection.vietnamese} {rejection.english}"
