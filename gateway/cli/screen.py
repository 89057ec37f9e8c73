"""Tables on screen and in a pipe: what somebody has to type again is never cut."""

import shutil
from collections.abc import Collection

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

WIDE = 2000
"""Columns where nobody looks on: lines are as long as what they hold."""


def console() -> Console:
    """As wide as the terminal; in a pipe as wide as need be, where COLUMNS does not say it."""
    return Console(width=shutil.get_terminal_size((WIDE, 24)).columns)


def table(*headers: str, exact: Collection[str] = (), title: str | None = None) -> Table:
    """A table whose `exact` columns (ids, codes, names) stand in one piece, in one line."""
    made = Table(title=title, title_justify="left")
    for header in headers:
        made.add_column(header, no_wrap=header in exact, overflow="fold")
    return made


def show(made: Table) -> None:
    """Print a table; one that cannot fit is wider than the terminal, which breaks its lines."""
    found = console()
    options = found.options.update(max_width=WIDE)
    least = Measurement.get(found, options, made).minimum
    found.width = max(found.width, least)
    found.print(made, crop=False)
