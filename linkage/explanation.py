"""Why a pair scores what it scores: each piece of evidence in words, adding up to the weight."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linkage.configuration import CHILDREN, Configuration
from linkage.features import Feature
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One line of an explanation. `bits` may be negative; 0 where a side is missing."""

    feature: str
    level: int | None
    bits: float
    vietnamese: str
    english: str


PRIOR_WORDS = ("trước khi có bằng chứng", "before any evidence")
MISSING_WORDS = ("thiếu ở một bên", "missing on one side")


def prior_bits(model: MatchModel) -> float:
    """log2 odds that two records taken at random are one child."""
    return round(math.log2(model.prior / (1 - model.prior)), PRECISION)


@dataclass(frozen=True, kw_only=True, slots=True)
class WeighedLevel:
    """A level of a feature as a model has it; `bits` before term frequencies: log2(m / u)."""

    feature: str
    vietnamese: str
    english: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        return math.log2(self.m / self.u)


def levels(model: MatchModel, configuration: Configuration = CHILDREN) -> Iterator[WeighedLevel]:
    """Every level of every feature, "none of them" last, in the order of the table."""
    for feature in configuration.features:
        words = [*((o.vietnamese, o.english) for o in feature.levels), feature.otherwise_words]
        for (vietnamese, english), (m, u) in zip(words, model.weights[feature.name], strict=True):
            yield WeighedLevel(
                feature=feature.name, vietnamese=vietnamese, english=english, m=m, u=u
            )


def explain(
    pair: ScoredPair, model: MatchModel, configuration: Configuration = CHILDREN
) -> tuple[Evidence, ...]:
    """The prior and every feature, in the order of the table; `bits` sum to the pair's weight."""
    return tuple(
        Evidence(feature=feature, level=level, bits=bits, vietnamese=vietnamese, english=english)
        for feature, level, bits, vietnamese, english in told(pair, model, configuration.features)
    )


def told(
    pair: ScoredPair, model: MatchModel, features: Sequence[Feature] = CHILDREN.features
) -> Iterator[tuple[str, int | None, float, str, str]]:
    """The same, each line as the values of Evidence in their order."""
    yield ("prior", None, prior_bits(model), *PRIOR_WORDS)
    for feature, level, bits in zip(features, pair.levels, pair.bits, strict=True):
        yield (feature.name, level, bits, *_words(feature, level))


def _words(feature: Feature, level: int | None) -> tuple[str, str]:
    if level is None:
        return MISSING_WORDS
    if level == len(feature.levels):
        return feature.otherwise_words
    return feature.levels[level].vietnamese, feature.levels[level].english


def level_words(name: str, level: int) -> tuple[str, str]:
    """What a level of a child's feature says, in Vietnamese and English."""
    return _words(next(feature for feature in CHILDREN.features if feature.name == name), level)
