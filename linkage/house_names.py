"""Names that one house or one source gives to everybody say nothing of a child: learned, then frozen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from linkage.normalise import folded_name, without_order
from linkage.records import PersonRecord

LEAST_CHILDREN = 5
"""So many children of one house under one name are no chance, nor one child counted again."""
LEAST_SHARE = 0.1
"""Of the names of a house: the commonest full name of the country is one in two hundred."""

Known = Mapping[str, Sequence[str]]
"""House (`home:HN01`, `hospital:01234`) or source → names without marks, in alphabetical order of
their syllables."""


def learn(records: Iterable[PersonRecord]) -> dict[str, tuple[str, ...]]:
    """What each house, and each source that keeps no books, calls many of its children.

    Temples and hospitals do so (vn_domain.md 8.3). Children are counted by the house's own numbers
    for them, so that one who came often counts once. A pure function of the set of records.
    """
    children: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for record in records:
        for house, child in _children(record):
            for name in _names(record):
                children[house][name].add(child)
    found = {}
    for house, by_name in sorted(children.items()):
        total = len(set().union(*by_name.values()))
        counts = Counter({name: len(called) for name, called in by_name.items()})
        names = [
            n for n, count in counts.items() if count >= max(LEAST_CHILDREN, LEAST_SHARE * total)
        ]
        if names:
            found[house] = tuple(sorted(names))
    return found


def without(record: PersonRecord, known: Known) -> PersonRecord:
    """The record without such names of the houses and sources that it comes from."""
    if not known:
        return record
    houses = [*(house for house, _ in _children(record)), *record.source.split("+")]
    everybodys = {name for house in houses for name in known.get(house, ())}
    kept = tuple(name for name in record.names if _form(name) not in everybodys)
    return record if kept == record.names else replace(record, names=kept)


def _children(record: PersonRecord) -> Iterator[tuple[str, str]]:
    """(house, its number for the child) of its own books; else (source, the record)."""
    own = [file.rpartition("|")[0] for file in record.files if file.endswith("|a")]
    if not own:
        yield record.source, record.key
    for file in own:
        yield file.partition("|")[0], file


def _names(record: PersonRecord) -> set[str]:
    return {_form(name) for name in record.names}


def _form(name: str) -> str:
    return without_order(folded_name(name))
