"""A sender's own names and codes stand for the source's, in objects, in rows, and to recognise."""

import copy
from typing import Any

import pytest

from adapters.dialect import OURS, Dialect
from adapters.formats.dialects import (
    in_our_words,
    names_in_our_words,
    translated,
    with_dialect,
)
from adapters.formats.fields import Field
from adapters.formats.values import coded

SPEAKS = Dialect(
    spellings={
        "SoBB": "soBienBan",
        "treEm": "tre",
        "tre.ten": "tre.hoTen",
        "noi": "phatHien.diaDiem",
        "noi2.o.x": "phatHien.loaiNoi",
    },
    codes={"tre.gioiTinh": {"T": "1", "G": "2"}},
)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"SoBB": "12"}, {"soBienBan": "12"}),
        ({"so_bb": "12"}, {"soBienBan": "12"}),
        ({"SoBB": "12", "soBienBan": "13"}, {"SoBB": "12", "soBienBan": "13"}),
        ({"SoBB": "12", "soBienBan": None}, {"soBienBan": "12"}),
        ({"tre": [{"ten": "A"}, {"ten": "B"}]}, {"tre": [{"hoTen": "A"}, {"hoTen": "B"}]}),
        ({"treEm": [{"ten": "A"}]}, {"tre": [{"hoTen": "A"}]}),
        ({"tre": {"gioiTinh": "t"}}, {"tre": {"gioiTinh": "1"}}),
        ({"tre": [{"gioiTinh": ["G", "x"]}]}, {"tre": [{"gioiTinh": ["2", "x"]}]}),
        ({"noi": "chùa"}, {"phatHien": {"diaDiem": "chùa"}}),
        ({"noi": "chùa", "phatHien": {"maXa": 1}}, {"phatHien": {"maXa": 1, "diaDiem": "chùa"}}),
        ({"noi": "chùa", "phatHien": "chợ"}, {"noi": "chùa", "phatHien": "chợ"}),
        ({"noi2": {"o": {"x": "chùa"}}}, {"phatHien": {"loaiNoi": "chùa"}}),
        ({"tre": "không"}, {"tre": "không"}),
        ({"khác": 1}, {"khác": 1}),
    ],
)
def test_an_object_is_put_in_our_words(sent: dict[str, Any], meant: dict[str, Any]) -> None:
    before = copy.deepcopy(sent)
    assert in_our_words(sent, SPEAKS) == meant
    assert sent == before


def test_without_a_dialect_nothing_is_copied() -> None:
    record = {"SoBB": "12"}
    columns = (Field(name="a"),)
    assert in_our_words(record, OURS) is record
    assert with_dialect(columns, OURS) is columns


def test_a_name_is_known_where_all_parts_of_its_spelling_are_sent() -> None:
    assert "hoTen" in names_in_our_words(frozenset({"treEm", "TRE", "ten"}), SPEAKS)
    assert names_in_our_words(frozenset({"ten"}), SPEAKS) == {"ten"}


def test_a_column_has_the_titles_of_the_sender_too_and_reads_its_codes() -> None:
    sex = Field(name="Giới tính", read=coded({"1": "male", "2": "female"}), aliases=("Giới",))
    speaks = Dialect(spellings={"GT": "Giới tính"}, codes={"Giới tính": {"+": "9", "Bé trai": "1"}})
    (column,) = with_dialect((sex,), speaks)
    assert column.spellings == ("Giới tính", "Giới", "GT")
    assert [column.read(value) for value in ("bé TRAI", "1", 2, None)] == [
        "male",
        "male",
        "female",
        None,
    ]


@pytest.mark.parametrize(
    ("value", "meant"),
    [("A", "x"), ("a; b ;c", "x; y; c"), (True, "1"), (7, "seven"), (7.0, "seven"), ({}, {})],
)
def test_a_code_is_read_in_whatever_form_it_comes(value: object, meant: object) -> None:
    codes = {"A": "x", "B": "y", "true": "1", "7": "seven"}
    assert translated(value, codes) == meant
