"""Which evidence the engine may act on by itself, and what it asks a steward."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import decision
from linkage.clustering import Partition, Reason, partition
from linkage.conflicts import conflict
from linkage.decision import (
    CONTRADICTING,
    INDIVIDUAL,
    KINDS,
    TELLING_BITS,
    is_borrowed,
    is_handed_over,
    is_in_minutes,
    is_individual,
    is_mistyped,
    is_named,
    is_of_another,
    is_personal,
    judge,
    kinds,
    traits,
)
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


def decided(records: Sequence[PersonRecord], *pairs: ScoredPair) -> Partition:
    """The partition that the judge's view of the evidence leads to."""
    by_key = {record.key: record for record in records}

    def forbids(left: str, right: str) -> bool:
        return conflict(by_key[left], by_key[right]) is not None

    judges = judge(by_key, pairs, forbids, MODEL.thresholds)
    return partition(by_key, pairs, forbids, MODEL.thresholds, judges=judges)


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


# The numbers of levels ---------------------------------------------------------------------------


WORDS = {feature.name: [level.english for level in feature.levels] for feature in FEATURES}


def up_to(number: int) -> tuple[int, ...]:
    return tuple(range(number + 1))


@pytest.mark.parametrize(
    ("feature", "levels", "words"),
    [
        ("name", up_to(decision.SAME_NAME), ["same full name", "one of the names is the same"]),
        (
            "name",
            up_to(decision.FOLDED_NAME),
            [
                "same full name",
                "one of the names is the same",
                "same name in another order, or typed without marks",
                "names that differ only in their marks",
            ],
        ),
        (
            "birth",
            up_to(decision.SAME_BIRTH),
            [
                "same day of birth",
                "day and month of birth swapped",
                "birth dates at most three days apart",
                "birth dates one digit apart",
            ],
        ),
        (
            "birth",
            up_to(decision.OVERLAPPING_BIRTH),
            [
                "same day of birth",
                "day and month of birth swapped",
                "birth dates at most three days apart",
                "birth dates one digit apart",
                "conventional birth dates close together",
                "birth intervals overlap",
            ],
        ),
        ("birth", (decision.CONVENTIONAL_BIRTH,), ["conventional birth dates close together"]),
        (
            "minutes",
            up_to(decision.SAME_MINUTES),
            ["same minutes: number, commune and day", "same minutes: number, commune and year"],
        ),
        (
            "minutes",
            (decision.SAME_YEAR,),
            ["same minutes: number, commune and year"],
        ),
        (
            "name",
            tuple(sorted(decision.LIKE_TWINS)),
            ["same family and given name, middle name differs", "names nearly the same"],
        ),
        ("birth", (decision.SAME_DAY,), ["same day of birth"]),
        ("event", (decision.LAST_DAY,), ["found on the same day in the same province"]),
        (
            "event",
            tuple(sorted(decision.HANDED_OVER)),
            [
                "handed over at the same place within three hours",
                "found in the same commune within a day",
                "handed over at the same place on the same day",
            ],
        ),
        (
            "event",
            tuple(sorted(decision.HOUSE_OF_EVENT)),
            ["in the same hospital within three hours", "were at the same place"],
        ),
        (
            "event",
            tuple(sorted(decision.DAY_OF_EVENT)),
            [
                "left one body and came to the other on one day, same province",
                "left one body and came to the other on one day",
                "found on the same day in the same province",
            ],
        ),
        ("due", (decision.FOUND_OTHER_DAY,), ["the step does not fit the day of finding"]),
        (
            "copied",
            tuple(sorted(decision.ONE_COPIED)),
            [
                "the report names one number of the child",
                "the report names a number that twins may share",
            ],
        ),
        ("personal_id", (0,), ["same personal ID number"]),
        ("certificate", (0,), ["same birth certificate number"]),
        ("registration", (0,), ["same birth registration number"]),
        ("file", (0,), ["same file number at one place"]),
        ("letter", (0,), ["same transfer letter"]),
    ],
)
def test_a_level_that_counts_is_the_one_that_is_meant(
    feature: str, levels: tuple[int, ...], words: list[str]
) -> None:
    """Whoever inserts a level in features.py must move the numbers in decision.py with it."""
    assert [WORDS[feature][level] for level in levels] == words


