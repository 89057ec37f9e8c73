"""What the samples of student lists cannot say."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import history
from adapters.contract import Reading, Resource, SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.profile import EXT_COMMUNE, EXT_ENROLMENT
from adapters.sources.education import adapter
from adapters.sources.education.fields import COLUMNS
from linkage.extraction import person_record
from tests.adapters.formats.workbook import Cell, workbook

QUICK = settings(max_examples=100, deadline=None)
ID = "Mã định danh Bộ GD&ĐT"
HEADER = f"Trường,Mã trường,Lớp,{ID},Họ tên,Ngày sinh,Số ĐDCN\n"


def message(content: bytes) -> SourceMessage:
    return SourceMessage(source="education", content=content)


def read(rows: str, header: str = HEADER) -> Reading:
    return adapter.read(message((header + rows).encode()))


def row_of(**cells: str) -> Reading:
    """A list of one student; `_` in a column's name stands for a space."""
    columns = {name.replace("_", " "): value for name, value in cells.items()}
    stated = {"Lớp": "1A", ID: "0123456701", "Họ tên": "Nguyễn Mẫu An"} | columns
    text = io.StringIO()
    csv.writer(text).writerows([stated.keys(), stated.values()])
    return adapter.read(message(text.getvalue().encode()))


def patient_of(reading: Reading) -> Resource:
    (statement,) = reading.statements
    return history.patient_of(adapter.convert(statement).resources)


def test_a_sum_is_no_student() -> None:
    reading = read("Tổng cộng,,45,0123456701,,,\n")
    assert (reading.statements, reading.left_out) == ([], {"not-a-record": 1})


def test_a_grown_up_is_no_student_for_a_list_states_no_time() -> None:
    grown, child = (row_of(Ngày_sinh=f"01/02/{year}") for year in (1950, 2015))
    assert (grown.statements, grown.left_out) == ([], {"adult": 1})
    assert len(child.statements) == 1


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("0123456701", "0123456701"),
        ("123456701", "0123456701"),
        ("123456701.0", "0123456701"),
        ("'0123456701", "0123456701"),
        ("0123 456 701", "0123456701"),
        ("999319000101", "999319000101"),
        ("99319000101", "0" + "99319000101"),
        ("9319000101", "9319000101"),
    ],
)
def test_the_same_number_written_otherwise_is_the_same_key(sent: str, key: str) -> None:
    assert [statement.record_id for statement in read(f"T,1,1A,{sent},An,,").statements] == [key]


def test_two_lost_zeros_of_a_personal_id_as_key_come_back_by_its_own_column() -> None:
    own = "00" + "9319000101"
    for sent in ("9319000101", own):
        (statement,) = read(f"T,1,1A,9319000101.0,An,,{sent}").statements
        assert statement.record_id == own


@pytest.mark.parametrize("number", ["", "36", "36.0", "0", "0000000000", "chưa có", "1.2E+9"])
def test_what_stands_for_no_number_is_no_key(number: str) -> None:
    statements = read(f"T,1,1A,{number},An,,\nT,1,1A,{number},Bình,,\n").statements
    assert len({statement.record_id for statement in statements}) == 2
    assert all(statement.unkeyed for statement in statements)


def test_the_literal_36_means_nothing_in_any_column() -> None:
    optional = [field.name for field in COLUMNS if field.name not in ("Lớp", ID, "Họ tên")]
    for empty in ("36", "36.0"):
        reading = row_of(**dict.fromkeys((name.replace(" ", "_") for name in optional), empty))
        assert set(reading.statements[0].content) == {"Lớp", ID, "Họ tên"}
        assert not reading.unknown_fields


@pytest.mark.parametrize(
    ("sent", "born"),
    [
        ("15/01/2019", "2019-01-15"),
        ("5/1/2019", "2019-01-05"),
        ("43480", "2019-01-15"),
        ("43480.0", "2019-01-15"),
        ("2019-01-15", "2019-01-15"),
        ("01/2019", "2019-01"),
        ("2019", "2019"),
        ("01/15/2019", "2019-01-15"),
    ],
)
def test_a_birth_date_may_be_text_a_serial_or_a_year(sent: str, born: str) -> None:
    assert patient_of(read(f"T,1,1A,0123456701,An,{sent},"))["birthDate"] == born


