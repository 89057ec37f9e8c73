"""Files of answers: nothing in a cell is run by a spreadsheet program."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit_files import csv_of
from gateway.consumers import harmless

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2))
)
def test_no_cell_begins_like_a_formula_and_none_is_lost(rows: list[list[str]]) -> None:
    text = csv_of(("a", "b"), rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert not any(cell.startswith(FORMULA) for row in read for cell in row)
    assert read == [[harmless(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("start", FORMULA)
def test_what_would_run_gets_an_apostrophe(start: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_of((f"{start}1+1",), ()).decode("utf-8-sig"), newline=""))
    assert row == [f"{start}1+1"]  # A name of a column is ours.
    cell = csv_of(("a",), [(f"{start}1+1",)]).decode("utf-8-sig").partition("\r\n")[2]
    assert cell.lstrip('"').startswith(f"'{start}1+1")


def test_no_other_cell_begins_where_a_program_parts_by_semicolons() -> None:
    assert "a;'=1+1" in csv_of(("a",), [("a;=1+1",)]).decode()
