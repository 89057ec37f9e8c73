"""What the scores let expect without any label: the prior, and the quality of a grouping."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import comb, log2

from linkage.explanation import prior_bits
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel
from linkage.odds import probability

ROUNDS = 50
CLOSE = 1e-6
"""A prior that changes by less than this share is found."""


def with_expected_prior(
    model: MatchModel, pairs: Sequence[ScoredPair], records: int
) -> tuple[MatchModel, list[ScoredPair]]:
    """The model with the prior that its own scores expect, and the pairs as it weighs them.

    Expectation maximisation of the share of all pairs that are one: the sum of the probabilities,
    by which the probabilities change again. Pairs that were not scored count as none.
    """
    evidence = [pair.weight - prior_bits(model) for pair in pairs]
    prior = model.prior
    for _ in range(ROUNDS):
        before, bits = prior, log2(prior / (1 - prior))
        prior = sum(probability(bits + one) for one in evidence) / comb(records, 2)
        if not prior or abs(prior - before) < CLOSE * prior:
            break
    found = replace(model, prior=round(prior, 12) or model.prior)
    moved = prior_bits(found) - prior_bits(model)
    return found, [replace(p, weight=round(p.weight + moved, PRECISION)) for p in pairs]


def expected(groups: Iterable[Sequence[str]], pairs: Iterable[ScoredPair]) -> float:
    """The F1 over pairs that the model itself expects of a grouping; 1 where nothing is expected.

    It takes probabilities at their word, so no label is needed to choose between groupings.
    """
    home: dict[str, int] = {}
    joined = 0
    for number, group in enumerate(groups):
        home |= dict.fromkeys(group, number)
        joined += len(group) * (len(group) - 1) // 2
    right = every = 0.0
    for pair in pairs:
        likely = probability(pair.weight)
        every += likely
        right += likely if home[pair.left] == home[pair.right] else 0.0
    return 2 * right / (joined + every) if joined + every else 1.0
