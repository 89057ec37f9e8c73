"""All records in, identities and questions out: people outrank the engine in every round."""

from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from linkage.clustering import Reason
from linkage.conflicts import conflict
from linkage.explanation import prior_bits
from linkage.features import FEATURES
from linkage.linker import Linkage, least_weight, link
from linkage.model import untrained
from linkage.records import Move, PersonRecord, Stay
from linkage.standing import Decision
from tests.linkage.people import HOSPITAL, TODAY, person, rich

MODEL = untrained()
BORN = {"birth_low": TODAY - 2, "birth_high": TODAY - 2, "birth_firm": True}


def bridge() -> list[PersonRecord]:
    """Three records of one child: the first two share a number, the third fits both together."""
    return [
        person("hospital:1", certificates=("1",), sex="female", **BORN),
        person("facility:2", certificates=("1",), sex="female", names=("trần khánh vy",), **BORN),
        person(
            "civil_status:3",
            names=("trần khánh vy",),
            sex="female",
            certificates=("1",),
            personal_ids=("998326000001",),
            **BORN,
        ),
    ]


def home_of(made: Linkage) -> dict[str, tuple[str, ...]]:
    return {key: group for group in made.groups for key in group}


@cache
def untouched() -> Linkage:
    return link(bridge(), MODEL)


def test_records_of_one_child_are_one_group() -> None:
    assert untouched().groups == (("civil_status:3", "facility:2", "hospital:1"),)
    assert untouched().reviews == ()
    assert untouched().manual == frozenset()


@pytest.mark.parametrize("apart", list(combinations([record.key for record in bridge()], 2)))
def test_what_a_steward_parted_stays_parted_whoever_else_joins(apart: tuple[str, str]) -> None:
    others = [
        rich("hospital:8", names=("lê hoa",)),
        rich("facility:9", names=("lê hoa",), stays=()),
    ]
    made = link([*bridge(), *others], MODEL, [(*apart, "not-same")])
    home = home_of(made)
    assert made.rounds > 1
    assert home[apart[0]] != home[apart[1]]
    assert frozenset(apart) not in {frozenset((r.left, r.right)) for r in made.reviews}
    between = {frozenset((home[r.left], home[r.right])) for r in made.reviews}
    assert frozenset((home[apart[0]], home[apart[1]])) not in between


def test_what_a_steward_joined_stays_joined_against_a_conflict() -> None:
    one = person("hospital:1", certificates=("1",))
    other = person("hospital:2", certificates=("2",))
    assert conflict(one, other)
    made = link([one, other, *bridge()[1:]], MODEL, [("hospital:2", "hospital:1", "same")])
    assert home_of(made)["hospital:1"] == home_of(made)["hospital:2"]
    assert made.manual >= {"hospital:1", "hospital:2"}


def test_undoing_a_decision_brings_back_both_sides() -> None:
    decided = link(bridge(), MODEL, [("facility:2", "hospital:1", "not-same")])
    assert decided.groups != untouched().groups
    assert link(bridge()[::-1], MODEL, []) == untouched()


def test_no_group_holds_a_conflict_also_after_many_rounds() -> None:
    report = "police:00199/12/2026"
    twins = [
        rich(f"{report}#{n}", report=report, several=True, personal_ids=(), certificates=())
        for n in (1, 2)
    ]
    records = [*twins, *bridge(), rich("hospital:7"), rich("facility:8", stays=())]
    by_key = {record.key: record for record in records}
    made = link(records, MODEL)
    assert sorted(key for group in made.groups for key in group) == sorted(by_key)
    for group in made.groups:
        for left, right in combinations(group, 2):
            assert conflict(by_key[left], by_key[right]) is None


def test_a_hospital_that_is_only_named_is_found_by_what_others_say() -> None:
    left, came = (
        person(key, moves=(Move(direction="out", place=place, day=TODAY),), foundling=True)
        for key, place in (("hospital:1", HOSPITAL), ("facility:2", "name:benh vien nhi"))
    )
    teacher = person("police:3", names_of_places=((HOSPITAL, "benh vien nhi"),))
    told = link([left, came], MODEL)
    taught = link([left, came, teacher], MODEL)
    assert taught.pairs > told.pairs


def test_no_records_are_no_groups() -> None:
    made = link([], MODEL)
    assert (made.groups, made.reviews, made.pairs) == ((), (), 0)


def test_one_record_is_a_group_of_its_own() -> None:
    assert link(bridge()[:1], MODEL).groups == (("hospital:1",),)


