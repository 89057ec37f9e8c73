"""Puts a school's rows into its student list: CSV or XLSX, with the traps of vn_domain.md 6."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from random import Random

from gateway.sample import rates
from gateway.sample.education import COLUMNS, Row
from gateway.sample.noise import without_marks
from gateway.sample.places import School
from gateway.sample.xlsx import EPOCH, Cell, workbook

NUMBERS = ("Mã định danh Bộ GD&ĐT", "Số ĐDCN", "Mã xã", "Năm sinh cha", "Năm sinh mẹ")
OPTIONAL = frozenset(COLUMNS[7:])
"""What MoET's export may fill with "36" where it is empty (vn_domain.md 6)."""
GROUPS = {
    "Lớp": ("Nhóm/Lớp", "Lớp"),
    "Tên cha": ("Thông tin cha", "Họ tên"),
    "Năm sinh cha": ("", "Năm sinh"),
    "Tên mẹ": ("Thông tin mẹ", "Họ tên"),
    "Năm sinh mẹ": ("", "Năm sinh"),
}
"""Two header rows: the group, merged over its columns, above the part."""


def student_list(school: School, rows: Sequence[Row], rng: Random) -> tuple[str, bytes]:
    """File ending and bytes of one list. `rng` must be the school's own, so that its habits
    (order of columns, number cells, serial dates) stay the same from file to file."""
    columns, two_rows = list(COLUMNS), school.sheet_form == "xlsx-two-rows"
    if not two_rows and rng.random() < 0.35:
        rng.shuffle(columns)
    loose, serial = rng.random() < rates.SCHOOL_NUMBERS_LOOSE, rng.random() < 0.4
    style = rng.choice((str, str, str.upper, without_marks, lambda text: f" {text} "))
    headers = [[style(name) for name in line] for line in _headers(columns, two_rows)]
    numbered = [row | {"STT": str(number)} for number, row in enumerate(rows, start=1)]
    filled = [_filled(row, school.empty) for row in numbered]
    if school.sheet_form.startswith("csv"):
        lines = [[_exported(name, row[name], loose, serial) for name in columns] for row in filled]
        return "csv", _csv(school, [*headers, *lines], rng)
    cells = [[_cell(name, row[name], loose, serial) for name in columns] for row in filled]
    title: list[list[Cell]] = [["DANH SÁCH HỌC SINH"], [school.name]]
    return "xlsx", workbook([*title, *map(list, headers), *cells])


def _headers(columns: Sequence[str], two_rows: bool) -> list[list[str]]:
    if not two_rows:
        return [list(columns)]
    pairs = [GROUPS.get(name, (name, "")) for name in columns]
    return [[group for group, _ in pairs], [part for _, part in pairs]]


def _filled(row: Row, empty: str) -> Row:
    blank = {name: empty for name in OPTIONAL if not row[name]}
    return row | blank


def _exported(name: str, text: str, loose: bool, serial: bool) -> str:
    """A cell as a spreadsheet exports it: numbers as floats, zeros lost, days as serials."""
    if name in NUMBERS and loose and _is_number(text):
        return f"{int(text)}.0"
    return f"{_serial(text):.0f}" if name == "Ngày sinh" and serial else text


def _cell(name: str, text: str, loose: bool, serial: bool) -> Cell:
    if name in NUMBERS and loose and _is_number(text):
        return float(text)
    if name == "Ngày sinh" and serial:
        return _day(text)
    return text


def _is_number(text: str) -> bool:
    return text.isdecimal() and text != "36"


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone


def _serial(text: str) -> float:
    return float((_day(text) - EPOCH).days)


def _csv(school: School, lines: Sequence[Sequence[str]], rng: Random) -> bytes:
    buffer = io.StringIO()
    delimiter = ";" if school.sheet_form == "csv-semicolon" else ","
    csv.writer(buffer, delimiter=delimiter).writerows(lines)
    mark = "\ufeff" if rng.random() < 0.5 else ""
    return (mark + buffer.getvalue()).encode()
