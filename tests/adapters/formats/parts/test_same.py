"""Whatever a payload holds and wherever it is cut: the parts say what the whole says."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.parts import Part
from tests.adapters.formats.parts.cutting import assert_same, cut, read, small_steps
from tests.adapters.sources.hospital import adt_payloads
from tests.adapters.sources.hospital.payloads import element, envelope, stay, table

SIZES = st.integers(min_value=1, max_value=3_000)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
NASTY = st.text(st.sampled_from('aăđ😀 "\\,;|[]{}<>/&\t\u2028'), max_size=15)
SOME = settings(max_examples=60, deadline=None)


def joined(made: list[Part], encoding: str, head: str = "", tail: str = "", glue: str = "") -> str:
    """The text of all parts with what they repeat taken away but once."""
    texts = [part.content.decode(encoding) for part in made]
    inner = [text if number == 0 else text.removeprefix(head) for number, text in enumerate(texts)]
    return glue.join([*(text.removesuffix(tail) for text in inner[:-1]), inner[-1]])


def minutes(number: int, name: str) -> dict[str, Any]:
    return {
        "loai": "BIEN_BAN_TRE_BI_BO_ROI",
        "soBienBan": f"{number}/BB",
        "ngayLap": "2026-03-04T08:30:00+07:00",
        "donViLap": {"maXa": "00199"},
        "tre": [{"stt": 1, "hoTen": name, "gioiTinh": "NU", "taiSan": [name, "]"]}],
    }


@SOME
@given(
    names=st.lists(NASTY, min_size=1, max_size=8),
    size=SIZES,
    step=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    encoding=ENCODINGS,
)
def test_a_json_array(
    names: list[str], size: int, step: int, indent: int | None, ascii_only: bool, encoding: str
) -> None:
    every = [minutes(number, name) for number, name in enumerate(names)]
    text = json.dumps(every, indent=indent, ensure_ascii=ascii_only) + "\n"
    with small_steps(step=step):
        made = assert_same("police", text.encode(encoding), size)
    assert joined(made, encoding, head="[", tail="]", glue=",") == text


@SOME
@given(
    lines=st.lists(NASTY | st.sampled_from(["", "\0bad", "\0{bad"]), max_size=12),
    size=SIZES,
    step=st.integers(1, 40),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=ENCODINGS,
)
def test_json_lines_with_bad_and_blank_ones(
    lines: list[str], size: int, step: int, end: str, encoding: str
) -> None:
    made_lines = [
        line.removeprefix("\0")
        if line.startswith("\0") or not line
        else json.dumps(minutes(number, line), ensure_ascii=False)
        for number, line in enumerate(["a", *lines, "z"])
    ]
    text = end.join(made_lines) + end
    with small_steps(step=step):
        made = assert_same("police", text.encode(encoding), size)
    assert joined(made, encoding) == text


ROWS = st.lists(st.tuples(NASTY, st.sampled_from(["", "2020", "An\nBình", "x\r\ny"])), max_size=12)


@SOME
@given(
    rows=ROWS,
    size=SIZES,
    step=st.integers(1, 40),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    above=st.sampled_from([[], [["SỞ Y TẾ"]], [["Danh sách\ntrẻ"], []], [["Cơ sở", "", "Trẻ"]]]),
    encoding=ENCODINGS,
)
def test_csv(
    rows: list[tuple[str, str]],
    size: int,
    step: int,
    delimiter: str,
    end: str,
    above: list[list[str]],
    encoding: str,
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end)
    header = ["Mã cơ sở", "Số hồ\nsơ", "Họ và tên", "Ghi riêng"]
    writer.writerows([*above, header])
    head = written.getvalue()
    for number, (name, note) in enumerate(rows):
        writer.writerow([f"HN{number:02}", str(number), name, note])
    text = written.getvalue()
    with small_steps(step=step):
        made = assert_same("facility", text.encode(encoding), size)
    assert joined(made, encoding, head=head) == text


@SOME
@given(cells=st.lists(NASTY, max_size=12), size=SIZES)
def test_csv_with_quotes_anywhere(cells: list[str], size: int) -> None:
    rows = "".join(f"HN01,{number},{cell}\n" for number, cell in enumerate(cells))
    content = ("Mã cơ sở,Số hồ sơ,Họ và tên\n" + rows).encode()
    made = cut(content, size, "facility")
    assert joined(made, "utf-8", head="Mã cơ sở,Số hồ sơ,Họ và tên\n").encode() == content


def test_a_stray_quote_loses_its_line_and_no_other() -> None:
    rows = [f"HN01,{number},{name}" for number, name in enumerate(["An", '"Bé "Na"', "Cúc", "Em"])]
    content = "\n".join(["Mã cơ sở,Số hồ sơ,Họ và tên", *rows]).encode()
    made = assert_same("facility", content, 1)
    assert read("facility", *made).rejections == [("1!3", "malformed-syntax", "")]


def test_a_title_that_cannot_be_read_is_told_once() -> None:
    head = 'Danh "sách"\n"x"y\nMã cơ sở,Số hồ sơ,Họ và tên\n'
    rows = "".join(f"HN01,{number},An\n" for number in range(5))
    made = assert_same("facility", (head + rows).encode(), 1)
    assert len(made) == 5


def test_a_row_that_looks_like_a_second_header_row_begins_no_part() -> None:
    head = "Mã cơ sở,Số hồ sơ,Họ và tên,Riêng\n"
    rows = ["HN01,1,An,x\n", "HN,a/b,An,Giới tính\n", "HN01,3,An,x\n"]
    made = assert_same("facility", (head + "".join(rows)).encode(), 1)
    assert [part.content.decode().removeprefix(head) for part in made] == [
        rows[0] + rows[1],
        rows[2],
    ]


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


HIDING = st.sampled_from(
    ["", "<!-- </HOSO><HOSO> -->", "<X><![CDATA[</HOSO>]]></X>", "<X a='<'/>".replace("<'", ">'")]
)


@SOME
@given(
    dossiers=st.lists(st.tuples(NASTY, HIDING), min_size=1, max_size=8),
    size=SIZES,
    step=st.integers(1, 40),
    encoding=ENCODINGS,
)
def test_health_xml(dossiers: list[tuple[str, str]], size: int, step: int, encoding: str) -> None:
    made_dossiers = [
        stay(MA_LK=f"LK{number}", MA_BN=f"BN{number}", HO_TEN=escaped(name)) + hidden
        if number % 2
        else table("XML1", MA_LK=f"LK{number}", MA_BN=f"BN{number}", MA_CSKCB="01998") + hidden
        for number, (name, hidden) in enumerate(dossiers)
    ]
    text = envelope(*made_dossiers).decode()
    with small_steps(step=step):
        made = assert_same("hospital", text.encode(encoding), size)
    head = text[: text.index("<HOSO>")]
    tail = text[text.rindex("</HOSO>") + len("</HOSO>") :]
    assert joined(made, encoding, head=head, tail=tail) == text


@SOME
@given(names=st.lists(NASTY, min_size=1, max_size=6), size=SIZES, step=st.integers(1, 40))
def test_birth_certificates_in_a_file_of_their_own(names: list[str], size: int, step: int) -> None:
    rows = [
        {"MA_GCS": f"00{number}97.GCS.01999.26", "TEN_CON": escaped(name), "GIOI_TINH_CON": "1"}
        for number, name in enumerate(names)
    ]
    certificates = "\n".join(element("GIAYCHUNGSINH", row) for row in rows)
    content = f'<?xml version="1.0"?>\n<HSDLGCS>{certificates}</HSDLGCS>\n'.encode()
    with small_steps(step=step):
        made = cut(content, size)
    found, whole = read("hospital", *made), read("hospital", Part(content=content))
    assert found.statements == whole.statements


def citizen(number: int, name: str) -> str:
    return (
        f"<d:CongDan><d:SoDinhDanh>9993260{number:05}</d:SoDinhDanh>"
        f"<d:HoVaTen>Mẫu {escaped(name)}</d:HoVaTen></d:CongDan>"
    )


@SOME
@given(
    collections=st.lists(st.lists(NASTY, max_size=4), min_size=1, max_size=4),
    size=SIZES,
    step=st.integers(1, 40),
    encoding=ENCODINGS,
)
def test_collections_of_citizens_each_with_its_own_time(
    collections: list[list[str]], size: int, step: int, encoding: str
) -> None:
    numbers = iter(range(100))
    inner = "".join(
        f'<d:CongdanCollection ThoiDiemDuLieu="2026-10-{day:02}">\n'
        + "\n".join(citizen(next(numbers), name) for name in names)
        + "</d:CongdanCollection>"
        for day, names in enumerate(collections, 1)
    )
    text = f'<a xmlns:d="http://www.mic.gov.vn/dancu/1.0">{inner}</a>'
    with small_steps(step=step):
        assert_same("population", text.encode(encoding), size)


@SOME
@given(
    names=st.lists(NASTY, min_size=1, max_size=8),
    size=SIZES,
    step=st.integers(1, 40),
    end=st.sampled_from(["\r", "\n", "\r\n", "\r\x1c\r\x0b"]),
    encoding=ENCODINGS,
    batch=st.booleans(),
)
def test_hl7(names: list[str], size: int, step: int, end: str, encoding: str, batch: bool) -> None:
    messages = [
        adt_payloads.adt(
            adt_payloads.pid({3: f"BN{number}^^^01999^MR", 5: name}), adt_payloads.pv1(), end=end
        ).decode()
        for number, name in enumerate(names)
    ]
    text = "".join(messages)
    text = f"FHS|^~\\&{end}BHS|^~\\&{end}{text}BTS|1{end}FTS|1{end}" if batch else text
    with small_steps(step=step):
        made = assert_same("hospital", text.encode(encoding), size)
    assert joined(made, encoding) == text


def test_a_message_that_names_a_mother_stays_with_the_one_before() -> None:
    mother = adt_payloads.adt(adt_payloads.pid({3: "BN8^^^01999^MR", 7: "19950101"}))
    child = adt_payloads.adt(adt_payloads.pid({3: "BN9^^^01999^MR", 21: "BN8^^^01999^MR"}))
    other = adt_payloads.adt(adt_payloads.pid())
    made = assert_same("hospital", other + mother + child + other, 1)
    assert [part.content for part in made] == [other, mother + child, other]


def patient(number: int, name: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "https://his.example.vn/mrn", "value": str(number)}],
        "name": [{"text": f"Mẫu {name}"}],
        "birthDate": "2026-01-01",
    }


@SOME
@given(names=st.lists(NASTY, min_size=2, max_size=6), size=SIZES, as_lines=st.booleans())
def test_fhir_patients_one_a_line_or_in_an_array(
    names: list[str], size: int, as_lines: bool
) -> None:
    every = [patient(number, name) for number, name in enumerate(names)]
    text = "\n".join(map(json.dumps, every)) if as_lines else json.dumps(every)
    assert_same("fhir", text.encode(), size)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(
            {"resourceType": "Bundle", "entry": [{"resource": patient(1, "An")}] * 9}, indent=1
        ),
        '<Bundle xmlns="http://hl7.org/fhir">' + "<entry/>" * 99 + "</Bundle>",
        "a,b,c\n" * 99,
        "PK\x03\x04" + "x" * 999,
        "[" + " " * 999 + "]",
        "<GIAMDINHHS/>" + " " * 999,
        "<!DOCTYPE a><HOSO/>",
        "BHS|^~\\&\r" + "BTS|1\r" * 99,
    ],
)
def test_what_has_no_records_is_one_part(content: str) -> None:
    assert [part.content for part in cut(content.encode(), 1, "facility")] == [content.encode()]


@given(content=st.binary(max_size=200), size=st.integers(200, 300))
def test_what_is_small_is_not_touched(content: bytes, size: int) -> None:
    assert cut(content, size, "facility") == [Part(content=content)]