def test_a_question_names_the_records_that_speak_loudest_for_it() -> None:
    sure = replace(MODEL.thresholds, certain=20.0, link=20.0, alone=20.0, review=-1000.0)
    numbers: dict[str, Any] = {"personal_ids": ("998326000001",), "certificates": ("1",)}
    records = [
        person("civil_status:1", **numbers),
        person("facility:2", letters=("a",), **numbers),
        person("hospital:3", letters=("a", "b")),
        person("police:4", letters=("b",)),
    ]
    made = link(records, replace(MODEL, thresholds=sure))
    assert made.groups == (("civil_status:1", "facility:2"), ("hospital:3",), ("police:4",))
    assert {(review.left, review.right) for review in made.reviews} == {
        ("facility:2", "hospital:3"),
        ("hospital:3", "police:4"),
    }


# What only a slip of the pen keeps apart ------------------------------------------------------

AGREEING: dict[str, Any] = {"names": ("trần khánh vy",), "sex": "female", **BORN}


def copied(key: str, certificate: str, **values: Any) -> PersonRecord:
    return person(key, certificates=(certificate,), **AGREEING | values)


def test_a_certificate_that_alone_keeps_two_apart_is_asked_about() -> None:
    made = link([copied("civil_status:1", "1"), copied("facility:2", "2")], MODEL)
    assert len(made.groups) == 2
    assert asked(made, Reason.MISTYPED) == [("civil_status:1", "facility:2")]


def test_babies_who_lie_in_two_hospitals_at_one_time_are_asked_about_and_not_joined() -> None:
    beds = ["hospital:01234", "hospital:79123"]
    one, other = (
        person(
            f"{place}/BN1",
            mothers=("tran thi lan",),
            stays=(Stay(place=place, file="BN1", start=TODAY * 1440, end=(TODAY + 5) * 1440),),
            **AGREEING,
        )
        for place in beds
    )
    made = link([one, other], MODEL)
    assert len(made.groups) == 2
    assert asked(made, Reason.MISTYPED) == [(one.key, other.key)]
    roster = person("facility:3", mothers=("tran thi lan",), **AGREEING)
    assert not any({one.key, other.key} <= {*g} for g in link([one, other, roster], MODEL).groups)


@pytest.mark.parametrize(
    "other",
    [
        copied("facility:2", "2", several=True),
        copied("facility:2", "2", names=("lê hoa",), birth_low=1, birth_high=1),
        copied("facility:2", "2", registrations=("24/01/2026/2",)),
    ],
    ids=["twins", "another child", "two conflicts"],
)
def test_nobody_is_asked_about_two_certificates_of_two_children(other: PersonRecord) -> None:
    made = link([copied("civil_status:1", "1", registrations=("24/01/2026/1",)), other], MODEL)
    assert len(made.groups) == 2
    assert asked(made, Reason.MISTYPED) == []


@pytest.mark.parametrize("said", ["same", "not-same"])
def test_who_answered_about_a_certificate_is_not_asked_again(said: str) -> None:
    records = [copied("civil_status:1", "1"), copied("facility:2", "2")]
    made = link(records, MODEL, [("civil_status:1", "facility:2", said)])
    assert len(made.groups) == (1 if said == "same" else 2)
    assert made.reviews == ()


def test_an_answer_about_a_certificate_holds_for_all_who_carry_it() -> None:
    records = [
        copied("civil_status:1", "1"),
        copied("facility:2", "2"),
        copied("hospital:3", "1", personal_ids=("998326000001",)),
    ]
    made = link(records, MODEL, [("civil_status:1", "facility:2", "same")])
    assert made.groups == (("civil_status:1", "facility:2", "hospital:3"),)


def test_twins_whom_nobody_calls_twins_are_not_joined_by_one_certificate() -> None:
    moved = Move(direction="in", place=HOSPITAL, day=TODAY, hour=TODAY * 24 + 8)
    certified = [person(f"hospital:{n}", certificates=(n,), moves=(moved,)) for n in ("1", "2")]
    borrowed = person("civil_status:3", certificates=("1",), sex="female", **BORN)
    alone = link([certified[0], borrowed], MODEL)
    beside = link([*certified, borrowed], MODEL)
    assert alone.groups == (("civil_status:3", "hospital:1"),)
    assert ("civil_status:3", "hospital:1") not in beside.groups
    assert ("civil_status:3", "hospital:1") in asked(beside, Reason.DOUBT)


# What is asked whatever the score ---------------------------------------------------------------


def asked(made: Linkage, reason: Reason) -> list[tuple[str, str]]:
    return [(r.left, r.right) for r in made.reviews if r.reason is reason]


