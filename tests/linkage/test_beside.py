"""Beside: what is noticed of a pair goes by how likely everybody else is, and by nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.beside import CLUES, MOST_RIVALS, Company, Odds, clues, company, told_apart
from linkage.clues import words_of
from linkage.model import load
from linkage.scorer import compiled
from tests.linkage.people import QUICK, person

SCORER = compiled(load())
PLAIN = {"a": "hospital", "b": "facility", "c": "facility", "d": "police"}
"""Four groups; two are of one source."""


def odds(left: str, right: str, bits: float, **told: float | bool) -> Odds:
    about = {"traits": 0.0, "own": 0.0, "several": False, **told}
    return Odds(left=left, right=right, bits=bits, **about)  # type: ignore[arg-type]


def noticed(
    one: Odds,
    others: Sequence[Odds] = (),
    apart: Iterable[tuple[str, str]] = (),
    sources: dict[str, str] = PLAIN,
) -> dict[str, str]:
    """Clue → value of a pair beside others."""
    found = around([one, *others], apart, sources)
    return dict(clue.split("=", 1) for clue in clues(_keyed(one), found))


def around(
    judged: Iterable[Odds],
    apart: Iterable[tuple[str, str]] = (),
    sources: dict[str, str] = PLAIN,
) -> Company:
    """`apart`: who is known to be two children."""
    forbidden = {tuple(sorted(pair)) for pair in apart}
    pairs = [SCORER.pair(person(f"{a}:1"), person(f"{b}:1")) for a, b in forbidden]
    keys = {frozenset((f"{a}:1", f"{b}:1")) for a, b in forbidden}
    told = {f"{key}:1": source for key, source in sources.items()}
    return company(map(_keyed, judged), pairs, lambda a, b: frozenset((a, b)) in keys, told)


def _keyed(one: Odds) -> Odds:
    return replace(one, left=f"{one.left}:1", right=f"{one.right}:1")


def told(one: Odds, others: Sequence[Odds], apart: Iterable[tuple[str, str]]) -> float:
    return told_apart(_keyed(one), around([one, *others], apart))


def test_a_twin_is_told_apart_by_what_twins_do_not_share() -> None:
    """By the rival of whom that says most, whichever side it stands on."""
    one = odds("a", "b", 3.0, own=4.0)
    rivals = [odds("a", "c", 1.0, own=1.0), odds("b", "d", 1.0, own=2.5)]
    assert told(one, rivals, [("b", "c")]) == 3.0
    assert told(one, rivals, [("b", "c"), ("a", "d")]) == 1.5


def test_a_known_other_child_who_does_not_come_into_question_is_told_apart() -> None:
    assert told(odds("a", "b", 3.0), [odds("a", "d", 9.0)], [("b", "c")]) == inf


def test_a_twin_who_is_not_in_sight_is_not_told_apart() -> None:
    assert told(odds("a", "b", 3.0, own=9.0), [odds("a", "c", 1.0)], []) == -inf


def test_who_is_alone_has_no_rival() -> None:
    found = noticed(odds("a", "b", 2.2))
    assert found["odds"] == "≤ 2.5"
    assert {found[name] for name in found if "odds-" in name} == {"none"}
    assert (found["rivals"], found["rivals-far"]) == ("0", "0")
    assert (found["crossed"], found["crossed-traits"]) == ("none", "none")


def test_the_likeliest_other_counts_on_either_side() -> None:
    found = noticed(odds("a", "b", 3.0), [odds("a", "c", 1.0), odds("a", "d", -9.0)])
    assert (found["odds-ahead"], found["odds-ahead-far"]) == ("≤ 2", "none")
    assert (found["rivals"], found["rivals-far"]) == ("0", "1"), "nobody counts at -9 bits"


def test_only_who_has_the_partners_source_would_take_its_place() -> None:
    of_its_source = noticed(odds("a", "b", 3.0), [odds("a", "c", 1.0)])
    of_another = noticed(odds("a", "b", 3.0), [odds("a", "d", 1.0)])
    assert (of_its_source["odds-choice"], of_another["odds-choice"]) == ("≤ 2", "none")


def test_only_who_is_known_to_be_somebody_else_is_another_child() -> None:
    rival = [odds("a", "c", 1.0)]
    found = noticed(odds("a", "b", 3.0), rival, apart=[("b", "c")])
    assert (found["odds-apart"], found["odds-instead"]) == ("≤ 2", "≤ 2")
    assert noticed(odds("a", "b", 3.0), rival)["odds-apart"] == "none"


def test_all_others_together_are_likelier_than_each() -> None:
    two = [odds("a", "c", 1.0), odds("a", "d", 1.0)]
    found = noticed(odds("a", "b", 3.0), two, apart=[("b", "c"), ("b", "d")])
    assert (found["odds-apart"], found["odds-instead"]) == ("≤ 2", "≤ 1")


def test_who_may_be_both_is_no_other_but_a_third() -> None:
    others = [odds("a", "d", 2.0), odds("b", "d", 4.0)]
    found = noticed(odds("a", "b", 1.0), others)
    assert found["odds-third"] == "≤ 2"
    assert found["odds-instead"] == "none", "what is one child with both takes nobody's place"
    assert noticed(odds("a", "b", 1.0), others, apart=[("b", "d")])["odds-instead"] == "≤ -1"


def test_of_two_children_the_better_way_round() -> None:
    """a and c are two children, so are b and d: a-b with c-d against a-d with c-b."""
    parted = [("a", "c"), ("b", "d")]
    around = [
        odds("c", "d", 2.0, traits=1.0),
        odds("a", "d", -1.0, traits=-4.0),
        odds("c", "b", 0.0, traits=0.5),
    ]
    found = noticed(odds("a", "b", 3.0, traits=3.0), around, apart=parted)
    assert found["crossed"] == "≤ 6"
    assert found["crossed-traits"] == "≤ 8"
    crosswise = noticed(
        odds("a", "d", -1.0, traits=-4.0),
        [odds("a", "b", 3.0, traits=3.0), around[0], around[2]],
        apart=parted,
    )
    assert crosswise["crossed"] == "≤ -6"


def test_twins_have_clues_of_their_own() -> None:
    names = {clue.name for clue in CLUES if clue.name.startswith("several-")}
    assert names == noticed(odds("a", "b", 1.0, several=True)).keys() & names
    assert not noticed(odds("a", "b", 1.0)).keys() & names


def test_more_rivals_than_a_few_are_many() -> None:
    sources = {"a": "hospital", "b": "police", **{f"r{n}": "facility" for n in range(9)}}
    found = noticed(
        odds("a", "b", 1.0), [odds("a", f"r{n}", 0.0) for n in range(9)], sources=sources
    )
    assert found["rivals-far"] == str(MOST_RIVALS)


@pytest.mark.parametrize("clue", CLUES, ids=lambda clue: clue.name)
def test_each_clue_has_words_in_both_languages(clue: object) -> None:
    name = clue.name  # type: ignore[attr-defined]
    vietnamese, english = words_of(f"{name}=≤ 2")
    assert vietnamese != english
    assert "≤ 2" in vietnamese
    assert "≤ 2" in english
    assert name not in vietnamese


BITS = st.integers(-40, 40).map(lambda quarters: quarters / 4)


@QUICK
@given(st.dictionaries(st.sampled_from(["ab", "ac", "ad", "bc", "bd", "cd"]), BITS, min_size=1))
def test_neither_order_nor_side_makes_a_difference(told: dict[str, float]) -> None:
    first = next(iter(told))
    all_odds = [odds(pair[0], pair[1], bits) for pair, bits in told.items()]
    turned = [odds(pair[1], pair[0], bits) for pair, bits in told.items()]
    parted = [("a", "c"), ("b", "d")]
    rest = Random(first).sample(turned[1:], len(turned) - 1)
    assert noticed(turned[0], rest, parted) == noticed(all_odds[0], all_odds[1:], parted)
