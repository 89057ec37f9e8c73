"""Promise 3: the same records give the same identities, in whatever order and batches they came."""

from functools import cache
from itertools import combinations
from random import Random

import pytest

from linkage.linker import Linkage, least_weight, link
from linkage.matcher import ScoredPair, score
from linkage.model import untrained
from linkage.standing import Decision
from tests.linkage.town import town

MODEL = untrained()


@cache
def at_once() -> Linkage:
    return link(town().records, MODEL)


def test_the_town_is_worth_linking() -> None:
    child = town().child
    made = at_once()
    assert len(town().records) > 60
    assert 10 < len(made.groups) < len(town().records) - 10
    assert made.reviews
    assert made.rounds > 1
    for group in made.groups:
        for one, other in combinations({child[key] for key in group}, 2):
            assert (min(one, other), max(one, other)) not in town().twins


@pytest.mark.parametrize("seed", range(3))
def test_records_in_any_order_are_the_same_children(seed: int) -> None:
    shuffled = Random(seed).sample(town().records, len(town().records))
    assert link(shuffled, MODEL) == at_once()


@pytest.mark.parametrize("size", [25])
def test_records_in_batches_are_the_same_children(size: int) -> None:
    """Linked after each batch, as `motem link` is run after each ingest: the last run decides."""
    records = Random(size).sample(town().records, len(town().records))
    for end in range(size, len(records) + size, size):
        made = link(records[:end], MODEL)
        assert sorted(key for group in made.groups for key in group) == sorted(
            record.key for record in records[:end]
        )
    assert made == at_once()


def test_pairs_that_came_in_batches_score_alike() -> None:
    """Each batch is compared with itself and all before it, as records that come one by one are."""
    records = Random(5).sample(town().records, len(town().records))
    least = least_weight(MODEL)
    pairs: dict[tuple[str, str], ScoredPair] = {}
    for end in range(30, len(records) + 30, 30):
        new = {record.key for record in records[end - 30 : end]}
        for pair in score(records[:end], MODEL, least):
            if new & {pair.left, pair.right}:
                pairs[pair.left, pair.right] = pair
    assert pairs == {(pair.left, pair.right): pair for pair in score(records, MODEL, least)}


def decisions(seed: int) -> list[Decision]:
    """A steward's answers: some of the open questions, and some pairs taken apart."""
    random = Random(seed)
    standing: list[Decision] = []
    for group in random.sample([g for g in at_once().groups if len(g) > 1], 4):
        standing.append((*random.sample(group, 2), "not-same"))  # type: ignore[arg-type]
    for review in random.sample(at_once().reviews, min(4, len(at_once().reviews))):
        standing.append((review.left, review.right, "same"))
    return standing


@pytest.mark.parametrize("seed", range(2))
def test_decisions_in_any_order_are_the_same_children_and_outrank_the_engine(seed: int) -> None:
    random = Random(seed)
    standing = decisions(seed)
    made = link(town().records, MODEL, standing)
    turned = [(right, left, verdict) for left, right, verdict in standing]
    random.shuffle(turned)
    shuffled = random.sample(town().records, len(town().records))
    assert link(shuffled, MODEL, turned) == made
    home = {key: group for group in made.groups for key in group}
    for left, right, verdict in standing:
        assert (home[left] == home[right]) == (verdict == "same")