def test_kinds_are_features_and_each_counts_once() -> None:
    counted = [name for kind in KINDS for name in kind]
    assert len(set(counted)) == len(counted)
    assert {*counted, *CONTRADICTING} <= WORDS.keys()


# One pair ---------------------------------------------------------------------------------------


def telling(*english: str, bits: float = TELLING_BITS) -> ScoredPair:
    """A pair in which each of these levels adds so many bits."""
    levels = level(*english)
    return scored(HOSPITAL.key, HOME.key, SURE, levels, dict.fromkeys(levels, bits))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], 0),
        (["same sex"], 0),
        (["same personal ID number", "same birth certificate number"], 1),
        (["nearly the same weight within days", "marks and belongings alike"], 1),
        (["same full name", "same day of birth"], 2),
        (["same day of birth", "in the same hospital within three hours"], 1),
        (["same day of birth", "were at the same place"], 1),
        (["same day of birth", "handed over at the same place within two days"], 2),
        (["same full name", "same day of birth", "same name of the mother"], 3),
        (["found in the same commune within a day", "same day of birth"], 2),
        (["found in the same commune within a day", "conventional birth dates close together"], 1),
        (["found on the same day in the same province", "same day of birth"], 1),
        (["left one body and came to the other on one day", "same day of birth"], 1),
        (["found on the same day in the same province", "same full name"], 2),
        (["conventional birth dates close together", "same full name"], 2),
    ],
)
def test_kinds_are_what_does_not_follow_from_another(words: list[str], count: int) -> None:
    assert kinds(telling(*words)) == count


def test_what_adds_little_is_no_kind() -> None:
    assert kinds(telling("same full name", "same day of birth", bits=TELLING_BITS - 0.01)) == 0


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("same minutes: number, commune and day", True),
        ("same minutes: number, commune and year", True),
        ("same number of minutes and year, commune not known or other", False),
        ("different minutes", False),
        ("same full name", False),
    ],
)
def test_minutes_are_the_same_only_where_the_commune_is(words: str, meant: bool) -> None:
    assert is_in_minutes(telling(words)) is meant


@pytest.mark.parametrize("feature", [feature.name for feature in FEATURES])
def test_one_number_agrees_at_the_first_level_of_a_number(feature: str) -> None:
    pair = scored("a:1", "b:2", SURE, {feature: 0})
    assert is_individual(pair) is (feature in INDIVIDUAL)
    assert not is_individual(scored("a:1", "b:2", SURE, {feature: 1}))


EVENTS = next(feature for feature in FEATURES if feature.name == "event")


def test_only_finding_giving_and_taking_on_one_day_is_a_handover() -> None:
    handed = [lv.english for lv in EVENTS.levels if is_handed_over(telling(lv.english))]
    assert handed == [
        "handed over at the same place within three hours",
        "found in the same commune within a day",
        "handed over at the same place on the same day",
    ]
    assert not is_handed_over(telling("same full name"))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["same full name"], True),
        (["same full name", "same day of birth"], True),
        (["one of the names is the same", "birth dates one digit apart"], True),
        (["names that differ only in their marks"], False),
        (["same full name", "birth intervals overlap"], True),
        (["same full name", "birth dates less than seven months apart"], False),
        (["same full name", "different birth dates"], False),
        (["same day of birth"], False),
    ],
)
def test_named_is_the_full_name_with_marks_and_a_birth_that_fits(
    words: list[str], named: bool
) -> None:
    assert is_named(telling(*words)) is named


