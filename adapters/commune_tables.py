"""The two commune tables, of before and after the reform of 1 July 2025 (origin: data/README.md)."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files

REFORM = date(2025, 7, 1)
"""Nghị quyết 202/2025/QH15: districts gone, 10,035 communes became 3,321."""


@lru_cache(maxsize=1)
def today() -> Mapping[str, tuple[str, str]]:
    """Today's commune code → province code and name."""
    return {row["ward_code"]: (row["province_code"], row["ward"]) for row in new_rows()}


@lru_cache(maxsize=1)
def old_to_new() -> Mapping[str, tuple[str, ...]]:
    """Commune code before the reform → today's codes, sorted."""
    table: dict[str, set[str]] = defaultdict(set)
    for row in old_rows():
        # Five island districts had no communes: they have a name, but no code to look up.
        if row["old_ward_code"]:
            table[row["old_ward_code"]].add(row["new_ward_code"])
    return {old: tuple(sorted(new)) for old, new in table.items()}


@lru_cache(maxsize=1)
def merged_provinces() -> Mapping[str, str]:
    """Province code before the reform → today's: provinces were merged, never split."""
    return {row["old_province_code"]: row["new_province_code"] for row in old_rows()}


def new_rows() -> Iterator[dict[str, str]]:
    """Today's communes: ward_code, ward, province_code, province."""
    return _rows("admin_units_2025.csv")


def old_rows() -> Iterator[dict[str, str]]:
    """Communes before the reform, a row for each commune of today that took a part."""
    return _rows("admin_units_old_to_new.csv")


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("adapters").joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