def test_the_first_of_january_is_worth_its_year_only() -> None:
    record = person_record(
        "r", "education:1", "education", [patient_of(row_of(Ngày_sinh="1/1/2019"))]
    )
    assert record.birth_high is not None
    assert record.birth_low is not None
    assert record.birth_high - record.birth_low == 364


@pytest.mark.parametrize("sent", ["hôm qua", "32/01/2019", "15/01/19999"])
def test_a_date_that_cannot_be_read_is_noted_and_does_not_lose_the_child(sent: str) -> None:
    reading = read(f"T,1,1A,0123456701,An,{sent},")
    assert len(reading.statements) == 1
    assert reading.unknown_fields == {"Ngày sinh: wrong-date": 1}


def test_both_readings_of_a_commune_code_stay_since_a_list_has_no_date() -> None:
    (place,) = patient_of(row_of(Mã_xã="25.0"))["address"]
    (commune,) = place["extension"]
    assert commune["url"] == EXT_COMMUNE
    said = [(part["url"], part["valueCode"]) for part in commune["extension"]]
    assert said == [
        ("stated", "00025"),
        ("commune", "00008"),
        ("commune", "00025"),
        ("commune", "00199"),
    ]


def test_a_commune_without_code_is_read_from_its_name_where_that_is_certain() -> None:
    told = {"Xã/Phường": "Phường Láng", "Tỉnh/TP": "Thành phố Hà Nội"}
    (place,) = patient_of(row_of(**told))["address"]
    assert place["text"] == "Phường Láng, Thành phố Hà Nội"
    assert place["extension"][0]["extension"] == [{"url": "commune", "valueCode": "00199"}]


@pytest.mark.parametrize("school", ["", "Trường Tiểu học Mẫu"])
def test_the_school_keeps_the_record_and_stands_in_the_enrolment(school: str) -> None:
    reading = row_of(Trường=school, Mã_trường="01000123", Trạng_thái="bỏ học")
    (statement,) = reading.statements
    conversion = adapter.convert(statement)
    assert conversion.custodian == "school:01000123"
    enrolments = [e for e in patient_of(reading)["extension"] if e["url"] == EXT_ENROLMENT]
    parts = {part["url"]: part for part in enrolments[0]["extension"]}
    assert parts["school"]["valueIdentifier"]["value"] == "01000123"
    assert parts["status"]["valueCode"] == "BO_HOC"
    assert ("name" in parts) is bool(school)


def test_a_list_without_school_code_has_an_unknown_keeper() -> None:
    (statement,) = row_of(Trường="Trường Mẫu").statements
    assert adapter.convert(statement).custodian == "school:unknown"


@pytest.mark.parametrize("kind", ["Không", "không khuyết tật", "36", ""])
def test_no_disability_makes_no_flag(kind: str) -> None:
    (statement,) = row_of(Loại_khuyết_tật=kind).statements
    kinds = {resource["resourceType"] for resource in adapter.convert(statement).resources}
    assert "Flag" not in kinds


def test_parents_are_persons_unless_they_are_not_known() -> None:
    told = {"Tên_cha": "Không rõ", "Năm_sinh_cha": "1990", "Tên_mẹ": "Trần Mẫu"}
    (statement,) = row_of(**told, Năm_sinh_mẹ="1992.0").statements
    people = [
        r for r in adapter.convert(statement).resources if r["resourceType"] == "RelatedPerson"
    ]
    assert [(p["id"], p["name"][0]["text"], p["birthDate"]) for p in people] == [
        ("related-mother", "Trần Mẫu", "1992")
    ]


def test_a_twelve_digit_key_is_evidence_as_a_personal_id() -> None:
    patient = patient_of(read("T,1,1A,999319000101,An,,"))
    record = person_record("r", "education:999319000101", "education", [patient])
    assert record.personal_ids == ("999319000101",)
    assert record.active_ids == ()


def test_a_twelve_digit_key_does_not_contradict_the_personal_id_beside_it() -> None:
    patient = patient_of(read("T,1,1A,999319000101,An,,998319000102"))
    record = person_record("r", "education:999319000101", "education", [patient])
    assert record.personal_ids == ("998319000102",)


