"""What the samples of intake reports cannot say."""

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
from adapters.profile import Label
from adapters.sources.hotline import adapter
from linkage.extraction import person_record

SAMPLES = Path(__file__).parent / "samples"
REPORT: dict[str, Any] = {
    "maVuViec": "111-2026-004512",
    "kenh": "111",
    "thoiGian": "2026-03-04T05:25:00+07:00",
    "noiXayRa": {"maXa": "00199"},
    "tre": {"gioiTinh": "NU"},
}


def read(*reports: Any) -> Reading:
    return adapter.read(SourceMessage(source="hotline", content=json.dumps(reports).encode()))


def resources(**change: Any) -> dict[str, Resource]:
    """The resources of one report by role."""
    (statement,) = read(REPORT | change).statements
    return {resource["id"]: resource for resource in adapter.convert(statement).resources}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"maVuViec": " 111-2026-004512\u00a0"},
        {"MaVuViec": "111-2026-004512"},
        {"thoiGian": None},
        {"tre": None},
    ],
)
def test_the_same_report_written_otherwise_keeps_its_key(change: dict[str, Any]) -> None:
    report = {k: v for k, v in REPORT.items() if k != "maVuViec" or "MaVuViec" not in change}
    assert [s.record_id for s in read(report | change).statements] == ["111-2026-004512"]


@pytest.mark.parametrize("number", [None, "không có", "000"])
def test_without_a_case_number_a_child_is_accepted_unkeyed(number: str | None) -> None:
    (statement,) = read(REPORT | {"maVuViec": number}).statements
    assert statement.unkeyed
    assert statement.record_id == f"~{statement.content_hash[:12]}"


def test_the_order_of_groups_and_actions_changes_nothing() -> None:
    forth = {"nhom": ["HIV", "ABANDONED"], "hanhDong": ["a", "b"]}
    back = {"nhom": "Trẻ em bị bỏ rơi; HIV", "hanhDong": ["b", "a", "b"]}
    hashes = {read(REPORT | change).statements[0].content_hash for change in (forth, back)}
    assert len(hashes) == 1


def test_a_name_and_an_object_with_only_a_name_are_one_statement() -> None:
    (named,), (told,) = (
        read(REPORT | {"me": mother, "nguoiBao": None}).statements
        for mother in ("Lê Thị Mẫu", {"hoTen": "Lê Thị Mẫu"})
    )
    assert named.content_hash == told.content_hash
    assert read(REPORT | {"me": "Lê Thị Mẫu"}).unknown_fields == {}


def test_the_informant_is_labelled_and_stands_nowhere_else() -> None:
    secret = "Người Báo Tin Mẫu"
    found = resources(nguoiBao={"hoTen": secret, "dienThoai": "0900000000", "diaChi": "tổ 3"})
    labels = found["related-informant"]["meta"]["security"]
    assert labels == [{"system": profile.LABELS, "code": Label.INFORMANT}]
    others = [resource for role, resource in found.items() if role != "related-informant"]
    told = json.dumps(others, ensure_ascii=False)
    assert not [text for text in (secret, "0900000000", "tổ 3") if text in told]


@pytest.mark.parametrize("informant", [None, {}, {"hoTen": None, "dienThoai": ""}])
def test_nobody_is_made_of_an_informant_who_is_not_known(informant: Any) -> None:
    found = resources(nguoiBao=informant)
    assert "related-informant" not in found
    assert "sender" not in found["communication-report"]


@pytest.mark.parametrize(
    "change",
    [
        {"nhom": ["ABANDONED"]},
        {"soBienBan": "12/BB-CAX"},
        {"tre": {"dacDiem": "bị bỏ rơi, quấn khăn xanh"}},
        {"noiXayRa": "trẻ bị bỏ rơi ở cổng chùa"},
    ],
)
def test_an_abandoned_child_was_found(change: dict[str, Any]) -> None:
    urls = [extension["url"] for extension in resources(**change)["patient"]["extension"]]
    assert urls == [profile.EXT_DISCOVERY]


@pytest.mark.parametrize("groups", [[], ["VIOLENCE"], ["NO_SUPPORT", "MIGRANT_UNACC"]])
def test_a_child_that_is_not_abandoned_was_not_found(groups: list[str]) -> None:
    found = resources(nhom=groups)
    assert "extension" not in found["patient"]
    assert found["communication-report"]["extension"][0]["url"] == profile.EXT_INCIDENT


@pytest.mark.parametrize(
    ("sent", "priority"),
    [(True, "urgent"), (False, "routine"), ("có", "urgent"), (0, "routine"), (None, None)],
)
def test_urgency_is_told_as_priority(sent: Any, priority: str | None) -> None:
    assert resources(khanCap=sent)["communication-report"].get("priority") == priority


@pytest.mark.parametrize(
    "carer", ["Bệnh viện Mẫu", "Mái ấm Mẫu", {"hoTen": "Trung tâm Bảo trợ xã hội Mẫu"}]
)
def test_a_house_that_cares_is_no_person(carer: Any) -> None:
    found = resources(nguoiDangChamSoc=carer)
    assert "related-carer" not in found
    assert found["patient"]["extension"][0]["url"] == profile.EXT_CARER


