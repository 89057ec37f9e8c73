"""The table that Splink reads: made once for a record, whatever stands beside it later."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from linkage import rows
from linkage.blocking import MOST_TOGETHER
from linkage.configuration import CHILDREN
from linkage.records import PersonRecord
from linkage.rows import Rows, as_table
from linkage.splitting import NOTHING_SPLIT
from tests.linkage.people import made_people, rich

PEOPLE = made_people(40, seed=5)


def read(kept: Rows, records: list[PersonRecord]) -> pa.Table:
    return kept.table(records, CHILDREN, NOTHING_SPLIT)


def test_rows_that_are_kept_are_those_that_would_be_made() -> None:
    kept = Rows()
    assert read(kept, PEOPLE[:25]) == as_table(PEOPLE[:25])
    changed = replace(PEOPLE[3], sex=None, names=("lê vy",))
    for now in ([changed, *PEOPLE[::-1][:30]], [PEOPLE[3], PEOPLE[39]], PEOPLE[30:], PEOPLE[:2]):
        assert read(kept, now).to_pylist() == as_table(now).to_pylist()


def test_who_is_of_a_large_report_is_told_anew() -> None:
    kept, together = Rows(), [rich(f"police:{n}") for n in range(MOST_TOGETHER + 1)]
    assert read(kept, together)["crowd"].null_count == len(together)
    crowd = [replace(record, report="police:1") for record in together]
    assert read(kept, crowd)["crowd"].to_pylist() == ["police:1"] * len(crowd)


def test_a_row_that_is_kept_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Rows()
    read(kept, PEOPLE)
    asked = []

    def counted(new: Sequence[PersonRecord], *of: Any) -> pa.Table:
        asked.append(len(new))
        return as_table(new, *of)

    monkeypatch.setattr(rows, "as_table", counted)
    read(kept, [replace(record, report="rest") for record in PEOPLE])
    assert asked == [0]


def test_parts_make_the_same_table(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = as_table(PEOPLE)
    monkeypatch.setattr(rows, "AT_ONCE", 7)
    assert as_table(PEOPLE).to_pylist() == whole.to_pylist()
    assert as_table([]).schema == whole.schema
