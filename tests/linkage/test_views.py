"""What else fits either side of a pair."""

from collections import Counter
from itertools import combinations

from linkage.matcher import ScoredPair
from linkage.views import View, views
from tests.linkage.people import person, scored

GROUPS: dict[str, tuple[str, ...]] = {
    key: (key,) for key in ("hospital:a", "facility:b", "facility:c", "police:d")
}
ATOMS = [person(key) for key in GROUPS]
PAIRS = [
    scored("facility:b", "hospital:a", 5),
    scored("facility:c", "hospital:a", 3),
    scored("hospital:a", "police:d", 4),
]


def seen(pairs: list[ScoredPair], *forbidden: tuple[str, str]) -> dict[tuple[str, str], View]:
    found = views(ATOMS, pairs, GROUPS, lambda one, other: (one, other) in forbidden)
    return {(view.pair.left, view.pair.right): view for view in found}


def test_the_best_of_all_others_and_of_those_that_would_take_its_place() -> None:
    view = seen(PAIRS)["facility:b", "hospital:a"]
    assert (view.left.other, view.left.alike) == (None, None)
    assert (view.right.other, view.right.alike) == (4, 3)
    assert not view.right.apart


def test_who_is_known_to_be_another_child_is_no_choice() -> None:
    forbidden = ("facility:c", "hospital:a")
    found = seen(PAIRS, forbidden)
    assert forbidden not in found
    view = found["facility:b", "hospital:a"]
    assert (view.right.other, view.right.alike, view.right.apart) == (4, None, True)


def test_the_order_of_pairs_makes_no_difference() -> None:
    assert seen(PAIRS) == seen(PAIRS[::-1])


def test_look_alikes_cost_no_more_each_the_more_they_are() -> None:
    """Of each pair it is asked twice whether it may be one child, whoever else fits."""
    asked: Counter[tuple[str, str]] = Counter()
    atoms = [person(f"hospital:{number:02}") for number in range(30)]
    pairs = [scored(one.key, other.key, 1) for one, other in combinations(atoms, 2)]

    def forbids(one: str, other: str) -> bool:
        asked[one, other] += 1
        return False

    groups: dict[str, tuple[str, ...]] = {atom.key: (atom.key,) for atom in atoms}
    assert len(list(views(atoms, pairs, groups, forbids))) == len(pairs)
    assert max(asked.values()) == 2