@pytest.mark.parametrize(
    ("levels", "against", "borrowed"),
    [
        (["same personal ID number", "different names"], ["name"], True),
        (["same personal ID number", "names nearly the same"], [], True),
        (
            ["same personal ID number", "names nearly the same", "birth intervals overlap"],
            [],
            False,
        ),
        (
            ["same personal ID number", "names nearly the same", "different birth dates"],
            ["birth"],
            True,
        ),
        (
            [
                "same personal ID number",
                "same given name in another full name",
                "birth intervals overlap",
            ],
            [],
            True,
        ),
        (["same personal ID number", "names that differ only in their marks"], [], False),
        (["same personal ID number"], [], False),
        (["same birth certificate number", "different names"], ["name"], False),
        (
            ["same birth certificate number", "different names", "different sex"],
            ["name", "sex"],
            True,
        ),
        (
            ["same transfer letter", "different names", "place and time do not fit"],
            ["name", "event"],
            True,
        ),
        (
            [
                "same birth certificate number",
                "same transfer letter",
                "different names",
                "different sex",
            ],
            ["name", "sex"],
            False,
        ),
    ],
)
def test_one_number_beside_another_person_is_borrowed(
    levels: list[str], against: list[str], borrowed: bool
) -> None:
    bits = dict.fromkeys(level(*levels), 1.0) | dict.fromkeys(against, -4.0)
    found = scored("a:1", "b:2", SURE, level(*levels), bits)
    assert is_borrowed(found, several=False) is borrowed


@pytest.mark.parametrize(
    ("several", "against", "borrowed"),
    [(False, [], False), (True, [], True), (False, ["sex"], True)],
)
def test_a_personal_number_and_a_day_of_birth_are_one_childs_unless_it_has_a_twin(
    several: bool, against: list[str], borrowed: bool
) -> None:
    levels = level("same personal ID number", "different names", "same day of birth")
    found = scored("a:1", "b:2", SURE, levels, dict.fromkeys(against, -4.0))
    assert is_borrowed(found, several=several) is borrowed


def test_a_personal_number_and_nearly_the_same_name_may_be_a_twins() -> None:
    levels = level("same personal ID number", "names nearly the same", "birth intervals overlap")
    assert is_borrowed(scored("a:1", "b:2", SURE, levels), several=True)


SEX, ID = "same sex", "same personal ID number"
CERTIFICATE, LETTER = "same birth certificate number", "same transfer letter"


@pytest.mark.parametrize(
    ("words", "personal"),
    [
        ([ID, SEX], False),
        ([CERTIFICATE, SEX], False),
        ([ID, CERTIFICATE], True),
        ([LETTER, SEX], True),
        ([CERTIFICATE, "same full name"], True),
        ([CERTIFICATE, "nearly the same weight within days"], True),
        (["same full name", SEX], False),
    ],
)
def test_a_number_that_twins_swap_wants_another_sign(words: list[str], personal: bool) -> None:
    assert is_personal(telling(*words)) is personal


def test_no_number_is_a_twins_own_where_the_sex_differs() -> None:
    levels = level(ID, CERTIFICATE, "different sex")
    assert not is_personal(scored("a:1", "b:2", SURE, levels, {"sex": -4.0}))
    assert is_personal(scored("a:1", "b:2", SURE, levels, {"sex": 0.0}))


def test_a_handover_on_one_day_is_enough_for_a_child_who_was_alone() -> None:
    words = "handed over at the same place on the same day"
    assert joined(decided([HOSPITAL, HOME], telling(words)), HOSPITAL, HOME)


def test_one_kind_of_evidence_is_asked_about() -> None:
    made = decided([HOSPITAL, HOME], telling("in the same hospital within three hours"))
    assert not joined(made, HOSPITAL, HOME)
    assert [review.reason for review in made.reviews] == [Reason.DOUBT]


# Whole decisions --------------------------------------------------------------------------------


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
    assert len(made.reviews) == 2, "both twins are named"


def test_a_record_that_fits_two_who_cannot_be_one_waits_even_if_nobody_said_twins() -> None:
    beds = [person(f"hospital:01234/{n}", certificates=(n,)) for n in "AB"]
    pairs = [pair(bed, HOME, SURE + i * MARGIN / 2, SAME_EVENT) for i, bed in enumerate(beds)]
    made = decided([*beds, HOME], *pairs)
    assert len(made.groups) == 3


def crowd(weight: float, apart: float) -> Partition:
    """A pair of `weight` bits; its left side also fits each of two twins, `apart` bits worse."""
    other = weight - apart
    return decided(
        [HOSPITAL, HOME, *TWINS],
        pair(HOSPITAL, HOME, weight, SAME_EVENT | SAME_BIRTH),
        *(pair(HOSPITAL, twin, other, SAME_EVENT) for twin in TWINS),
    )


