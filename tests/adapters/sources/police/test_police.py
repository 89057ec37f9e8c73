"""What the samples of minutes cannot say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Reading, SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.sources.police import adapter

MINUTES: dict[str, Any] = {
    "soBienBan": "12/BB-CAX",
    "ngayLap": "2026-03-04T08:30:00+07:00",
    "donViLap": {"maXa": "00199"},
    "tre": [{"stt": 1}],
}


def read(*minutes: Any) -> Reading:
    return adapter.read(SourceMessage(source="police", content=json.dumps(minutes).encode()))


def keys(*minutes: Any) -> list[str | None]:
    return [statement.record_id for statement in read(*minutes).statements]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"soBienBan": " 12/BB-CAX\u00a0"},
        {"donViLap": {"maXa": 199}},
        {"donViLap": {"maXa": "00199.0"}},
        {"ngayLap": "04/03/2026"},
        {"ngayLap": "2026"},
        {"tre": [{"stt": "1"}]},
        {"tre": [{"stt": 1.0}]},
        {"tre": [{}]},
        {"tre": {"stt": 1}},
    ],
)
def test_the_same_minutes_written_otherwise_keep_their_key(change: dict[str, Any]) -> None:
    assert keys(MINUTES | change) == ["00199/12/BB-CAX/2026#1"]


def test_the_year_of_the_key_is_the_year_in_vietnam() -> None:
    assert keys(MINUTES | {"ngayLap": "2025-12-31T18:00:00Z"}) == ["00199/12/BB-CAX/2026#1"]


def test_children_of_one_minutes_have_keys_of_their_own_in_any_order() -> None:
    forth = MINUTES | {"tre": [{"stt": 1}, {"stt": 2}]}
    back = MINUTES | {"tre": [{"stt": 2}, {"stt": 1}]}
    assert sorted(map(str, keys(forth))) == sorted(map(str, keys(back)))
    assert len(set(keys(forth))) == 2


@pytest.mark.parametrize("children", [[{}, {}], [{"stt": 1}, {"stt": 1}]])
def test_children_that_the_minutes_do_not_tell_apart_are_two_unkeyed_records(
    children: list[Any],
) -> None:
    statements = read(MINUTES | {"tre": children}).statements
    assert len({statement.record_id for statement in statements}) == 2
    assert all(statement.unkeyed for statement in statements)


@pytest.mark.parametrize("missing", ["soBienBan", "ngayLap", "donViLap"])
def test_without_a_part_of_its_key_a_child_is_accepted_unkeyed(missing: str) -> None:
    (statement,) = read({k: v for k, v in MINUTES.items() if k != missing}).statements
    assert statement.unkeyed
    assert statement.record_id == f"~{statement.content_hash[:12]}"


def test_with_the_time_of_the_find_an_unreadable_day_of_the_minutes_loses_no_child() -> None:
    found = {"thoiGian": "2026-03-04T05:10:00+07:00", "maXa": "00199"}
    reading = read(MINUTES | {"ngayLap": "2026-02-30", "phatHien": found})
    (statement,) = reading.statements
    assert statement.unkeyed
    assert statement.content["phatHien.thoiGian"]
    assert reading.rejections == []
    assert reading.unknown_fields == {"ngayLap: wrong-date": 1}


def test_unkeyed_minutes_sent_again_have_the_same_record() -> None:
    unkeyed = {"phatHien": {"thoiGian": "2026-03-04", "maXa": "00199"}, "tre": [{}]}
    assert keys(unkeyed) == keys(dict(reversed(unkeyed.items())))


@pytest.mark.parametrize(
    ("change", "problem", "position"),
    [
        ({"ngayLap": "hôm qua", "phatHien": None}, Problem.WRONG_DATE, "/0/ngayLap"),
        ({"ngayLap": ["2026"], "phatHien": {"maXa": "00199"}}, Problem.WRONG_TYPE, "/0/ngayLap"),
        ({"soBienBan": {}}, Problem.WRONG_TYPE, "/0/soBienBan"),
        ({"donViLap": "Công an"}, Problem.WRONG_TYPE, "/0/donViLap/maXa"),
        ({"loai": "KHAC"}, Problem.WRONG_CODE, "/0/loai"),
        ({"tre": None}, Problem.MISSING_VALUE, "/0/tre"),
        ({"tre": "một"}, Problem.WRONG_TYPE, "/0/tre"),
        ({"tre": [5]}, Problem.WRONG_TYPE, "/0/tre/0"),
        ({"tre": [{"stt": "hai"}]}, Problem.WRONG_NUMBER, "/0/tre/0/stt"),
    ],
)
def test_bad_minutes_are_rejected_alone_at_their_pointer(
    change: dict[str, Any], problem: Problem, position: str
) -> None:
    reading = read(MINUTES | change, MINUTES | {"soBienBan": "13"})
    assert [(r.problem, r.position) for r in reading.rejections] == [(problem, position)]
    assert [s.record_id for s in reading.statements] == ["00199/13/2026#1"]


@pytest.mark.parametrize(
    "name",
    [
        "phatHien.thoiGian",
        "phatHien.maXa",
        "phatHien.loaiNoi",
        "nguoiPhatHien.hoTen",
        "banGiao.loai",
        "banGiao.thoiGian",
        "tre.gioiTinh",
        "tre.ngaySinh",
        "tre.canNangGram",
        "tre.tuoiUocLuong.donVi",
    ],
)
def test_no_optional_field_loses_the_child(name: str) -> None:
    group, _, member = name.partition(".")
    bad: Any = True
    for part in reversed(member.split(".")):
        bad = {part: bad}
    change = {"tre": [{"stt": 1} | bad]} if group == "tre" else {group: bad}
    reading = read(MINUTES | change)
    assert len(reading.statements) == 1
    assert f"{name}: wrong-type" in reading.unknown_fields
    assert adapter.convert(reading.statements[0]).resources


@given(
    st.dictionaries(
        st.sampled_from(["soBienBan", "ngayLap", "phatHien", "nguoiPhatHien", "banGiao", "tre"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["stt", "hoTen", "maXa", "thoiGian"]), inner)
            ),
            max_leaves=6,
        ),
    )
)
def test_whatever_stands_in_minutes_is_read_or_rejected(change: dict[str, Any]) -> None:
    try:
        reading = read(MINUTES | change)
    except PayloadError:
        return
    for statement in reading.statements:
        assert adapter.convert(statement).custodian.startswith("commune:")
    assert reading.statements or reading.rejections or reading.left_out


def test_other_sources_are_not_recognised() -> None:
    for other in ('{"maVuViec": 1, "tre": {}}', '{"nksHoTen": 1}', "<a/>", "", "Mã cơ sở;Số hồ sơ"):
        assert not adapter.recognises(SourceMessage(source="", content=other.encode()))
