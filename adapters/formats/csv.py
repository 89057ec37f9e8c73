"""CSV with comma, semicolon, tab or bar, any quoting, one bad line at a time refused."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from adapters.errors import PayloadError, Problem
from adapters.formats.grid import (
    MAX_CELL_CHARACTERS,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Grid,
    Line,
)
from adapters.legacy_text import clean, decode

MAX_BYTES = 16 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")

_AS_FORMULA = re.compile(r'="?(.*?)"?')
_SEPARATOR_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_TRIED_LINES = 60


def read(content: bytes, known_columns: Callable[[Iterable[str]], int]) -> Grid:
    """The rows of a CSV file; `known_columns` counts the known names in a row.

    The delimiter is the one under which a row holds the most known columns. Raises PayloadError:
    TOO_LARGE, ENCODING, FORBIDDEN_CHARACTER, EMPTY.
    """
    if len(content) > MAX_BYTES:
        raise PayloadError(Problem.TOO_LARGE)
    return grid(decode(content), known_columns)


def grid(text: str, known_columns: Callable[[Iterable[str]], int]) -> Grid:
    """The rows of a text, as `read` gives them. Raises PayloadError(TOO_LARGE)."""
    hint = _SEPARATOR_HINT.match(text)
    lines = _physical_lines(text[hint.end() :] if hint else text)
    delimiter = hint[1] if hint else _delimiter(lines[:_TRIED_LINES], known_columns)
    if sum(line.count(delimiter) for line in lines) > MAX_CELLS:
        raise PayloadError(Problem.TOO_LARGE)
    try:
        return Grid(number=1, rows=list(_records(lines, delimiter, bool(hint))))
    except csv.Error:
        return _one_by_one(lines, delimiter, bool(hint))


def delimiter_of(text: str, known_columns: Callable[[Iterable[str]], int]) -> str:
    """The delimiter under which a text is read."""
    hint = _SEPARATOR_HINT.match(text)
    return hint[1] if hint else _delimiter(_physical_lines(text)[:_TRIED_LINES], known_columns)


def _physical_lines(text: str) -> list[str]:
    if text.count("\n") + text.count("\r") > MAX_ROWS:
        raise PayloadError(Problem.TOO_LARGE)
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    # Not splitlines(): U+2028 and its like belong to a cell.
    return [line + "\n" for line in unified.split("\n")]


def _delimiter(lines: Sequence[str], known_columns: Callable[[Iterable[str]], int]) -> str:
    def most_known(delimiter: str) -> int:
        return max(known_columns(_rough_cells(line, delimiter)) for line in lines)

    return max(DELIMITERS, key=most_known)


def _rough_cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip(' "\n') for cell in line[:MAX_CELL_CHARACTERS].split(delimiter)][
        :MAX_COLUMNS
    ]


def _records(lines: Sequence[str], delimiter: str, hinted: bool) -> Iterator[Line]:
    """Rows under strict quoting; raises csv.Error where a quote does not close."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    before = 0
    for cells in reader:
        yield Line(number=before + 1 + hinted, cells=_cleaned(cells))
        before = reader.line_num


def _one_by_one(lines: Sequence[str], delimiter: str, hinted: bool) -> Grid:
    """Each line by itself: only those with a stray quote are lost."""
    rows: list[Line] = []
    broken: list[Line] = []
    for number, line in enumerate(lines, 1 + hinted):
        try:
            found = next(_records([line], delimiter, False), None)
        except csv.Error:
            broken.append(Line(number=number, cells=[line[:MAX_CELL_CHARACTERS]]))
        else:
            rows.append(Line(number=number, cells=found.cells if found else ()))
    return Grid(number=1, rows=rows, broken=broken)


def _cleaned(cells: list[str]) -> list[str]:
    if len(cells) > MAX_COLUMNS or any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
        raise PayloadError(Problem.TOO_LARGE)
    return [_cell(cell) if cell else "" for cell in cells]


def _cell(cell: str) -> str:
    """Clean text without what spreadsheets put around digits to keep zeros: `="012"`, `'012`."""
    cleaned = clean(cell)
    if cleaned.startswith("="):
        formula = _AS_FORMULA.fullmatch(cleaned)
        return formula[1] if formula else cleaned
    return cleaned[1:] if cleaned[:1] == "'" and cleaned[1:2].isdigit() else cleaned
