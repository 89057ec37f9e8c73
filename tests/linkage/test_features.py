"""The table of what is compared: complete, in two languages, and sound for any record."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linkage.extraction import UNKNOWN
from linkage.features import COLUMNS, FEATURES, ColumnKind, Feature, row
from linkage.records import Move, PersonRecord
from tests.linkage.people import HOME, HOSPITAL, PEOPLE, QUICK, TODAY, person, rich

TYPES = {ColumnKind.TEXT: str, ColumnKind.NUMBER: int, ColumnKind.TEXTS: list}
EACH_FEATURE = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)


@EACH_FEATURE
def test_every_level_has_words_of_its_own_in_both_languages(feature: Feature) -> None:
    words = [(level.vietnamese, level.english) for level in feature.levels]
    words.append(feature.otherwise_words)
    for language in zip(*words, strict=True):
        assert all(text.strip() == text != "" for text in language)
        assert len(set(language)) == len(language)
    assert all(english.isascii() for _, english in words)


@EACH_FEATURE
def test_priors_are_probabilities(feature: Feature) -> None:
    shares = [(level.m, level.u) for level in feature.levels] + [feature.otherwise]
    assert all(0 < share <= 1 for pair in shares for share in pair)


@EACH_FEATURE
def test_the_column_that_says_missing_is_one_of_the_feature(feature: Feature) -> None:
    assert feature.missing in feature.columns
    for level in feature.levels:
        assert level.term_frequency is None or level.term_frequency in feature.columns


@EACH_FEATURE
def test_whatever_a_feature_compares_it_knows_where_it_is_not_missing(feature: Feature) -> None:
    assert feature.columns[feature.missing].of(rich("hospital:1")) is not None


def test_names_of_features_and_columns_are_unique() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
    assert len(COLUMNS) == sum(len(feature.columns) for feature in FEATURES)


@pytest.mark.parametrize("column", sorted(COLUMNS.keys() - {"source"}))
def test_a_record_that_says_nothing_is_missing_everywhere(column: str) -> None:
    assert COLUMNS[column].of(person("hospital:1")) is None


@QUICK
@given(PEOPLE)
def test_every_column_is_its_type_or_missing_and_never_empty(record: PersonRecord) -> None:
    built = row(record)
    assert built.pop("unique_id") == record.key
    assert set(built) == set(COLUMNS)
    for name, value in built.items():
        assert value is None or isinstance(value, TYPES[COLUMNS[name].kind])
        assert value is None or value == 0 or value
        if isinstance(value, list):
            assert value == sorted(set(value))


@QUICK
@given(PEOPLE)
def test_the_key_is_no_evidence(record: PersonRecord) -> None:
    other = row(replace(record, key="facility:9", record_id="x"))
    assert other | {"unique_id": record.key} == row(record)


def test_zero_is_not_missing() -> None:
    assert row(person("hospital:1", grams=0))["grams"] == 0


def overlap(column: str, left: PersonRecord, right: PersonRecord) -> bool:
    return bool(set(row(left)[column] or ()) & set(row(right)[column] or ()))


LATER = st.sampled_from([0, 1, 2, 3, 4, 23, 24, 25, 47, 48, 49, 71, 72, 96])


@QUICK
@given(
    st.integers(0, 23),
    LATER,
    st.booleans(),
    st.sampled_from(["in", "out"]),
    st.sampled_from([HOSPITAL, HOME]),
)
def test_handovers_agree_as_near_in_time_as_the_words_say(
    one: int, later: int, turned: bool, direction: str, place: str
) -> None:
    start, other = TODAY * 24, one + later
    left = Move(direction="in", place=HOSPITAL, day=TODAY + one // 24, hour=start + one)
    right = Move(direction=direction, place=place, day=TODAY + other // 24, hour=start + other)
    records = [person("hospital:1", moves=(left,)), person("facility:2", moves=(right,))]
    if turned:
        records.reverse()
    same = (left.direction, left.place) == (right.direction, right.place)
    assert overlap("moves_hours", *records) == (same and abs(one - other) <= 3)
    assert overlap("moves_day", *records) == (same and left.day == right.day)
    assert overlap("moves_days", *records) == (same and abs(left.day - right.day) <= 2)
    assert overlap("places", *records) == (left.place == right.place)


def test_a_handover_of_which_only_the_day_is_known_has_no_hour() -> None:
    record = person("hospital:1", moves=(Move(direction="in", place=HOSPITAL, day=TODAY),))
    assert row(record)["moves_hours"] is None
    assert row(record)["moves_day"] is not None


@QUICK
@given(PEOPLE)
def test_only_a_firm_birthday_is_a_day(record: PersonRecord) -> None:
    assume(record.birth_low is not None)
    assert (row(record)["birth_day"] is not None) == record.birth_firm


def test_day_and_month_of_birth_change_places() -> None:
    built = row(rich("hospital:1", birth_low=TODAY, birth_high=TODAY))
    assert built["birth_day"] == "2026-03-04"
    assert built["birth_swapped"] == "2026-04-03"


def test_minutes_of_a_day_are_also_minutes_of_its_year() -> None:
    dated = row(person("police:1", minutes=(f"12|00199|{TODAY}",)))
    yearly = row(person("facility:1", minutes=("12|00199|2026",)))
    assert dated["minutes_year"] == yearly["minutes_year"] == ["12|00199|2026"]
    assert yearly["minutes_day"] is None
    assert dated["minutes_day"] is not None


def test_minutes_of_an_unknown_commune_are_no_minutes_of_the_same_commune() -> None:
    built = row(person("hospital:1", minutes=(f"12|{UNKNOWN}|{TODAY}",)))
    assert (built["minutes_day"], built["minutes_year"]) == (None, None)
    assert built["minutes_number"] == ["12|2026"]


def test_names_are_compared_in_every_form() -> None:
    built = row(person("hospital:1", names=("bống", "nguyễn thị bình an")))
    assert built["name_main"] == "nguyễn thị bình an"
    assert built["name_given"] == ["an", "bong"]
    assert built["name_fold"] == "nguien thi binh an"
