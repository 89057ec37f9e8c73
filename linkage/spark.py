"""Scores pairs on Apache Spark: for more records than one machine can compare."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from splink import Linker
from splink.backends.spark import SparkAPI
from splink.internals.spark.jar_location import similarity_jar_location

from linkage.backends import NoBackendError

IN_WORDS_OF_DUCKDB = (
    "list_has_any(a array<string>, b array<string>) returns boolean return arrays_overlap(a, b)",
    "list_intersect(a array<string>, b array<string>) returns array<string>"
    " return array_intersect(a, b)",
)
"""Functions that the levels of features use, and that Spark calls otherwise."""
LOCAL = "local"


class Spark:
    """A Spark session; its executors hold the pairs."""

    dialect = "spark"

    def __init__(self, session: SparkSession) -> None:
        self._session = session

    def api(self) -> SparkAPI:
        self._session.catalog.clearCache()
        fresh = self._session.newSession()
        for function in IN_WORDS_OF_DUCKDB:
            fresh.sql(f"create temporary function {function}")
        # In memory of the executors rather than as files: it is child data.
        return SparkAPI(  # type: ignore[no-untyped-call]
            spark_session=fresh, break_lineage_method="persist"
        )

    def pairs(self, linker: Linker, least: float, columns: str) -> Iterator[tuple[Any, ...]]:
        """All at once: Spark divides its work itself."""
        found = linker.inference.predict(threshold_match_weight=least)
        yield from self.rows(linker._db_api, f"select {columns} from {found.physical_name}")
        found.drop_table_from_database_and_remove_from_cache()

    def rows(self, api: Any, statement: str) -> Iterator[tuple[Any, ...]]:
        yield from map(tuple, api.spark.sql(statement).toLocalIterator())

    def is_out_of_memory(self, error: BaseException) -> bool:
        return "OutOfMemoryError" in str(error)


@contextmanager
def running(master: str) -> Iterator[Spark]:
    """Spark at `master` (`local[2]`, `spark://host:7077`, `yarn`, …) until the block ends.

    Whatever the cluster's own configuration (SPARK_CONF_DIR) says stays as it says. Raises
    NoBackendError where Spark does not start.
    """
    with TemporaryDirectory(prefix="motem-spark-") as scratch:
        try:
            session = _session(master, scratch)
        except (PySparkException, Py4JError) as error:
            raise NoBackendError from error
        try:
            yield Spark(session)
        finally:
            session.stop()


def _session(master: str, scratch: str) -> SparkSession:
    logging.getLogger("py4j").setLevel(logging.WARNING)
    builder = (
        SparkSession.builder.master(master)
        .appName("motem")
        .config("spark.jars", similarity_jar_location())
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "OFF")
    )
    if master.startswith(LOCAL):
        # What is shuffled is child data: it ends with the folder, which only we may read. After a
        # kill the folder stays, and the key to what is in it is gone.
        builder = builder.config("spark.local.dir", scratch)
        builder = builder.config("spark.io.encryption.enabled", "true")
        builder = builder.config("spark.sql.shuffle.partitions", "4")
        builder = builder.config("spark.driver.memory", "4g")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
    return builder.getOrCreate()
