"""What the samples of step reports cannot say."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import profile
from adapters.contract import Reading, Resource, SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.profile import IdentifierKind, Label
from adapters.sources.casework import adapter
from adapters.sources.casework.steps import STEPS, ZERO_REPORT
from adapters.validation import validated
from linkage.extraction import person_record
from tests.adapters.formats.workbook import workbook

SAMPLES = Path(__file__).parent / "samples"
REPORT: dict[str, Any] = {
    "soPhieu": "2026-031",
    "maDonVi": "00199",
    "loaiDonVi": "UBND_XA",
    "buoc": "SANG_LOC_SUC_KHOE",
    "thoiGian": "2026-03-05T10:00:00+07:00",
    "tre": {"gioiTinh": "NU"},
}


def read(*reports: Any) -> Reading:
    return adapter.read(SourceMessage(source="casework", content=json.dumps(reports).encode()))


def read_rows(*rows: list[Any]) -> Reading:
    return adapter.read(SourceMessage(source="casework", content=workbook(rows)))


def converted(**change: Any) -> tuple[Resource, Resource]:
    """Patient and Task of one report."""
    (statement,) = read(REPORT | change).statements
    patient, task = adapter.convert(statement).resources
    return patient, task


def identifiers(*keys: dict[str, Any]) -> list[dict[str, Any]]:
    patient, _ = converted(tre={"khoa": list(keys)})
    found: list[dict[str, Any]] = patient["identifier"]
    return found


@pytest.mark.parametrize(
    "change",
    [{}, {"soPhieu": " 2026-031 "}, {"maDonVi": 199}, {"maDonVi": "00199.0"}, {"thoiGian": None}],
)
def test_the_same_report_written_otherwise_keeps_its_key(change: dict[str, Any]) -> None:
    assert [s.record_id for s in read(REPORT | change).statements] == ["00199/2026-031"]


@pytest.mark.parametrize("missing", ["soPhieu", "maDonVi"])
def test_without_a_part_of_its_key_a_step_is_accepted_unkeyed(missing: str) -> None:
    (statement,) = read({k: v for k, v in REPORT.items() if k != missing}).statements
    assert statement.unkeyed
    assert adapter.convert(statement).custodian.startswith("commune:")


def test_a_row_says_what_an_object_says() -> None:
    report = REPORT | {
        "tre": {
            "hoTen": "Lê Mẫu",
            "ngaySinh": "27/02/2026",
            "khoa": [
                {"he": "HO_SO", "giaTri": "23", "maCoSo": "HN01"},
                {"he": "BIEN_BAN", "giaTri": "12/BB-CAX", "maXa": "00199", "ngay": "2026-03-04"},
            ],
        }
    }
    row = {
        "Số phiếu": "2026-031",
        "Mã đơn vị": 199,
        "Loại đơn vị": "UBND_XA",
        "Bước": "Sàng lọc sức khỏe",
        "Thời gian": "05/03/2026 10:00",
        "Họ tên trẻ": "Lê Mẫu",
        "Ngày sinh": 46080,
        "tre.khoa.BIEN_BAN": "12/BB-CAX",
        "khoa.BIEN_BAN.maXa": 199,
        "Ngày biên bản": "04/03/2026",
        "Số hồ sơ của trẻ": 23,
        "Mã cơ sở giữ hồ sơ": "HN01",
    }
    (told,) = read(report).statements
    (listed,) = read_rows([*row], [*row.values()]).statements
    assert listed.content == told.content
    assert listed.record_id == told.record_id


def test_the_order_of_keys_changes_nothing() -> None:
    one, other = {"he": "GCS", "giaTri": "1"}, {"he": "VU_VIEC", "giaTri": "2"}
    hashes = {
        read(REPORT | {"tre": {"khoa": keys}}).statements[0].content_hash
        for keys in ([one, other], [other, one], [one, other, one])
    }
    assert len(hashes) == 1


def test_linkage_finds_every_key() -> None:
    """As copied: a number in a report is another body's, with the slips of whoever wrote it down."""
    expected = json.loads((SAMPLES / "every_key.fhir.json").read_text("utf-8"))
    (statement,) = expected["statements"]
    person = person_record("r", "casework:k", "casework", statement["resources"])
    assert {
        "cert:00012.GCS.01234.26",
        "id:998326000024",
        "min:12|00199|2026",
        "file:home:00777|23",
        "file:home:HN01|HS23",
        "file:hospital:01234|BN000123",
        "reg:00199/01/2026/24",
        "card:9900000024",
        "case:111-2026-004512",
        "motem:01kexample0000000000000000",
    } <= set(person.copied)
    assert (person.certificates, person.personal_ids, person.files) == ((), (), ())
    assert person.names == ()
    # A hospital that reports a step is not where the child was born.
    assert person.moves == ()


