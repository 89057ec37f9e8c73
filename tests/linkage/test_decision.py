"""Which evidence the engine may act on by itself, and what it asks a steward."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.clustering import Partition, Reason, partition
from linkage.conflicts import conflict
from linkage.decision import INDIVIDUAL, judge
from linkage.features import FEATURES
from linkage.matcher import ScoredPair
from linkage.model import MatchModel, untrained
from linkage.records import PersonRecord
from tests.linkage.people import PEOPLE, QUICK, person, said, scored

MODEL: MatchModel = untrained()
SURE = MODEL.thresholds.link + 1
MARGIN = MODEL.thresholds.margin
REPORT = "police:00199/12/2026"
TWINS = [person(f"{REPORT}#{number}", report=REPORT, several=True) for number in (1, 2)]
HOSPITAL, HOME = person("hospital:01234/A"), person("facility:99001/7")
POPULATION = person("population:998326000001")


def level(*english: str) -> dict[str, int]:
    """The levels that say this."""
    return dict(said(text) for text in english)


SAME_EVENT = level(
    "handed over at the same place on the same day", "nearly the same weight within days"
)
SAME_NAME = level("same full name")
SAME_BIRTH = level("same day of birth", "same sex")
OTHER_PERSON = level("different names", "different birth dates", "different sex")
AGAINST = {"name": -4.0, "birth": -4.0, "sex": -4.0}
FOR = 9.0


def individual(feature: str) -> dict[str, int]:
    """A number that is one child's, and its birth, agree."""
    return {feature: 0} | SAME_BIRTH


def decided(
    records: Sequence[PersonRecord],
    *pairs: ScoredPair,
    standing: Sequence[tuple[str, str, str]] = (),
) -> Partition:
    """The partition that the judge's view of the evidence leads to."""
    by_key = {record.key: record for record in records}

    def forbids(left: str, right: str) -> bool:
        return conflict(by_key[left], by_key[right]) is not None

    sufficient = judge(by_key, pairs, forbids, MODEL.thresholds)
    return partition(
        by_key, pairs, forbids, MODEL.thresholds, standing=standing, sufficient=sufficient
    )


def pair(
    left: PersonRecord,
    right: PersonRecord,
    weight: float,
    levels: dict[str, int],
    bits: dict[str, float] | None = None,
) -> ScoredPair:
    """A pair whose known features all speak for it, but for those of `bits`."""
    return scored(left.key, right.key, weight, levels, dict.fromkeys(levels, FOR) | (bits or {}))


def joined(made: Partition, left: PersonRecord, right: PersonRecord) -> bool:
    return any({left.key, right.key} <= set(group) for group in made.groups)


@pytest.mark.parametrize("feature", INDIVIDUAL)
def test_a_number_of_one_child_is_enough(feature: str) -> None:
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, individual(feature)))
    assert joined(made, HOSPITAL, HOME)
    assert made.reviews == ()


@pytest.mark.parametrize("feature", INDIVIDUAL)
def test_a_number_is_not_enough_where_the_person_is_another(feature: str) -> None:
    levels = individual(feature) | OTHER_PERSON
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, levels, AGAINST))
    assert not joined(made, HOSPITAL, HOME)
    assert [review.reason for review in made.reviews] == [Reason.DOUBT]


def test_a_renamed_child_with_a_number_in_common_is_one() -> None:
    levels = individual("personal_id") | level("different names") | SAME_EVENT
    bits = {"name": -3.0}
    assert joined(
        decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, levels, bits)), HOSPITAL, HOME
    )


def test_an_event_is_enough_for_a_child_who_was_alone() -> None:
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, SAME_EVENT))
    assert joined(made, HOSPITAL, HOME)


@pytest.mark.parametrize("other", [HOSPITAL, POPULATION], ids=["left", "right"])
def test_an_event_is_not_enough_for_one_of_twins(other: PersonRecord) -> None:
    twin = TWINS[0]
    made = decided([twin, other], pair(twin, other, SURE, SAME_EVENT))
    assert not joined(made, twin, other)
    assert [review.reason for review in made.reviews] == [Reason.DOUBT]


@pytest.mark.parametrize("feature", INDIVIDUAL)
def test_a_twin_may_be_joined_by_a_number_of_its_own(feature: str) -> None:
    twin = TWINS[0]
    levels = individual(feature) | SAME_EVENT
    assert joined(decided([twin, HOSPITAL], pair(twin, HOSPITAL, SURE, levels)), twin, HOSPITAL)


