"""A grid of text: what XLSX and CSV readers give, before anyone looks for a header."""

from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_CELLS = 1_500_000
"""Twenty thousand children with seventy columns: beyond it, split the file."""
MAX_COLUMNS = 1_000
MAX_ROWS = 200_000
MAX_CELL_CHARACTERS = 32_767
"""Excel's own limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A row: its number as shown to people (from 1) and its cells as cleaned text."""

    number: int
    cells: Sequence[str] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """One sheet: its number (from 1), its rows, and the rows that cannot be read."""

    number: int
    rows: Sequence[Line] = field(repr=False)
    broken: Sequence[Line] = field(default=(), repr=False)