def test_a_mother_whose_age_alone_is_known_is_kept_beside_her_name_in_the_childs() -> None:
    found = resources(tre={"hoTen": "con bà Lê Thị Mẫu"}, me={"tuoi": 17})
    assert "name" not in found["related-mother"]
    assert found["related-mother"]["_birthDate"]


def test_linkage_finds_case_minutes_and_discovery() -> None:
    found = resources(nhom=["ABANDONED"], soBienBan="Số 012/BB-CAX", me="Lê Thị Mẫu")
    person = person_record("r", "hotline:k", "hotline", list(found.values()))
    assert {token.split("|")[0] for token in person.minutes} == {"12"}
    assert "00199" in {token.split("|")[1] for token in person.minutes}
    assert person.communes == ("00199",)
    assert person.found_low is not None
    assert person.found_low == person.found_high
    assert person.mothers == ("le mau thi",)
    assert person.foundling


@pytest.mark.parametrize(
    ("change", "problem", "position"),
    [
        ({"maVuViec": ["1"]}, Problem.WRONG_TYPE, "/0/maVuViec"),
        ({"loai": "KHAC"}, Problem.WRONG_CODE, "/0/loai"),
        ({"tre": [{}, {}]}, Problem.WRONG_TYPE, "/0/tre"),
        ({"tre": []}, Problem.WRONG_TYPE, "/0/tre"),
    ],
)
def test_a_bad_report_is_rejected_alone_at_its_pointer(
    change: dict[str, Any], problem: Problem, position: str
) -> None:
    reading = read(REPORT | change, REPORT | {"maVuViec": "2"})
    assert [(r.problem, r.position) for r in reading.rejections] == [(problem, position)]
    assert json.loads(reading.rejections[0].excerpt) == REPORT | change
    assert [s.record_id for s in reading.statements] == ["2"]


@pytest.mark.parametrize(
    "name",
    [
        "kenh",
        "thoiGian",
        "noiXayRa.maXa",
        "noiXayRa.diaDiem",
        "tre.hoTen",
        "tre.ngaySinh",
        "tre.gioiTinh",
        "tre.canNangGram",
        "tre.tuoiUocLuong.giaTri",
        "cha.hoTen",
        "me.tuoi",
        "nguoiDangChamSoc.soGiayTo",
        "nguoiBao.dienThoai",
        "khanCap",
        "soBienBan",
    ],
)
def test_no_other_field_loses_the_child(name: str) -> None:
    bad: Any = [True]
    for part in reversed(name.split(".")):
        bad = {part: bad}
    reading = read(REPORT | bad)
    assert [s.record_id for s in reading.statements] == ["111-2026-004512"]
    assert f"{name}: wrong-type" in reading.unknown_fields
    assert adapter.convert(reading.statements[0]).resources


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["hoTen", "tuoi", "maXa", "diaDiem", "ngaySinh", "soGiayTo"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from([*REPORT, "nhom", "cha", "me", "nguoiDangChamSoc", "nguoiBao", "hanhDong"]),
        ANYTHING,
        max_size=4,
    )
)
def test_whatever_stands_in_a_report_is_read_or_rejected(change: dict[str, Any]) -> None:
    reading = read(REPORT | change)
    for statement in reading.statements:
        assert adapter.convert(statement).custodian.startswith("commune:")
    assert reading.statements or reading.rejections or reading.left_out


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_the_adapters_own_error(content: bytes) -> None:
    message = SourceMessage(source="hotline", content=content)
    assert adapter.recognises(message) in (True, False)
    with suppress(PayloadError):
        adapter.read(message)


@given(st.data())
def test_a_damaged_sample_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray((SAMPLES / "found_child.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PayloadError):
        for statement in adapter.read(SourceMessage(source="", content=bytes(content))).statements:
            adapter.convert(statement)


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "1899-12-31T00:00:00Z"]
)
def test_a_time_outside_all_reason_is_noted_and_does_not_lose_the_child(time: str) -> None:
    reading = read(REPORT | {"thoiGian": time})
    assert reading.statements[0].effective is None
    assert reading.unknown_fields == {"thoiGian: wrong-date": 1}


@pytest.mark.parametrize(
    "other",
    [
        '{"soBienBan": "1", "donViLap": {}, "tre": [{}]}',
        '{"buoc": "TU_VONG", "maVuViec": "1", "tre": {}}',
        '{"nksHoTen": 1, "nksGioiTinh": 1}',
        '{"resourceType": "Patient", "name": []}',
        '{"tre": {}, "nhom": []}',
        "<a/>",
        "",
        "Mã vụ việc;Trẻ",
    ],
)
def test_other_sources_are_not_recognised(other: str) -> None:
    assert not adapter.recognises(SourceMessage(source="", content=other.encode()))
