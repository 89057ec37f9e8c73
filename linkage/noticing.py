"""How clues are read off two groups: the values that hold, none where a side does not know."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product

from linkage.decision import POSITION
from linkage.normalise import folded_name
from linkage.records import OPEN, PersonRecord
from linkage.views import Side, View

Values = Iterable[str]
AND = " + "
"""Between the parts of a value that says several things."""
DAY = 24 * 60
"""Minutes."""
LAGS = (-1, 6, 20, 45, 90, 150, 300, 1000)
GAPS = (0, 1, 3, 7, 30, 180)
BITS = (-3, 0, 3, 6, 9)
WEIGHTS = (-8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24)
AGAINST = (-12, -8, -5, -3, -1)
WIDTHS = (0, 3, 10, 62, 400)
BIRTHS = (0, 1, 3, 7, 31, 200)
PER_MILLE = (10, 30, 60, 120, 200)
GRAMS_A_DAY = (-20, -2, 2, 8, 16, 28, 45)
"""Upper bounds of the values: days, bits, thousandths of a weight, grams a day."""


def upto(value: float, bounds: Sequence[float]) -> str:
    """The least bound that a value does not exceed."""
    place = bisect_left(bounds, value)
    return f"≤ {bounds[place]}" if place < len(bounds) else f"> {bounds[-1]}"


def overlap(of: Callable[[PersonRecord], Iterable[str]], most: int = 1) -> Callable[[View], Values]:
    """How many both have, up to `most`; nothing where one has none."""

    def values(view: View) -> Iterator[str]:
        left, right = (frozenset(of(record)) for record in view.records)
        if left and right:
            yield str(min(most, len(left & right)))

    return values


def closest(
    one: Callable[[PersonRecord], Iterable[int]],
    other: Callable[[PersonRecord], Iterable[int]],
    bounds: Sequence[int],
) -> Callable[[View], Values]:
    """The least distance between two numbers of the two sides, either way round."""

    def values(view: View) -> Iterator[str]:
        left, right = view.records
        gaps = [
            abs(a - b)
            for first, second in ((left, right), (right, left))
            for a, b in product(one(first), other(second))
        ]
        if gaps:
            yield upto(min(gaps), bounds)

    return values


def lag(since: Callable[[PersonRecord], int | None]) -> Callable[[View], Values]:
    """Days from what one side knows until the registration that the other side knows."""

    def values(view: View) -> Iterator[str]:
        left, right = view.records
        for one, other in ((left, right), (right, left)):
            start = since(other)
            if one.registered is not None and other.registered is None and start is not None:
                yield upto(one.registered - start, LAGS)

    return values


def born(record: PersonRecord) -> int | None:
    return record.birth_low if record.birth_firm else None


def ahead(
    of: Callable[[Side], float | None], pick: Callable[[Iterable[float]], float]
) -> Callable[[View], Values]:
    """Bits by which the pair is ahead of what else fits, on the closer or the farther side."""

    def values(view: View) -> Iterator[str]:
        bits = [of(side) for side in view.sides]
        gaps = [float("inf") if one is None else view.pair.weight - one for one in bits]
        gap = pick(gaps)
        yield "none" if gap == float("inf") else upto(gap, BITS)

    return values


def when(holds: Callable[[View], bool]) -> Callable[[View], Values]:
    return lambda view: ("yes",) if holds(view) else ()


def sides(holds: Callable[[Side], bool]) -> Callable[[View], Values]:
    """On how many sides it holds, where it does."""

    def values(view: View) -> Iterator[str]:
        if count := sum(map(holds, view.sides)):
            yield str(count)

    return values


def days(record: PersonRecord) -> set[int]:
    """Every day on which it is known where the child was."""
    ends = {minute // DAY for stay in record.stays for minute in (stay.start, stay.end)}
    found = {record.found_low} if record.found_low is not None else set()
    return {move.day for move in record.moves} | (ends - {OPEN // DAY}) | found


def moved(direction: str) -> Callable[[PersonRecord], set[int]]:
    return lambda record: {move.day for move in record.moves if move.direction == direction}


def homes_by_name(record: PersonRecord) -> set[str]:
    return {home for home in record.homes if not home.startswith("home:")}


def homes_by_code(record: PersonRecord) -> set[str]:
    return {home for home in record.homes if home.startswith("home:")}


def hospitals(record: PersonRecord) -> set[str]:
    told = {
        *(move.place for move in record.moves),
        *(code for code, _ in record.names_of_places),
        *(file.partition("|")[0] for file in record.files),
    }
    return {place for place in told if place.startswith("hospital:")}


def communes(record: PersonRecord) -> set[str]:
    """Of the finding, and of who handed the child over."""
    places = (move.place.partition(":") for move in record.moves)
    return {*record.communes, *(code for kind, _, code in places if kind == "commune")}


def minutes_numbers(record: PersonRecord) -> set[str]:
    return {minutes.partition("|")[0] for minutes in record.minutes}


def inside(view: View) -> Iterator[str]:
    """Whether a stay elsewhere fell into the years in a home, two days give or take."""
    left, right = view.records
    for one, other in ((left, right), (right, left)):
        for home, stay in product(one.stays, other.stays):
            if home.place.startswith("home:") and stay.place != home.place:
                within = home.start - 2 * DAY <= stay.start <= home.end + 2 * DAY
                yield "yes" if within else "no"


def names(record: PersonRecord) -> list[tuple[str, ...]]:
    return [tuple(folded_name(name).split()) for name in record.names]


def syllables(view: View) -> Iterator[str]:
    """Syllables that two names share, at best."""
    pairs = list(product(*map(names, view.records)))
    if pairs:
        yield str(min(4, max(len({*one} & {*other}) for one, other in pairs)))


def whole_name(view: View) -> Iterator[str]:
    """How many syllables a name has that both bear: long ones are seldom borne by two."""
    left, right = (frozenset(names(record)) for record in view.records)
    if common := left & right:
        yield str(min(4, max(map(len, common))))


def family(view: View) -> Iterator[str]:
    pairs = [
        one[0] == other[0]
        for one, other in product(*map(names, view.records))
        if min(len(one), len(other)) > 1
    ]
    if pairs:
        yield "same" if any(pairs) else "other"


def weighings(view: View) -> tuple[PersonRecord, PersonRecord, int] | None:
    """The earlier, the later, and the days between."""
    left, right = view.records
    if not (left.grams and right.grams and left.grams_day and right.grams_day):
        return None
    first, later = sorted(view.records, key=lambda record: (record.grams_day or 0, record.key))
    return first, later, (later.grams_day or 0) - (first.grams_day or 0)


def weight_now(view: View) -> Iterator[str]:
    """Thousandths by which two weights of one week differ."""
    if (found := weighings(view)) and found[2] <= 7:
        one, other = (record.grams or 0 for record in found[:2])
        yield upto(1000 * abs(one - other) / max(one, other), PER_MILLE)


def growth(view: View) -> Iterator[str]:
    if (found := weighings(view)) and found[2] > 7:
        yield upto(((found[1].grams or 0) - (found[0].grams or 0)) / found[2], GRAMS_A_DAY)


def width(record: PersonRecord) -> int:
    return (record.birth_high or 0) - (record.birth_low or 0)


def birth(
    of: Callable[[PersonRecord, PersonRecord], int], bounds: Sequence[int]
) -> Callable[[View], Values]:
    def values(view: View) -> Iterator[str]:
        left, right = view.records
        if left.birth_low is not None and right.birth_low is not None:
            yield upto(of(left, right), bounds)

    return values


def between_births(left: PersonRecord, right: PersonRecord) -> int:
    return max(left.birth_low or 0, right.birth_low or 0) - min(
        left.birth_high or 0, right.birth_high or 0
    )


def share(of: Callable[[PersonRecord], Sequence[str]]) -> Callable[[View], Values]:
    """How much of all words both have, in fifths."""

    def values(view: View) -> Iterator[str]:
        left, right = (frozenset(of(record)) for record in view.records)
        if left and right:
            yield f"{5 * len(left & right) // len(left | right)}/5"

    return values


def sources(view: View) -> Iterator[str]:
    for pair in product(*(record.source.split("+") for record in view.records)):
        yield AND.join(sorted(pair))


def levels_of(*names: str) -> Callable[[View], Values]:
    """The levels of features as one value: what they mean together is not what each means alone."""

    def values(view: View) -> Iterator[str]:
        told = ((name, view.pair.levels[POSITION[name]]) for name in names)
        if known := [f"{name}={level}" for name, level in told if level is not None]:
            yield AND.join(known)

    return values


def with_each(
    one: Callable[[View], Values], other: Callable[[View], Values]
) -> Callable[[View], Values]:
    """Every value of the one with every value of the other."""
    return lambda view: map(AND.join, product(one(view), other(view)))
