"""What the second look notices of two groups: each clue with its words, and how it is told apart.

A clue is a name and a label (`home=same`). Of what one side does not know there is no clue. What a
clue is worth is learnt from pairs of which it is known whether they are one child (`learning.py`).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from linkage import decision, passage
from linkage.explanation import level_words
from linkage.features import FEATURES
from linkage.learning import BASE
from linkage.normalise import folded_name
from linkage.records import OPEN, PersonRecord
from linkage.views import Side, View

Labels = Iterable[str]
DAY = 24 * 60
"""Minutes."""
LAGS = (-1, 6, 20, 45, 90, 150, 300, 1000)
GAPS = (0, 1, 3, 7, 30, 180)
BITS = (-3, 0, 3, 6, 9)
WEIGHTS = (-4, -2, 0, 2, 4, 8, 12, 16)
AGAINST = (-12, -8, -5, -3, -1)
WIDTHS = (0, 3, 10, 62, 400)
BIRTHS = (0, 1, 3, 7, 31, 200)
PER_MILLE = (10, 30, 60, 120, 200)
GRAMS_A_DAY = (-20, -2, 2, 8, 16, 28, 45)
"""Upper bounds of the labels: days, bits, thousandths of a weight, grams a day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clue:
    """One thing to notice; `of` gives the labels that hold, none where a side does not know."""

    name: str
    vietnamese: str
    english: str
    of: Callable[[View], Labels] = field(repr=False)


def clues(view: View) -> list[str]:
    """Everything noticed of a pair of groups, as `name=label`, sorted."""
    levels = (
        f"{feature.name}={level}"
        for feature, level in zip(FEATURES, view.pair.levels, strict=True)
        if level is not None
    )
    noticed = (f"{clue.name}={label}" for clue in CLUES for label in clue.of(view))
    return sorted({*levels, *noticed})


def words_of(clue: str) -> tuple[str, str]:
    """What `name=label` says, in Vietnamese and English; itself where an older version noticed it."""
    if clue == BASE:
        return BASE_WORDS
    name, _, label = clue.partition("=")
    if name in KNOWN:
        vietnamese, english = LABELS.get(label, (label, label))
        return f"{KNOWN[name].vietnamese}: {vietnamese}", f"{KNOWN[name].english}: {english}"
    try:
        return level_words(name, int(label))
    except (LookupError, StopIteration, ValueError):
        return clue, clue


def _upto(value: float, bounds: Sequence[int]) -> str:
    """The least bound that a value does not exceed."""
    place = bisect_left(bounds, value)
    return f"≤ {bounds[place]}" if place < len(bounds) else f"> {bounds[-1]}"


def _overlap(
    of: Callable[[PersonRecord], Iterable[str]], most: int = 1
) -> Callable[[View], Labels]:
    """How many both have, up to `most`; nothing where one has none."""

    def labels(view: View) -> Iterator[str]:
        left, right = (frozenset(of(record)) for record in view.records)
        if left and right:
            yield str(min(most, len(left & right)))

    return labels


def _closest(
    one: Callable[[PersonRecord], Iterable[int]],
    other: Callable[[PersonRecord], Iterable[int]],
    bounds: Sequence[int],
) -> Callable[[View], Labels]:
    """The least distance between two numbers of the two sides, either way round."""

    def labels(view: View) -> Iterator[str]:
        left, right = view.records
        gaps = [
            abs(a - b)
            for first, second in ((left, right), (right, left))
            for a, b in product(one(first), other(second))
        ]
        if gaps:
            yield _upto(min(gaps), bounds)

    return labels


def _lag(since: Callable[[PersonRecord], int | None]) -> Callable[[View], Labels]:
    """Days from what one side knows until the registration that the other side knows."""

    def labels(view: View) -> Iterator[str]:
        left, right = view.records
        for one, other in ((left, right), (right, left)):
            start = since(other)
            if one.registered is not None and other.registered is None and start is not None:
                yield _upto(one.registered - start, LAGS)

    return labels


def _born(record: PersonRecord) -> int | None:
    return record.birth_low if record.birth_firm else None


