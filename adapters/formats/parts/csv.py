"""CSV, cut between rows; each part repeats the titles and the header."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from adapters.errors import PayloadError
from adapters.formats import sheet
from adapters.formats.fields import Field
from adapters.formats.parts.record import Cut, Record
from adapters.formats.parts.text import Text, lines
from adapters.formats.sheet import Heading

_END = re.compile(r"\r\n|\n|\r(?!\Z)")
_HEADER_WITHIN = 40
"""Rows in which the reader looks for a header."""
_TRIED_LINES = 60
"""Lines by which it finds the delimiter."""
_MOST_LINES_ABOVE = 5_000
_LONGEST_ROW = 1024 * 1024
_LINE_WEIGHT = 5
"""The reader takes seven times more cells than rows, and counts CR and LF as two."""


def cut(text: Text, columns: Sequence[Field]) -> Cut | None:
    """None where no header is found near the beginning."""
    beginning = list(islice(_whole_lines(text), _MOST_LINES_ABOVE))
    delimiter = sheet.delimiter_of("".join(beginning[:_TRIED_LINES]), columns)
    first_rows = islice(_rows(iter(beginning), delimiter), _HEADER_WITHIN)
    found = _heading("".join(row for row, _ in first_rows), columns)
    if found is None:
        return None
    above = beginning[: found.lines]
    # A title that cannot be read is told once: in each part it would be told again.
    repeated = "".join(
        "\n" if number in found.broken else line for number, line in enumerate(above, 1)
    )

    def may_begin(record: Record) -> bool:
        """A row of nothing but words can look like a second row of the header."""
        again = _heading(repeated + record.text, columns)
        return again is not None and again.lines == found.lines

    return Cut(
        records=_records(text, "".join(above), repeated, delimiter),
        place=lambda number: f"1!{found.lines + number + 1}",
        may_begin=may_begin,
    )


def _heading(text: str, columns: Sequence[Field]) -> Heading | None:
    try:
        return sheet.heading(text, columns)
    except PayloadError:
        return None


def _whole_lines(text: Text) -> Iterator[str]:
    """The lines that are read to their end, without taking them."""
    begin = 0
    for found in _END.finditer(text.held):
        yield text.held[begin : found.end()]
        begin = found.end()
    if text.ended and begin < len(text.held):
        yield text.held[begin:]


def _records(text: Text, head: str, repeated: str, delimiter: str) -> Iterator[Record]:
    text.take(len(head))
    number = 0
    for row, count in _rows(lines(text, _END), delimiter):
        weight = row.count(delimiter) + _LINE_WEIGHT * count
        yield Record(
            text=row,
            number=number,
            count=count,
            weight=weight,
            head=repeated if number else head,
        )
        number += count
    if not number:
        yield Record(text="", number=0, count=0, head=head)


def _rows(sent: Iterator[str], delimiter: str) -> Iterator[tuple[str, int]]:
    """Each row with how many lines it has; lines inside quotes belong to one row.

    Where a quote does not close, its line is a row by itself, as it is for the reader.
    """
    waiting: list[str] = []
    while (line := waiting.pop() if waiting else next(sent, None)) is not None:
        if '"' not in line:
            yield line, 1
            continue
        row = [line]
        try:
            closes = _closes(row, sent, delimiter)
        except PayloadError:
            yield from ((read, 1) for read in row)
            raise
        if closes:
            yield "".join(row), len(row)
            continue
        # The line on which the quoting broke may begin a row of its own.
        waiting = row[1:][-1:]
        yield from ((broken, 1) for broken in row[: len(row) - len(waiting)])


def _closes(row: list[str], sent: Iterator[str], delimiter: str) -> bool:
    """Add lines until the row's quotes are closed; False where they are not, or not soon."""

    def following() -> Iterator[str]:
        length = 0
        yield _unified(row[0])
        for line in sent:
            row.append(line)
            yield _unified(line)
            length += len(line)
            if length > _LONGEST_ROW:
                return

    try:
        next(csv.reader(following(), delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        return False
    return True


def _unified(line: str) -> str:
    return line.rstrip("\r\n") + "\n"
