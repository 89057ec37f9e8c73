"""Few pairs are scored by the compiled model, many by Splink: the figures are the same.

To start Splink takes as long as the compiled model takes for a hundred thousand pairs, and a
linking after one new report starts it for each of its rounds.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import combinations

from linkage.blocking import crowds
from linkage.compared import values_of
from linkage.configuration import CHILDREN
from linkage.habits import without
from linkage.matcher import ScoredPair
from linkage.model import MatchModel
from linkage.parity import ParityError, scorer_for
from linkage.records import PersonRecord
from linkage.scorer import Scorer, prepared_values
from linkage.scores import REST, Engine
from linkage.splitting import Split
from linkage.sql_expressions import UntranslatableError

RECORDS = 5_000
"""Of more records it is not even asked how many pairs they are."""
PAIRS = 50_000
"""So many take half a second."""
Places = tuple[int, int]


def scored_sparingly(
    records: Sequence[PersonRecord], model: MatchModel, least: float, *, engine: Engine
) -> Iterable[ScoredPair]:
    """What `engine` says of these records, without it where they are few.

    A model whose compiled form is not the same as Splink's is left to the engine.
    """
    if len(records) > RECORDS:
        return engine(records, model, least)
    told = [without(record, model.habits) for record in records]
    found = pairs_of(told, model.split)
    if found is None:
        return engine(records, model, least)
    try:
        scorer = scorer_for(model)
    except (ParityError, UntranslatableError):
        return engine(records, model, least)
    return _scored(told, found, scorer, least)


def pairs_of(
    records: Sequence[PersonRecord], split: Split, most: int = PAIRS
) -> set[Places] | None:
    """The pairs that share a block key, by their places; None where they are more than `most`.

    Children of one large report are not paired, see `blocking.crowds`.
    """
    large = crowds(records)
    found: set[Places] = set()
    for block in _blocks(records, split):
        if len(block) * (len(block) - 1) // 2 > most:
            return None
        found.update(
            (one, other)
            for one, other in combinations(block, 2)
            if not _is_apart(records[one].report, records[other].report, large)
        )
        if len(found) > most:
            return None
    return found


def _is_apart(one: str | None, other: str | None, large: Container[str]) -> bool:
    """Children of one large report, or two who were compared before (`scores.REST`)."""
    return one is not None and one == other and (one == REST or one in large)


def _blocks(records: Sequence[PersonRecord], split: Split) -> Iterable[Sequence[int]]:
    blocks: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        for key in CHILDREN.keys(record, split):
            blocks.setdefault(key, []).append(place)
    return blocks.values()


def _scored(
    records: Sequence[PersonRecord], pairs: Iterable[Places], scorer: Scorer, least: float
) -> Iterator[ScoredPair]:
    prepared = [prepared_values(record.key, values_of(record)) for record in records]
    for one, other in pairs:
        pair = scorer.score(prepared[one], prepared[other])
        if pair.weight >= least:
            yield pair
