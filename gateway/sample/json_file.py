"""Puts police minutes and civil-status entries into JSON: an object, an array, or one per line."""

import json
from collections.abc import Sequence
from typing import Any

FORMS = ("array", "lines", "lines-bom", "object")


def encode(entries: Sequence[dict[str, Any]], form: str) -> list[bytes]:
    """The files of some entries: one for arrays and lines, one for each entry as objects."""
    if form == "object":
        return [_dump(entry, 2).encode() for entry in entries]
    if form == "array":
        return [_dump(list(entries), 1).encode()]
    lines = "".join(f"{_dump(entry, None)}\n" for entry in entries)
    return [(("\ufeff" if form == "lines-bom" else "") + lines).encode()]


def _dump(value: object, indent: int | None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
