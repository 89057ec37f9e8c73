"""Texts become values; what cannot be read is either refused or reported."""

import re
from pathlib import Path

import pytest

from adapters.sources.hospital.codes import USED
from adapters.sources.hospital.fields import (
    FIELDS,
    as_birth_grams,
    as_certificate,
    as_count,
    as_grams_of_kilograms,
    as_list,
    as_padded,
    as_sex,
    cleaned,
    typed,
)


@pytest.mark.parametrize(
    ("text", "grams"),
    [("3.25", 3250), ("2,9", 2900), ("3.1 kg", 3100), ("2900", 2900), ("61", 61000), ("0", None)],
)
def test_weight_in_kilograms_becomes_grams(text: str, grams: int | None) -> None:
    assert as_grams_of_kilograms(text) == grams


@pytest.mark.parametrize(
    ("text", "grams"),
    [("2450", 2450), ("3.1", 3100), ("2450.0", 2450), ("2450;2450", 2450), ("0", None)],
)
def test_birth_weight_is_in_grams(text: str, grams: int | None) -> None:
    assert as_birth_grams(text) == grams


@pytest.mark.parametrize("text", ["2450;nặng", "nặng", "-3", "1e9", "nan", "99999999", ";"])
def test_a_weight_that_is_none_is_unreadable(text: str) -> None:
    reading = typed({"CAN_NANG_CON": text}, FIELDS["XML9"], "/x")
    assert (reading.content, reading.unreadable) == ({}, ("CAN_NANG_CON",))


@pytest.mark.parametrize(
    ("text", "content"),
    [("2900;3000", {}), ("2900;2900", {"birth_weight": 2900}), ("2900;", {"birth_weight": 2900})],
)
def test_the_weights_of_twins_are_read_and_are_one_childs_only_where_equal(
    text: str, content: dict[str, int]
) -> None:
    reading = typed({"CAN_NANG_CON": text}, FIELDS["XML1"], "/x")
    assert (reading.content, reading.unreadable) == (content, ())


@pytest.mark.parametrize(
    ("text", "sex"),
    [("1", "male"), ("02", "female"), ("3", "unknown"), ("2.0", "female"), ("0", None)],
)
def test_undetermined_is_not_the_same_as_not_stated(text: str, sex: str | None) -> None:
    assert as_sex(text) == sex


@pytest.mark.parametrize("text", ["4", "X", "12"])
def test_an_unknown_sex_code_is_noted_and_left_out(text: str) -> None:
    reading = typed({"GIOI_TINH": text}, FIELDS["XML1"], "/x")
    assert (reading.content, reading.unreadable) == ({}, ("GIOI_TINH",))


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("20260230", "2026"),
        ("202602302561", "2026"),
        ("31/02/1990", "1990"),
        ("20031990", None),
        ("20261304", None),
        ("18991231", None),
        ("hôm qua", None),
    ],
)
def test_of_an_impossible_birth_date_the_year_stays(text: str, year: str | None) -> None:
    reading = typed({"NGAY_SINH": text}, FIELDS["XML1"], "/x")
    assert (reading.content.get("born"), reading.unreadable) == (year, ("NGAY_SINH",))


def test_empty_and_missing_are_both_not_stated() -> None:
    assert typed({"HO_TEN": ""}, FIELDS["XML1"], "/x").content == {}


def test_codes_get_their_zeros_back() -> None:
    assert as_padded(5)("199.0") == "00199"
    assert as_padded(5)("K1234") == "K1234"


def test_the_newer_spelling_says_the_same() -> None:
    old = {"SO": "15", "HO_TEN_NND": "A B", "HO_TEN_CON": "C D"}
    new = {"MA_GCS": "15", "HOTEN_NND": "A B", "TEN_CON": "C D"}
    fields = FIELDS["XML9"]
    assert typed(old, fields, "/x").content == typed(new, fields, "/x").content != {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("00998.gcs.01999.26", "00998.GCS.01999.26"),
        ("00998 . GCS . 01999 . 26", "00998.GCS.01999.26"),
        ("15/2026", "15/2026"),
        ("chưa cấp", None),
    ],
)
def test_certificate_numbers(text: str, number: str | None) -> None:
    assert as_certificate(text) == number


def test_several_cards_stand_in_one_field() -> None:
    assert as_list("TE1 01 9980012345; ;998326012345;") == ["TE1019980012345", "998326012345"]


def test_counts_are_small() -> None:
    assert as_count("2") == 2
    assert typed({"SO_CON": "200"}, FIELDS["XML9"], "/x").unreadable == ("SO_CON",)


def test_what_says_that_there_is_no_value_is_none() -> None:
    assert [cleaned(text) for text in (" NULL ", "-", "N/A", "  ")] == [""] * 4


def test_legacy_text_is_decoded_and_composed() -> None:
    assert cleaned("NguyÔn V¨n §øc") == "Nguyễn Văn Đức"
    assert cleaned("La\u0301ng") == "Láng"


def test_every_table_in_use_has_fields_with_unique_names() -> None:
    assert FIELDS.keys() == set(USED)
    for fields in FIELDS.values():
        names = [field.key for field in fields]
        assert len(names) == len(set(names))


def test_the_document_names_every_field() -> None:
    text = (Path(__file__).parents[4] / "docs/sources/hospital.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[A-Z]+(?:_[A-Z]+)*", text))
    elements = {name for fields in FIELDS.values() for field in fields for name in field.elements}
    assert elements - named == set()
