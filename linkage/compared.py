"""What is compared of a record, as one text kept beside it: a question need not compute it again."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson

from linkage.features import COLUMNS
from linkage.records import PersonRecord, from_json

MEANING = 2
"""To be raised when a column is computed otherwise under its old name: what is kept is then old."""


@cache
def version() -> str:
    """Of the columns: their names, kinds and order, and what they mean."""
    columns = [(name, str(column.kind)) for name, column in COLUMNS.items()]
    return hashlib.sha256(orjson.dumps([MEANING, columns])).hexdigest()[:8]


def as_text(record: PersonRecord) -> str:
    """The version and the value of every column, as JSON; `values` reads it back."""
    return orjson.dumps([version(), *values_of(record)]).decode()


def beginning() -> str:
    """What every text of this version begins with."""
    return f'["{version()}",'


def values(text: str) -> list[Any]:
    """The values of every column out of a text of this version, in the order of COLUMNS."""
    told: list[Any] = orjson.loads(text)
    if told.pop(0) != version():
        raise ValueError("the text was made by another version")
    return told


def values_of_many(text: str) -> list[list[Any] | None]:
    """The same of many texts of this version as one JSON list; null stays None."""
    told: list[list[Any] | None] = orjson.loads(text)
    for one in told:
        if one is not None:
            del one[0]
    return told


def values_of(record: PersonRecord) -> Sequence[Any]:
    return [column.of(record) for column in COLUMNS.values()]


def values_of_content(content: str) -> Sequence[Any]:
    """Where no text of this version is kept: from the record itself."""
    return values_of(from_json(content))
