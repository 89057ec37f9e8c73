"""What is veiled says nothing, comes back whole, and serves one purpose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.veil import MARK, Veil

VEIL = Veil(key=bytes(32))


@given(text=st.text())
def test_it_comes_back_whole(text: str) -> None:
    veiled = VEIL.over(text, "Patient?identifier")
    assert veiled.startswith(MARK)
    assert veiled.removeprefix(MARK).replace("-", "").replace("_", "").isalnum()
    assert VEIL.under(veiled, "Patient?identifier") == text


@given(wrong=st.one_of(st.text(), st.just(VEIL.over("x", "Task?identifier"))))
def test_what_is_none_of_ours_or_for_another_purpose_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no veil"):
        VEIL.under(wrong, "Patient?identifier")


def test_the_same_text_looks_different_each_time_and_its_digest_alike() -> None:
    assert VEIL.over("999", "x") != VEIL.over("999", "x")
    assert VEIL.digest("999") == VEIL.digest("999") != Veil(key=bytes([1] * 32)).digest("999")
    assert "999" not in repr(VEIL)
