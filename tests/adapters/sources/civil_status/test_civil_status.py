"""What the samples of birth registrations cannot say."""

import json
from typing import Any

import pytest

from adapters import history
from adapters.contract import Reading, SourceMessage
from adapters.errors import Problem
from adapters.profile import EXT_BIRTH_RANGE, EXT_DISCOVERY
from adapters.sources.civil_status import adapter

REGISTRATION: dict[str, Any] = {
    "so": "24",
    "quyenSo": "01/2026",
    "ngayDangKy": "15.03.2026",
    "noiDangKy": {"maXa": "00199"},
    "nksHoTen": "Nguyễn Bảo An",
    "nksNgaySinh": "04.03.2026",
    "nksLoaiKhaiSinh": "Trẻ bị bỏ rơi",
    "bbSo": "12/BB-CAX",
    "bbNgay": "04.03.2026",
}


def read(*registrations: Any) -> Reading:
    content = json.dumps(registrations).encode()
    return adapter.read(SourceMessage(source="civil_status", content=content))


def patient(registration: dict[str, Any]) -> dict[str, Any]:
    (statement,) = read(registration).statements
    found: dict[str, Any] = adapter.convert(statement).resources[0]
    return found


def birth_range(of: dict[str, Any]) -> tuple[str, str, str] | None:
    for extension in of.get("_birthDate", {}).get("extension", ()):
        if extension["url"] == EXT_BIRTH_RANGE:
            low, high, basis = extension["extension"]
            return low["valueDate"], high["valueDate"], basis["valueCode"]
    return None


@pytest.mark.parametrize(
    "change",
    [{}, {"so": 24}, {"so": 24.0}, {"noiDangKy": {"maXa": 199}}, {"noiDangKy": {"MA_XA": "199.0"}}],
)
def test_the_same_registration_written_otherwise_keeps_its_key(change: dict[str, Any]) -> None:
    assert [s.record_id for s in read(REGISTRATION | change).statements] == ["00199/01/2026/24"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("2026-02-26", "2026-03-04", "day-found")),
        ({"bbNgay": None}, ("2026-02-26", "2026-03-04", "day-found")),
        ({"nksNgaySinh": "04.03.2023"}, ("2022-03-04", "2024-03-04", "day-found")),
        ({"nksNgaySinh": "2023"}, ("2022-01-01", "2024-12-31", "day-found")),
        ({"nksNgaySinh": "01.01.2023"}, ("2023-01-01", "2023-12-31", "default-date")),
        ({"nksSoGiayChungSinh": "00012.GCS.01234.26"}, None),
        ({"nksLoaiKhaiSinh": "Đã xác định được cả cha lẫn mẹ", "bbSo": None}, None),
        (
            {"loaiDangKy": "NHAN_CON_NUOI", "nksLoaiKhaiSinh": None, "bbSo": None, "bbNgay": None},
            ("2026-02-26", "2026-03-04", "day-found"),
        ),
    ],
)
def test_a_birth_date_is_worth_what_it_rests_on(
    change: dict[str, Any], expected: tuple[str, str, str] | None
) -> None:
    assert birth_range(patient(REGISTRATION | change)) == expected


@pytest.mark.parametrize(
    ("change", "time"),
    [
        ({}, "2026-03-04"),
        ({"bbNgay": "06.03.2026"}, "2026-03-04"),
        ({"bbNgay": "04.05.2026"}, "2026-05-04"),
        ({"bbNgay": None, "nksNgaySinh": "2024"}, None),
        ({"nksNgaySinh": "04.03.2023"}, "2026-03-04"),
    ],
)
def test_the_day_found_is_told_only_where_it_is_known(
    change: dict[str, Any], time: str | None
) -> None:
    extensions = patient(REGISTRATION | change)["extension"]
    (discovery,) = [e["extension"] for e in extensions if e["url"] == EXT_DISCOVERY]
    assert [p["valueDateTime"] for p in discovery if p["url"] == "time"] == ([time] if time else [])


@pytest.mark.parametrize("kind", ["Trẻ không bị bỏ rơi", "Chưa xác định được cha", "", None])
def test_other_kinds_are_no_abandonment(kind: str | None) -> None:
    urls = {
        e["url"] for e in patient(REGISTRATION | {"nksLoaiKhaiSinh": kind}).get("extension", ())
    }
    assert EXT_DISCOVERY not in urls


def test_an_adoption_keeps_the_earlier_name_as_an_old_one() -> None:
    later = REGISTRATION | {
        "ngayDangKy": "20.08.2026",
        "loaiDangKy": "NHAN_CON_NUOI",
        "nksHoTen": "Trần Minh Châu",
    }
    statements = read(later, REGISTRATION).statements
    assert len({statement.record_id for statement in statements}) == 1
    pairs = [(s, adapter.convert(s)) for s in statements]
    composed = history.compose(history.by_time(pairs))
    names = {n["text"]: n["use"] for n in history.patient_of(composed.resources)["name"]}
    assert names == {"Trần Minh Châu": "official", "Nguyễn Bảo An": "old"}


@pytest.mark.parametrize(
    ("change", "problem", "position"),
    [
        ({"so": ["24"]}, Problem.WRONG_TYPE, "/0/so"),
        ({"quyenSo": True}, Problem.WRONG_TYPE, "/0/quyenSo"),
        ({"noiDangKy": ["00199"]}, Problem.WRONG_TYPE, "/0/noiDangKy/maXa"),
    ],
)
def test_a_bad_registration_is_rejected_alone_at_its_pointer(
    change: dict[str, Any], problem: Problem, position: str
) -> None:
    reading = read(REGISTRATION | change, REGISTRATION | {"so": "25"})
    assert [(r.problem, r.position) for r in reading.rejections] == [(problem, position)]
    assert [s.record_id for s in reading.statements] == ["00199/01/2026/25"]


@pytest.mark.parametrize("kind", ["CAI_CHINH", "NHAN_CON_NUOI"])
def test_a_change_of_an_entry_does_not_move_the_day_of_its_number(kind: str) -> None:
    change = REGISTRATION | {"loaiDangKy": kind, "ngayDangKy": "02.02.2027"}
    for order in ((REGISTRATION, change), (change, REGISTRATION)):
        pairs = [(s, adapter.convert(s)) for s in read(*order).statements]
        numbers = history.patient_of(history.compose(history.by_time(pairs)).resources)[
            "identifier"
        ]
        (entry,) = [n for n in numbers if n["system"].endswith("so-khai-sinh")]
        assert entry["period"] == {"start": "2026-03-15"}
    (alone,) = [n for n in patient(change)["identifier"] if n["system"].endswith("so-khai-sinh")]
    assert "period" not in alone


def test_an_unreadable_day_of_registration_is_noted_and_loses_no_child() -> None:
    reading = read(REGISTRATION | {"ngayDangKy": "32.13.2026"})
    (statement,) = reading.statements
    assert (statement.record_id, statement.effective) == ("00199/01/2026/24", None)
    assert reading.rejections == []
    assert reading.unknown_fields == {"ngayDangKy: wrong-date": 1}


def test_a_lost_zero_of_a_personal_id_comes_back() -> None:
    numbers = patient(REGISTRATION | {"nksSoDinhDanh": 99326000024.0})["identifier"]
    assert "0" + "99326000024" in {number["value"] for number in numbers}


def test_an_object_that_is_no_registration_is_rejected() -> None:
    reading = read({"xinChao": 1})
    assert [r.problem for r in reading.rejections] == [Problem.UNKNOWN_STRUCTURE]
