"""Sheets: headers wherever they stand, cells as text, hostile files at little cost."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import PayloadError, Problem
from adapters.formats import sheet, xlsx
from adapters.formats.fields import Field
from tests.adapters.formats.bounded import BYTES, SECONDS, cost
from tests.adapters.formats.workbook import MAIN, Cell, packed, sheet_xml, workbook

FIELDS = (
    Field(name="Mã cơ sở", aliases=("Mã CS",)),
    Field(name="Số hồ sơ"),
    Field(name="Họ và tên"),
    Field(name="Ngày sinh"),
)
HEADER = ["Mã cơ sở", "Số hồ sơ", "Họ và tên", "Ngày sinh"]
MEGABYTE = 1024 * 1024


def read(content: bytes) -> sheet.Table:
    return sheet.read(content, FIELDS)


def cells(text: str) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read(text.encode()).rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_end_is_read(delimiter: str, end: str) -> None:
    lines = [delimiter.join(HEADER), delimiter.join(["HN01", "1", '"Trần ""Bé"" An"', "2020"])]
    assert cells(end.join(lines)) == [
        {"Mã cơ sở": "HN01", "Số hồ sơ": "1", "Họ và tên": 'Trần "Bé" An', "Ngày sinh": "2020"}
    ]


@pytest.mark.parametrize(
    "header",
    [
        "MÃ CƠ SỞ,SỐ HỒ SƠ",
        "ma co so , so ho so",
        "Mã  cơ\u00a0sở,Số_hồ_sơ",
        "Mã cơ sở (5 số),Số hồ sơ *",
        "M· c¬ së,Sè hå s¬",
        '"Mã cơ\nsở","Số hồ\nsơ"',
        "\ufeffMã CS,Số hồ sơ",
    ],
)
def test_a_header_is_known_in_any_writing(header: str) -> None:
    assert cells(f"{header}\nHN01,7\n") == [{"Mã cơ sở": "HN01", "Số hồ sơ": "7"}]


def test_columns_stand_in_any_order_and_unknown_ones_are_counted() -> None:
    table = read("Lạ,Số hồ sơ,Mã cơ sở,Khác\nx,7,HN01,y\n".encode())
    assert table.rows[0].cells == {"Số hồ sơ": "7", "Mã cơ sở": "HN01"}
    assert table.unknown_columns == {"Lạ": 1, "Khác": 1}


def test_titles_numbers_and_repeated_headers_are_no_rows() -> None:
    head = ",".join(HEADER)
    text = f"Danh sách\n,,\n{head}\n(1),(2),(3),(4)\nHN01,1,An,\n{head}\nHN01,2,Bình,\n"
    assert [row["Số hồ sơ"] for row in cells(text)] == ["1", "2"]


def test_a_row_of_small_numbers_is_a_row() -> None:
    assert len(cells(",".join(HEADER) + "\n3,1,An,2\n")) == 1


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("123.0", "123.0"), ("'00199", "00199"), ('="00199"', "00199"), ("=1+1", "1+1")],
)
def test_spreadsheet_disguises_of_digits_are_taken_off(sent: str, meant: str) -> None:
    quoted = '"' + sent.replace('"', '""') + '"'
    assert cells(f"Mã cơ sở,Số hồ sơ\n{quoted},1\n")[0]["Mã cơ sở"] == meant


def test_positions_name_sheet_row_and_column() -> None:
    row = read(workbook([["Trang trước"]], [["x"], ["y", *HEADER], ["z", "HN01", "1"]])).rows[0]
    assert row.position == "2!3"
    assert row.position_of("Số hồ sơ") == "2!3:C"
    assert sheet.letters(25) == "Z"
    assert sheet.letters(26) == "AA"


def test_a_header_of_two_rows_with_merged_groups_is_one_header() -> None:
    rows: list[list[Cell]] = [
        ["Cơ sở", None, "Trẻ", None],
        ["Mã", "Tên", "Số hồ sơ", "Họ và tên"],
        ["HN01", "Mái ấm", "1", "An"],
    ]
    fields = (Field(name="Mã cơ sở", aliases=("Cơ sở Mã",)), *FIELDS[1:])
    table = sheet.read(workbook(rows, merged=["A1:B1", "C1:D1"]), fields)
    assert table.rows[0].cells == {"Mã cơ sở": "HN01", "Số hồ sơ": "1", "Họ và tên": "An"}


def test_a_cell_merged_downwards_belongs_to_every_row() -> None:
    rows: list[list[Cell]] = [[*HEADER], ["HN01", "1", "An", None], [None, "2", "Bình", None]]
    table = read(workbook(rows, merged=["A2:A3"]))
    assert [row.cells["Mã cơ sở"] for row in table.rows] == ["HN01", "HN01"]


def test_a_cell_merged_sideways_is_no_row_of_equal_cells() -> None:
    rows: list[list[Cell]] = [[*HEADER], ["HN01", "1", "An", None], ["Tổng cộng: 1 trẻ"]]
    table = read(workbook(rows, merged=["A3:D3"]))
    assert [dict(row.cells) for row in table.rows[1:]] == [{"Mã cơ sở": "Tổng cộng: 1 trẻ"}]


def test_workbook_cells_become_plain_text() -> None:
    rows: list[list[Cell]] = [[*HEADER], [123.0, 98326000024.0, " Trần\u00a0An ", 46084]]
    row = read(workbook(rows, dates=["D2"])).rows[0]
    assert row.cells == {
        "Mã cơ sở": "123",
        "Số hồ sơ": "98326000024",
        "Họ và tên": "Trần An",
        "Ngày sinh": "2026-03-03",
    }


def test_literal_empties_count_as_empty() -> None:
    content = f"{','.join(HEADER)}\nHN01,36,36.0,2020\n".encode()
    row = sheet.read(content, FIELDS, sheet.LITERAL_EMPTIES).rows[0]
    assert row.cells == {"Mã cơ sở": "HN01", "Ngày sinh": "2020"}
    assert len(read(content).rows[0].cells) == 4


def test_a_stray_quote_loses_its_line_only() -> None:
    table = read(f'{",".join(HEADER)}\nHN01,1,An,\nHN01,2,"Bì"nh,\nHN01,3,Chi,\n'.encode())
    assert [row.cells["Số hồ sơ"] for row in table.rows] == ["1", "3"]
    assert [(r.problem, r.position) for r in table.rejections] == [(Problem.MALFORMED, "1!3")]


def test_an_open_quote_loses_its_line_only() -> None:
    table = read(f'{",".join(HEADER)}\nHN01,1,"An,\nHN01,2,Bình,\n'.encode())
    assert [row.cells["Số hồ sơ"] for row in table.rows] == ["2"]
    assert [r.position for r in table.rejections] == ["1!2"]


def test_a_quoted_cell_may_hold_lines() -> None:
    table = read(f'{",".join(HEADER)}\nHN01,1,"An\nBình",\nHN01,2,Chi,\n'.encode())
    assert [row.position for row in table.rows] == ["1!2", "1!4"]
    assert table.rows[0].cells["Họ và tên"] == "An Bình"


def zipped(name: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return out.getvalue()


GOOD = workbook([HEADER, ["HN01", "1", "An", "2020"]])
HEAD = ",".join(HEADER) + "\n"


def one_sheet(inside: str) -> bytes:
    return packed({"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{inside}</worksheet>'})


def lying(content: bytes) -> bytes:
    """The central directory says that the sheet unpacks to a hundred bytes."""
    directory = content.index(b"PK\x01\x02")
    start = content.index(b"xl/worksheets/sheet1.xml", directory) - 46
    return content[: start + 24] + (100).to_bytes(4, "little") + content[start + 28 :]


FAR_CELL = '<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
ZEROS = "<c/>" * 10_000_000
SHARED = {
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">'
    + '<c t="s"><v>0</v></c>' * 900
    + "</row></sheetData></worksheet>",
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>'
    + "".join(chr(65 + n * n % 26) for n in range(300_000))
    + "</t></si></sst>",
}
HOSTILE = {
    "no bytes": (b"", Problem.EMPTY),
    "blanks": (b" \n ", Problem.EMPTY),
    "NUL": (HEAD.encode() + b"a\x00b", Problem.FORBIDDEN_CHARACTER),
    "not UTF-8": (HEAD.encode() + b"\xff\xfe\xfd", Problem.ENCODING),
    "UTF-16 without mark": (HEAD.encode("utf-16-le"), Problem.ENCODING),
    "no header": (b"a,b\n1,2\n", Problem.MISSING_HEADER),
    "large text": (b"a" * 33 * MEGABYTE, Problem.TOO_LARGE),
    "commas": (HEAD.encode() + b"," * 15 * MEGABYTE, Problem.TOO_LARGE),
    "line ends": (HEAD.encode() + b"\n" * 15 * MEGABYTE, Problem.TOO_LARGE),
    "giant cell": (HEAD.encode() + b"x" * 15 * MEGABYTE, None),
    "quotes": (HEAD.encode() + b'"' * 15 * MEGABYTE, None),
    "columns": (HEAD.encode() + b",".join([b"x"] * 5_000), Problem.TOO_LARGE),
    "no workbook": (zipped("a.txt", "x"), Problem.UNKNOWN_STRUCTURE),
    "zip of nothing": (b"PK\x05\x06" + bytes(18), Problem.UNKNOWN_STRUCTURE),
    "cut off": (GOOD[:-30], Problem.MALFORMED),
    "first bytes only": (GOOD[:60], Problem.MALFORMED),
    "zip bomb": (one_sheet(ZEROS), Problem.TOO_LARGE),
    "lying zip bomb": (lying(one_sheet(ZEROS)), Problem.TOO_LARGE),
    "far cell": (one_sheet(FAR_CELL), Problem.TOO_LARGE),
    "far cell, other quotes": (one_sheet(FAR_CELL.replace('"', "'")), Problem.TOO_LARGE),
    "far dimension": (one_sheet('<dimension ref="A1:XFD1048576"/>'), Problem.MISSING_HEADER),
    "rows without numbers": (
        one_sheet("<sheetData>" + "<row><c><v>1</v></c></row>" * 20_000 + "</sheetData>"),
        Problem.MISSING_HEADER,
    ),
    "repeated text": (packed(SHARED), Problem.TOO_LARGE),
    "broken XML": (one_sheet("<sheetData><row>"), Problem.MALFORMED),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sheets_cost_little(name: str) -> None:
    content, problem = HOSTILE[name]
    found = cost(read, content)
    assert found.problem == problem
    assert found.seconds < SECONDS
    assert found.extra_bytes < BYTES


@pytest.mark.parametrize("at", range(0, len(GOOD), 37))
def test_no_changed_byte_breaks_the_workbook_reader(at: int) -> None:
    changed = GOOD[:at] + bytes([GOOD[at] ^ 0x5A]) + GOOD[at + 1 :]
    with suppress(PayloadError):
        read(changed)


@given(st.binary())
def test_no_bytes_break_the_csv_reader(content: bytes) -> None:
    with suppress(PayloadError):
        read(HEAD.encode() + content)


def test_columns_tell_what_a_sheet_is_without_reading_all() -> None:
    assert sheet.columns(GOOD, FIELDS) == set(HEADER)
    assert sheet.columns(HEAD.encode() + b"x" * MEGABYTE, FIELDS) == set(HEADER)
    assert sheet.columns(b'{"a": 1}', FIELDS) == frozenset()
    assert sheet.columns(b"<a/>", FIELDS) == frozenset()
    assert sheet.columns(b"\xff\xfe\x00", FIELDS) == frozenset()


def test_the_limits_let_a_large_roster_through() -> None:
    rows: list[list[Cell]] = [[f"HN{n}", str(n), "Trần Văn An", "2020"] for n in range(5_000)]
    rows.insert(0, [*HEADER])
    assert len(read(packed({"xl/worksheets/sheet1.xml": sheet_xml(rows)})).rows) == 5_000
    assert xlsx.MAX_RATIO > 20
