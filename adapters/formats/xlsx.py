"""XLSX, looked through for bombs before calamine opens it; every cell becomes text."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from adapters.errors import PayloadError, Problem
from adapters.formats.grid import (
    MAX_CELL_CHARACTERS,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Grid,
    Line,
)
from adapters.legacy_text import clean

BEGINNING = 60
"""Rows that tell whether a sheet is wanted."""
MAX_BYTES = 32 * 1024 * 1024
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_PARTS = 1_000
MAX_RATIO = 100
"""Sheets pack ten to thirty times; only small parts may pack better."""
_RATIO_MATTERS_FROM = 1024 * 1024
_LOCAL_HEADER = struct.Struct("<4s22xHH")

_CELL = re.compile(rb"<(?:\w+:)?c[\s>]")
_CELL_REFERENCE = re.compile(rb"\br\s*=\s*[\"']\s*([A-Za-z]*)(\d+)\s*[\"']")
_SHARED_CELL = re.compile(rb"t\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>\s*(\d+)")
_SHARED_STRING = re.compile(rb"<(?:\w+:)?si[\s>]")


_Range: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""First and last (row, column), from 0."""


def is_zip(content: bytes) -> bool:
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read(content: bytes, is_wanted: Callable[[Grid], bool]) -> Iterator[Grid]:
    """Each sheet whose beginning is wanted, as a grid.

    Raises PayloadError: TOO_LARGE for bombs of any kind, UNKNOWN_STRUCTURE for a ZIP that is no
    workbook, MALFORMED for a broken or encrypted one.
    """
    wanted = [beginning.number for beginning in beginnings(content) if is_wanted(beginning)]
    if wanted:
        yield from _grids(content, None, wanted)


@lru_cache(maxsize=1)
def beginnings(content: bytes) -> tuple[Grid, ...]:
    """The first rows of each sheet; kept, because every source is asked whether they are its own.

    Raises PayloadError as `read`.
    """
    if len(content) > MAX_BYTES:
        raise PayloadError(Problem.TOO_LARGE)
    _look_through(content)
    return tuple(_grids(content, BEGINNING))


def _grids(
    content: bytes, rows: int | None, wanted: Container[int] | None = None
) -> Iterator[Grid]:
    """So many rows of each wanted sheet, or of all."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            for number, name in enumerate(workbook.sheet_names, 1):
                if wanted is None or number in wanted:
                    yield _grid(number, workbook.get_sheet_by_name(name), rows)
    except (CalamineError, OSError, ValueError) as error:
        raise PayloadError(Problem.MALFORMED) from error


def _grid(number: int, sheet: CalamineSheet, rows: int | None) -> Grid:
    if sheet.end is None:
        return Grid(number=number, rows=())
    found = sheet.to_python(skip_empty_area=False, nrows=rows)
    lines = [[_text(cell) for cell in cells] for cells in found]
    _fill_merged(lines, sheet.merged_cell_ranges or ())
    return Grid(
        number=number, rows=[Line(number=row, cells=cells) for row, cells in enumerate(lines, 1)]
    )


def _fill_merged(lines: list[list[str]], merged: Iterable[_Range]) -> None:
    """A cell merged downwards speaks of all its rows; one merged sideways is a title or a sum."""
    left = MAX_CELLS
    for (top, first), (bottom, last) in merged:
        if first != last or top >= len(lines) or first >= len(lines[top]):
            continue
        below = lines[top + 1 : bottom + 1]
        left -= len(below)
        if left < 0:
            raise PayloadError(Problem.TOO_LARGE)
        for line in below:
            line[first] = lines[top][first]


def _text(cell: Any) -> str:
    """A cell as text: whole floats without ".0", dates as ISO."""
    if isinstance(cell, bool):
        return "x" if cell else ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta | int):
        return str(cell)
    return clean(cell[:MAX_CELL_CHARACTERS])


def _look_through(content: bytes) -> None:
    """Refuse what would unpack, or spread out in memory, beyond the limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise PayloadError(Problem.MALFORMED) from None
    _check_sizes(parts)
    if not any(part.filename.lower().endswith("workbook.xml") for part in parts):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE)
    lengths = [
        length
        for part in parts
        if "sharedstrings" in part.filename.lower()
        for length in _string_lengths(_unpacked(content, part))
    ]
    budget = MAX_UNPACKED_BYTES
    for part in parts:
        data = _unpacked(content, part)
        if b"<" in data[:200]:
            budget -= _check_sheet(data, lengths)
        if budget < 0:
            raise PayloadError(Problem.TOO_LARGE)


def _check_sizes(parts: Sequence[zipfile.ZipInfo]) -> None:
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise PayloadError(Problem.TOO_LARGE)
    for part in parts:
        large = part.file_size > _RATIO_MATTERS_FROM
        if large and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise PayloadError(Problem.TOO_LARGE)
        if part.flag_bits & 1 or part.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise PayloadError(Problem.MALFORMED)


def _unpacked(content: bytes, part: zipfile.ZipInfo) -> bytes:
    """A part's bytes; never more than it declares, whatever its stream would give."""
    header = content[part.header_offset : part.header_offset + _LOCAL_HEADER.size]
    if len(header) < _LOCAL_HEADER.size:
        raise PayloadError(Problem.MALFORMED)
    _, name, extra = _LOCAL_HEADER.unpack(header)
    start = part.header_offset + _LOCAL_HEADER.size + name + extra
    packed = content[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        data = packed
    else:
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, part.file_size + 1)
        except zlib.error:
            raise PayloadError(Problem.MALFORMED) from None
    if len(data) > part.file_size:
        raise PayloadError(Problem.TOO_LARGE)
    return data


def _check_sheet(data: bytes, string_lengths: Sequence[int]) -> int:
    """How many bytes the shared strings of a sheet make when copied into each of its cells.

    Raises PayloadError where the rectangle from its first to its last cell is too large: readers
    hold all of it, and one cell at XFD1048576 would be enough.
    """
    cells = sum(1 for _ in _CELL.finditer(data))
    if cells > MAX_CELLS:
        raise PayloadError(Problem.TOO_LARGE)
    height, width = 0, 0
    for reference in _CELL_REFERENCE.finditer(data) if cells else ():
        letters, digits = reference.groups()
        if len(digits) > 7 or len(letters) > 3:
            raise PayloadError(Problem.TOO_LARGE)
        height = max(height, int(digits))
        width = max(width, _column(letters))
    if height > MAX_ROWS or width > MAX_COLUMNS or height * max(width, 1) > MAX_CELLS:
        raise PayloadError(Problem.TOO_LARGE)
    spread = 0
    for shared in _SHARED_CELL.finditer(data) if cells else ():
        index = int(shared[1][:9])
        spread += string_lengths[index] if index < len(string_lengths) else 0
    return spread


def _string_lengths(data: bytes) -> list[int]:
    starts = [found.start() for found in _SHARED_STRING.finditer(data)]
    if len(starts) > MAX_CELLS:
        raise PayloadError(Problem.TOO_LARGE)
    return [end - start for start, end in pairwise([*starts, len(data)])]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