@pytest.mark.parametrize(
    ("margins", "joined"), [(decision.CROWD - 0.1, False), (decision.CROWD + 0.1, True)]
)
def test_a_crowd_far_below_a_pair_casts_no_doubt_on_it(margins: float, joined: bool) -> None:
    made = crowd(4 * MARGIN, margins * MARGIN)
    assert ((HOME.key, HOSPITAL.key) in made.groups) is joined


SAME_YEAR = level("same minutes: number, commune and year")
SAME_AREA = level("same commune", "the place found is described alike")


@pytest.mark.parametrize(
    ("others", "against", "joined"),
    [
        ({}, {}, True),
        (level("different birth dates"), {"birth": -6.0}, False),
        (level("different sex"), {"sex": -4.6}, False),
        (level("different birth dates") | SAME_NAME, {"birth": -6.0}, True),
        (level("different birth dates", "same file number at one place"), {"birth": -6.0}, True),
        (level("different birth dates") | SAME_EVENT, {"birth": -6.0}, True),
    ],
    ids=["nothing against", "birth", "sex", "but the name", "but a number", "but the event"],
)
def test_minutes_of_which_only_the_year_agrees_may_be_mistyped(
    others: dict[str, int], against: dict[str, float], joined: bool
) -> None:
    evidence = pair(HOSPITAL, HOME, SURE, SAME_YEAR | SAME_AREA | others, against)
    assert (len(decided([HOSPITAL, HOME], evidence).groups) == 1) is joined


@pytest.mark.parametrize(("weight", "joined"), [(SURE, True), (SURE - 2, False)])
def test_the_lack_of_choice_does_not_make_up_for_contradictions(
    weight: float, joined: bool
) -> None:
    against = {"weight": -3.0, "marks": -2.5}
    levels = level("same full name", "different sex", "marks and belongings differ") | SAME_BIRTH
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, weight, levels, against))
    assert (len(made.groups) == 1) is joined


@pytest.mark.parametrize(
    ("number", "joined"), [([], False), (["same birth certificate number"], True)]
)
def test_a_middle_name_tells_twins_apart(number: list[str], joined: bool) -> None:
    called = level("same family and given name, middle name differs", *number) | SAME_BIRTH
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, called))
    assert (len(made.groups) == 1) is joined


@pytest.mark.parametrize(
    ("others", "against", "joined"),
    [
        ([], {}, True),
        (["different sex"], {"sex": -4.6}, False),
        (["different names"], {"name": -3.0}, False),
        (["different sex", "same file number at one place"], {"sex": -4.6}, True),
    ],
    ids=["nothing against", "sex", "name", "but a number"],
)
def test_a_card_that_twins_share_is_asked_about(
    others: list[str], against: dict[str, float], joined: bool
) -> None:
    levels = level("same health-insurance number", "same day of birth", *others)
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, levels, against))
    assert (len(made.groups) == 1) is joined


@pytest.mark.parametrize(
    ("others", "joined"),
    [
        (["different file numbers at one place"], True),
        (["different health-insurance numbers"], True),
        (["different file numbers at one place", "different health-insurance numbers"], False),
    ],
    ids=["two files", "two cards", "both"],
)
def test_two_patients_of_one_house_with_two_cards_are_asked_about(
    others: list[str], joined: bool
) -> None:
    levels = level("same full name", "same day of birth", *others)
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, levels))
    assert (len(made.groups) == 1) is joined


@pytest.mark.parametrize(
    ("others", "joined"),
    [
        (["nearly the same weight within days"], True),
        (["very different weight within days"], False),
        (["very different weight within days", "same personal ID number"], True),
    ],
    ids=["one weight", "two weights", "two weights and a number"],
)
def test_two_patients_with_weights_that_are_not_one_childs_are_asked_about(
    others: list[str], joined: bool
) -> None:
    levels = level("same full name", "same day of birth", "files at different places", *others)
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, levels))
    assert (len(made.groups) == 1) is joined


def test_a_weight_that_minutes_guess_is_no_doubt() -> None:
    levels = level("same full name", "same day of birth", "very different weight within days")
    assert len(decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, levels)).groups) == 1


