"""Tells the log which numbers a question names lie near one another, without telling the numbers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from adapters.profile import SYSTEMS, IdentifierKind
from audit.event import DetailValue
from gateway.fhir.criteria import Chain, Comparison, Criterion, Has, TokenWanted
from gateway.fhir.veil import Veil

NUMBER = re.compile(r"([A-Za-z]{0,4}\d{4,})\d\d")
"""Of at least six digits; the last two tell which of a hundred neighbours it is."""
MOST = 32
"""Numbers of one question that are told: those first that have most neighbours in it."""
SCATTERED = frozenset(
    ("", *(SYSTEMS[kind] for kind in (IdentifierKind.PERSONAL_ID, IdentifierKind.INSURANCE)))
)
"""Systems whose neighbours are strangers: a house's own file numbers follow one another anyway."""
HUNDRED, ONE = 16, 8
"""Hex digits that are kept of a keyed hash."""


def near(veil: Veil, numbers: Iterable[tuple[str, str]]) -> dict[str, DetailValue]:
    """`near` for the detail of an event: of each number (system and value) the keyed hash of its
    hundred, and of itself.

    Nobody without the key, which is not in the log, can try out which numbers these may be.
    """
    told = dict.fromkeys(_told(veil, value) for system, value in numbers if system in SCATTERED)
    kept = [one for one in told if one]
    neighbours = Counter(map(_hundred_of, kept))
    kept.sort(key=lambda one: -neighbours[_hundred_of(one)])
    return {"near": " ".join(kept[:MOST])} if kept else {}


def _hundred_of(told: str) -> str:
    return told.partition(".")[0]


def _told(veil: Veil, value: str) -> str:
    found = NUMBER.fullmatch(value.strip())
    if found is None:
        return ""
    return f"{veil.digest(f'hundred {found[1]}')[:HUNDRED]}.{veil.digest(f'number {value}')[:ONE]}"


def numbers_in(criteria: Sequence[Criterion]) -> Iterator[tuple[str, str]]:
    """System (empty: any) and value of each number that a search asks for, through chains too."""
    for one in criteria:
        if isinstance(one, Comparison):
            yield from _numbers_of(one)
        elif isinstance(one, Chain):
            yield from numbers_in([inner for _, inner in one.links])
        elif isinstance(one, Has):
            yield from numbers_in([one.inner])


def _numbers_of(one: Comparison) -> Iterator[tuple[str, str]]:
    for wanted in one.wanted:
        if isinstance(wanted, TokenWanted) and wanted.code:
            yield wanted.system or "", wanted.code
