"""Names of unknown fields: those of forms are told, those that may be a person's are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.formats.told_names import UNTOLD, told


@pytest.mark.parametrize(
    "name",
    [
        "moi",
        "COT_MOI",
        "maXa2026",
        "_loai",
        "Ghi chú",
        "Ngày chuyển đến (lần 2)",
        "phuHuynh",
        "phamVi",
    ],
)
def test_a_name_of_a_form_is_told(name: str) -> None:
    assert told(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Bí Mật",
        "Nguyễn",
        "NguyenThiMat",
        "NGUYEN_THI_MAT",
        "Bé gái của chị Lan",
        "Mẹ Lan",
        "998326012345",
        "so998326012345",
        "Số 998326012345",
        "a\nb",
        "x" * 41,
        "",
        "?",
    ],
)
def test_what_may_be_a_persons_name_or_number_is_not_told(name: str) -> None:
    assert told(name) == UNTOLD


@given(st.text(max_size=80))
def test_whatever_is_told_is_short_and_holds_no_number_of_five_digits(name: str) -> None:
    found = told(name)
    assert found in (name, UNTOLD)
    assert len(found) <= 60
    assert not any(found[at : at + 5].isdecimal() for at in range(len(found) - 4))
