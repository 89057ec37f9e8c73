"""What the samples of rosters cannot say."""

import pytest

from adapters.contract import Reading, SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.sources.facility import adapter
from tests.adapters.formats.workbook import workbook

HEADER = "Mã cơ sở,Số hồ sơ,Họ và tên,Ngày tiếp nhận,Số ĐDCN,Số thẻ BHYT\n"


def read(rows: str, header: str = HEADER) -> Reading:
    return adapter.read(SourceMessage(source="facility", content=(header + rows).encode()))


def identifiers(rows: str) -> dict[str, str]:
    (statement,) = read(rows).statements
    found = adapter.convert(statement).resources[0]["identifier"]
    return {identifier["system"].rpartition("/")[2]: identifier["value"] for identifier in found}


@pytest.mark.parametrize(
    "row", ["HN01,23,,,,", "HN01,23.0,,,,", " HN01 ,'23,,,,", 'HN01,="23",,,,']
)
def test_the_same_row_written_otherwise_keeps_its_key(row: str) -> None:
    assert [statement.record_id for statement in read(row).statements] == ["HN01/23"]


def test_the_key_does_not_depend_on_the_order_of_rows_or_columns() -> None:
    forth = read("HN01,1,An,,,\nHN01,2,An,,,\n")
    back = read("2,HN01,An\n1,HN01,An\n", header="Số hồ sơ;Mã cơ sở;Họ và tên\n".replace(";", ","))
    assert {s.record_id for s in forth.statements} == {s.record_id for s in back.statements}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("99326000024", "0" + "99326000024"), ("9326000024.0", "00" + "9326000024")],
)
def test_lost_zeros_of_a_personal_id_come_back(sent: str, meant: str) -> None:
    assert identifiers(f"HN01,1,An,,{sent},")["national_id"] == meant


def test_a_card_may_have_ten_twelve_or_fifteen_characters() -> None:
    for card in ("TE1019900000024", "9900000024", "998326000024"):
        assert identifiers(f"HN01,1,An,,,{card}")["insurance_number"] == card


@pytest.mark.parametrize(
    "row",
    [
        "HN01,,,,,",
        ",,Người lập biểu,,,",
        ",,,,,",
        "Tổng cộng: 2,,,,,",
        "Tổng cộng,1,,,,",
        "TONG SO,12,,,,",
        "Cộng:,,3,,,",
    ],
)
def test_a_footer_is_no_record(row: str) -> None:
    assert read(f"HN01,1,An,,,\n{row}\n").statements[1:] == []


def test_a_child_of_the_family_tong_is_no_sum() -> None:
    reading = read("Tống Công,1,HN01\nCộng,2,HN01\nTổng cộng,2,\n", "Họ và tên,Số hồ sơ,Mã cơ sở\n")
    assert [s.record_id for s in reading.statements] == ["HN01/1", "HN01/2"]
    assert reading.left_out == {"not-a-record": 1}


def test_a_child_without_number_is_accepted_unkeyed() -> None:
    (statement,) = read("HN01,,An,,,\n").statements
    assert statement.unkeyed
    assert statement.record_id == f"~{statement.content_hash[:12]}"


def test_an_adult_at_reception_is_counted_and_left_out() -> None:
    header = "Mã cơ sở,Số hồ sơ,Ngày sinh,Ngày tiếp nhận\n"
    reading = read("HN01,1,19/03/2008,20/03/2026\nHN01,2,21/03/2008,20/03/2026\n", header)
    assert reading.left_out == {"adult": 1}
    assert [statement.record_id for statement in reading.statements] == ["HN01/2"]


def test_a_bad_date_is_noted_and_does_not_lose_the_child() -> None:
    reading = read("HN01,1,An,hôm qua,,\n")
    assert len(reading.statements) == 1
    assert reading.statements[0].effective is None
    assert reading.unknown_fields == {"Ngày tiếp nhận: wrong-date": 1}


def test_several_sheets_are_one_message() -> None:
    head = ["Mã cơ sở", "Số hồ sơ"]
    content = workbook([head, ["HN01", "1"]], [["ghi chú"]], [head, ["HN02", "1"]])
    reading = adapter.read(SourceMessage(source="facility", content=content))
    assert [(s.record_id, s.position) for s in reading.statements] == [
        ("HN01/1", "1!2"),
        ("HN02/1", "3!2"),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"a,b\n1,2\n", Problem.MISSING_HEADER),
        (HEADER.encode() + b"\x00", Problem.FORBIDDEN_CHARACTER),
        (HEADER.encode() + b"\xff", Problem.ENCODING),
    ],
)
def test_what_is_no_roster_is_refused(content: bytes, problem: Problem) -> None:
    with pytest.raises(PayloadError) as caught:
        adapter.read(SourceMessage(source="facility", content=content))
    assert caught.value.rejection.problem == problem


def test_the_file_is_the_homes_own_number() -> None:
    (statement,) = read("HN01,23,An,,,").statements
    file = adapter.convert(statement).resources[0]["identifier"][0]
    assert file["assigner"]["identifier"] == {"system": "urn:motem:sid:home", "value": "HN01"}
    assert file["value"] == "23"


def test_a_school_list_is_not_recognised() -> None:
    header = "Trường,Lớp,Mã định danh Bộ GD&ĐT,Họ tên,Ngày sinh\n"
    assert not adapter.recognises(SourceMessage(source="", content=header.encode()))
