"""What commune codes and loose addresses mean today."""

import csv
from datetime import date
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Phường Láng, Hà Nội", ("00199",)),
        ("12 phố X, phuong Lang, TP. Ha Noi", ("00199",)),
        ("P. Bến Nghé, Q.1, TP.HCM", ("26740",)),
        ("phường 1, quận 3, TP Hồ Chí Minh", ("27154",)),
        ("trạm y tế xã Hoà Bình, huyện Thường Tín, Hà Nội", ("10183",)),
        ("Phường Láng Hạ, Đống Đa, Hà Nội", ("00025", "00199", "00235")),
    ],
)
def test_an_address_in_words_names_its_commune(text: str, codes: tuple[str, ...]) -> None:
    assert communes.by_text(text) == codes


@pytest.mark.parametrize(
    "text", ["", "xã Tân Thành", "cổng chùa Láng", "Hà Nội", "phường", "xã Không Có Thật, Hà Nội"]
)
def test_what_is_not_certain_names_no_commune(text: str) -> None:
    assert communes.by_text(text) == ()


def test_full_addresses_of_today_find_their_communes_or_nothing_wrong() -> None:
    found = 0
    sample = TODAY[::25]
    for row in sample:
        codes = communes.by_text(f"{row['ward']}, {row['province']}")
        found += row["ward_code"] in codes
        assert not codes or row["ward_code"] in codes
    assert found >= 0.97 * len(sample)


def test_full_old_addresses_find_their_communes_or_nothing_wrong() -> None:
    found = 0
    sample = [row for row in OLD_TO_NEW[::50] if row["old_ward_code"]]
    for row in sample:
        text = f"{row['old_ward']}, {row['old_district']}, {row['old_province']}"
        codes = communes.by_text(text)
        found += bool(codes)
        assert not codes or row["new_ward_code"] in codes
    assert found >= 0.99 * len(sample)