@pytest.mark.parametrize(
    ("others", "joined"),
    [
        (["files at different places"], False),
        (["files at different places", "nearly the same weight within days"], False),
        (["files at different places", "same full name"], True),
        (["files at different places", "left one body and came to the other on one day"], True),
        ([], True),
    ],
    ids=["nothing else", "weight", "name", "a transfer", "a register"],
)
def test_a_mothers_name_and_a_birth_do_not_join_the_patients_of_two_houses(
    others: list[str], joined: bool
) -> None:
    levels = level("same name of the mother", "same day of birth", "same sex", *others)
    made = decided([HOSPITAL, HOME], pair(HOSPITAL, HOME, SURE, levels, {"file": 0.0}))
    assert (len(made.groups) == 1) is joined


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
    bits = st.fixed_dictionaries(dict.fromkeys(("name", "birth", "event", "sex"), st.floats(-5, 5)))
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


def test_what_speaks_of_the_child_itself_tells_twins_apart() -> None:
    bits = {"sex": 1.0, "weight": -3.4, "event": 13.9, "minutes": 17.9}
    assert traits(scored("a:1", "b:2", SURE, {}, bits)) == -2.4


def found_together(*sexes: str) -> list[ScoredPair]:
    """Pairs of the twins with two children of a hospital; the letters tell which agree in sex."""
    beds = BEDS[0], BEDS[1]
    each = [(bed, twin) for bed in beds for twin in TWINS]
    return [
        pair(
            bed,
            twin,
            SURE + (6 if sex == "=" else 0),
            SAME_EVENT | level("same sex" if sex == "=" else "different sex"),
            {"sex": 1.0 if sex == "=" else -4.6, "weight": 0.0},
        )
        for (bed, twin), sex in zip(each, sexes, strict=True)
    ]


BEDS = [person(f"hospital:01234/B{n}", certificates=(f"B{n}",)) for n in (1, 2)]


def test_a_boy_and_a_girl_found_together_are_told_apart_where_both_are_known() -> None:
    made = decided([*BEDS, *TWINS], *found_together(*"=xx="))
    assert joined(made, BEDS[0], TWINS[0])
    assert joined(made, BEDS[1], TWINS[1])


def test_a_boy_and_a_girl_are_asked_about_where_one_sex_is_mistyped_or_one_is_not_known() -> None:
    mistyped = decided([*BEDS, *TWINS], *found_together(*"=x=x"))
    alone = decided([BEDS[0], *TWINS], *found_together(*"=xx=")[:2])
    assert all(len(group) == 1 for made in (mistyped, alone) for group in made.groups)


# Reports of steps and calls ----------------------------------------------------------------------

STEP, OTHER_STEP = person("casework:00199/2026-031"), person("casework:HN01/2026-004")
ONE = "the report names one number of the child"
TWO = "the report names two numbers of the child"
TWINS_NUMBER = "the report names a number that twins may share"
DUE = "the step was done when it is due after the finding"


def answer(left: PersonRecord, right: PersonRecord, *english: str, **bits: float) -> bool:
    found = pair(left, right, SURE, level(*english), bits)
    return joined(decided([left, right], found), left, right)


@pytest.mark.parametrize("words", [ONE, TWO, TWINS_NUMBER])
def test_a_copied_number_is_enough_where_nothing_disagrees(words: str) -> None:
    assert answer(HOME, STEP, words, "same sex")


@pytest.mark.parametrize("words", [ONE, TWINS_NUMBER])
@pytest.mark.parametrize("feature", ["name", "birth", "sex", "due"])
def test_one_copied_number_is_asked_about_where_something_disagrees(
    words: str, feature: str
) -> None:
    assert not answer(HOME, STEP, words, **{feature: -1.3})
    of_a_twin = feature == "sex"
    assert answer(HOME, STEP, TWO, **{feature: -1.3}) != of_a_twin


def test_a_number_that_twins_share_is_not_enough_beside_another_number_of_its_own() -> None:
    words = "the report names a number that twins may share, and another number of its own"
    assert not answer(HOME, STEP, words, "same sex")


