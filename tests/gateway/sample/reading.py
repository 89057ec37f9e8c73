"""Reads the files of a sample world without the adapters."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def table(path: Path) -> list[dict[str, str]]:
    """The rows of `truth.csv`, `strata.csv` or `broken.csv`."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def payloads(world: Path, kind: str) -> Iterator[Path]:
    """The files of a folder that are not broken, in the order of sending."""
    broken = {row["file"] for row in table(world / "broken.csv")}
    for path in sorted((world / kind).rglob("*.*")):
        if path.relative_to(world).as_posix() not in broken:
            yield path


def entries(world: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Objects of the JSON files of a folder: one, an array, or one per line."""
    for path in payloads(world, kind):
        if path.suffix not in (".json", ".ndjson"):
            continue
        text = path.read_text(encoding="utf-8-sig")
        try:
            whole = json.loads(text)
        except json.JSONDecodeError:
            whole = [json.loads(line) for line in text.splitlines()]
        yield from whole if isinstance(whole, list) else [whole]
