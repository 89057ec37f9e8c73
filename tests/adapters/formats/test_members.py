"""An XML element as JSON values, and names of citizens in it."""

from typing import Any

import pytest

from adapters.errors import Problem
from adapters.formats import xml
from adapters.formats.citizens import full_name
from adapters.formats.values import WrongValueError


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<a/>", None),
        (b"<a> </a>", None),
        (b"<a> x </a>", "x"),
        (b"<a><b/><c> </c></a>", None),
        (b"<a>x<b/></a>", "x"),
        (b"<a><b>1</b><c><d>2</d></c></a>", {"b": "1", "c": {"d": "2"}}),
        (b"<a><b>1</b><c>2</c><b>3</b><b/></a>", {"b": ["1", "3"], "c": "2"}),
        (b"<p:a xmlns:p='urn:p'><p:b>1</p:b></p:a>", {"b": "1"}),
        (b"<a xmlns='urn:p' xmlns:q='urn:q'><q:b>1</q:b><b>2</b></a>", {"b": ["1", "2"]}),
        (b"<a z='1'><b z='1'>2</b></a>", {"b": "2"}),
        (b"<a><b><![CDATA[<c/>]]></b><!-- d --></a>", {"b": "<c/>"}),
    ],
)
def test_an_element_becomes_what_it_states(content: bytes, told: Any) -> None:
    assert xml.members(xml.parse(content)) == told


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, None),
        (" Lê   An ", "Lê An"),
        ({"Ho": "Lê", "ChuDem": "Thị", "Ten": "An"}, "Lê Thị An"),
        ({"Ten": "An", "Ho": "Lê"}, "Lê An"),
        ({"Ten": "An"}, "An"),
        ({"DayDu": "Lê An"}, "Lê An"),
        ({}, None),
    ],
)
def test_a_name_is_read_from_its_parts_or_as_one_text(value: Any, name: str | None) -> None:
    assert full_name(value) == name


@pytest.mark.parametrize("value", [["Lê"], {"Ho": ["Lê"]}, {"Ten": {"x": "y"}}])
def test_a_name_in_another_form_is_no_name(value: Any) -> None:
    with pytest.raises(WrongValueError) as caught:
        full_name(value)
    assert caught.value.problem is Problem.WRONG_TYPE
