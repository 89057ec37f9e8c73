"""Where pairs are scored: in this process by DuckDB, or wherever else Splink can be run."""

from collections.abc import Iterator
from typing import Any, Protocol

import duckdb
from splink import DuckDBAPI

FETCH = 50_000
PAIRS_AT_ONCE = 250_000
"""Scored at once; a pair with all its columns takes DuckDB about four kilobytes."""


class NoBackendError(Exception):
    """Splink cannot be run there."""


class Backend(Protocol):
    """A place to run Splink. Whichever it is, the weights are the same (promise 3)."""

    @property
    def dialect(self) -> str:
        """Its name in Splink."""

    def api(self) -> Any:
        """A Splink database without any table of an earlier scoring."""

    def portions(self, pairs: int) -> int:
        """In how many portions so many pairs are scored, so that memory suffices."""

    def rows(self, api: Any, statement: str) -> Iterator[tuple[Any, ...]]:
        """What a statement selects."""

    def is_out_of_memory(self, error: BaseException) -> bool: ...


class DuckDB:
    """This process."""

    dialect = "duckdb"

    def api(self) -> DuckDBAPI:
        # DuckDB would spill what it compares, child data, to a folder of its own.
        return DuckDBAPI(connection=duckdb.connect(config={"temp_directory": ""}))

    def portions(self, pairs: int) -> int:
        return 1 + pairs // PAIRS_AT_ONCE

    def rows(self, api: Any, statement: str) -> Iterator[tuple[Any, ...]]:
        cursor = api._con.cursor()
        cursor.execute(statement)
        while batch := cursor.fetchmany(FETCH):
            yield from batch

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, duckdb.OutOfMemoryException)


HERE: Backend = DuckDB()
