"""Tests of gateway.sample.noise."""

import unicodedata
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.legacy_text import clean, fold
from gateway.sample.names import full_name
from gateway.sample.noise import VARIANTS, Noise, other_tone_place, without_marks

SEEDS = st.integers(min_value=0, max_value=10_000)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hòa", "Hoà"), ("Thúy", "Thuý"), ("Khỏe", "Khoẻ"), ("Lê Hòa An", "Lê Hoà An")],
)
def test_tone_moves_both_ways(one: str, other: str) -> None:
    assert other_tone_place(one) == other
    assert other_tone_place(other) == one


@pytest.mark.parametrize("name", ["Quý", "Già", "Hoàn", "Nguyễn"])
def test_tone_stays_where_only_one_place_is_right(name: str) -> None:
    assert other_tone_place(name) == name


def test_marks_and_the_barred_d_are_lost_together() -> None:
    assert without_marks("Đặng Văn Đức") == "Dang Van Duc"


@given(SEEDS)
def test_without_noise_everything_is_typed_right(seed: int) -> None:
    rng = Random(seed)
    noise = Noise(rng, 0.0)
    name = full_name(rng, "F")
    day = date(2025, 3, 4)
    typed = (noise.name(name), noise.day(day), noise.sex("M"), noise.handed_over(day))
    assert typed == (name, day, "M", day)
    assert (noise.number("998320123456"), noise.minutes_number("12/BB-CAX")) == (
        "998320123456",
        "12/BB-CAX",
    )


@given(SEEDS)
def test_a_mistyped_personal_number_stays_made_up(seed: int) -> None:
    typed = Noise(Random(seed), 10.0).number("998320123456")
    assert typed.startswith("998")
    assert len(typed) == 12
    assert typed.isdecimal()


@given(SEEDS)
def test_a_mistyped_certificate_keeps_its_shape(seed: int) -> None:
    typed = Noise(Random(seed), 10.0).number("00351.GCS.79101.26", kept=0)
    assert [len(part) for part in typed.split(".")] == [5, 3, 5, 2]


@given(SEEDS)
def test_no_variant_empties_a_name(seed: int) -> None:
    rng = Random(seed)
    name = full_name(rng, rng.choice("MF"), rng.choice(("01", "08", "10", "12")))
    for variant in VARIANTS:
        assert variant(name, rng).strip()


def test_fonts_and_decomposition_are_undone_by_the_gateways_cleaning() -> None:
    noise = Noise(Random(4), 6.0)
    name = "Nguyễn Thị Hồng Đào"
    typed = {noise.name(name) for _ in range(400)}
    assert any(not unicodedata.is_normalized("NFC", text) for text in typed)
    assert any("Ô" in text and "ễ" not in text for text in typed)
    same = [text for text in typed if fold(clean(text)) == fold(name)]
    assert len(same) > len(typed) / 4


@given(SEEDS, st.integers(min_value=900, max_value=20_000))
def test_weights_stay_positive(seed: int, grams: int) -> None:
    assert Noise(Random(seed), 3.0).weight(grams) >= 500


@given(SEEDS, st.dates(min_value=date(2000, 1, 1), max_value=date(2026, 12, 31)))
def test_any_day_can_be_mistyped(seed: int, day: date) -> None:
    assert abs(Noise(Random(seed), 10.0).day(day).year - day.year) <= 1