@pytest.mark.parametrize(
    ("words", "another"),
    [
        ([ONE], True),
        ([TWINS_NUMBER], True),
        ([TWO], False),
        ([ONE, "same full name"], False),
        ([ONE, ID], False),
    ],
)
def test_one_number_of_a_child_found_on_another_day_is_that_childs(
    words: list[str], another: bool
) -> None:
    other_day = "the step does not fit the day of finding"
    levels = level(*words, other_day)
    found = pair(HOME, STEP, SURE, levels, {"due": -7.0})
    assert is_of_another(found) is another
    assert not is_of_another(pair(HOME, STEP, SURE, level(*words, DUE)))


def test_a_report_that_names_no_child_waits_for_a_steward_however_well_it_fits() -> None:
    words = (DUE, "same commune", "same sex")
    made = decided([HOME, STEP], pair(HOME, STEP, SURE, level(*words)))
    assert not joined(made, HOME, STEP)
    assert [review.reason for review in made.reviews] == [Reason.DOUBT]
    assert answer(HOME, STEP, *words, "same full name")


def test_two_reports_want_two_numbers_in_common_or_a_name() -> None:
    assert not answer(STEP, OTHER_STEP, ONE, "were at the same place")
    assert answer(STEP, OTHER_STEP, TWO)
    assert answer(STEP, OTHER_STEP, ONE, "same full name")


def test_a_report_does_not_choose_between_twins_by_their_minutes() -> None:
    assert not answer(TWINS[0], STEP, TWINS_NUMBER, "same sex")
    assert answer(TWINS[0], STEP, ONE, "same sex")


def test_what_a_report_copied_joins_two_others_only_with_another_kind_of_evidence() -> None:
    assert not answer(HOSPITAL, HOME, ONE)
    assert answer(HOSPITAL, HOME, ONE, "same full name")


def test_two_cases_of_the_hotline_want_a_name_or_a_number_to_be_of_one_child() -> None:
    """Twins of one call are told at one place and time, each under a case of its own."""
    one, other = (person(f"hotline:111-2026-{n}", cases=(f"111-2026-{n}",)) for n in (1, 2))
    where = "found in the same commune within a day"
    assert not answer(one, other, where, "same sex", "the place found is described alike")
    assert not answer(replace(HOME, cases=one.cases), other, where, "same sex")
    assert answer(one, other, where, "same full name")
    assert answer(HOSPITAL, one, where)


def test_two_pupils_want_the_name_with_its_marks_or_a_number_to_be_one_child() -> None:
    """Twins called Bảo and Bạo sit in one class, each with a code of the ministry."""
    one, other = (person(f"education:999000000{n}") for n in (1, 2))
    born = "same day of birth"
    assert not answer(one, other, "names that differ only in their marks", born)
    assert answer(one, other, "same full name", born)
    assert not answer(HOSPITAL, one, "names that differ only in their marks", born)


def test_what_a_house_merged_is_one_whatever_else_it_says() -> None:
    merged = "the house itself says that both numbers are one patient"
    assert answer(HOSPITAL, person("hospital:01234/B"), merged, **AGAINST)
    assert not answer(TWINS[0], TWINS[1], merged)


def test_the_full_name_is_not_enough_for_another_sex_nor_for_a_sibling_of_any_age() -> None:
    assert not answer(TWINS[0], HOME, "same full name", "different sex", sex=-4.6)
    assert not answer(TWINS[0], HOME, "same full name", "birth intervals overlap")
    assert answer(TWINS[0], HOME, "same full name", "birth dates one digit apart")


@pytest.mark.parametrize(
    ("other", "mistyped"),
    [
        ("40211.GCS.24103.25", True),
        ("00211.GCS.24108.25", True),
        ("00210.GCS.24103.25", False),
        ("00213.GCS.24103.25", False),
        ("00214.GCS.24103.25", True),
        ("00211.GCS.24103.25", False),
        ("40212.GCS.24103.25", False),
        ("0211.GCS.24103.25", False),
    ],
)
def test_a_certificate_is_mistyped_by_one_digit_unless_it_may_be_the_twin_s(
    other: str, mistyped: bool
) -> None:
    assert is_mistyped("00211.GCS.24103.25", other) == mistyped
    assert is_mistyped(other, "00211.GCS.24103.25") == mistyped
