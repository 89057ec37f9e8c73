"""Whose word counts: a steward's before a conflict's before the source's own before the score."""

from dataclasses import replace

import pytest

from linkage.linker import Linkage, link
from linkage.model import untrained
from linkage.own_merges import Groups, joined
from linkage.records import PersonRecord
from linkage.standing import Decision
from tests.linkage.people import HOSPITAL, TODAY, person

MODEL = untrained()
SAID = (f"{HOSPITAL}|A=B",)
ONE = person(
    "hospital:01234/A",
    names=("nguyễn thị bình an",),
    sex="female",
    birth_low=TODAY,
    birth_high=TODAY,
    birth_firm=True,
    merged=SAID,
)
OTHER = person(
    "hospital:01234/B",
    names=("trần văn cường",),
    sex="male",
    birth_low=TODAY - 900,
    birth_high=TODAY - 900,
    birth_firm=True,
    merged=SAID,
)
TWINS = [replace(one, report="police:00199/12/2026", several=True) for one in (ONE, OTHER)]
ALIKE = [replace(one, merged=(), personal_ids=("998326000001",)) for one in (ONE, ONE)]
ALIKE[1] = replace(ALIKE[1], key=OTHER.key, record_id=OTHER.record_id)


def are_one(records: list[PersonRecord], *verdicts: str) -> bool:
    decisions: list[Decision] = [(ONE.key, OTHER.key, verdict) for verdict in verdicts]
    made: Linkage = link(records, MODEL, decisions)
    return len(made.groups) == 1


def test_the_score_joins_and_parts_where_nobody_says_anything() -> None:
    assert are_one(ALIKE)
    assert not are_one([replace(one, merged=()) for one in (ONE, OTHER)])


def test_the_sources_own_word_joins_whatever_the_score() -> None:
    assert are_one([ONE, OTHER])


def test_a_conflict_outranks_the_sources_own_word() -> None:
    assert not are_one(TWINS)


def test_a_steward_outranks_the_sources_own_word() -> None:
    assert not are_one([ONE, OTHER], "not-same")


def test_a_steward_outranks_a_conflict() -> None:
    assert are_one(TWINS, "same")


def test_a_steward_outranks_the_score() -> None:
    assert not are_one(ALIKE, "not-same")
    assert are_one([replace(one, merged=()) for one in (ONE, OTHER)], "same")


THIRD = replace(person("hospital:01234/C"), merged=(f"{HOSPITAL}|B=C",))
CHAIN = {
    record.key: record for record in (ONE, replace(OTHER, merged=(*SAID, *THIRD.merged)), THIRD)
}


def test_statements_join_in_a_chain() -> None:
    groups = joined({key: (key,) for key in CHAIN}, CHAIN, lambda left, right: False)
    assert groups == {min(CHAIN): tuple(sorted(CHAIN))}


@pytest.mark.parametrize("apart", [(ONE.key, OTHER.key), (ONE.key, THIRD.key)])
def test_of_a_chain_that_holds_a_conflict_nothing_is_joined(apart: tuple[str, str]) -> None:
    groups: Groups = {key: (key,) for key in CHAIN}
    assert joined(groups, CHAIN, lambda left, right: (left, right) == apart) == groups