def _ahead(
    of: Callable[[Side], float | None], pick: Callable[[Iterable[float]], float]
) -> Callable[[View], Labels]:
    """Bits by which the pair is ahead of what else fits, on the closer or the farther side."""

    def labels(view: View) -> Iterator[str]:
        bits = [of(side) for side in view.sides]
        gaps = [float("inf") if one is None else view.pair.weight - one for one in bits]
        gap = pick(gaps)
        yield "none" if gap == float("inf") else _upto(gap, BITS)

    return labels


def _when(holds: Callable[[View], bool]) -> Callable[[View], Labels]:
    return lambda view: ("yes",) if holds(view) else ()


def _sides(holds: Callable[[Side], bool]) -> Callable[[View], Labels]:
    """On how many sides it holds, where it does."""

    def labels(view: View) -> Iterator[str]:
        if count := sum(map(holds, view.sides)):
            yield str(count)

    return labels


def _days(record: PersonRecord) -> set[int]:
    """Every day on which it is known where the child was."""
    ends = {minute // DAY for stay in record.stays for minute in (stay.start, stay.end)}
    found = {record.found_low} if record.found_low is not None else set()
    return {move.day for move in record.moves} | (ends - {OPEN // DAY}) | found


def _moved(direction: str) -> Callable[[PersonRecord], set[int]]:
    return lambda record: {move.day for move in record.moves if move.direction == direction}


def _homes_by_name(record: PersonRecord) -> set[str]:
    return {home for home in record.homes if not home.startswith("home:")}


def _homes_by_code(record: PersonRecord) -> set[str]:
    return {home for home in record.homes if home.startswith("home:")}


def _hospitals(record: PersonRecord) -> set[str]:
    told = {
        *(move.place for move in record.moves),
        *(code for code, _ in record.names_of_places),
        *(file.partition("|")[0] for file in record.files),
    }
    return {place for place in told if place.startswith("hospital:")}


def _communes(record: PersonRecord) -> set[str]:
    """Of the finding, and of who handed the child over."""
    places = (move.place.partition(":") for move in record.moves)
    return {*record.communes, *(code for kind, _, code in places if kind == "commune")}


def _minutes_numbers(record: PersonRecord) -> set[str]:
    return {minutes.partition("|")[0] for minutes in record.minutes}


def _inside(view: View) -> Iterator[str]:
    """Whether a stay elsewhere fell into the years in a home, two days give or take."""
    left, right = view.records
    for one, other in ((left, right), (right, left)):
        for home, stay in product(one.stays, other.stays):
            if home.place.startswith("home:") and stay.place != home.place:
                inside = home.start - 2 * DAY <= stay.start <= home.end + 2 * DAY
                yield "yes" if inside else "no"


def _names(record: PersonRecord) -> list[tuple[str, ...]]:
    return [tuple(folded_name(name).split()) for name in record.names]


def _syllables(view: View) -> Iterator[str]:
    """Syllables that two names share, at best."""
    pairs = list(product(*map(_names, view.records)))
    if pairs:
        yield str(min(4, max(len({*one} & {*other}) for one, other in pairs)))


def _whole_name(view: View) -> Iterator[str]:
    """How many syllables a name has that both bear: long ones are seldom borne by two."""
    left, right = (frozenset(_names(record)) for record in view.records)
    if common := left & right:
        yield str(min(4, max(map(len, common))))


def _family(view: View) -> Iterator[str]:
    pairs = [
        one[0] == other[0]
        for one, other in product(*map(_names, view.records))
        if min(len(one), len(other)) > 1
    ]
    if pairs:
        yield "same" if any(pairs) else "other"


def _weighings(view: View) -> tuple[PersonRecord, PersonRecord, int] | None:
    """The earlier, the later, and the days between."""
    left, right = view.records
    if not (left.grams and right.grams and left.grams_day and right.grams_day):
        return None
    first, later = sorted(view.records, key=lambda record: (record.grams_day or 0, record.key))
    return first, later, (later.grams_day or 0) - (first.grams_day or 0)


def _weight_now(view: View) -> Iterator[str]:
    """Thousandths by which two weights of one week differ."""
    if (found := _weighings(view)) and found[2] <= 7:
        one, other = (record.grams or 0 for record in found[:2])
        yield _upto(1000 * abs(one - other) / max(one, other), PER_MILLE)


def _growth(view: View) -> Iterator[str]:
    if (found := _weighings(view)) and found[2] > 7:
        yield _upto(((found[1].grams or 0) - (found[0].grams or 0)) / found[2], GRAMS_A_DAY)


def _width(record: PersonRecord) -> int:
    return (record.birth_high or 0) - (record.birth_low or 0)


def _birth(
    of: Callable[[PersonRecord, PersonRecord], int], bounds: Sequence[int]
) -> Callable[[View], Labels]:
    def labels(view: View) -> Iterator[str]:
        left, right = view.records
        if left.birth_low is not None and right.birth_low is not None:
            yield _upto(of(left, right), bounds)

    return labels


def _between_births(left: PersonRecord, right: PersonRecord) -> int:
    return max(left.birth_low or 0, right.birth_low or 0) - min(
        left.birth_high or 0, right.birth_high or 0
    )


def _share(of: Callable[[PersonRecord], Sequence[str]]) -> Callable[[View], Labels]:
    """How much of all words both have, in fifths."""

    def labels(view: View) -> Iterator[str]:
        left, right = (frozenset(of(record)) for record in view.records)
        if left and right:
            yield f"{5 * len(left & right) // len(left | right)}/5"

    return labels


def _sources(view: View) -> Iterator[str]:
    for pair in product(*(record.source.split("+") for record in view.records)):
        yield " + ".join(sorted(pair))


BASE_WORDS = ("trước khi xét manh mối", "before any clue")
LABELS = {
    "yes": ("có", "yes"),
    "no": ("không", "no"),
    "same": ("giống", "same"),
    "other": ("khác", "different"),
    "none": ("không ai khác", "nobody else"),
}
CLUES: tuple[Clue, ...] = tuple(
    Clue(name=name, vietnamese=vietnamese, english=english, of=of)
    for name, vietnamese, english, of in (
        (
            "weight-of-all",
            "tổng bằng chứng, bit",
            "all evidence together, bits",
            lambda v: (_upto(v.pair.weight, WEIGHTS),),
        ),
        (
            "against",
            "tổng bằng chứng trái ngược, bit",
            "all that speaks against, bits",
            lambda v: (_upto(sum(b for b in v.pair.bits if b < 0), AGAINST),),
        ),
        (
            "kinds",
            "số loại bằng chứng",
            "kinds of evidence",
            lambda v: (str(min(4, decision.kinds(v.pair))),),
        ),
        (
            "ahead",
            "hơn người khác, bên gần hơn, bit",
            "ahead of others on the closer side, bits",
            _ahead(lambda s: s.other, min),
        ),
        (
            "ahead-far",
            "hơn người khác, bên xa hơn, bit",
            "ahead of others on the farther side, bits",
            _ahead(lambda s: s.other, max),
        ),
        (
            "choice",
            "hơn hồ sơ cùng nguồn, bên gần hơn, bit",
            "ahead of records of the same source, closer side, bits",
            _ahead(lambda s: s.alike, min),
        ),
        (
            "choice-far",
            "hơn hồ sơ cùng nguồn, bên xa hơn, bit",
            "ahead of records of the same source, farther side, bits",
            _ahead(lambda s: s.alike, max),
        ),
        (
            "apart",
            "có trẻ khác cũng khớp, số bên",
            "another child fits too, sides",
            _sides(lambda s: s.apart),
        ),
        (
            "larger",
            "số bản ghi của bên lớn",
            "records on the larger side",
            lambda v: (str(min(4, max(len(s.keys) for s in v.sides))),),
        ),
        (
            "smaller",
            "số bản ghi của bên nhỏ",
            "records on the smaller side",
            lambda v: (str(min(3, min(len(s.keys) for s in v.sides))),),
        ),
        ("sources", "nguồn", "sources", _sources),
        (
            "several",
            "không phải một mình, số bên",
            "was not alone, sides",
            _sides(lambda s: s.record.several),
        ),
        (
            "foundling",
            "bị bỏ rơi, số bên",
            "abandoned, sides",
            _sides(lambda s: s.record.foundling),
        ),
        (
            "doubt",
            "có điều đáng ngờ",
            "something gives doubt",
            _when(lambda v: any(doubt(v.pair) for doubt in decision.DOUBTS)),
        ),
        (
            "borrowed",
            "số có thể là mượn",
            "the number may be borrowed",
            _when(
                lambda v: decision.is_borrowed(v.pair, several=any(r.several for r in v.records))
            ),
        ),
        (
            "named",
            "cùng họ tên, không gì trái ngược",
            "full name, nothing against it",
            _when(lambda v: decision.is_named(v.pair)),
        ),
        ("home", "tên cơ sở nuôi dưỡng chung", "homes by name in common", _overlap(_homes_by_name)),
        (
            "home-code",
            "mã cơ sở nuôi dưỡng chung",
            "homes by code in common",
            _overlap(_homes_by_code),
        ),
        ("hospital", "bệnh viện chung", "hospitals in common", _overlap(_hospitals, 2)),
        ("province", "tỉnh chung", "provinces in common", _overlap(lambda r: r.provinces)),
        (
            "commune",
            "xã tìm thấy chung",
            "communes of finding in common",
            _overlap(lambda r: r.communes),
        ),
        (
            "any-commune",
            "xã tìm thấy hoặc bàn giao chung",
            "communes of finding or handing over in common",
            _overlap(_communes),
        ),
        (
            "minutes-number",
            "số biên bản chung",
            "numbers of minutes in common",
            _overlap(_minutes_numbers),
        ),
        (
            "registered-after",
            "từ khi đến tới khi đăng ký, ngày",
            "from arrival to registration, days",
            _lag(passage.began),
        ),
        (
            "registered-old",
            "từ khi sinh tới khi đăng ký, ngày",
            "from birth to registration, days",
            _lag(_born),
        ),
        (
            "day",
            "hai ngày gần nhau nhất, ngày",
            "closest two days, days",
            _closest(_days, _days, (*GAPS, 1000)),
        ),
        (
            "out-in",
            "rời nơi này và đến nơi kia, ngày",
            "out of one and into the other, days",
            _closest(_moved("out"), _moved("in"), GAPS),
        ),
        (
            "in-in",
            "đến nơi này và đến nơi kia, ngày",
            "into one and into the other, days",
            _closest(_moved("in"), _moved("in"), GAPS),
        ),
        (
            "out-out",
            "rời nơi này và rời nơi kia, ngày",
            "out of one and out of the other, days",
            _closest(_moved("out"), _moved("out"), GAPS),
        ),
        ("in-care", "nằm viện trong thời gian ở cơ sở", "a stay while living in the home", _inside),
        ("syllables", "số tiếng chung của họ tên", "syllables of names in common", _syllables),
        (
            "whole-name",
            "số tiếng của họ tên giống nhau",
            "syllables of the name that both bear",
            _whole_name,
        ),
        ("family", "họ", "family name", _family),
        (
            "weight-week",
            "cân nặng trong một tuần khác nhau, phần nghìn",
            "weights of one week apart, thousandths",
            _weight_now,
        ),
        ("growth", "tăng cân, gam một ngày", "gain of weight, grams a day", _growth),
        (
            "marks-shared",
            "từ chung về đặc điểm, phần năm",
            "words on marks in common, fifths",
            _share(lambda r: r.marks),
        ),
        (
            "place-shared",
            "từ chung về nơi tìm thấy, phần năm",
            "words on the place in common, fifths",
            _share(lambda r: r.place_words),
        ),
        (
            "birth-gap",
            "khoảng ngày sinh cách nhau, ngày",
            "birth intervals apart, days",
            _birth(_between_births, BIRTHS),
        ),
        (
            "birth-narrow",
            "ngày sinh chắc chắn hơn, độ rộng, ngày",
            "narrower birth interval, days",
            _birth(lambda a, b: min(_width(a), _width(b)), WIDTHS),
        ),
        (
            "birth-wide",
            "ngày sinh kém chắc chắn, độ rộng, ngày",
            "wider birth interval, days",
            _birth(lambda a, b: max(_width(a), _width(b)), WIDTHS),
        ),
    )
)
KNOWN = {clue.name: clue for clue in CLUES}
