"""Oversized blocks are split by a list in the model: no pair is lost because something is missing."""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import splitting
from linkage.blocking import block_keys, oversized
from linkage.configuration import CHILDREN
from linkage.matcher import score
from linkage.model import untrained
from linkage.records import PersonRecord
from linkage.splitting import FINER, WHOLE_KIND, YEARS_APART, to_split
from tests.linkage.people import PEOPLE, QUICK, TODAY, person

EVERYTHING = -1000.0
NAME, MOTHER = "nguyễn thị an", "tran thi lan"
HANOI, HCMC = "01", "79"
EVERY_KIND = dict.fromkeys(FINER, (WHOLE_KIND,))
YEAR = 366


def born(day: int = TODAY, **told: Any) -> dict[str, Any]:
    return {"birth_low": day, "birth_high": day, "birth_firm": True} | told


def keys(record: PersonRecord, split: splitting.Split = EVERY_KIND) -> set[str]:
    return CHILDREN.keys(record, split)


def meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(keys(person("hospital:1", **one)) & keys(person("facility:2", **other)))


def test_a_model_that_splits_nothing_leaves_the_keys_as_they_are() -> None:
    record = person("hospital:1", names=(NAME,), **born())
    assert keys(record, {}) == set(block_keys(record))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        # A day of birth and a sex, and the province.
        (born(sex="male", provinces=(HANOI,)), born(sex="male", provinces=(HANOI, HCMC)), True),
        (born(sex="male", provinces=(HANOI,)), born(sex="male", provinces=(HCMC,)), False),
        (born(sex="male"), born(sex="male", provinces=(HCMC,)), True),
        (born(sex="male"), born(sex="male"), True),
        (born(sex="male", provinces=("xx",)), born(sex="male", provinces=(HCMC,)), True),
        # A name, and the year of birth or the one beside it.
        ({"names": (NAME,)} | born(), {"names": (NAME,)} | born(TODAY + YEAR), True),
        ({"names": (NAME,)} | born(), {"names": (NAME,)} | born(TODAY + 3 * YEAR), False),
        ({"names": (NAME,)} | born(), {"names": (NAME,)}, True),
        ({"names": (NAME,)}, {"names": (NAME,)}, True),
        # Of two such keys about one thing one follows from the other.
        (
            born(sex="male", foundling=True, provinces=(HANOI,)),
            born(sex="male", foundling=True, provinces=(HCMC,)),
            False,
        ),
        # Two such keys about two things are more than one.
        (
            born(sex="male", mothers=(MOTHER,), provinces=(HANOI,)),
            born(sex="male", mothers=(MOTHER,), provinces=(HCMC,)),
            True,
        ),
        # A key that is not split.
        (
            born(sex="male", provinces=(HANOI,), cards=("990",)),
            born(sex="male", provinces=(HCMC,), cards=("990",)),
            True,
        ),
    ],
)
def test_who_differs_in_the_further_evidence_and_shares_nothing_else_does_not_meet(
    one: dict[str, Any], other: dict[str, Any], together: bool
) -> None:
    assert meet(one, other) is together


@QUICK
@given(st.lists(PEOPLE, min_size=2, max_size=6), st.sets(st.sampled_from(sorted(FINER))))
def test_no_split_adds_a_pair_and_none_is_lost_where_evidence_is_missing(
    records: list[PersonRecord], kinds: set[str]
) -> None:
    split = dict.fromkeys(kinds, (WHOLE_KIND,))
    for one, other in combinations(records, 2):
        before = set(block_keys(one)) & set(block_keys(other))
        after = keys(one, split) & keys(other, split)
        assert before or not after
        assert after or {key.partition(":")[0] for key in before} <= kinds
        nowhere = replace(one, provinces=())
        undated = replace(nowhere, birth_low=None, birth_high=None)
        for silent, by in ((undated, {"n"}), (nowhere, kinds - {"n"})):
            listed = {kind: split[kind] for kind in by & kinds}
            common = set(block_keys(silent)) & set(block_keys(other))
            assert bool(keys(silent, listed) & keys(other, listed)) == bool(common)


def test_which_keys_are_split_is_frozen_and_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "OVERSIZED", 2)
    many = [person(f"hospital:{n}", names=(NAME,)) for n in range(3)]
    few = [person(f"police:{n}", names=("lê vy",), cards=("990",)) for n in range(2)]
    split = to_split((set(block_keys(record)) for record in [*many, *few]), FINER)
    assert split.keys() == {"n"}
    assert NAME not in repr(split)
    assert all(len(keys(record, split)) == YEARS_APART for record in many)
    assert all(keys(record, split) == set(block_keys(record)) for record in few)


def test_a_kind_that_costs_too_many_pairs_a_record_is_split_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(splitting, "MOST_A_RECORD", 1)
    records = [person(f"hospital:{n}", sex="male", **born(TODAY + n % 2)) for n in range(10)]
    assert to_split((set(block_keys(record)) for record in records), FINER) == {"b": (WHOLE_KIND,)}
    monkeypatch.setattr(splitting, "MOST_A_RECORD", 2)
    assert to_split((set(block_keys(record)) for record in records), FINER) == {}


def test_what_grew_after_training_is_told_as_oversized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkage.blocking.OVERSIZED", 2)
    told = born(sex="male", names=(NAME,))
    records = [
        person(f"hospital:{code}", provinces=(code,), **told) for code in (HANOI, HCMC, "48")
    ]
    found = oversized(records, lambda record: keys(record, {"b": (WHOLE_KIND,)}))
    assert Counter(kind.kind for kind in found) == Counter({"n": 1, "ny": 1, "gb": 1})


def test_the_engine_scores_the_pairs_that_are_left() -> None:
    records = [
        person(f"hospital:{n}", sex="male", provinces=provinces, **born())
        for n, provinces in enumerate([(HANOI,), (HANOI,), (HCMC,), ()])
    ]
    model = replace(untrained(), split=EVERY_KIND)
    pairs = {(pair.left, pair.right) for pair in score(records, model, EVERYTHING)}
    everybody = {(pair.left, pair.right) for pair in score(records, untrained(), EVERYTHING)}
    assert len(everybody) == 6
    assert everybody - pairs == {("hospital:0", "hospital:2"), ("hospital:1", "hospital:2")}