def test_a_twin_who_has_a_name_may_be_joined_by_it() -> None:
    twin = TWINS[0]
    levels = SAME_EVENT | SAME_NAME | level("same day of birth")
    assert joined(decided([twin, HOSPITAL], pair(twin, HOSPITAL, SURE, levels)), twin, HOSPITAL)


def test_twins_are_never_joined_whatever_they_share() -> None:
    everything = {feature.name: 0 for feature in FEATURES}
    one, other = TWINS
    made = decided(TWINS, pair(one, other, SURE + 99, everything))
    assert not joined(made, one, other)


def test_a_record_between_two_twins_waits_for_a_steward() -> None:
    one, other = TWINS
    pairs = [pair(twin, HOSPITAL, SURE + 3, SAME_EVENT) for twin in TWINS]
    made = decided([one, other, HOSPITAL], *pairs)
    assert len(made.groups) == 3
    assert len(made.reviews) == 2


def test_a_record_that_fits_two_who_cannot_be_one_waits_even_if_nobody_said_twins() -> None:
    beds = [person(f"hospital:01234/{n}", certificates=(n,)) for n in "AB"]
    pairs = [pair(bed, HOME, SURE + i * MARGIN / 2, SAME_EVENT) for i, bed in enumerate(beds)]
    made = decided([*beds, HOME], *pairs)
    assert len(made.groups) == 3


def test_a_steward_joins_twins_and_parts_the_certain() -> None:
    one, other = TWINS
    sure = pair(HOSPITAL, HOME, SURE + 99, individual("certificate"))
    assert joined(decided([HOSPITAL, HOME], sure), HOSPITAL, HOME)
    standing = [(one.key, other.key, "same"), (HOME.key, HOSPITAL.key, "not-same")]
    made = decided([*TWINS, HOSPITAL, HOME], sure, standing=standing)
    assert joined(made, one, other)
    assert not joined(made, HOSPITAL, HOME)
    assert made.manual >= {one.key, other.key}


def test_a_record_that_nothing_links_is_a_group_of_its_own() -> None:
    assert decided([HOSPITAL, HOME]).groups == ((HOME.key,), (HOSPITAL.key,))
    assert decided([]).groups == ()


def levels_strategy() -> st.SearchStrategy[dict[str, int]]:
    counts = {feature.name: len(feature.levels) for feature in FEATURES}
    return st.fixed_dictionaries(
        {}, optional={name: st.integers(0, count) for name, count in counts.items()}
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[PersonRecord], list[ScoredPair]]:
    """Some records, and some pairs of them with weights around the thresholds."""
    records = draw(st.lists(PEOPLE, max_size=7, unique_by=lambda record: record.key))
    thresholds = MODEL.thresholds
    weights = st.floats(thresholds.review - 1, thresholds.link + 2 * thresholds.margin)
    bits = st.fixed_dictionaries(dict.fromkeys(("name", "birth", "sex"), st.floats(-5, 5)))
    pairs = [
        scored(left.key, right.key, draw(weights), draw(levels_strategy()), draw(bits))
        for left, right in combinations(records, 2)
        if draw(st.booleans())
    ]
    return records, pairs


@QUICK
@given(worlds(), st.integers(0, 2**32))
def test_order_does_not_matter(
    world: tuple[list[PersonRecord], list[ScoredPair]], seed: int
) -> None:
    records, pairs = world
    random = Random(seed)
    shuffled = random.sample(pairs, len(pairs))
    assert decided(random.sample(records, len(records)), *shuffled) == decided(records, *pairs)


@QUICK
@given(worlds())
def test_the_engine_never_joins_a_conflict(
    world: tuple[list[PersonRecord], list[ScoredPair]],
) -> None:
    records, pairs = world
    by_key = {record.key: record for record in records}
    made = decided(records, *pairs)
    assert sorted(key for group in made.groups for key in group) == sorted(by_key)
    for group in made.groups:
        for left, right in combinations(group, 2):
            assert conflict(by_key[left], by_key[right]) is None


@QUICK
@given(worlds())
def test_the_strongest_pair_is_joined_or_in_conflict_or_asked_about(
    world: tuple[list[PersonRecord], list[ScoredPair]],
) -> None:
    records, pairs = world
    made = decided(records, *pairs)
    strongest = max(pairs, key=lambda p: p.weight, default=None)
    if strongest is None or strongest.weight < MODEL.thresholds.review:
        assert made.reviews == ()
        return
    by_key = {record.key: record for record in records}
    home = {key: group for group in made.groups for key in group}
    one, other = home[strongest.left], home[strongest.right]
    parted = any(conflict(by_key[a], by_key[b]) for a in one for b in other)
    if one != other and not parted:
        assert strongest.weight in [review.pair.weight for review in made.reviews]
