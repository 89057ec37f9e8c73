"""Children who were not alone although nobody says so: born together, or received together."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from linkage.numbers import number_tokens
from linkage.records import PersonRecord

Occasion = tuple[str, int]
"""What two children share who were not alone: a house and an hour of birth, a home and a day, or a
place and the minute of a call.
"""
DAYS_APART = 3
"""Homes set the birth dates of twins by guess, one by one."""


def resolve(records: Sequence[PersonRecord]) -> list[PersonRecord]:
    """The records; those beside which another child of the same birth stands marked `several`."""
    together: dict[Occasion, list[PersonRecord]] = defaultdict(list)
    for record in records:
        for occasion in _occasions(record):
            together[occasion].append(record)
    found = {
        record.key
        for group in together.values()
        for pair in combinations(group, 2)
        if _like_twins(*pair)
        for record in pair
    }
    shared = {minutes for r in records if r.report and r.several for minutes in _minutes(r)}
    found |= {record.key for record in records if not shared.isdisjoint(_minutes(record))}
    return [replace(r, several=True) if r.key in found else r for r in records]


def _minutes(record: PersonRecord) -> list[str]:
    """By number, commune and year. Who names minutes of several children was not alone."""
    return [token for token in number_tokens(record) if token.startswith("min:")]


def _occasions(record: PersonRecord) -> Iterator[Occasion]:
    """Certified births by house and hour, receptions into a home by house and day, calls by minute.

    The hotline gives each child of one call a case of its own.
    """
    for move in record.moves if record.source == "hospital" and record.certificates else ():
        yield from [(move.place, move.hour)] if move.hour else []
    for move in record.moves if record.source == "facility" else ():
        yield from [(move.place, move.day)] if move.direction == "in" else []
    if record.told is not None and record.cases:
        words = " ".join(record.place_words)
        yield from ((place, record.told) for place in (*record.communes, words) if place)


def _like_twins(left: PersonRecord, right: PersonRecord) -> bool:
    """Nothing says that they are of two mothers, of two families, or of other ages."""
    return (
        _may_be_one(left.mothers, right.mothers)
        and _may_be_one(_families(left), _families(right))
        and not set(left.certificates) & set(right.certificates)
        and _born_together(left, right)
    )


def _may_be_one(left: Sequence[str], right: Sequence[str]) -> bool:
    return not left or not right or not set(left).isdisjoint(right)


def _families(record: PersonRecord) -> list[str]:
    return [name.split()[0] for name in record.names if name]


def _born_together(left: PersonRecord, right: PersonRecord) -> bool:
    lows, highs = (left.birth_low, right.birth_low), (left.birth_high, right.birth_high)
    low = max((day for day in lows if day is not None), default=0)
    high = min((day for day in highs if day is not None), default=low)
    return None in lows or low - high <= DAYS_APART