@pytest.mark.parametrize(
    ("system", "kind"),
    [
        ("GCS", IdentifierKind.BIRTH_CERTIFICATE),
        ("SO_DINH_DANH", IdentifierKind.PERSONAL_ID),
        ("BIEN_BAN", IdentifierKind.MINUTES),
        ("HO_SO", IdentifierKind.FILE),
        ("KHAI_SINH", IdentifierKind.CIVIL_REGISTRATION),
        ("THE_BHYT", IdentifierKind.INSURANCE),
        ("VU_VIEC", IdentifierKind.CASE_111),
        ("MOTEM", IdentifierKind.MOTEM),
    ],
)
def test_a_key_has_the_system_that_its_issuer_uses(system: str, kind: IdentifierKind) -> None:
    (found,) = identifiers({"he": system, "giaTri": "998326000024"})
    assert found["system"] == profile.SYSTEMS[kind]


@pytest.mark.parametrize("system", ["BIEN_BAN", "KHAI_SINH"])
def test_a_commune_that_names_no_other_means_its_own_numbers(system: str) -> None:
    (found,) = identifiers({"he": system, "giaTri": "12/2026"})
    assert found["assigner"]["identifier"]["value"] == "00199"


def test_a_key_without_its_number_is_none() -> None:
    (statement,) = read(REPORT | {"tre": {"khoa": [{"he": "GCS"}], "gioiTinh": "NU"}}).statements
    assert "identifier" not in adapter.convert(statement).resources[0]


@pytest.mark.parametrize(
    ("key", "note"),
    [
        ({"he": "HO_CHIEU", "giaTri": "1"}, "tre.khoa.he: wrong-code"),
        ({"he": "GCS", "giaTri": ["1"]}, "tre.khoa.giaTri: wrong-type"),
        ({"he": "SO_DINH_DANH", "giaTri": "9.98E+11"}, "tre.khoa.giaTri: wrong-identifier"),
        ({"giaTri": "1"}, "tre.khoa.he: missing-value"),
        ("12", "tre.khoa: wrong-type"),
        ({"he": "VU_VIEC", "giaTri": "1", "maXa": "x"}, "tre.khoa.maXa: wrong-identifier"),
        ({"he": "VU_VIEC", "giaTri": "1", "laHoSo": 1}, "tre.khoa.laHoSo"),
    ],
)
def test_a_bad_key_is_noted_and_does_not_lose_the_report(key: Any, note: str) -> None:
    reading = read(REPORT | {"tre": {"gioiTinh": "NU", "khoa": [key]}})
    assert [s.record_id for s in reading.statements] == ["00199/2026-031"]
    assert note in reading.unknown_fields


@pytest.mark.parametrize("code", sorted(STEPS.keys() - {ZERO_REPORT}))
def test_every_step_becomes_a_valid_task_of_its_code(code: str) -> None:
    patient, task = converted(buoc=code, benNhan="Mái ấm Mẫu", canCu="QĐ 1/QĐ-UBND", ketQua="x")
    validated(patient)
    validated(task)
    assert task["code"]["coding"] == [{"system": profile.STEPS, "code": code}]
    assert task["status"] == STEPS[code].status
    assert task["for"] == profile.PATIENT
    assert read(REPORT | {"buoc": STEPS[code].vietnamese.upper()}).statements


@pytest.mark.parametrize("code", sorted(STEPS.keys() - {ZERO_REPORT}))
def test_only_steps_that_hand_the_child_over_say_that_it_went_somewhere(code: str) -> None:
    patient, _ = converted(buoc=code, benNhan={"loai": "CO_SO_BTXH", "maCoSo": "HN01"})
    urls = [extension["url"] for extension in patient.get("extension", ())]
    assert urls == [profile.EXT_HANDOVER] * STEPS[code].gives


def test_an_adoption_is_sealed() -> None:
    for resource in converted(buoc="NHAN_CON_NUOI"):
        labels = [label["code"] for label in resource["meta"]["security"]]
        assert labels == [Label.SEALED_ADOPTION]


def test_a_result_that_tells_of_hiv_labels_the_step_and_not_the_child() -> None:
    patient, task = converted(ketQua="HIV âm tính")
    assert [label["code"] for label in task["meta"]["security"]] == [Label.HIV]
    assert "security" not in patient["meta"]


@pytest.mark.parametrize(
    ("kind", "code", "custodian"),
    [
        ("CONG_AN_XA", "00199", "commune:00199"),
        ("BENH_VIEN", "1234", "hospital:01234"),
        ("CO_SO_BTXH", "HN01", "home:HN01"),
        ("TRUONG_HOC", "01000123", "school:01000123"),
        ("SO_TU_PHAP", "STP-01", "commune:unknown"),
        (None, "HN01", "home:HN01"),
        (None, "00199", "commune:unknown"),
    ],
)
def test_the_kind_of_the_body_says_whose_code_it_has(
    kind: str | None, code: str, custodian: str
) -> None:
    (statement,) = read(REPORT | {"loaiDonVi": kind, "maDonVi": code}).statements
    assert adapter.convert(statement).custodian == custodian


