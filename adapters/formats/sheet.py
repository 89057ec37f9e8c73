"""Sheets, XLSX or CSV: rows of text under known columns, wherever the header stands."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats import csv, xlsx
from adapters.formats.fields import Field
from adapters.formats.grid import Grid
from adapters.formats.told_names import UNTOLD, told
from adapters.formats.values import plain
from adapters.legacy_text import clean, fold

LITERAL_EMPTIES = frozenset({"36", "36.0"})
"""What MoET's export writes into empty optional cells (vn_domain.md 6)."""

_HEADER_WITHIN = 40
_FEWEST_COLUMNS = 2
_SNIFFED_BYTES = 64 * 1024
_SNIFFED_LINES = 200
_OTHER_FORMATS = (b"<", b"{", b"[")
_SUM = re.compile(r"(?:tong(?: cong| so)?|cong)(?: (?:so|tre|em|hoc sinh|ho so|phieu))*[ :.\d]*")
_SUM_IN_WORDS = re.compile(r"tổng (?:cộng|số)\b.*", re.IGNORECASE)
_COLUMN_NUMBER = re.compile(r"[(\[]?(\d{1,3})[)\]]?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: its cells by official column name, empty ones left out, and where each stands."""

    position: str
    cells: Mapping[str, str] = field(repr=False)
    columns: Mapping[str, str] = field(repr=False)
    line: Sequence[str] = field(repr=False)

    def position_of(self, name: str) -> str:
        """`sheet!row:column` of a field's cell; the row where there is no such column."""
        return f"{self.position}:{self.columns[name]}" if name in self.columns else self.position

    def is_sum(self, name: str) -> bool:
        """Whether it is a total below the rows ("Tổng cộng: 25"): its first cell says so.

        `name` is the column of names, in which marks count: Tống is a family name.
        """
        first = next(filter(None, map(clean, self.line)), "")
        if first == clean(self.cells.get(name, "")):
            return _SUM_IN_WORDS.fullmatch(first) is not None
        return _SUM.fullmatch(fold(first)) is not None

    @property
    def excerpt(self) -> bytes:
        """The row as bytes, to be kept when it is refused."""
        return "\t".join(self.line).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The rows of all sheets that have a header, what is broken, and columns nobody knows."""

    rows: Sequence[Row] = field(repr=False)
    rejections: Sequence[Rejection] = ()
    unknown_columns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Header:
    """Which column of a grid holds which field."""

    columns: Mapping[int, str]
    unknown: Sequence[str]
    first_row: int
    """Index of the first row below the header."""
    lines: Sequence[Sequence[str]] = field(repr=False)
    """The header's own rows: printed lists repeat them on each page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """What stands above the rows of a CSV text: lines, and those of them that cannot be read."""

    lines: int
    broken: frozenset[int]
    """Their numbers from 1."""


def read(
    content: bytes, fields: Sequence[Field], literal_empties: frozenset[str] = frozenset()
) -> Table:
    """Read a table. Positions are `sheet!row:column`, as in `1!5:C`; sheets count from 1.

    Cells equal to one of `literal_empties` count as empty. Raises PayloadError where nothing can
    be read, MISSING_HEADER where no sheet has two columns that are known.
    """
    names = _names(fields)
    rows: list[Row] = []
    rejections: list[Rejection] = []
    unknown: dict[str, int] = {}
    headers = 0
    for grid in _grids(content, names, lambda beginning: _header(beginning, names) is not None):
        header = _header(grid, names)
        if header is None:
            continue
        headers += 1
        rows += _rows(grid, header, literal_empties)
        rejections += _broken(grid)
        for column in header.unknown:
            unknown[column] = unknown.get(column, 0) + 1
    if not headers:
        raise PayloadError(Problem.MISSING_HEADER)
    return Table(rows=rows, rejections=rejections, unknown_columns=unknown)


def columns(content: bytes, fields: Sequence[Field]) -> frozenset[str]:
    """The known columns that a content has, in official names; empty where it is no sheet."""
    names = _names(fields)
    if not xlsx.is_zip(content):
        content = _beginning(content)
        if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in _OTHER_FORMATS:
            return frozenset()
    headers: list[_Header] = []

    def look(beginning: Grid) -> bool:
        headers.extend(filter(None, [_header(beginning, names)]))
        return False  # The header is all that is asked for: the rest is not read.

    try:
        for grid in _grids(content, names, look):
            look(grid)
    except PayloadError:
        return frozenset()
    return frozenset(name for header in headers for name in header.columns.values())


def _beginning(content: bytes) -> bytes:
    """Whole lines of a text near its beginning, enough to find a header in."""
    start = content[:_SNIFFED_BYTES]
    lines = start.split(b"\n", _SNIFFED_LINES)
    return b"\n".join(lines[:-1]) or start


def heading(text: str, fields: Sequence[Field]) -> Heading | None:
    """Titles and header, where `read` finds a header. Raises PayloadError(TOO_LARGE)."""
    names = _names(fields)
    # With one more line there always is a row below the header.
    grid = csv.grid(text + "\n", lambda cells: _known(cells, names))
    header = _header(grid, names)
    if header is None:
        return None
    lines = grid.rows[header.first_row].number - 1
    broken = frozenset(line.number for line in grid.broken if line.number <= lines)
    return Heading(lines=lines, broken=broken)


def delimiter_of(text: str, fields: Sequence[Field]) -> str:
    """The delimiter under which `read` reads a CSV text."""
    names = _names(fields)
    return csv.delimiter_of(text, lambda cells: _known(cells, names))


def _names(fields: Iterable[Field]) -> dict[str, str]:
    return {plain(spelling): known.name for known in fields for spelling in known.spellings}


def _grids(
    content: bytes, names: Mapping[str, str], is_wanted: Callable[[Grid], bool]
) -> Iterable[Grid]:
    """The one grid of a CSV file, or those of a workbook whose beginning is wanted."""
    if not content.strip():
        raise PayloadError(Problem.EMPTY)
    if xlsx.is_zip(content):
        return xlsx.read(content, is_wanted)
    return [csv.read(content, lambda cells: _known(cells, names))]


def _known(cells: Iterable[str], names: Mapping[str, str]) -> int:
    return len({names[key] for key in map(_key, cells) if key in names})


@lru_cache(maxsize=20_000)
def _key(cell: str) -> str:
    """A header cell for comparison: a note in brackets is no part of a column's name."""
    without_note = re.sub(r"[(\[*].*$", "", cell, flags=re.DOTALL)
    return plain(without_note) or plain(cell)


def _header(grid: Grid, names: Mapping[str, str]) -> _Header | None:
    """The row, or pair of rows with merged groups, in which the most columns are known."""
    best: tuple[int, int, int] = (_FEWEST_COLUMNS - 1, 0, 0)
    for index in range(min(len(grid.rows), _HEADER_WITHIN)):
        one = _known(grid.rows[index].cells, names)
        two = _known_in_two(grid, index, names)
        if one > best[0]:
            best = (one, -index, 1)
        if two > max(best[0], one):
            best = (two, -index, 2)
    count, negative, height = best
    if not height or count < _FEWEST_COLUMNS:
        return None
    return _header_at(grid, -negative, height, names)


def _known_in_two(grid: Grid, index: int, names: Mapping[str, str]) -> int:
    """Columns known from this row and the next, if that still is header: no cell is a number."""
    if index + 1 >= len(grid.rows):
        return 0
    if any(cell.strip()[:1].isdigit() for cell in grid.rows[index + 1].cells):
        return 0
    return len(set(_two_rows(grid, index, names).values()))


def _two_rows(grid: Grid, index: int, names: Mapping[str, str]) -> dict[int, str]:
    """Column index → field, where a group's name stands above (merged) and a part's name below."""
    if index + 1 >= len(grid.rows):
        return {}
    upper, lower = grid.rows[index].cells, grid.rows[index + 1].cells
    found: dict[int, str] = {}
    group = ""
    for column in range(max(len(upper), len(lower))):
        above = upper[column] if column < len(upper) else ""
        below = lower[column] if column < len(lower) else ""
        group = above or (group if below else "")
        spellings = (f"{group} {below}", below, above)
        known = next((names[k] for k in map(_key, spellings) if k in names), None)
        if known and known not in found.values():
            found[column] = known
    return found


def _header_at(grid: Grid, index: int, height: int, names: Mapping[str, str]) -> _Header:
    cells = grid.rows[index].cells
    if height == 2:
        found = _two_rows(grid, index, names)
        shown = {**dict(enumerate(cells)), **_stated(grid.rows[index + 1].cells)}
    else:
        found = {}
        for column, cell in enumerate(cells):
            known = names.get(_key(cell))
            if known and known not in found.values():
                found[column] = known
        shown = dict(enumerate(cells))
    unknown = [_told(cell, at) for at, cell in shown.items() if at not in found and cell]
    lines = [line.cells for line in grid.rows[index : index + height]]
    return _Header(columns=found, unknown=unknown, first_row=index + height, lines=lines)


def _told(heading: str, column: int) -> str:
    """A heading that may be a value is told by its column."""
    name = told(clean(heading))
    return name if name != UNTOLD else f"{UNTOLD} (column {letters(column)})"


def _stated(cells: Sequence[str]) -> dict[int, str]:
    return {column: cell for column, cell in enumerate(cells) if cell}


def _rows(grid: Grid, header: _Header, literal_empties: frozenset[str]) -> Iterator[Row]:
    columns = {name: letters(column) for column, name in header.columns.items()}
    for line in grid.rows[header.first_row :]:
        stated = {
            column: cell
            for column, cell in _stated(line.cells).items()
            if cell not in literal_empties
        }
        if stated and line.cells not in header.lines and not _is_column_numbers(line.cells):
            yield Row(
                position=f"{grid.number}!{line.number}",
                cells={
                    n: stated[column] for column, n in header.columns.items() if column in stated
                },
                columns=columns,
                line=line.cells,
            )


def _is_column_numbers(cells: Sequence[str]) -> bool:
    """The row "(1) (2) (3)…" below a printed header."""
    numbers = [_COLUMN_NUMBER.fullmatch(cell) for cell in cells if cell]
    found = [int(number[1]) for number in numbers if number]
    return (
        len(found) > 2
        and len(found) == len(numbers)
        and found == list(range(found[0], found[0] + len(found)))
    )


def _broken(grid: Grid) -> Iterator[Rejection]:
    for line in grid.broken:
        yield Rejection(
            problem=Problem.MALFORMED,
            position=f"{grid.number}!{line.number}",
            excerpt="\t".join(line.cells).encode(),
        )


def letters(column: int) -> str:
    """Column 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
