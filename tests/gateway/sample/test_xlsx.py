"""Tests of gateway.sample.xlsx."""

import io
from datetime import date, datetime

import openpyxl
import python_calamine

from gateway.sample.xlsx import Cell, workbook

ROWS: list[list[Cell]] = [
    ["Họ tên", "Số", "Ngày", None, "Hết"],
    ["Đặng <An> & Bình", 998326000001.0, date(2026, 3, 4), "", " rìa "],
    [*["x"] * 27, 1.0],
]


def test_spreadsheet_programs_read_back_what_was_written() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(ROWS))).worksheets[0]
    read = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert sheet.title == "Danh sách"
    assert read[0][:5] == ["Họ tên", "Số", "Ngày", None, "Hết"]
    assert read[1][:5] == ["Đặng <An> & Bình", 998326000001, datetime(2026, 3, 4), None, " rìa "]  # noqa: DTZ001 - a sheet's date has no zone
    assert read[2][26:] == ["x", 1]


def test_the_gateways_reader_reads_it_too() -> None:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook(ROWS)))
    read = book.get_sheet_by_index(0).to_python()
    assert read[1][:3] == ["Đặng <An> & Bình", 998326000001.0, date(2026, 3, 4)]


def test_the_same_rows_give_the_same_bytes() -> None:
    assert workbook(ROWS) == workbook(ROWS)
