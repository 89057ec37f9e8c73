"""Replies of a civil-status office: taken in, registered with or before the number, refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.errors import PayloadError, Problem
from adapters.outbound.registration_reply import REASONS, Reply, State, reply

QUICK = settings(max_examples=100, deadline=None)
NUMBER = "999326000101"
RECEIVED: dict[str, Any] = {
    "maYeuCau": "R-1",
    "trangThai": "DA_TIEP_NHAN",
    "maTiepNhan": "H30.1",
    "thoiGian": "2026-03-12T08:00:00+07:00",
}
REGISTERED = RECEIVED | {
    "trangThai": "DA_DANG_KY",
    "noiDangKy": {"maXa": "00199"},
    "quyenSo": "01/2026",
    "so": 24,
    "ngayDangKy": "12.03.2026",
}
REFUSED = RECEIVED | {"trangThai": "TU_CHOI", "lyDo": {"ma": "THIEU_BIEN_BAN", "noiDung": "Lý do"}}


def read(told: Any) -> Reply:
    return reply(json.dumps(told).encode(), "R-1")


def test_an_acknowledgement_has_a_receipt() -> None:
    assert read(RECEIVED) == Reply(
        state=State.ACKNOWLEDGED,
        request_id="R-1",
        at="2026-03-12T08:00:00+07:00",
        receipt="H30.1",
    )


def test_an_answer_gives_the_number_and_the_key_of_the_registration() -> None:
    found = read(REGISTERED | {"soDinhDanh": NUMBER})
    assert (found.state, found.personal_id) == (State.ANSWERED, NUMBER)
    assert (found.registration, found.registered_on) == ("00199/01/2026/24", "2026-03-12")


def test_a_registration_is_an_answer_before_its_number_comes() -> None:
    found = read(REGISTERED)
    assert (found.state, found.personal_id) == (State.ANSWERED, None)


def test_a_number_alone_is_an_answer() -> None:
    later = RECEIVED | {"trangThai": "Da cap so", "soDinhDanh": NUMBER}
    assert read(later).personal_id == NUMBER


@pytest.mark.parametrize("code", REASONS)
def test_a_refusal_gives_its_reason(code: str) -> None:
    found = read(REFUSED | {"lyDo": {"ma": code}})
    assert (found.state, found.reason_code) == (State.REFUSED, code)


def test_a_reason_in_words_is_enough_and_an_unknown_code_is_not() -> None:
    assert read(REFUSED | {"lyDo": {"ma": "MOI", "noiDung": "Lý do"}}).reason == "Lý do"
    with pytest.raises(PayloadError):
        read(REFUSED | {"lyDo": {"ma": "MOI"}})


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ([], Problem.UNKNOWN_STRUCTURE),
        ([RECEIVED, RECEIVED], Problem.UNKNOWN_STRUCTURE),
        ({}, Problem.MISSING_VALUE),
        (RECEIVED | {"maYeuCau": "R-2"}, Problem.WRONG_IDENTIFIER),
        (RECEIVED | {"trangThai": "XONG"}, Problem.WRONG_CODE),
        (RECEIVED | {"trangThai": None}, Problem.MISSING_VALUE),
        (RECEIVED | {"maTiepNhan": None}, Problem.MISSING_VALUE),
        (RECEIVED | {"thoiGian": "hôm qua"}, Problem.WRONG_DATE),
        (RECEIVED | {"trangThai": "DA_CAP_SO"}, Problem.MISSING_VALUE),
        (RECEIVED | {"trangThai": "TU_CHOI"}, Problem.MISSING_VALUE),
        (REGISTERED | {"soDinhDanh": "99932600010"}, Problem.WRONG_IDENTIFIER),
        (REGISTERED | {"soDinhDanh": "chưa có"}, Problem.WRONG_IDENTIFIER),
        (REGISTERED | {"soDinhDanh": "000000000000"}, Problem.WRONG_IDENTIFIER),
        (REGISTERED | {"soDinhDanh": [NUMBER]}, Problem.WRONG_TYPE),
        ("DA_TIEP_NHAN", Problem.WRONG_TYPE),
    ],
)
def test_a_reply_that_says_less_than_it_must_is_refused(told: Any, problem: Problem) -> None:
    with pytest.raises(PayloadError) as caught:
        read(told)
    assert caught.value.rejection.problem == problem


def test_nothing_of_the_child_can_be_printed() -> None:
    printed = repr(read(REGISTERED | {"soDinhDanh": NUMBER})) + repr(read(REFUSED))
    for secret in (NUMBER, "00199", "Lý do"):
        assert secret not in printed


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@QUICK
@given(change=st.dictionaries(st.sampled_from([*REGISTERED, "soDinhDanh", "lyDo"]), VALUES))
def test_any_reply_is_read_or_refused(change: dict[str, Any]) -> None:
    try:
        found = reply(json.dumps(REGISTERED | change).encode("utf-8", "ignore"), "R-1")
    except PayloadError:
        return
    assert found.state in State


@QUICK
@given(content=st.binary(max_size=60))
def test_no_bytes_bring_anything_but_a_payload_error(content: bytes) -> None:
    with pytest.raises(PayloadError):
        reply(content, "R-1")
