"""Answers of the access log as files: CSV that no spreadsheet program runs, and its manifest."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from gateway.consumers import harmless

MANIFEST = ".manifest.json"


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV as RFC 4180 has it, in UTF-8 with a mark, so that Excel reads the Vietnamese."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(str(cell)) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def write(
    path: Path,
    content: bytes,
    *,
    query: Mapping[str, str],
    count: int,
    checkpoint: str | None,
    made: datetime,
) -> Path:
    """Write a file and, beside it, what it answers and by which it is recognised; the manifest's path.

    `checkpoint`: the last signed note of the log that was asked. Raises OSError.
    """
    manifest = path.with_name(path.name + MANIFEST)
    told = {
        "file": path.name,
        "query": dict(query),
        "count": count,
        "sha256": hashlib.sha256(content).hexdigest(),
        "checkpoint": checkpoint,
        "made": made.isoformat(),
    }
    for where, what in (
        (path, content),
        (manifest, json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"),
    ):
        where.touch(mode=0o600)
        where.write_bytes(what)
    return manifest
