"""Stores many rows in one statement: one parameter and one round trip, however many there are."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, TextClause, text
from sqlalchemy.orm import Session


def insert_rows(
    session: Session, table: Table, rows: Sequence[Mapping[str, Any]], *, keep_known: bool = False
) -> None:
    """Insert rows in their order; all have the same columns, none of them binary.

    `keep_known`: a row whose key exists is passed over. As JSON rather than row by row (half of the
    time), and not by COPY, which row-level security forbids.
    """
    if rows:
        values = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), default=_plain)
        session.execute(_insertion(table, tuple(rows[0]), keep_known), {"rows": values})


@cache
def _insertion(table: Table, names: tuple[str, ...], keep_known: bool) -> TextClause:
    columns = ", ".join(f'"{table.c[name].name}"' for name in names)
    conflict = " ON CONFLICT DO NOTHING" if keep_known else ""
    return text(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns}"
        f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json)){conflict}"
    )


def _plain(value: object) -> str:
    """Times are the only values of our rows that JSON does not know."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored in bulk")
