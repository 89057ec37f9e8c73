"""Few pairs are scored without Splink, and come out exactly as Splink scores them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import pytest

from linkage import few
from linkage.few import PAIRS, RECORDS, pairs_of, scored_sparingly
from linkage.matcher import ScoredPair, score
from linkage.model import MatchModel, load, untrained
from linkage.parity import ParityError
from linkage.records import PersonRecord
from linkage.splitting import FINER, WHOLE_KIND
from tests.linkage.people import made_people, person, rich
from tests.linkage.town import town

EVERYTHING = -1000.0
SPLIT = replace(untrained(), split=dict.fromkeys(FINER, (WHOLE_KIND,)))


def no_engine(*_: object) -> Iterable[ScoredPair]:
    raise AssertionError("Splink was asked.")


sparingly = partial(scored_sparingly, engine=no_engine)


def by_keys(pairs: Iterable[ScoredPair]) -> dict[tuple[str, str], ScoredPair]:
    return {(pair.left, pair.right): pair for pair in pairs}


def crowded(count: int) -> Sequence[PersonRecord]:
    """Children of one report that is so large that they are not compared with one another."""
    told = replace(rich("police:0"), report="large")
    crowd = [replace(told, key=f"police:{n}", record_id=f"r{n}") for n in range(count)]
    return [*crowd, replace(rich("home:1"), report=None), rich("hospital:2")]


@pytest.mark.parametrize("model", [untrained(), SPLIT, load()], ids=["plain", "split", "shipped"])
@pytest.mark.parametrize("least", [EVERYTHING, 0.0])
@pytest.mark.parametrize("seed", range(1))
def test_the_pairs_and_their_figures_are_those_of_splink(
    model: MatchModel, least: float, seed: int
) -> None:
    for records in (made_people(60, seed), crowded(14), town(seed=seed).records[:120]):
        found = by_keys(score(records, model, least))
        assert by_keys(sparingly(records, model, least)) == found
        assert found


def test_what_a_house_writes_of_everybody_brings_nobody_together() -> None:
    records = [person(f"home:{n}", names=("bé na",)) for n in range(4)]
    assert by_keys(sparingly(records, untrained(), EVERYTHING))
    model = replace(untrained(), habits={"home": ("name:be na",)})
    assert not by_keys(sparingly(records, model, EVERYTHING))
    assert not by_keys(score(records, model, EVERYTHING))


def test_many_pairs_or_records_are_left_to_the_engine() -> None:
    same = [rich(f"hospital:{n}") for n in range(1 + int((2 * PAIRS) ** 0.5) + 1)]
    for records in (same, [person(f"home:{n}") for n in range(RECORDS + 1)]):
        with pytest.raises(AssertionError, match="Splink was asked"):
            sparingly(records, untrained(), 0.0)
    assert pairs_of(same, {}) is None
    assert pairs_of(same[:10], {}) == {(one, other) for other in range(10) for one in range(other)}


def test_pairs_of_many_blocks_are_counted_together() -> None:
    blocks = [
        person(f"home:{block}-{n}", files=(f"home|{block}",))
        for block in range(4)
        for n in range(3)
    ]
    assert len(pairs_of(blocks, {}, 12) or ()) == 12
    assert pairs_of(blocks, {}, 11) is None


def test_a_model_that_cannot_be_compiled_rightly_is_left_to_the_engine() -> None:
    with (
        patch.object(few, "scorer_for", side_effect=ParityError),
        pytest.raises(AssertionError, match="Splink was asked"),
    ):
        sparingly(made_people(20, 1), untrained(), 0.0)
