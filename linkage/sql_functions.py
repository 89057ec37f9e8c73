"""What the functions of SQL conditions do, the way DuckDB does it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein, Jaro, JaroWinkler, Levenshtein


class Kind(StrEnum):
    """What a value is: of different kinds nothing is compared. `FLOAT` is no exact number."""

    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    FLOAT = "float"


def _of_bytes(measure: Callable[..., float]) -> Callable[[str, str], float]:
    """A measure as DuckDB takes it, which counts bytes and not letters (duckdb#25113)."""

    def measured(left: str, right: str) -> float:
        if not left and not right:
            return 0  # No distance, and to DuckDB no similarity either.
        if left.isascii() and right.isascii():
            return measure(left, right)
        return measure(left.encode(), right.encode())

    return measured


def _most(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)


def _least(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


MEASURES: Mapping[str, tuple[Callable[..., float], Kind]] = MappingProxyType(
    {
        "levenshtein": (Levenshtein.distance, Kind.NUMBER),
        # Unrestricted: the optimal string alignment that others call so gives other figures.
        "damerau_levenshtein": (DamerauLevenshtein.distance, Kind.NUMBER),
        "jaro_similarity": (Jaro.similarity, Kind.FLOAT),
        "jaro_winkler_similarity": (JaroWinkler.similarity, Kind.FLOAT),
    }
)
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {name: _of_bytes(measure) for name, (measure, _) in MEASURES.items()}
    | {"most": _most, "least": _least}
)
"""What the translations call."""
