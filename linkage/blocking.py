"""Which records are worth comparing: the keys that a pair must share one of."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from linkage import normalise
from linkage.passage import LAST_REGISTERED, NOTICE, began, days_in_care
from linkage.records import Comparable, PersonRecord
from linkage.splitting import OVERSIZED, kind_of

DAYS_APART = 3
LONGEST_DUE = 60
"""A step that may come later than so many days after the finding is no key."""
MONTH = 32
"""Days: longer than any month, so that few are touched between the notice and a late entry."""
WEEK = 7
CLOSELY = 21
"""Days: a birth that is estimated no closer is no key."""
NEWBORN = 60
"""Days of age up to which who is born, treated and given away somewhere may be one child."""
HOSPITAL = "hospital:"
SEXES = ("female", "male")
"""A record without sex may be either: missing is no evidence against."""
MOST_TOGETHER = 12
"""Children of one report are never one child. Those of small reports (twins, siblings) are compared
all the same, because who fits whom tells them apart; those of larger ones are not.
"""


ROUGH = 2**20
"""Counters in which keys are counted together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Oversized:
    """Blocks of more than OVERSIZED records: what kind of key, how many, and the largest's size.

    Never the key itself, which is child data.
    """

    kind: str
    blocks: int
    largest: int


KIND_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "id": ("số định danh cá nhân", "personal ID number"),
        "id<": ("số định danh, phần đầu", "personal ID number, its beginning"),
        "id>": ("số định danh, phần cuối", "personal ID number, its end"),
        "id-": ("số định danh, bỏ phần giữa", "personal ID number without its middle"),
        "cert": ("giấy chứng sinh", "birth certificate"),
        "reg": ("số đăng ký khai sinh", "birth registration"),
        "card": ("thẻ bảo hiểm y tế", "health-insurance card"),
        "file": ("số hồ sơ tại một nơi", "file number at one place"),
        "letter": ("giấy chuyển tuyến", "transfer letter"),
        "mid": ("giấy tờ của mẹ", "number of the mother"),
        "case": ("vụ việc của tổng đài 111", "case of the hotline"),
        "merged": ("số mà chính nơi đó đã gộp", "numbers that the house itself merged"),
        "motem": ("định danh Motem", "identity of Motem"),
        "min": ("biên bản và xã", "minutes and commune"),
        "n": ("họ tên", "full name"),
        "ny": ("họ, tên gọi và năm sinh", "family and given name, year of birth"),
        "gb": ("tên gọi và ngày sinh", "given name and day of birth"),
        "gh": ("tên gọi và cơ sở", "given name and home"),
        "my": ("họ tên mẹ và năm sinh", "name of the mother, year of birth"),
        "b": ("ngày sinh và giới tính", "day of birth and sex"),
        "bh": ("ngày sinh và cơ sở", "day of birth and home"),
        "bw": ("tỉnh, tuần sinh và giới tính", "province, week of birth and sex"),
        "bi": ("như trên, chỉ ngày sinh ước chừng", "the same, of estimated births only"),
        "f": ("xã và ngày tìm thấy", "commune and day of finding"),
        "rg": ("xã và tháng đăng ký khai sinh", "commune and months of registration"),
        "mv": ("nơi và ngày giao nhận", "place and day of a move"),
        "nb": (
            "nơi và tháng giao nhận trẻ nhỏ, giới tính",
            "place and months of an infant's move, sex",
        ),
        "d": ("ngày đổi nơi ở và giới tính", "day of changing hands, and sex"),
        "bn": ("ngày sinh ước định và giới tính", "conventional day of birth, and sex"),
        "due": ("nơi và ngày đến hạn của bước", "body and day on which a step is due"),
    }
)
"""Kind of key → what it is, in both languages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyKind:
    """One kind of block key: how many there are, how many are shared, pairs, the largest block.

    `oversized`: blocks of more than OVERSIZED records that are compared as they are.
    """

    kind: str
    keys: int
    shared: int
    pairs: int
    largest: int
    oversized: int


def block_keys(record: PersonRecord) -> Iterator[str]:
    """Every key of a record; the same function serves the batch, the index and one request."""
    yield from _number_keys(record)
    yield from _name_keys(record)
    yield from _birth_keys(record)
    yield from _event_keys(record)


def looked_into(question: PersonRecord) -> set[str]:
    """The block keys that one question looks into.

    Of a million children five hundred are born in a province in the weeks about a known birth. Two
    known births some days apart, and nothing else in common, are left to the linking.
    """
    keys = set(block_keys(question))
    if not question.birth_firm:
        return keys
    about = [key.removeprefix("bw:") for key in keys if key.startswith("bw:")]
    return {key for key in keys if not key.startswith("bw:")} | {f"bi:{key}" for key in about}


def oversized(
    records: Sequence[PersonRecord], keys_of: Callable[[PersonRecord], Collection[str]]
) -> list[Oversized]:
    """The oversized blocks by kind, the largest first. They are compared like all others.

    `keys_of`: the different keys of a record, as the model has them (`Configuration.keys`).
    """
    # Counted roughly first: every key of a large country would take gigabytes.
    rough = array("I", bytes(4 * ROUGH))
    for record in records:
        for key in keys_of(record):
            rough[hash(key) % ROUGH] += 1
    if max(rough) <= OVERSIZED:
        return []
    known = ([k for k in keys_of(r) if rough[hash(k) % ROUGH] > OVERSIZED] for r in records)
    found = {
        kind: large
        for kind, sizes in _sizes(known).items()
        if (large := [size for size in sizes if size > OVERSIZED])
    }
    kinds = [Oversized(kind=k, blocks=len(v), largest=max(v)) for k, v in found.items()]
    return sorted(kinds, key=lambda kind: (-kind.largest, kind.kind))


def kinds_of_keys(keys: Iterable[Collection[str]]) -> list[KeyKind]:
    """What each kind of key costs, the dearest first; a pair counts once for each key it shares.

    `keys`: the different keys of each record, as the model has them (`Configuration.keys`).
    """
    kinds = [
        KeyKind(
            kind=kind,
            keys=len(sizes),
            shared=sum(size > 1 for size in sizes),
            pairs=sum(map(_pairs_of, sizes)),
            largest=max(sizes),
            oversized=sum(size > OVERSIZED for size in sizes),
        )
        for kind, sizes in _sizes(keys).items()
    ]
    return sorted(kinds, key=lambda kind: (-kind.pairs, kind.kind))


def _sizes(keys: Iterable[Collection[str]]) -> dict[str, list[int]]:
    """Kind of key → how many records share each key of it."""
    found: dict[str, list[int]] = defaultdict(list)
    for key, size in Counter(key for known in keys for key in known).items():
        found[kind_of(key)].append(size)
    return found


def crowds(records: Iterable[Comparable]) -> frozenset[str]:
    """Reports of so many children that those are not compared with one another."""
    sizes = Counter(record.report for record in records if record.report is not None)
    return frozenset(report for report, size in sizes.items() if size > MOST_TOGETHER)


def _pairs_of(size: int) -> int:
    return size * (size - 1) // 2


def _number_keys(record: PersonRecord) -> Iterator[str]:
    """Numbers that are meant to be one child's, or few children's."""
    for number in record.personal_ids:
        yield f"id:{number}"
        # One mistyped digit leaves one of these parts whole.
        yield from (f"id<:{number[:8]}", f"id>:{number[6:]}", f"id-:{number[:6]}{number[8:]}")
    for kind, numbers in (
        ("cert", record.certificates),
        ("reg", record.registrations),
        ("card", record.cards),
        ("file", record.files),
        ("letter", record.letters),
        ("mid", record.mother_ids),
        ("case", record.cases),
        ("merged", record.merged),
        ("motem", record.motem_ids),
    ):
        yield from (f"{kind}:{number}" for number in numbers)
    yield from _copied_keys(record)
    for token in record.minutes:
        number, commune, _ = token.split("|")
        yield f"min:{number}|{commune}"


def _copied_keys(record: PersonRecord) -> Iterator[str]:
    """Copied numbers in the form in which those who gave them have them as keys."""
    for token in record.copied:
        if token.startswith("min:"):
            yield token.rpartition("|")[0]
        elif token.startswith("file:"):
            yield from (f"{token}|a", f"{token}|b")
        else:
            yield token


def _name_keys(record: PersonRecord) -> Iterator[str]:
    years = _years(record)
    for name in record.names:
        folded = normalise.folded_name(name)
        yield f"n:{normalise.without_order(folded)}"
        for year in years:
            yield f"ny:{normalise.without_middle(folded)}|{year}"
        if record.birth_firm:
            yield f"gb:{normalise.given_name(folded)}|{record.birth_low}"
        for home in record.homes:
            yield f"gh:{normalise.given_name(folded)}|{home}"
    for mother in record.mothers:
        yield from (f"my:{mother}|{year}" for year in years)


def _birth_keys(record: PersonRecord) -> Iterator[str]:
    if record.birth_firm and record.birth_low is not None:
        for sex in [record.sex] if record.sex else SEXES:
            yield f"b:{record.birth_low}|{sex}"
        for home in record.homes:
            yield f"bh:{record.birth_low}|{home}"
    yield from _births(record)


def _births(record: PersonRecord) -> Iterator[str]:
    """Province, sex and the weeks about a birth that is known, or estimated closely.

    Estimates have another key besides: a question with a known birth looks for these alone (`looked_into`).
    """
    low, high = record.birth_low, record.birth_high
    if low is None or high is None or high - low > CLOSELY:
        return
    for week in range(low // WEEK, high // WEEK + 2):
        for sex in [record.sex] if record.sex else SEXES:
            for province in record.provinces:
                yield f"bw:{province}|{week}|{sex}"
                if not record.birth_firm:
                    yield f"bi:{province}|{week}|{sex}"


def _event_keys(record: PersonRecord) -> Iterator[str]:
    """Being found and being handed over; for children whom nobody can name."""
    if record.found_low is not None:
        for commune in record.communes:
            for day in range(record.found_low, record.found_low + DAYS_APART + 1):
                yield f"f:{commune}|{day}"
    yield from _registered(record)
    for move in record.moves:
        # A hospital takes in many on each day; elsewhere a handover is rare, whoever it is.
        if record.foundling or not move.place.startswith(HOSPITAL):
            for day in range(move.day, move.day + DAYS_APART):
                yield f"mv:{move.direction}|{move.place}|{day}"
    yield from _young(record)
    yield from _passages(record)
    yield from _due(record)


def _young(record: PersonRecord) -> Iterator[str]:
    """The place at which a newborn, or a child whom nobody can name, came or left, and the months."""
    for move in record.moves:
        if record.foundling or _is_newborn(record, move.day):
            for sex in [record.sex] if record.sex else SEXES:
                for month in (move.day // MONTH, move.day // MONTH + 1):
                    yield f"nb:{move.place}|{month}|{sex}"


def _is_newborn(record: PersonRecord, day: int) -> bool:
    return record.birth_low is not None and day - record.birth_low <= NEWBORN


def _registered(record: PersonRecord) -> Iterator[str]:
    """The commune and the time in which a foundling is registered: after the notice, in months."""
    first = record.registered
    low, high = record.found_low, record.found_high
    if first is not None and record.foundling:
        months = {first // MONTH}
    elif low is not None and high is not None:
        months = set(range((low + NOTICE) // MONTH, (high + LAST_REGISTERED) // MONTH + 1))
    else:
        return
    yield from (f"rg:{commune}|{month}" for commune in record.communes for month in months)


def _due(record: PersonRecord) -> Iterator[str]:
    """The step that a body reports, and the children whom it had found or taken in when it is due.

    Without a number or a name a report has nothing else.
    """
    if record.due_low is not None and record.due_high is not None:
        days = range(record.due_low, record.due_high + 1)
        for maker in record.makers if len(days) <= LONGEST_DUE else ():
            yield from (f"due:{maker}|{day}" for day in days)
    elif record.foundling and (day := began(record)) is not None:
        communes = (f"commune:{commune}" for commune in record.communes)
        minutes = (f"commune:{token.split('|')[1]}" for token in record.minutes)
        for place in {*communes, *minutes, *(move.place for move in record.moves)}:
            yield f"due:{place}|{day}"


def _passages(record: PersonRecord) -> Iterator[str]:
    """Day and sex at which a child whom nobody can name may have changed hands, or was born."""
    sexes = [record.sex] if record.sex else SEXES
    for sex in sexes if record.foundling else ():
        yield from (f"d:{day}|{sex}" for day in days_in_care(record))
        if record.birth_low is not None and record.birth_high is not None:
            width = record.birth_high - record.birth_low
            for day in range(record.birth_low, record.birth_high + 1) if width <= 7 else ():
                yield f"bn:{day}|{sex}"


def _years(record: PersonRecord) -> range:
    """The years of birth that the record allows, three at most: wider is no key."""
    if record.birth_low is None or record.birth_high is None:
        return range(0)
    first = date.fromordinal(record.birth_low).year
    last = date.fromordinal(record.birth_high).year
    return range(first, last + 1) if last - first < 3 else range(0)
