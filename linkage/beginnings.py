"""How clues are read off what each side says of the other's beginnings: birth, finding, arrival."""

from collections.abc import Callable, Iterator
from itertools import product

from linkage.noticing import DAY, Values, born, hospitals, upto
from linkage.records import PersonRecord
from linkage.views import View

FIRST_ARRIVALS = (-400, -31, -4, -1, 0, 1, 3, 7, 30, 180)
FOUND_AGES = (-1, 0, 1, 3, 7, 14, 30, 100, 400)
"""Upper bounds of the values, days: who arrives before he was found is another child."""
Both = Callable[[PersonRecord, PersonRecord], Values]


def either_way(of: Both) -> Callable[[View], Values]:
    """What one side tells of the other, and the other of the one."""

    def values(view: View) -> Iterator[str]:
        left, right = view.records
        yield from of(left, right)
        yield from of(right, left)

    return values


def arrivals(record: PersonRecord) -> list[int]:
    """The days on which a house took the child in."""
    begun = (stay.start // DAY for stay in record.stays)
    return [*(move.day for move in record.moves if move.direction == "in"), *begun]


def found_until_arrived(one: PersonRecord, other: PersonRecord) -> Iterator[str]:
    """Days from the finding that one side knows to the first arrival that the other knows."""
    if one.found_high is not None and (came := arrivals(other)):
        yield upto(min(came) - one.found_high, FIRST_ARRIVALS)


def born_until_found(one: PersonRecord, other: PersonRecord) -> Iterator[str]:
    """Age in days at the other side's finding, by a day of birth that is known."""
    if other.found_low is not None and (birth := born(one)) is not None:
        yield upto(other.found_low - birth, FOUND_AGES)


def certified_until_found(one: PersonRecord, other: PersonRecord) -> Iterator[str]:
    """The same where a hospital certified the birth, and so knew of the child from the first day."""
    if one.certificates:
        yield from born_until_found(one, other)


def certified_and_left(one: PersonRecord, other: PersonRecord) -> Iterator[str]:
    """Kinds of places where a child with a hospital's certificate is said to have been found."""
    if one.certificates and not other.certificates:
        yield from other.place_kinds


def came_from(one: PersonRecord, other: PersonRecord) -> Iterator[str]:
    """Whether one side names a hospital in whose own papers the other stands."""
    named = {move.place for move in one.moves} & hospitals(one)
    own = {*certifying(other), *_with_files(other)}
    if named and own:
        provinces = (a[:11] == b[:11] for a, b in product(named, own))
        yield "same" if named & own else "province" if any(provinces) else "other"


def certifying(record: PersonRecord) -> Iterator[str]:
    """The hospitals that stand in the numbers of its certificates (`00733.GCS.01001.23`)."""
    parts = (number.split(".") for number in record.certificates)
    return (f"hospital:{part[2]}" for part in parts if len(part) == 4)


def _with_files(record: PersonRecord) -> set[str]:
    houses = {file.partition("|")[0] for file in record.files}
    return houses & hospitals(record)


def marks_shared(view: View) -> Iterator[str]:
    """Words on marks and belongings that both have, of those of the side with fewer."""
    left, right = (frozenset(record.marks) for record in view.records)
    if left and right:
        yield f"{min(4, len(left & right))}/{min(4, len(left), len(right))}"
