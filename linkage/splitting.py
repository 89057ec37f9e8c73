"""Oversized blocks are split by further evidence: which ones, training has frozen in the model."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from types import MappingProxyType
from typing import Any

from adapters.communes import province_today
from linkage.records import PersonRecord

Split = Mapping[str, Collection[str]]
"""Kind of key → fingerprints of those that are split, or WHOLE_KIND."""
WHOLE_KIND = "*"
NOTHING_SPLIT: Split = MappingProxyType({})
OVERSIZED = 1_000
"""So many records with one key are half a million pairs: a default value, or a flood."""
MOST_A_RECORD = 25
"""Pairs a record that one kind of key may cost; then each of its blocks grows with the country."""
FINGERPRINT = 16
"""Hexadecimal digits; a key itself is child data."""
DAYS = 32
"""Days so far apart count as one, within keys of a week."""
YEARS_APART = 20
"""Years of birth so far apart count as one: two children of the same name are seldom of both."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Further:
    """By what a kind of key is split. `about`: of kinds about one thing one follows from another.

    `values`: what a record says further; every value that may be, where it says nothing.
    """

    about: str
    values: Callable[[Any], Collection[str]]


Finer = Mapping[str, Further]
"""Kind of key → by what it may be split."""


def finer_keys(keys: Iterable[str], record: Any, split: Split, finer: Finer) -> Iterator[str]:
    """The keys of a record; those that are split stand for the pairs that also have more in common.

    That is one value of the further evidence, or a key about another thing that is split too. Whoever
    lacks the evidence may have any value, so no pair is lost because something is missing. A function
    of the record and the model alone, whoever else is there (promise 3).
    """
    parted = set()
    for key in keys:
        if is_split(key, split):
            parted.add(key)
        else:
            yield key
    for key in parted:
        yield from (f"{key}+{value}" for value in finer[kind_of(key)].values(record))
    for one, other in combinations(sorted(parted), 2):
        if finer[kind_of(one)].about != finer[kind_of(other)].about:
            yield f"{one}+{other}"


def is_split(key: str, split: Split) -> bool:
    known = split.get(kind_of(key), ())
    return bool(known) and (WHOLE_KIND in known or _fingerprint(key) in known)


def to_split(keys: Iterable[Collection[str]], finer: Finer) -> dict[str, tuple[str, ...]]:
    """What is to be split, from the different keys of each record of those that a model learns from.

    A kind whose keys cost more than MOST_A_RECORD pairs a record, as a whole; else the oversized.
    """
    records = 0
    sizes: Counter[str] = Counter()
    for known in keys:
        records += 1
        sizes.update(key for key in known if kind_of(key) in finer)
    pairs: Counter[str] = Counter()
    found: dict[str, set[str]] = defaultdict(set)
    for key, size in sizes.items():
        pairs[kind_of(key)] += size * (size - 1) // 2
        if size > OVERSIZED:
            found[kind_of(key)].add(_fingerprint(key))
    whole = {kind: {WHOLE_KIND} for kind, cost in pairs.items() if cost > MOST_A_RECORD * records}
    return {kind: tuple(sorted(prints)) for kind, prints in sorted({**found, **whole}.items())}


def kind_of(key: str) -> str:
    """What stands before the first colon."""
    return key.partition(":")[0]


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:FINGERPRINT]


def _years(record: PersonRecord) -> Collection[str]:
    """The years of birth that the record allows and the one after: a year apart may be one child."""
    if record.birth_low is None or record.birth_high is None:
        return _every_year()
    first, last = (date.fromordinal(day).year for day in (record.birth_low, record.birth_high))
    if last - first + 2 >= YEARS_APART:
        return _every_year()
    return {str(year % YEARS_APART) for year in range(first, last + 2)}


@cache
def _every_year() -> frozenset[str]:
    return frozenset(map(str, range(YEARS_APART)))


def _days_of_birth(record: PersonRecord) -> Collection[str]:
    """The days on which it may have been born, and the one after."""
    if record.birth_low is None or record.birth_high is None:
        return ()
    return {str(day % DAYS) for day in range(record.birth_low, record.birth_high + 2)}


def _provinces(record: PersonRecord) -> Collection[str]:
    """Those that the record speaks of. One that is none of today's says nothing."""
    return every_province().intersection(record.provinces) or every_province()


@cache
def every_province() -> frozenset[str]:
    """Today's provinces, by their codes."""
    codes = (province_today(f"{number:02d}") for number in range(100))
    return frozenset(code for code in codes if code is not None)


FINER: Finer = MappingProxyType(
    {
        "n": Further(about="name", values=_years),
        "ny": Further(about="name", values=_provinces),
        "my": Further(about="mother", values=_provinces),
        # A newborn is born, found and brought in on one day.
        "b": Further(about="day", values=_provinces),
        "bn": Further(about="day", values=_provinces),
        "d": Further(about="day", values=_provinces),
        "bw": Further(about="day", values=_days_of_birth),
        "bi": Further(about="day", values=_days_of_birth),
    }
)
"""The kinds of keys that grow with the country, or hold default dates. Who agrees in one of them, and
in no other key, and differs in the evidence here seldom weighs enough for a question
(docs/linkage.md). Numbers, minutes, and places of events are never split.
"""
