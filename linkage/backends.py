"""Where pairs are scored: in this process by DuckDB, or wherever else Splink can be run."""

from collections.abc import Iterator
from typing import Any, Protocol

import duckdb
from splink import DuckDBAPI, Linker

from linkage.portions import pairs_in_duckdb


class NoBackendError(Exception):
    """Splink cannot be run there."""


class Backend(Protocol):
    """A place to run Splink. Whichever it is, the weights are the same (promise 3)."""

    @property
    def dialect(self) -> str:
        """Its name in Splink."""

    def api(self) -> Any:
        """A Splink database without any table of an earlier scoring."""

    def pairs(self, linker: Linker, least: float, columns: str) -> Iterator[tuple[Any, ...]]:
        """These columns of every pair that shares a block key and reaches `least` bits."""

    def rows(self, api: Any, statement: str) -> Iterator[tuple[Any, ...]]:
        """What a statement selects."""

    def is_out_of_memory(self, error: BaseException) -> bool: ...


class DuckDB:
    """This process."""

    dialect = "duckdb"

    def api(self) -> DuckDBAPI:
        # DuckDB would spill what it compares, child data, to a folder of its own; what it knows of
        # enciphering such files is, by its own words, not secure.
        return DuckDBAPI(connection=duckdb.connect(config={"temp_directory": ""}))

    def pairs(self, linker: Linker, least: float, columns: str) -> Iterator[tuple[Any, ...]]:
        return pairs_in_duckdb(linker, least, columns)

    def rows(self, api: Any, statement: str) -> Iterator[tuple[Any, ...]]:
        yield from api._con.execute(statement).fetchall()

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, duckdb.OutOfMemoryException)


HERE: Backend = DuckDB()