def test_contradicting_decisions_are_not_settled_by_guessing() -> None:
    keys = [record.key for record in bridge()]
    standing: list[Decision] = [
        (keys[0], keys[1], "same"),
        (keys[1], keys[2], "same"),
        (keys[0], keys[2], "not-same"),
    ]
    made = link(bridge(), MODEL, standing)
    assert home_of(made)[keys[0]] != home_of(made)[keys[2]]
    assert asked(made, Reason.CONTRADICTING_DECISIONS) == [(keys[2], keys[0])]
    assert made.manual == frozenset()


def test_where_stewards_disagree_about_one_pair_the_score_does_not_join_it() -> None:
    pair = ("facility:2", "hospital:1")
    made = link(bridge()[:2], MODEL, [(*pair, "same"), (*pair, "not-same")])
    assert made.groups == (("facility:2",), ("hospital:1",))
    assert asked(made, Reason.CONTRADICTING_DECISIONS) == [pair]


REUSED = ("hospital:A~0123456789ab", "hospital:A~ba9876543210")


@pytest.mark.parametrize(
    ("standing", "questions"),
    [
        ([], [REUSED]),
        ([(*REUSED, "not-same")], []),
        ([(*REUSED, "same")], []),
        ([(REUSED[0], "police:3", "same"), ("police:3", REUSED[1], "same")], []),
        ([(*REUSED, "withdrawn")], [REUSED]),
    ],
    ids=["open", "apart", "same", "same by way of another", "no answer"],
)
def test_a_reused_key_is_asked_about_until_somebody_answers(
    standing: list[Decision], questions: list[tuple[str, str]]
) -> None:
    records = [person(key) for key in (*REUSED, "police:3")]
    made = link(records, MODEL, standing)
    assert asked(made, Reason.REUSED_KEY) == questions
    assert [review.pair.weight for review in made.reviews] == [prior_bits(MODEL)] * len(questions)


def test_a_question_that_is_asked_whatever_the_score_has_its_true_weight() -> None:
    records = [
        person(REUSED[0], sex="female", marks=("bot",)),
        person(REUSED[1], sex="male", marks=("khan",)),
    ]
    (review,) = link(records, MODEL).reviews
    against = {f.name: b for f, b in zip(FEATURES, review.pair.bits, strict=True) if b}
    assert set(against) == {"sex", "marks"}
    assert review.pair.weight == pytest.approx(prior_bits(MODEL) + sum(against.values()), abs=1e-5)
    assert review.pair.weight < prior_bits(MODEL) - 5


def test_the_least_weight_keeps_every_question_and_every_rival() -> None:
    thresholds = MODEL.thresholds
    assert least_weight(MODEL) <= min(thresholds.review, thresholds.alone - thresholds.margin)
    assert least_weight(MODEL) == thresholds.least
    assert min(thresholds.alone, thresholds.link, thresholds.certain) == thresholds.alone


def step_report(number: int, *copied: str, **values: Any) -> PersonRecord:
    return person(f"casework:00199/{number}", copied=copied, sex="female", **values)


CASE = person("hotline:111-2026-000001", cases=("111-2026-000001",), sex="female")


def test_a_report_whose_number_names_a_child_is_that_childs() -> None:
    linked = link([CASE, step_report(1, "case:111-2026-000001")], MODEL)
    assert linked.groups == (("casework:00199/1", CASE.key),)
    assert linked.reviews == ()


def test_a_report_that_names_two_children_does_not_make_them_one() -> None:
    home = person("facility:99001/7", files=("home:99001|7|a",), sex="female")
    linked = link([CASE, home, step_report(1, "case:111-2026-000001", "file:home:99001|7")], MODEL)
    assert len(linked.groups) == 2
    assert home_of(linked)[CASE.key] != home_of(linked)[home.key]


def test_two_reports_with_one_number_of_nobody_are_neither_joined_nor_asked_about() -> None:
    linked = link([step_report(n, "case:111-2026-000009") for n in (1, 2)], MODEL)
    assert len(linked.groups) == 2
    assert linked.reviews == ()


def test_a_report_may_name_a_child_by_the_identity_that_motem_gave_out() -> None:
    report = step_report(1, f"motem:te-{CASE.record_id}")
    assert home_of(link([CASE, report], MODEL))[report.key] == (report.key, CASE.key)


def test_what_a_house_merged_is_one_patient_even_in_two_beds() -> None:
    stays = [Stay(place=HOSPITAL, file=file, start=0, end=9) for file in ("A", "B")]
    records = [
        person(
            f"hospital:01234/{stay.file}",
            files=(f"{HOSPITAL}|{stay.file}|a",),
            stays=(stay,),
            sex="female",
            **(BORN if stay.file == "A" else {}),
        )
        for stay in stays
    ]
    assert len(link(records, MODEL).groups) == 2
    merged = [replace(record, merged=(f"{HOSPITAL}|A=B",)) for record in records]
    assert len(link(merged, MODEL).groups) == 1
