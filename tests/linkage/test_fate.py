"""What became of a pair is told by the first rule that holds, in two languages."""

from dataclasses import replace
from typing import Any

import pytest

from linkage import decision
from linkage.clustering import Reason
from linkage.conflicts import Conflict
from linkage.fate import (
    CONFLICT_WORDS,
    DOUBT_WORDS,
    FATE_WORDS,
    REASON_WORDS,
    Facts,
    Fate,
    doubts,
    fate_of,
)
from linkage.model import untrained
from tests.linkage.people import said, scored

THRESHOLDS = untrained().thresholds
STRONG, MIDDLING, WEAK = 20.0, THRESHOLDS.review + 0.5, THRESHOLDS.review - 0.5
PLAIN = Facts(
    pair=scored("a", "b", STRONG),
    thresholds=THRESHOLDS,
    joined=False,
    verdicts=frozenset(),
    question=None,
    pending=False,
    conflict=None,
    shares_key=True,
    reported=False,
)


def of_weight(weight: float) -> dict[str, Any]:
    return {"pair": scored("a", "b", weight)}


COPIED = scored(
    "a",
    "b",
    STRONG,
    dict(
        [
            said("the report names one number of the child"),
            said("the step does not fit the day of finding"),
        ]
    ),
)


MERGED = scored(
    "a",
    "b",
    WEAK,
    dict([said("the house itself says that both numbers are one patient")]),
)


@pytest.mark.parametrize(
    ("changes", "fate"),
    [
        ({"joined": True}, Fate.JOINED),
        ({"joined": True, "pair": MERGED}, Fate.JOINED_BY_SOURCE),
        ({"joined": True, "pair": MERGED, "verdicts": {"same"}}, Fate.JOINED_BY_STEWARD),
        ({"pair": MERGED, "conflict": Conflict.TWO_BEDS}, Fate.CONFLICT),
        ({"joined": True, "conflict": Conflict.TWO_BEDS}, Fate.JOINED),
        ({"joined": True, **of_weight(WEAK)}, Fate.JOINED_THROUGH_OTHERS),
        ({"joined": True, "verdicts": {"same"}, **of_weight(WEAK)}, Fate.JOINED_BY_STEWARD),
        ({"question": Reason.RIVAL}, Fate.ASKED),
        ({"question": Reason.MISTYPED, "conflict": Conflict.TWO_CERTIFICATES}, Fate.ASKED),
        ({"verdicts": {"not-same"}, "conflict": Conflict.TWO_BEDS}, Fate.APART_BY_STEWARD),
        (
            {"verdicts": {"same", "not-same"}, "question": Reason.CONTRADICTING_DECISIONS},
            Fate.ASKED,
        ),
        ({"pending": True, "shares_key": False}, Fate.NOT_LINKED_YET),
        ({"conflict": Conflict.TWO_BEDS, "shares_key": False}, Fate.CONFLICT),
        ({"shares_key": False, **of_weight(WEAK)}, Fate.NEVER_COMPARED),
        (of_weight(WEAK), Fate.TOO_LITTLE),
        ({"pair": COPIED, "reported": True}, Fate.HEARSAY),
        ({"pair": COPIED}, Fate.HELD_BACK),
        (of_weight(MIDDLING), Fate.HELD_BACK),
    ],
)
def test_the_first_rule_that_holds_is_the_fate(changes: dict[str, Any], fate: Fate) -> None:
    assert fate_of(replace(PLAIN, **changes)) is fate


def test_everything_that_can_be_said_has_words_in_both_languages() -> None:
    assert FATE_WORDS.keys() == set(Fate)
    assert REASON_WORDS.keys() == set(Reason)
    assert CONFLICT_WORDS.keys() == set(Conflict)
    doubts = {doubt.__name__ for doubt in decision.DOUBTS}
    assert doubts < DOUBT_WORDS.keys()
    for table in (FATE_WORDS, REASON_WORDS, CONFLICT_WORDS, DOUBT_WORDS):
        assert len(set(table.values())) == len(table)
        assert all(text.strip() for words in table.values() for text in words)
        assert all(english.isascii() for _, english in table.values())


def test_what_makes_evidence_too_little_is_named() -> None:
    card = dict([said("same health-insurance number")])
    pair = scored("a", "b", 12.0, card, {"card": 19.4, "sex": -4.6})
    assert doubts(pair, THRESHOLDS, several=False) == ["is_twins_card", "is_enough"]
    assert set(doubts(pair, THRESHOLDS, several=False)) <= DOUBT_WORDS.keys()


def test_a_borrowed_number_depends_on_whether_somebody_was_born_beside() -> None:
    levels = dict(
        [said("same personal ID number"), said("different names"), said("same day of birth")]
    )
    pair = scored("a", "b", 12.0, levels, {"personal_id": 19.8, "name": -3.0, "birth": 9.0})
    assert doubts(pair, THRESHOLDS, several=False) == []
    assert doubts(pair, THRESHOLDS, several=True) == ["is_borrowed"]


def test_two_kinds_of_evidence_without_doubt_are_enough() -> None:
    pair = scored("a", "b", 20.0, {}, {"name": 9.0, "birth": 9.0})
    assert doubts(pair, THRESHOLDS, several=False) == []


@pytest.mark.parametrize(("weight", "told"), [(THRESHOLDS.link, []), (4.0, ["is_contradicted"])])
def test_what_speaks_against_a_pair_is_a_doubt_only_where_the_weight_is_low(
    weight: float, told: list[str]
) -> None:
    pair = scored("a", "b", weight, {}, {"name": 9.0, "mother": 9.0, "birth": -6.0})
    assert doubts(pair, THRESHOLDS, several=False) == told
