"""What names nobody, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.formats.placeholders import (
    all_zero,
    found_at,
    names_facility,
    read_name,
    says_abandoned,
)


@pytest.mark.parametrize(
    "name",
    [
        "Bệnh viện Từ Dũ",
        "BENH VIEN NHI",
        "Khoa Nhi - Bệnh viện Đa khoa tỉnh",
        "BV Nhi Trung ương",
        "BVĐKKV Láng",
        "TTYT huyện Mẫu",
        "Trung tâm Y tế khu vực 2",
        "Trạm y tế xã Mẫu",
        "Nhà hộ sinh A",
    ],
)
def test_a_facilitys_name_is_nobodys(name: str) -> None:
    reading = read_name(name)
    assert reading is not None
    assert reading.reason == "facility-name"


@pytest.mark.parametrize(
    "name",
    [
        "Vô danh",
        "VO DANH",
        "vô danh 3",
        "Bé bỏ rơi",
        "Trẻ bị bỏ rơi tại cổng chùa",
        "BE TRAI BO ROI",
        "Chưa đặt tên",
        "Bé gái chưa có tên",
        "Không rõ",
        "Trẻ sơ sinh",
        "bé 2",
        "36",
        "...",
    ],
)
def test_these_name_nobody(name: str) -> None:
    reading = read_name(name)
    assert reading is not None
    assert (reading.reason, reading.parent) == ("nameless", None)


@pytest.mark.parametrize(
    ("name", "relation", "parent"),
    [
        ("Con bà Trần Thị Cúc", "mother", "Trần Thị Cúc"),
        ("CON BA TRAN THI CUC", "mother", "TRAN THI CUC"),
        ("Con bà: Trần Thị Cúc (bé 2)", "mother", "Trần Thị Cúc"),
        ("CB Trần Thị Cúc", "mother", "Trần Thị Cúc"),
        ("CB.Trần Thị Cúc 1", "mother", "Trần Thị Cúc"),
        ("Con của Trần Thị Cúc", "mother", "Trần Thị Cúc"),
        ("Con Trần Thị Bé", "mother", "Trần Thị Bé"),
        ("Trẻ sơ sinh con chị Trần Thị Cúc", "mother", "Trần Thị Cúc"),
        ("con ông Y Blô", "father", "Y Blô"),
        ("Con bà", "mother", None),
    ],
)
def test_a_child_named_after_a_parent_tells_the_parent(
    name: str, relation: str, parent: str | None
) -> None:
    reading = read_name(name)
    assert reading is not None
    assert (reading.reason, reading.relation, reading.parent) == ("parent-name", relation, parent)


@pytest.mark.parametrize(
    "name",
    [
        "Võ Danh",
        "Võ Danh Thắng",
        "Nguyễn Văn Nam",
        "Nguyễn Thị Bé",
        "Lê Bá Con",
        "Khổng Tên",
        "Trần Công Viện",
        "Bé Na",
        "Nam",
        "An",
        "Y Blô",
    ],
)
def test_names_that_only_sound_like_placeholders_are_names(name: str) -> None:
    assert read_name(name) is None


def test_a_parents_name_is_not_the_childs_however_it_is_spelt() -> None:
    reading = read_name("TRAN THI CUC", ["Nguyễn Văn Bình", "Trần Thị Cúc"])
    assert reading is not None
    assert reading.reason == "parent-name"


@given(st.text(max_size=60))
def test_any_text_has_a_reading(text: str) -> None:
    reading = read_name(text)
    assert reading is None or reading.reason in ("facility-name", "nameless", "parent-name")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trẻ bị bỏ rơi", True),
        ("TRE BI BO ROI", True),
        ("trẻ không rõ nguồn gốc, bị bỏ rơi", True),
        ("không bị bỏ rơi", False),
        ("trẻ chưa bỏ rơi", False),
        ("bỏ bú, rơi từ giường", False),
    ],
)
def test_abandonment_must_be_said_and_not_denied(text: str, said: bool) -> None:
    assert says_abandoned(text) is said


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "trẻ bị bỏ rơi tại xã Liên Bảo, huyện Vụ Bản, tỉnh Nam Định",
            "xã Liên Bảo, huyện Vụ Bản, tỉnh Nam Định",
        ),
        ("Bị bỏ rơi lúc 5h trước cổng chùa Láng; công an đưa đến", "cổng chùa Láng"),
        ("trẻ bị bỏ rơi", None),
        ("không bị bỏ rơi tại chùa", None),
        ("Bệnh viện Từ Dũ", None),
    ],
)
def test_where_a_child_was_found(text: str, place: str | None) -> None:
    assert found_at(text) == place


@pytest.mark.parametrize(
    ("number", "zero"),
    [
        ("TE1010000000000", True),
        ("TE1010000000001", False),
        ("0000000000", True),
        ("000000000000", True),
        ("1000000000", False),
        ("ABC", False),
    ],
)
def test_ten_zeros_are_no_number(number: str, zero: bool) -> None:
    assert all_zero(number) is zero


def test_a_street_is_no_facility() -> None:
    assert not names_facility("Số 5 ngõ Chùa")
