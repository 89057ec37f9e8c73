"""Pairs that are worth comparing share a key; a missing value makes none."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linkage import blocking, normalise
from linkage.blocking import (
    CLOSELY,
    DAYS_APART,
    KIND_WORDS,
    MONTH,
    MOST_TOGETHER,
    NEWBORN,
    WEEK,
    block_keys,
    crowds,
    kinds_of_keys,
    oversized,
)
from linkage.passage import LAST_REGISTERED, NOTICE
from linkage.records import Move, PersonRecord
from tests.linkage.people import HOME, HOSPITAL, PEOPLE, QUICK, TODAY, made_people, person, rich

NUMBER = "998326000001"


def share(left: dict[str, Any], right: dict[str, Any]) -> set[str]:
    one, other = person("hospital:1", **left), person("facility:2", **right)
    return set(block_keys(one)) & set(block_keys(other))


def born(day: int = TODAY, **values: Any) -> dict[str, Any]:
    return {"birth_low": day, "birth_high": day, "birth_firm": True} | values


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("personal_ids", ("998326000001", "998326000002", "999326000003")),
        ("certificates", ("00001.GCS.01234.26", "00002.GCS.01234.26", "1")),
        ("registrations", ("24/2026", "25/2026", "26/2026")),
        ("cards", ("9900000001", "9900000002", "9900000003")),
        ("files", ("hospital:1|A", "hospital:1|B", "home:1|A")),
        ("letters", ("hospital:1|A", "hospital:1|B", "home:1|A")),
        ("mother_ids", ("999190000001", "999190000002", "999190000003")),
    ],
)
def test_one_number_in_common_is_enough(field: str, values: tuple[str, str, str]) -> None:
    first, shared, last = values
    assert share({field: (first, shared)}, {field: (shared, last)})


@QUICK
@given(st.integers(0, 11), st.sampled_from("0123456789"))
def test_one_mistyped_digit_of_a_personal_id_keeps_a_key(at: int, digit: str) -> None:
    mistyped = NUMBER[:at] + digit + NUMBER[at + 1 :]
    assert share({"personal_ids": (NUMBER,)}, {"personal_ids": (mistyped,)})


def test_numbers_of_two_kinds_are_no_key() -> None:
    assert not share({"cards": ("1",)}, {"registrations": ("1",)})


def test_minutes_share_a_key_whether_the_day_or_only_the_year_is_known() -> None:
    assert share({"minutes": (f"12|00199|{TODAY}",)}, {"minutes": ("12|00199|2026",)})
    assert not share({"minutes": ("12|00199|2026",)}, {"minutes": ("12|00200|2026",)})
    assert not share({"minutes": ("12|00199|2026",)}, {"minutes": ("13|00199|2026",)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đặng Văn Đức", "DANG VAN DUC"),
        ("Hoà Thuý", "Hòa Thúy"),
        ("Nguyễn Mỹ An", "Nguyễn Mĩ An"),
        ("Nguyễn Thị Bình An", "An Nguyễn Thị Bình"),
        ("Hoàng Thị Mai", "Huỳnh Thị Mai"),
        ("H'Hen Niê", "H’Hen Niê"),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert share({"names": (normalise.name_key(one),)}, {"names": (normalise.name_key(other),)})


def test_one_of_several_names_is_enough() -> None:
    assert share({"names": ("bống", "trần an")}, {"names": ("lê thị hoa", "trần an")})


def test_a_dropped_middle_name_shares_a_key_in_one_year() -> None:
    full, short = {"names": ("nguyễn thị bình an",)}, {"names": ("nguyễn an",)}
    assert share(full | born(), short | born())
    assert not share(full, short)


def test_a_given_name_and_a_firm_birthday_share_a_key() -> None:
    adopted, found = {"names": ("lê minh an",)}, {"names": ("nguyễn thị an",)}
    assert share(adopted | born(), found | born())
    estimated = born() | {"birth_firm": False}
    assert not share(adopted | estimated, found | estimated)


def test_a_firm_birthday_shares_a_key_with_the_same_sex_or_the_same_home() -> None:
    assert share(born(sex="male"), born(sex="male"))
    assert share(born(sex="male", homes=(HOME,)), born(sex="female", homes=(HOME,)))
    assert not share(born(sex="male"), born(TODAY + 1, sex="male"))


def test_a_missing_sex_does_not_hide_a_birthday() -> None:
    assert share(born(sex="male"), born())


def test_the_mothers_name_and_the_year_share_a_key() -> None:
    mother = {"mothers": ("bui thi xuan",)}
    assert share(mother | born(), mother | born(TODAY + 40))
    assert not share(mother, mother)


def test_a_birth_that_may_be_in_any_year_is_no_key() -> None:
    wide = {"birth_low": TODAY - 3000, "birth_high": TODAY, "mothers": ("bui thi xuan",)}
    assert not share(wide, wide)


@QUICK
@given(st.integers(-6, 6), st.integers(-6, 6))
def test_found_in_one_commune_within_days_shares_a_key(one: int, other: int) -> None:
    left = {"found_low": TODAY + one, "communes": ("00199", "00200")}
    right = {"found_low": TODAY + other, "communes": ("00200",)}
    assert bool(share(left, right)) == (abs(one - other) <= DAYS_APART)
    assert not share(left, right | {"communes": ("00201",)})


@QUICK
@given(st.integers(0, 2), st.sampled_from(["in", "out"]))
def test_handed_over_at_one_place_within_days_shares_a_key(apart: int, direction: str) -> None:
    left = Move(direction=direction, place=HOSPITAL, day=TODAY)
    right = Move(direction=direction, place=HOSPITAL, day=TODAY + apart, hour=7)
    child = {"foundling": True}
    assert share(child | {"moves": (left,)}, child | {"moves": (right,)})
    elsewhere = replace(right, place=HOME)
    assert not share(child | {"moves": (left,)}, child | {"moves": (elsewhere,)})


def test_children_of_known_parents_are_compared_by_handovers_but_not_by_hospital_stays() -> None:
    def move(place: str) -> dict[str, Any]:
        return {"moves": (Move(direction="in", place=place, day=TODAY),)}

    assert not share(move(HOSPITAL), move(HOSPITAL))
    assert share(move(HOME), move(HOME))


@QUICK
@given(st.integers(NOTICE, LAST_REGISTERED))
def test_a_foundling_shares_a_key_with_its_registration_in_the_same_commune(after: int) -> None:
    found = {"found_low": TODAY, "found_high": TODAY, "communes": ("00199",)}
    entry = {"registered": TODAY + after, "foundling": True, "communes": ("00199", "00200")}
    assert share(found, entry)
    assert not share(found, entry | {"communes": ("00201",)})
    assert not share(found, entry | {"foundling": False})
    assert not share(found, entry | {"registered": TODAY - MONTH})
    assert not share(found, entry | {"registered": TODAY + LAST_REGISTERED + MONTH})


def test_a_given_name_in_one_home_shares_a_key() -> None:
    home = {"homes": (HOME,)}
    assert share({"names": ("lê minh an",)} | home, {"names": ("nguyễn thị an",)} | home)
    assert not share({"names": ("lê minh an",)} | home, {"names": ("nguyễn thị an",)})


@QUICK
@given(st.integers(0, CLOSELY), st.integers(0, WEEK))
def test_births_that_are_closely_known_share_a_key_within_a_province(wide: int, gap: int) -> None:
    here = {"provinces": ("01",), "sex": "female"}
    estimated = here | {"birth_low": TODAY - wide, "birth_high": TODAY}
    known = here | born(TODAY + gap)
    assert share(estimated, known)
    assert share(estimated, known | {"sex": None})
    assert not share(estimated, known | {"sex": "male"})
    assert not share(estimated, known | {"provinces": ("48",)})
    assert not share(estimated | {"birth_low": TODAY - CLOSELY - 1}, known)


@QUICK
@given(st.integers(0, NEWBORN), st.integers(0, MONTH))
def test_a_newborn_at_a_place_shares_a_key_with_who_left_it_within_weeks(
    age: int, gap: int
) -> None:
    def at(day: int) -> dict[str, Any]:
        return {"sex": "male", "moves": (Move(direction="in", place=HOSPITAL, day=day),)}

    patient = at(TODAY) | {"birth_low": TODAY - age, "birth_high": TODAY - age}
    left = at(TODAY + gap) | {"foundling": True}
    assert share(patient, left)
    assert not share(patient | {"birth_low": TODAY - NEWBORN - 1}, left)
    assert not share(patient, left | {"sex": "female"})
    assert not share(patient, at(TODAY + 3 * MONTH) | {"foundling": True})


def test_a_record_that_says_nothing_has_no_key() -> None:
    assert list(block_keys(person("hospital:1"))) == []
    assert list(block_keys(person("hospital:1", foundling=True))) == []


@QUICK
@given(PEOPLE)
def test_keys_are_texts_and_depend_on_what_is_said_of_the_child_alone(record: PersonRecord) -> None:
    renamed = replace(record, key="facility:9", record_id="x")
    keys = list(block_keys(record))
    assert keys == list(block_keys(renamed))
    assert all(isinstance(key, str) and not key.endswith(":") for key in keys)


@QUICK
@given(PEOPLE, st.sampled_from([f.name for f in fields(PersonRecord) if f.default == ()]))
def test_saying_more_never_takes_a_key_away(record: PersonRecord, field: str) -> None:
    assume(getattr(record, field) == ())
    more = replace(record, **{field: getattr(rich("hospital:1"), field)})
    assert set(block_keys(record)) <= set(block_keys(more))


@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_key_has_words(seed: int) -> None:
    records = [*made_people(60, seed), rich("hospital:1"), rich("police:2", birth_firm=False)]
    kinds = {kind.kind for kind in kinds_of_keys(set(block_keys(record)) for record in records)}
    assert kinds <= KIND_WORDS.keys()
    assert len(kinds) > len(KIND_WORDS) / 2


def test_only_reports_of_very_many_children_are_crowds() -> None:
    few = [person(f"police:1#{n}", report="police:1") for n in range(MOST_TOGETHER)]
    many = [person(f"police:2#{n}", report="police:2") for n in range(MOST_TOGETHER + 1)]
    assert crowds([*few, *many, person("hospital:1")]) == {"police:2"}


def test_oversized_blocks_are_told_by_kind_and_size_and_not_by_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocking, "OVERSIZED", 2)
    sizes = {"991": 3, "992": 4, "993": 2}
    records = [
        person(f"hospital:{card}-{n}", cards=(card,), files=("hospital:1|7",))
        for card, size in sizes.items()
        for n in range(size)
    ]
    found = oversized(records, lambda record: set(block_keys(record)))
    assert [(kind.kind, kind.blocks, kind.largest) for kind in found] == [
        ("file", 1, 9),
        ("card", 2, 4),
    ]
    assert not any(card in repr(found) for card in sizes)
