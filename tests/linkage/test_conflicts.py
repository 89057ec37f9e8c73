"""What forbids the engine to join two records: each rule, both ways round, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from linkage.conflicts import RULES, TRANSFER_MINUTES, Conflict, conflict
from linkage.records import OPEN, PersonRecord, Stay
from tests.linkage.people import HOME, HOSPITAL, PEOPLE, QUICK, person, rich

VARIANTS = ("~0123456789ab", "~ba9876543210")


def both_ways(left: PersonRecord, right: PersonRecord) -> Conflict | None:
    one, other = conflict(left, right), conflict(right, left)
    assert one == other
    return one


def stay(start: int, end: int, place: str = HOME, file: str = "A") -> tuple[Stay, ...]:
    return (Stay(place=place, file=file, start=start, end=end),)


def pair(field: str, left: Any, right: Any) -> tuple[PersonRecord, PersonRecord]:
    return person("hospital:1", **{field: left}), person("facility:2", **{field: right})


def test_twins_of_one_report_conflict() -> None:
    report = "police:00199/12/2026"
    one, other = (person(f"{report}#{n}", report=report) for n in (1, 2))
    assert both_ways(one, other) is Conflict.REPORTED_TOGETHER


def test_children_of_two_reports_and_of_none_do_not() -> None:
    one = person("police:00199/12/2026#1", report="police:00199/12/2026")
    other = person("police:00199/13/2026#1", report="police:00199/13/2026")
    assert both_ways(one, other) is None
    assert both_ways(person("hospital:1"), person("hospital:2")) is None


def test_two_contents_under_one_key_conflict() -> None:
    one, other = (person(f"hospital:01234/BN1{v}") for v in VARIANTS)
    assert both_ways(one, other) is Conflict.REUSED_KEY


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (f"hospital:01234/BN1{VARIANTS[0]}", f"hospital:01234/BN2{VARIANTS[1]}"),
        (f"hospital:01234/BN1{VARIANTS[0]}", f"police:01234/BN1{VARIANTS[1]}"),
        (f"hospital:{VARIANTS[0]}", f"hospital:{VARIANTS[1]}"),
        ("hospital:01234/A~1", "hospital:01234/A~2"),
        ("hospital:01234/A", "hospital:01234/B"),
    ],
    ids=["two keys", "two sources", "two unkeyed records", "a key with a tilde", "plain"],
)
def test_other_keys_are_no_reused_key(left: str, right: str) -> None:
    assert both_ways(person(left), person(right)) is None


def test_two_active_personal_ids_conflict() -> None:
    one, other = (
        person(f"population:{number}", personal_ids=(number,), active_ids=(number,))
        for number in ("998326000001", "998326000002")
    )
    assert both_ways(one, other) is Conflict.TWO_ACTIVE_IDS


def test_a_number_that_no_population_source_states_is_no_veto() -> None:
    assert both_ways(*pair("personal_ids", ("998326000001",), ("998326000002",))) is None
    left = person("population:1", personal_ids=("998326000001",), active_ids=("998326000001",))
    right = person("hospital:2", personal_ids=("998326000002",))
    assert both_ways(left, right) is None


def test_a_number_that_replaced_the_other_is_no_conflict() -> None:
    new, old = "998326000001", "998326000002"
    present = person("population:1", personal_ids=(new, old), active_ids=(new,))
    former = person("population:2", personal_ids=(old,), active_ids=(old,))
    assert both_ways(present, former) is None


def test_two_numbers_that_replaced_one_are_a_conflict() -> None:
    old = "998326000003"
    one, other = (
        person(f"population:{new}", personal_ids=(new, old), active_ids=(new,))
        for new in ("998326000001", "998326000002")
    )
    assert both_ways(one, other) is Conflict.TWO_ACTIVE_IDS


def test_two_certificates_conflict() -> None:
    one, other = ("00001.GCS.01234.26",), ("00002.GCS.01234.26",)
    assert both_ways(*pair("certificates", one, other)) is Conflict.TWO_CERTIFICATES
    assert both_ways(*pair("certificates", one, one)) is None
    assert both_ways(*pair("certificates", one, (*one, *other))) is None


def test_two_beds_at_one_time_conflict() -> None:
    assert both_ways(*pair("stays", stay(10, 20), stay(15, 30, file="B"))) is Conflict.TWO_BEDS
    assert both_ways(*pair("stays", stay(10, OPEN), stay(99, OPEN, file="B"))) is Conflict.TWO_BEDS


@pytest.mark.parametrize(
    "other",
    [
        stay(20, 30, file="B"),
        stay(0, 10, file="B"),
        stay(15, 30, place=HOSPITAL, file="B"),
        stay(15, 30, file="A"),
        (),
    ],
    ids=["after", "before", "another house", "the same file", "nowhere"],
)
def test_other_stays_are_no_two_beds(other: tuple[Stay, ...]) -> None:
    assert both_ways(*pair("stays", stay(10, 20), other)) is None


HERE = stay(0, 5000, place=HOSPITAL)
ELSEWHERE = "hospital:79123"


def test_two_hospitals_at_one_time_conflict() -> None:
    late = stay(5000 - TRANSFER_MINUTES - 1, 9000, place=ELSEWHERE)
    assert both_ways(*pair("stays", HERE, late)) is Conflict.TWO_HOSPITALS
    assert both_ways(*pair("stays", HERE, stay(10, OPEN, ELSEWHERE))) is Conflict.TWO_HOSPITALS


@pytest.mark.parametrize(
    "other",
    [
        stay(5000 - TRANSFER_MINUTES, 9000, place=ELSEWHERE),
        stay(6000, 9000, place=ELSEWHERE),
        stay(0, 5000, place=HOME),
        (Stay(place=ELSEWHERE, file="A", start=0, end=5000, visit=True),),
    ],
    ids=["a transfer", "later", "a home", "a visit"],
)
def test_who_goes_from_house_to_house_is_in_no_two_hospitals_at_one_time(
    other: tuple[Stay, ...],
) -> None:
    assert both_ways(*pair("stays", HERE, other)) is None


@pytest.mark.parametrize(
    "field", ["personal_ids", "certificates", "registrations", "files", "letters", "merged"]
)
def test_a_number_of_its_own_outweighs_two_hospitals_but_not_a_card(field: str) -> None:
    one, other = pair("stays", HERE, stay(0, 5000, place=ELSEWHERE))
    one, other = (replace(record, cards=("9900000001",)) for record in (one, other))
    assert both_ways(one, other) is Conflict.TWO_HOSPITALS
    shared: dict[str, Any] = {field: ("1", "2")}
    assert both_ways(replace(one, **shared), replace(other, **shared)) is None


def test_every_rule_has_a_name_of_its_own_and_every_name_a_rule() -> None:
    assert [name for name, _ in RULES] == list(Conflict)


@QUICK
@given(PEOPLE, PEOPLE)
def test_conflict_is_symmetric(left: PersonRecord, right: PersonRecord) -> None:
    assert conflict(left, right) == conflict(right, left)
    for _, holds in RULES:
        assert holds(left, right) == holds(right, left)


@QUICK
@given(PEOPLE)
def test_what_is_missing_on_one_side_is_no_conflict(record: PersonRecord) -> None:
    assert conflict(record, person("facility:other")) is None


def test_records_that_agree_on_everything_do_not_conflict() -> None:
    left = rich("hospital:1", active_ids=("998326000001",))
    right = rich("facility:2", active_ids=("998326000001",), stays=())
    assert both_ways(left, right) is None