def test_a_zero_report_is_counted_and_speaks_of_no_child() -> None:
    zero = {**REPORT, "buoc": ZERO_REPORT, "ky": {"tuNgay": "2026-03-02", "denNgay": "2026-03-08"}}
    children: list[Any] = [None, {}, {"khoa": [], "hoTen": None}]
    for tre in children:
        reading = read(zero | {"tre": tre})
        assert reading.left_out == {"zero-report": 1}
        assert not reading.statements
        assert not reading.rejections


@pytest.mark.parametrize(
    ("change", "problem", "position"),
    [
        ({"buoc": ZERO_REPORT}, Problem.UNKNOWN_STRUCTURE, "/0"),
        ({"buoc": "HOP_GIAO_BAN"}, Problem.WRONG_CODE, "/0/buoc"),
        ({"buoc": None}, Problem.MISSING_VALUE, "/0"),
        ({"tre": None}, Problem.MISSING_VALUE, "/0"),
        ({"tre": {"khoa": []}}, Problem.MISSING_VALUE, "/0"),
        ({"tre": ["bé gái"]}, Problem.WRONG_TYPE, "/0/tre"),
        ({"soPhieu": {}}, Problem.WRONG_TYPE, "/0/soPhieu"),
        ({"loai": "KHAC"}, Problem.WRONG_CODE, "/0/loai"),
    ],
)
def test_a_bad_report_is_rejected_alone_at_its_pointer(
    change: dict[str, Any], problem: Problem, position: str
) -> None:
    reading = read(REPORT | change, REPORT | {"soPhieu": "2"})
    assert [(r.problem, r.position) for r in reading.rejections] == [(problem, position)]
    assert json.loads(reading.rejections[0].excerpt) == REPORT | change
    assert [s.record_id for s in reading.statements] == ["00199/2"]


def test_a_bad_row_is_rejected_alone_at_its_cell() -> None:
    head = ["Số phiếu", "Mã đơn vị", "Bước", "Họ tên trẻ"]
    reading = read_rows(head, ["1", "00199", "HỌP", "Lê Mẫu"], ["2", "00199", "TU_VONG", "Lê Mẫu"])
    assert [(r.problem, r.position) for r in reading.rejections] == [(Problem.WRONG_CODE, "1!2:C")]
    assert [s.position for s in reading.statements] == ["1!3"]


@pytest.mark.parametrize(
    "name",
    ["tenDonVi", "loaiDonVi", "thoiGian", "tre.hoTen", "tre.ngaySinh", "ketQua", "canCu"],
)
def test_no_other_field_loses_the_child(name: str) -> None:
    bad: Any = [True]
    for part in reversed(name.split(".")):
        bad = {part: bad}
    change = {"tre": {"gioiTinh": "NU"} | bad["tre"]} if "tre" in bad else bad
    reading = read(REPORT | change)
    assert len(reading.statements) == 1
    assert f"{name}: wrong-type" in reading.unknown_fields
    assert adapter.convert(reading.statements[0]).resources


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["khoa", "he", "giaTri", "ten", "maCoSo", "loai", "ngaySinh"]),
            inner | st.sampled_from(["BIEN_BAN", "HO_SO", "KHAI_SINH"]),
            max_size=4,
        )
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([*REPORT, "benNhan", "ky", "ketQua", "canCu"]), ANYTHING, max_size=4
    )
)
def test_whatever_stands_in_a_report_is_read_or_rejected(change: dict[str, Any]) -> None:
    reading = read(REPORT | change)
    for statement in reading.statements:
        assert adapter.convert(statement).resources[1]["resourceType"] == "Task"
    assert reading.statements or reading.rejections or reading.left_out


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_the_adapters_own_error(content: bytes) -> None:
    message = SourceMessage(source="casework", content=content)
    assert adapter.recognises(message) in (True, False)
    with suppress(PayloadError):
        adapter.read(message)


@given(st.data())
def test_a_damaged_sample_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray((SAMPLES / "health_screening.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PayloadError):
        for statement in adapter.read(SourceMessage(source="", content=bytes(content))).statements:
            adapter.convert(statement)


@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray((SAMPLES / "vietnamese_headings.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PayloadError):
        adapter.read(SourceMessage(source="casework", content=bytes(content)))


@pytest.mark.parametrize(
    "other",
    [
        '{"soBienBan": "1", "donViLap": {}, "tre": [{}]}',
        '{"maVuViec": "1", "tre": {}}',
        '{"resourceType": "Task"}',
        "Mã cơ sở;Số hồ sơ;Họ và tên",
        "Trường;Lớp;Mã định danh Bộ GD&ĐT;Họ tên;Ngày sinh",
        "<a/>",
        "",
    ],
)
def test_other_sources_are_not_recognised(other: str) -> None:
    assert not adapter.recognises(SourceMessage(source="", content=other.encode()))
