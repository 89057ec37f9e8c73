"""What clues are worth: found back from made-up answers, drawn to what was before, order-free."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.learning import BASE, Example, learnt
from linkage.odds import probability
from tests.linkage.people import QUICK

TRUE = {BASE: -1.0, "a=1": 3.0, "b=1": -2.0, "c=1": 0.0}


def made(count: int, seed: int = 3) -> list[Example]:
    """Pairs whose answers are drawn with the odds that TRUE gives their clues."""
    chance = Random(seed)
    drawn = [
        [clue for clue in ("a=1", "b=1", "c=1") if chance.random() < 0.5] for _ in range(count)
    ]
    return [
        Example(
            clues=clues,
            same=chance.random() < probability(sum(TRUE[clue] for clue in (BASE, *clues))),
        )
        for clues in drawn
    ]


def test_odds_are_found_back_from_answers() -> None:
    found = learnt(made(20_000), {})
    for clue, bits in TRUE.items():
        assert found[clue] == pytest.approx(bits, abs=0.2)


def test_told_odds_mean_what_they_say() -> None:
    """The normal equations of a logistic regression: expected and observed agree for each clue."""
    examples = made(5_000)
    found = learnt(examples, {})
    for clue in ("a=1", "b=1"):
        having = [example for example in examples if clue in example.clues]
        told = sum(probability(sum(found[c] for c in (BASE, *e.clues))) for e in having)
        assert told == pytest.approx(sum(e.same for e in having), rel=0.02)


def test_without_answers_everything_stays_as_it_was() -> None:
    assert learnt([], {"a=1": 2.5, BASE: -1.0}) == {"a=1": 2.5, BASE: -1.0}


def test_what_a_pair_has_already_is_not_learnt_again() -> None:
    """Trees say it (`forest.py`): clues that come with it are worth nothing more."""
    pairs = [(same, 10.0 if same else -10.0) for same in (True, False)] * 200
    told = [Example(clues=[f"a={same}"], same=same, already=bits) for same, bits in pairs]
    alone = [Example(clues=[f"a={same}"], same=same) for same, _ in pairs]
    assert learnt(told, {})["a=True"] < 1
    assert learnt(alone, {})["a=True"] > 4


def test_one_answer_moves_little_and_hundreds_move_much() -> None:
    """Even one that was not expected, of a pair with as many clues as pairs have."""
    clues = [f"{number}=1" for number in range(30)]
    before = {BASE: -6.0, **dict.fromkeys(clues, 0.0)}
    one, many = (
        sum(learnt([Example(clues=clues, same=True)] * count, before).values())
        for count in (1, 500)
    )
    assert -6 < one < -5
    assert many > 3


def test_a_clue_that_nobody_has_keeps_its_worth() -> None:
    assert learnt(made(50), {"z=1": 4.0})["z=1"] == 4.0


@QUICK
@given(st.permutations(made(40)))
def test_the_order_of_examples_makes_no_difference(shuffled: list[Example]) -> None:
    assert learnt(shuffled, {}) == learnt(made(40), {})


@pytest.mark.parametrize("count", [100, 1000])
@pytest.mark.parametrize("bold", [-8.0, 10.0])
def test_answers_against_bold_odds_take_them_back_and_no_further(count: int, bold: float) -> None:
    """A whole Newton step would lead a hundred bits away, and the next one back."""
    found = learnt([Example(clues=[], same=bold < 0)] * count, {BASE: bold})[BASE]
    assert abs(found) < abs(bold)
    clues = [f"{number}=1" for number in range(30)]
    both = [Example(clues=clues, same=same) for same in (False, True)] * count
    before = {BASE: bold, **dict.fromkeys(clues, 0.0)}
    assert sum(learnt(both, before).values()) == pytest.approx(0, abs=0.5)
