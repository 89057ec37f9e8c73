"""What commune codes and loose addresses mean today."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import communes

BEFORE = date(2025, 6, 30)
AFTER = date(2025, 7, 1)
DATA = Path(communes.__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


OLD_TO_NEW = rows("admin_units_old_to_new.csv")
TODAY = rows("admin_units_2025.csv")


def test_every_old_commune_resolves_to_all_communes_of_today_that_took_a_part() -> None:
    expected: dict[tuple[str, str, str], set[str]] = {}
    for row in OLD_TO_NEW:
        key = row["old_province_code"], row["old_district_code"], row["old_ward_code"]
        expected.setdefault(key, set()).add(row["new_ward_code"])
    assert len(expected) == 10_040
    assert sum(len(new) > 1 for new in expected.values()) == 471
    without_code = [key for key in expected if not key[2]]
    assert len(without_code) == 5
    for key, new in expected.items():
        if key[2]:
            assert communes.readings(key[2], BEFORE) == tuple(sorted(new))


def test_every_commune_of_today_means_itself_since_the_reform_and_has_a_province() -> None:
    assert len(TODAY) == 3_321
    for row in TODAY:
        assert communes.readings(row["ward_code"], AFTER) == (row["ward_code"],)
        assert communes.province_of(row["ward_code"]) == row["province_code"]
        assert communes.name_of(row["ward_code"]) == row["ward"]


def test_a_code_that_changed_its_meaning_is_read_by_the_day() -> None:
    assert communes.readings("00199", AFTER) == ("00199",)
    assert communes.readings("00199", BEFORE) == ("00025", "00199", "00235")
    assert "00097" in communes.readings("00097", BEFORE)


def test_without_a_day_both_readings_stay() -> None:
    for row in OLD_TO_NEW[:500]:
        both = communes.readings(row["old_ward_code"], None)
        assert row["new_ward_code"] in both
        assert set(communes.readings(row["old_ward_code"], AFTER)) <= set(both)


def test_an_abolished_code_is_still_read_after_the_reform() -> None:
    assert communes.readings("00187", AFTER) == ("00199",)


@pytest.mark.parametrize("code", ["", "99999", "abc", "0019", " 00199"])
def test_an_unknown_code_has_no_reading(code: str) -> None:
    assert communes.readings(code, None) == ()
    assert communes.readings(code, BEFORE) == ()
    assert communes.province_of(code) is None
    assert communes.name_of(code) is None


@given(st.text(max_size=8), st.dates() | st.none())
def test_any_code_on_any_day_means_communes_of_today_or_nothing(code: str, on: date | None) -> None:
    found = communes.readings(code, on)
    assert list(found) == sorted(set(found))
    assert all(communes.name_of(reading) for reading in found)


@given(st.sampled_from(OLD_TO_NEW), st.dates() | st.none())
def test_a_day_only_narrows_what_a_code_may_mean(row: dict[str, str], on: date | None) -> None:
    code = row["old_ward_code"]
    assert set(communes.readings(code, on)) <= set(communes.readings(code, None))
    assert bool(code) == bool(communes.readings(code, on))


def test_the_parts_of_a_split_commune_lie_in_one_province() -> None:
    for row in OLD_TO_NEW:
        for reading in communes.readings(row["old_ward_code"], BEFORE):
            assert communes.province_of(reading) == row["new_province_code"]


def test_origin_and_licence_stand_beside_the_tables() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in DATA.glob("*.csv")} == set(re.findall(r"\w+\.csv", text))
    assert "vietnamadminunits" in text
    assert "MIT licence" in text