@pytest.mark.parametrize(
    "heading",
    [
        "MÃ ĐỊNH DANH BỘ GD&ĐT",
        "  Mã  định danh\nBộ GD & ĐT ",
        "ma dinh danh bo gddt",
        "Mã định danh Bộ GD&ĐT (*)",
        "Mã học sinh",
    ],
)
def test_headings_differ_in_case_marks_and_spaces(heading: str) -> None:
    content = workbook([["Lớp", "Họ tên", heading], ["1A", "An", 123456701.0]])
    (statement,) = adapter.read(message(content)).statements
    assert statement.record_id == "0123456701"


def test_the_key_does_not_depend_on_the_order_of_rows_and_columns() -> None:
    forth = read("1A,0123456701,An\n1A,0123456702,An\n", f"Lớp,{ID},Họ tên\n")
    back = read("An;0123456702;1A\nAn;0123456701;1A\n", f"Họ tên;{ID};Lớp\n")
    said = {s.record_id: s.content_hash for s in forth.statements}
    assert said == {s.record_id: s.content_hash for s in back.statements}


def test_row_36_of_a_list_is_a_student_as_any_other() -> None:
    rows: list[list[Cell]] = [["STT", "Lớp", "Họ tên", ID]]
    rows += [[n, "1A", f"An {n}", f"01234567{n:02}"] for n in range(1, 40)]
    assert len(adapter.read(message(workbook(rows))).statements) == 39


def test_phone_religion_and_jobs_are_not_kept() -> None:
    told = {"SĐT_liên_hệ": "0900000000", "Tôn_giáo": "Không", "Nghề_nghiệp_cha": "Thợ"}
    reading = row_of(**told)
    assert set(reading.statements[0].content) == {"Lớp", ID, "Họ tên"}
    assert not reading.unknown_fields


def test_a_roster_of_a_home_is_not_recognised() -> None:
    header = "Mã cơ sở,Số hồ sơ,Họ và tên,Ngày tiếp nhận,Mã định danh\n"
    assert not adapter.recognises(message(header.encode()))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"a,b\n1,2\n", Problem.MISSING_HEADER),
        (HEADER.encode() + b"\x00", Problem.FORBIDDEN_CHARACTER),
        (HEADER.encode() + b"\xff", Problem.ENCODING),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, problem: Problem) -> None:
    with pytest.raises(PayloadError) as caught:
        adapter.read(message(content))
    assert caught.value.rejection.problem == problem


@QUICK
@given(
    content=st.binary(max_size=300)
    | st.text(max_size=200).map(lambda t: (HEADER + t).encode("utf-8", "ignore"))
)
def test_no_bytes_bring_anything_but_a_payload_error(content: bytes) -> None:
    adapter.recognises(message(content))
    try:
        reading = adapter.read(message(content))
    except PayloadError:
        return
    assert all(adapter.convert(statement).custodian for statement in reading.statements)


SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("name", ["two_row_header.xlsx", "student_list.csv"])
@QUICK
@given(data=st.data())
def test_a_damaged_list_is_read_or_refused(name: str, data: st.DataObject) -> None:
    whole = (SAMPLES / name).read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    damaged = (
        whole[:cut]
        + data.draw(st.binary(max_size=8))
        + whole[cut + data.draw(st.integers(0, 40)) :]
    )
    try:
        reading = adapter.read(message(damaged))
    except PayloadError:
        return
    assert all(adapter.convert(statement).resources for statement in reading.statements)


CELLS = st.text(max_size=12) | st.sampled_from(
    ["36", "36.0", "43480", "15/01/2019", "1.0E+12", "999319000101", "Không", "00199", "-1", "NaN"]
)


@QUICK
@given(cells=st.fixed_dictionaries({field.name: CELLS for field in COLUMNS}))
def test_any_row_is_read_converted_or_counted(cells: dict[str, str]) -> None:
    rows = [list(cells), [cell if cell.isprintable() else "" for cell in cells.values()]]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    try:
        reading = adapter.read(message(text.getvalue().encode("utf-8", "ignore")))
    except PayloadError:
        return
    for statement in reading.statements:
        assert adapter.convert(statement).resources[0]["resourceType"] == "Patient"
