"""The table of fields: spellings, required and optional ones, what nobody knows."""

from typing import Any

import pytest

from adapters.errors import PayloadError, Problem
from adapters.formats.fields import Field, read_object, read_row, unknown_names
from adapters.formats.values import day, whole

FIELDS = (
    Field(name="so", required=True, aliases=("soDangKy",)),
    Field(name="noi.maXa", aliases=("maXa", "noi")),
    Field(name="ngay", read=day),
    Field(name="dem", read=whole, required=True),
)


@pytest.mark.parametrize(
    ("record", "values"),
    [
        ({"so": "1", "noi": {"maXa": "00199"}}, {"so": "1", "noi.maXa": "00199"}),
        ({"SO": 1, "Noi": {"ma_xa": "00199"}}, {"so": "1", "noi.maXa": "00199"}),
        ({"so_dang_ky": "1", "maXa": "00199"}, {"so": "1", "noi.maXa": "00199"}),
        ({"so": None, "soDangKy": "2"}, {"so": "2"}),
        ({"noi": "00199"}, {"noi.maXa": "00199"}),
        ({"noi": None}, {}),
        ({"so": ""}, {}),
        ({}, {}),
    ],
)
def test_fields_are_found_in_every_spelling(record: Any, values: dict[str, Any]) -> None:
    assert read_object(FIELDS, record, "").values == values


@pytest.mark.parametrize(
    ("record", "problem", "position"),
    [
        ({"so": {"a": 1}}, Problem.WRONG_TYPE, "/7/so"),
        ({"so": True}, Problem.WRONG_TYPE, "/7/so"),
        ({"dem": "hai"}, Problem.WRONG_NUMBER, "/7/dem"),
        ({"dem": -1}, Problem.WRONG_NUMBER, "/7/dem"),
        ({"dem": 1.5}, Problem.WRONG_NUMBER, "/7/dem"),
    ],
)
def test_an_unreadable_required_field_rejects_with_its_pointer(
    record: Any, problem: Problem, position: str
) -> None:
    with pytest.raises(PayloadError) as caught:
        read_object(FIELDS, record, "/7")
    assert caught.value.rejection.problem == problem
    assert caught.value.rejection.position == position


def test_an_unreadable_optional_field_is_noted_and_left_out() -> None:
    content = read_object(FIELDS, {"so": "1", "ngay": "hôm qua"}, "")
    assert content.values == {"so": "1"}
    assert content.unread == [("ngay", Problem.WRONG_DATE)]


def test_a_row_is_read_like_an_object() -> None:
    content = read_row(FIELDS, {"so": "1", "ngay": "x", "dem": "2.0"}, lambda name: f"1!2:{name}")
    assert content.values == {"so": "1", "dem": 2}
    with pytest.raises(PayloadError) as caught:
        read_row(FIELDS, {"dem": "x"}, lambda name: f"1!2:{name}")
    assert caught.value.rejection.position == "1!2:dem"


def test_unknown_members_are_told_by_name_unless_the_name_may_be_a_value() -> None:
    record = {"so": 1, "noi": {"maXa": "1", "moi": 1}, "khac": {"a": 1}, "a\nb": 1, "x" * 99: 1}
    names = ["so", "noi.maXa"]
    assert list(unknown_names(names, record)) == ["noi.moi", "khac", "?", "?"]
