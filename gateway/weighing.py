"""The scorer that a use case may trust, and the adding-up of a pair's evidence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.errors import GatewayError
from linkage.clues import words_of
from linkage.explanation import told
from linkage.learning import BASE
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel
from linkage.parity import ParityError, scorer_for
from linkage.scorer import Scorer
from linkage.sql_expressions import UntranslatableError


class NoScorerError(GatewayError):
    """The model's compiled scorer does not give Splink's figures, so nothing is scored with it."""

    vietnamese = "Bộ tính điểm không khớp với Splink nên không được dùng."


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the adding-up; `total` is the sum up to here, in bits."""

    feature: str
    level: int | None
    bits: float
    total: float
    vietnamese: str
    english: str


def scorer_of(model: MatchModel) -> Scorer:
    """The model's scorer. Raises NoScorerError where it is not the same as Splink."""
    try:
        return scorer_for(model)
    except (ParityError, UntranslatableError) as error:
        raise NoScorerError from error


def adding_up(pair: ScoredPair, model: MatchModel) -> tuple[Line, ...]:
    """The evidence of a pair line by line, with the sum so far; the last is the pair's weight."""
    return _summed(told(pair, model))


def adding_up_clues(clues: Sequence[tuple[str, float]]) -> tuple[Line, ...]:
    """What the second look noticed, the loudest first after the base; the last sum is the log odds."""
    ordered = sorted(clues, key=lambda clue: (clue[0] != BASE, -abs(clue[1]), clue[0]))
    return _summed((clue, None, bits, *words_of(clue)) for clue, bits in ordered)


def _summed(told: Iterable[tuple[str, int | None, float, str, str]]) -> tuple[Line, ...]:
    total, lines = 0.0, []
    for feature, level, bits, vietnamese, english in told:
        total += bits
        lines.append(
            Line(
                feature=feature,
                level=level,
                bits=bits,
                total=round(total, PRECISION),
                vietnamese=vietnamese,
                english=english,
            )
        )
    return tuple(lines)
