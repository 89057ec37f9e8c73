"""Puts a facility's rows into its roster: CSV or XLSX, with the habits of its office."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Literal

from gateway.sample import rates
from gateway.sample.facility import COLUMNS, Row
from gateway.sample.noise import without_marks
from gateway.sample.places import Home
from gateway.sample.xlsx import Cell, workbook

GROUPED = ("Cơ sở", "", "Thông tin trẻ", *[""] * 6, "Tiếp nhận", *[""] * 7, "Khác")
NUMBERS = ("Số ĐDCN", "Cân nặng khi tiếp nhận (g)", "Sức chứa cơ sở", "Số hồ sơ")
CODES = ("Mã nơi chuyển", "Mã xã lập biên bản", "Mã hồ sơ nơi chuyển")
DATES = ("Ngày sinh", "Ngày tiếp nhận", "Ngày rời")


def roster(home: Home, rows: Sequence[Row], rng: Random) -> tuple[str, bytes]:
    """File ending and bytes of one roster. `rng` must be the facility's own, so that its habits
    (order of columns, number cells, serial dates) stay the same from file to file."""
    columns = _order(rng)
    headers = _headers(rng, columns)
    loose_numbers, serial_dates = rng.random() < rates.LOST_ZEROS, rng.random() < 0.4
    if home.sheet_form.startswith("csv"):
        floats = loose_numbers and rng.random() < 0.3
        lost = [_exported(row, floats) if loose_numbers else row for row in rows]
        return "csv", _csv(home, columns, headers, lost, rng)
    cells = [
        [_cell(name, row.get(name, ""), loose_numbers, serial_dates) for name in columns]
        for row in rows
    ]
    title: list[list[Cell]] = [[f"DANH SÁCH TRẺ – {home.name.upper()}"], []]
    if home.sheet_form == "xlsx-two-rows":
        title.append(list(GROUPED[: len(columns)]))
    return "xlsx", workbook([*title, list(headers), *cells])


def _order(rng: Random) -> list[str]:
    """Columns mostly as agreed, at times shuffled, at times with one of the office's own."""
    columns = list(COLUMNS)
    if rng.random() < 0.35:
        rng.shuffle(columns)
    if rng.random() < 0.25:
        columns.insert(rng.randrange(len(columns)), "Ghi chú nội bộ")
    return columns


def _headers(rng: Random, columns: Sequence[str]) -> list[str]:
    style = rng.choice(
        (str, str, str.upper, without_marks, lambda text: f" {text.replace(' ', '  ')}")
    )
    return [style(column) for column in columns]


def _csv(
    home: Home, columns: Sequence[str], headers: Sequence[str], rows: Sequence[Row], rng: Random
) -> bytes:
    buffer = io.StringIO()
    separator = ";" if home.sheet_form == "csv-semicolon" else ","
    everything = rng.random() < 0.5
    quoting: Literal[0, 1] = csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, delimiter=separator, quoting=quoting)
    if rng.random() < 0.4:
        writer.writerow([f"Danh sách trẻ {home.name}"])
        writer.writerow([""])
    writer.writerow(headers)
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    mark = "\ufeff" if rng.random() < 0.5 else ""
    return (mark + buffer.getvalue()).encode()


def _exported(row: Row, floats: bool) -> Row:
    """The row as a spreadsheet exports it: codes without leading zeros, numbers as floats."""
    codes = {name: row[name].lstrip("0") for name in CODES if row.get(name)}
    numbers = {name: f"{row[name]}.0" for name in NUMBERS if floats and row[name].isdecimal()}
    return row | codes | numbers


def _cell(name: str, text: str, loose_numbers: bool, serial_dates: bool) -> Cell:
    if not text:
        return None
    whole = text.isdecimal()
    if whole and (name in NUMBERS or (loose_numbers and name in CODES)):
        return float(text)
    if serial_dates and name in DATES and len(text) == 10:
        day = datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
        return day
    return text
