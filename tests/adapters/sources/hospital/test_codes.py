"""Code tables against the published ones."""

import csv
from importlib.resources import files

import pytest

from adapters.profile import Label
from adapters.sources.hospital.codes import PROVINCES, labels_of, province_of


def test_the_provinces_are_todays() -> None:
    with files("adapters.data").joinpath("admin_units_2025.csv").open(encoding="utf-8") as file:
        assert {row["province_code"] for row in csv.DictReader(file)} == PROVINCES


def test_every_old_province_lies_in_one_of_today() -> None:
    name = "admin_units_old_to_new.csv"
    with files("adapters.data").joinpath(name).open(encoding="utf-8") as file:
        pairs = {(r["old_province_code"], r["new_province_code"]) for r in csv.DictReader(file)}
    assert len({old for old, _ in pairs}) == 63
    # Some communes moved alone; the province of a facility follows its own merge.
    assert all((old, province_of(old + "999")) in pairs for old, _ in pairs)


@pytest.mark.parametrize("code", ["99001", "", "K1234"])
def test_an_unknown_province_is_not_guessed(code: str) -> None:
    assert province_of(code) is None


@pytest.mark.parametrize(
    ("code", "text", "labelled"),
    [
        ("B20", None, True),
        ("b24", None, True),
        ("Z21", None, True),
        ("B25", None, False),
        ("J18", "Viêm phổi, HIV (+)", True),
        (None, "mẹ nhiễm hiv", True),
        (None, "chiving", False),
    ],
)
def test_hiv_is_labelled_by_code_or_word(
    code: str | None, text: str | None, labelled: bool
) -> None:
    assert labels_of(code, text) == ([Label.HIV] if labelled else [])
