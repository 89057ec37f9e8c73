"""Stores or changes many rows in one statement: one parameter, however many there are."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
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
        values = orjson.dumps(rows).decode()
        session.execute(_insertion(table, tuple(rows[0]), keep_known), {"rows": values})


def update_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change rows by their `id`; all have the same columns, none of them binary."""
    if rows:
        values = orjson.dumps(rows).decode()
        session.execute(_change(table, tuple(rows[0])), {"rows": values})


@cache
def _change(table: Table, names: tuple[str, ...]) -> TextClause:
    columns = ", ".join(f"{name} = new.{name}" for name in names if name != "id")
    return text(
        f"UPDATE {table.name} SET {columns}"
        f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json)) AS new"
        f" WHERE {table.name}.id = new.id"
    )


@cache
def _insertion(table: Table, names: tuple[str, ...], keep_known: bool) -> TextClause:
    columns = ", ".join(f'"{table.c[name].name}"' for name in names)
    conflict = " ON CONFLICT DO NOTHING" if keep_known else ""
    return text(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns}"
        f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json)){conflict}"
    )
