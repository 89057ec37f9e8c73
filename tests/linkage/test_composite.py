"""A group of records as one record: all that its members say, whatever their order."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.composite import UNITED, composite
from linkage.records import OPEN, PersonRecord, Stay
from tests.linkage.people import HOME, PEOPLE, QUICK, TODAY, person, rich

GROUPS = st.lists(PEOPLE, min_size=1, max_size=4, unique_by=lambda record: record.key)


def test_one_record_stays_itself() -> None:
    assert composite([rich("hospital:1")]) == rich("hospital:1")


@QUICK
@given(GROUPS, st.randoms(use_true_random=False))
def test_the_order_of_members_makes_no_difference(
    members: list[PersonRecord], random: object
) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert composite(shuffled) == composite(members)


@QUICK
@given(GROUPS)
def test_nothing_that_a_member_says_in_a_list_is_lost_or_made_up(
    members: list[PersonRecord],
) -> None:
    whole = composite(members)
    assert whole.key == min(record.key for record in members)
    for name in UNITED:
        said = {value for record in members for value in getattr(record, name)}
        assert getattr(whole, name) == tuple(sorted(said))


def test_every_list_of_a_record_is_united() -> None:
    lists = {f.name for f in fields(PersonRecord) if f.default == ()}
    assert {*UNITED, "stays"} == lists


def test_who_says_that_a_stay_ended_knows_more_than_who_still_saw_the_child_there() -> None:
    there = Stay(place=HOME, file="f1", start=TODAY, end=OPEN)
    left, again = replace(there, end=TODAY + 9), replace(there, start=TODAY + 20)
    members = [person("facility:1", stays=(there, again)), person("facility:2", stays=(left,))]
    assert composite(members).stays == (left, again)


def test_two_readings_of_one_child_of_a_report_stay_in_the_report() -> None:
    one = person("police:1#1", report="police:1", sex="male")
    whole = composite([one, replace(one, sex="female")])
    assert (whole.report, whole.source, whole.sex) == ("police:1", "police", None)
    assert composite([one, person("police:2#1", report="police:2")]).report is None


@QUICK
@given(GROUPS)
def test_a_child_who_was_not_alone_or_abandoned_stays_so(members: list[PersonRecord]) -> None:
    whole = composite(members)
    assert whole.several == any(record.several for record in members)
    assert whole.foundling == any(record.foundling for record in members)


@pytest.mark.parametrize(
    ("said", "sex"),
    [
        (["male", "male", "female"], "male"),
        (["male", "female"], None),
        (["male", None], "male"),
        ([None, None], None),
    ],
)
def test_the_sex_is_what_most_members_say(said: list[str | None], sex: str | None) -> None:
    members = [person(f"hospital:{number}", sex=value) for number, value in enumerate(said)]
    assert composite(members).sex == sex


def born(number: int, low: int, high: int, firm: bool = False) -> PersonRecord:
    return person(
        f"hospital:{number}", birth_low=TODAY + low, birth_high=TODAY + high, birth_firm=firm
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([born(1, 0, 0, True), born(2, 5, 5, True), born(3, 5, 5, True)], (5, 5, True)),
        ([born(1, 0, 0, True), born(2, -9, 9)], (0, 0, True)),
        ([born(1, 5, 5, True), born(2, 0, 0, True)], (0, 0, True)),
        ([born(1, 0, 9), born(2, 5, 20)], (5, 9, False)),
        ([born(1, 0, 9), born(2, 20, 22)], (20, 22, False)),
    ],
    ids=[
        "most firm days",
        "a firm day outweighs",
        "the earlier of two",
        "where intervals meet",
        "the narrowest",
    ],
)
def test_the_birth_is_what_the_members_agree_on(
    members: list[PersonRecord], expected: tuple[int, int, bool]
) -> None:
    whole = composite([*members, person("police:9")])
    assert whole.birth_low is not None
    assert whole.birth_high is not None
    days = whole.birth_low - TODAY, whole.birth_high - TODAY
    assert (*days, whole.birth_firm) == expected


@QUICK
@given(GROUPS)
def test_found_and_weighed_as_early_as_any_member_says(members: list[PersonRecord]) -> None:
    whole = composite(members)
    lows = [record.found_low for record in members if record.found_low is not None]
    assert whole.found_low == min(lows, default=None)
    days = [r.grams_day for r in members if r.grams and r.grams_day is not None]
    if len(members) > 1:
        assert whole.grams_day == min(days, default=None)


@pytest.mark.parametrize(
    ("names", "provisional"),
    [
        ([("an", True), ("bình", True)], True),
        ([("an", True), ("bình", False)], False),
        ([("an", True), ("", False)], True),
        ([("", False), ("", False)], False),
    ],
)
def test_a_name_for_the_time_being_is_one_as_long_as_nobody_knows_another(
    names: list[tuple[str, bool]], provisional: bool
) -> None:
    members = [
        person(f"police:{n}", names=(name,) if name else (), provisional=told)
        for n, (name, told) in enumerate(names)
    ]
    assert composite(members).provisional is provisional


def test_members_who_say_nothing_make_a_record_that_says_nothing() -> None:
    whole = composite([person("hospital:1"), person("hospital:2")])
    assert whole == person("hospital:1")
