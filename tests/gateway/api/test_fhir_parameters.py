"""Parameters of an operation: whatever is sent is read, or refused with a sentence of ours."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.fhir_parameters import (
    MissingParameterError,
    NotParametersError,
    UnknownParameterError,
    asked,
    body_of,
    in_parameters,
    is_text,
)
from gateway.errors import WrongRequestError
from tests.linkage.people import QUICK

NAMES = st.sampled_from(["name", "valueString", "valueInteger", "resource", "part", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
READERS = ("all", "one", "required", "flag")


@QUICK
@given(st.lists(st.dictionaries(NAMES, JSON, max_size=3) | JSON, max_size=3) | JSON)
def test_nothing_but_a_refusal_of_ours_is_raised(told: Any) -> None:
    content = json.dumps({"resourceType": "Parameters", "parameter": told}).encode()
    with suppress(WrongRequestError):
        found = asked(in_parameters(body_of(content)))
        for name in found.values:
            for reader in READERS:
                with suppress(WrongRequestError):
                    getattr(found, reader)(name)
            with suppress(WrongRequestError):
                assert found.number(name, 0) >= 0


def test_what_is_missing_and_what_comes_twice_is_told_by_its_name() -> None:
    found = asked([("a", "1"), ("a", "2"), ("b", "")])
    with pytest.raises(UnknownParameterError) as twice:
        found.one("a")
    with pytest.raises(MissingParameterError) as missing:
        found.required("b")
    assert twice.value.expression == "Parameters.parameter.where(name='a')"
    assert missing.value.expression == "Parameters.parameter.where(name='b')"
    assert (found.all("a"), found.number("c", 7), found.flag("c")) == (["1", "2"], 7, False)


def test_a_name_that_nobody_knows_is_refused_without_being_repeated() -> None:
    with pytest.raises(UnknownParameterError) as refused:
        asked([("998326000001", "x")], {"a"})
    assert "998326000001" not in f"{refused.value} {refused.value.expression}"


@pytest.mark.parametrize(
    "one", [{}, {"name": "a"}, {"name": "a", "valueString": "x", "valueCode": "y"}]
)
def test_a_parameter_has_a_name_and_one_value(one: dict[str, Any]) -> None:
    with pytest.raises(NotParametersError):
        in_parameters({"resourceType": "Parameters", "parameter": [one]})


@pytest.mark.parametrize("text", ["\0", "a\ud800", None, 5])
def test_what_the_database_cannot_keep_is_no_text(text: object) -> None:
    assert not is_text(text)
    assert is_text("Nguyễn")
