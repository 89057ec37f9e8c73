"""A name or birthday that a house or source writes of everybody is no evidence: learned, then frozen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from linkage.normalise import folded_name, without_order
from linkage.records import PersonRecord

LEAST_CHILDREN = 5
"""So many children of one house with one name or birthday are no chance, nor one child again."""
LEAST_SHARE = 0.1
"""Of the children of a house: the commonest full name of the country is one in two hundred."""
LEAST_YEARS = 3
"""A day of the year that a house writes where it knows none comes again in each year; many births
on one day of one year may be births."""
NAME, BIRTHDAY = "name", "born"

Known = Mapping[str, Sequence[str]]
"""House (`home:HN01`, `hospital:01234`) or source → `name:<name without marks and order>` and
`born:<MM-DD>`."""


def learn(records: Iterable[PersonRecord]) -> dict[str, tuple[str, ...]]:
    """What each house, and each source that keeps no books, writes of many of its children.

    Temples and hospitals give one name to all (vn_domain.md 8.3), and where the day of birth is not
    known, sources write one that they always write (8.4). Children are counted by the house's own
    numbers for them, so that one who came often counts once. A pure function of the set of records.
    """
    written: dict[str, dict[str, set[tuple[str, int]]]] = defaultdict(lambda: defaultdict(set))
    for record in records:
        for house, child in _children(record):
            for token, year in _tokens(record):
                written[house][token].add((child, year))
    found = {house: tuple(_common(by_token)) for house, by_token in sorted(written.items())}
    return {house: tokens for house, tokens in found.items() if tokens}


def without(record: PersonRecord, known: Known) -> PersonRecord:
    """The record without what the houses and sources that it comes from write of everybody.

    A name is dropped, a birthday becomes any day of its year.
    """
    if not known:
        return record
    houses = [*(house for house, _ in _children(record)), *record.source.split("+")]
    everybodys = {token for house in houses for token in known.get(house, ())}
    told = {token for token, _ in _tokens(record)} & everybodys
    if not told:
        return record
    kept = tuple(name for name in record.names if _name(name) not in told)
    if record.birth_low is None or _birthday(record.birth_low) not in told or not record.birth_firm:
        return replace(record, names=kept)
    year = date.fromordinal(record.birth_low).year
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return replace(record, names=kept, birth_low=first, birth_high=last, birth_firm=False)


def _common(by_token: Mapping[str, set[tuple[str, int]]]) -> list[str]:
    """What stands with many children, each kind among all with whom something of it stands."""
    total = Counter[str]()
    for kind in (NAME, BIRTHDAY):
        held = [seen for token, seen in by_token.items() if token.startswith(f"{kind}:")]
        total[kind] = len({child for seen in held for child, _ in seen})
    return sorted(
        token
        for token, seen in by_token.items()
        if len({child for child, _ in seen})
        >= max(LEAST_CHILDREN, LEAST_SHARE * total[token.partition(":")[0]])
        and (token.startswith(NAME) or len({year for _, year in seen}) >= LEAST_YEARS)
    )


def _children(record: PersonRecord) -> Iterator[tuple[str, str]]:
    """(house, its number for the child) of its own books; else (source, the record)."""
    own = [file.rpartition("|")[0] for file in record.files if file.endswith("|a")]
    if not own:
        yield record.source, record.key
    for file in own:
        yield file.partition("|")[0], file


def _tokens(record: PersonRecord) -> Iterator[tuple[str, int]]:
    """What may be a habit, with the year that it is about; 0 for a name."""
    for name in record.names:
        yield _name(name), 0
    if record.birth_firm and record.birth_low is not None:
        yield _birthday(record.birth_low), date.fromordinal(record.birth_low).year


def _name(name: str) -> str:
    return f"{NAME}:{without_order(folded_name(name))}"


def _birthday(day: int) -> str:
    return f"{BIRTHDAY}:{date.fromordinal(day):%m-%d}"
