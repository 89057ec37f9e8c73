"""THE table: what is compared, from where in the record, how it blocks, with which levels.

A level's `m` is the share of true pairs, `u` the share of unrelated pairs, that show it among pairs
where neither side is missing. Fixed levels are priors: the event is too rare in any sample to be
estimated, so the error rate of writing such a number is stated (`m`) and the chance of a
coincidence (`u`). The other levels start from these figures and are trained.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from splink import comparison_level_library as cll
from splink.internals.comparison_level_creator import ComparisonLevelCreator

from linkage import normalise, weight_standards
from linkage.numbers import SHARED, UNKNOWN, number_tokens, register_of
from linkage.passage import LAST_REGISTERED, NOTICE, began, days_in_care, spread
from linkage.records import Comparable, PersonRecord


class ColumnKind(StrEnum):
    """The type a column has in every engine."""

    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One value of a record in the engine's table; None is missing."""

    kind: ColumnKind
    of: Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """One level of a comparison: its condition, its priors and the words that explain it."""

    condition: Callable[[], ComparisonLevelCreator]
    m: float
    u: float
    vietnamese: str
    english: str
    term_frequency: str | None = None
    trained: bool = True
    """False: the figures stay as stated, whatever the data say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """One comparison. Missing on either side (`missing` column is NULL) is no evidence."""

    name: str
    columns: Mapping[str, Column]
    missing: str
    levels: tuple[Level, ...]
    unsaid: str | None = None
    """Where missing is more than that column: the SQL condition for no evidence."""
    trained: bool = True
    otherwise: tuple[float, float] = field(default=(0.1, 0.9))
    """m and u of "none of the levels"."""
    otherwise_words: tuple[str, str] = ("khác nhau", "differ")

    @property
    def term_columns(self) -> frozenset[str]:
        """The columns whose terms weigh more the rarer they are."""
        return frozenset(level.term_frequency for level in self.levels if level.term_frequency)


def _overlap(column: str, least: int = 1) -> Callable[[], ComparisonLevelCreator]:
    return lambda: cll.ArrayIntersectLevel(column, least)


def _both(condition: str, *columns: str) -> Callable[[], ComparisonLevelCreator]:
    """A condition, and an overlap of each array."""
    return lambda: cll.And(
        cll.CustomLevel(condition), *(cll.ArrayIntersectLevel(column, 1) for column in columns)
    )


def _sql(condition: str) -> Callable[[], ComparisonLevelCreator]:
    return lambda: cll.CustomLevel(condition)


def _texts(of: Callable[[PersonRecord], Iterable[str]]) -> Column:
    """An array column: sorted, without doubles, and NULL rather than empty."""
    return Column(kind=ColumnKind.TEXTS, of=lambda record: sorted(set(of(record))) or None)


def _text(of: Callable[[PersonRecord], str | None]) -> Column:
    return Column(kind=ColumnKind.TEXT, of=of)


def _number(of: Callable[[PersonRecord], int | None]) -> Column:
    return Column(kind=ColumnKind.NUMBER, of=of)


def _whole(record: PersonRecord) -> list[str]:
    """Names of two words or more: one word is a given name, which many children share."""
    return [name for name in record.names if normalise.is_whole(name)]


def _unmarked(record: PersonRecord) -> Iterator[str]:
    """Names that somebody typed without marks, in any order."""
    return (
        normalise.without_order(normalise.folded_name(n)) for n in _whole(record) if n.isascii()
    )


def _folded(record: PersonRecord) -> list[str]:
    return [normalise.folded_name(name) for name in _whole(record)]


def _main_name(record: PersonRecord) -> str | None:
    """The one name that term frequencies speak of: the longest, then the first."""
    return max(_whole(record), key=lambda name: (len(name.split()), name), default=None)


def _digits(record: PersonRecord) -> str | None:
    """The digits of the personal number in their order of size: what a change of places leaves."""
    return "".join(sorted(record.personal_ids[0])) if record.personal_ids else None


def _are_cancelled(record: PersonRecord) -> int | None:
    """1 where every personal number of the record was cancelled, 0 where one was not."""
    if not record.personal_ids:
        return None
    return int(set(record.personal_ids) <= set(record.cancelled_ids))


def _ages(record: PersonRecord) -> tuple[int, int] | None:
    return None if record.grams is None else weight_standards.ages(record.grams, record.sex)


def _weighs_born_from(record: PersonRecord) -> int | None:
    """The first day of birth that the weight allows on the day of weighing."""
    known = _ages(record)
    return None if known is None or record.grams_day is None else record.grams_day - known[1]


def _weighs_born_until(record: PersonRecord) -> int | None:
    """The last such day."""
    known = _ages(record)
    return None if known is None or record.grams_day is None else record.grams_day - known[0]


def _birth_day(record: PersonRecord) -> str | None:
    if not record.birth_firm or record.birth_low is None:
        return None
    return date.fromordinal(record.birth_low).isoformat()


def _swapped(day: str | None) -> str | None:
    """Day and month changed places: 2024-03-11 → 2024-11-03."""
    return f"{day[:4]}-{day[8:]}-{day[5:7]}" if day else None


def _moves(record: PersonRecord, width: int) -> Iterator[str]:
    for move in record.moves:
        for day in spread(move.day, width):
            yield f"{move.direction}|{move.place}|{day}"


def _move_hours(record: PersonRecord) -> Iterator[str]:
    for move in record.moves:
        for hour in spread(move.hour, 3) if move.hour else ():
            yield f"{move.direction}|{move.place}|{hour}"


def _numbers(record: PersonRecord) -> Iterator[str]:
    yield from number_tokens(record)
    yield from record.copied


def _own_copied(record: PersonRecord) -> list[str]:
    """Copied numbers that are meant to be one child's alone."""
    return [token for token in record.copied if not token.startswith(SHARED)]


def _registers(tokens: Iterable[str]) -> Iterator[str]:
    """The books in which these numbers stand."""
    return (book for token in tokens if (book := register_of(token)))


def _places(record: PersonRecord) -> Iterator[str]:
    yield from (move.place for move in record.moves)
    yield from (file.partition("|")[0] for file in record.files)
    yield from record.homes
    yield from record.makers


def _areas(record: PersonRecord) -> Iterator[str]:
    """Communes that the record speaks of: found there, or by whom the minutes were made."""
    yield from record.communes
    yield from (c for t in record.minutes if (c := t.split("|")[1]) != UNKNOWN)
    yield from (m.partition(":")[2] for m in record.makers if m.startswith("commune:"))


def _minutes_days(record: PersonRecord) -> Iterator[str]:
    """`number|commune|day`, where all three are known."""
    for token in record.minutes:
        if UNKNOWN not in token and len(token.split("|")[2]) > YEAR_DIGITS:
            yield token


def _minutes_known(record: PersonRecord) -> Iterator[str]:
    """`number|commune|year`, where the commune is known."""
    return (token for token in _minutes_years(record) if UNKNOWN not in token)


def _minutes_numbers(record: PersonRecord) -> Iterator[str]:
    """`number|year`, for rosters that forget the commune."""
    for token in _minutes_years(record):
        number, _, year = token.split("|")
        yield f"{number}|{year}"


def _minutes_years(record: PersonRecord) -> Iterator[str]:
    """`number|commune|year` of `number|commune|day or year`."""
    for token in record.minutes:
        number, commune, day = token.split("|")
        year = day if len(day) == 4 else str(date.fromordinal(int(day)).year)
        yield f"{number}|{commune}|{year}"


YEAR_DIGITS = 4
WITHIN_TYPING = "levenshtein(personal_id_l, personal_id_r) <= 1"
TRANSPOSED = (
    "personal_digits_l = personal_digits_r and levenshtein(personal_id_l, personal_id_r) <= 2"
)
ONE_IS_SHORT = "(name_main_l is null or name_main_r is null)"
NAMED_ALIKE = "list_has_any(name_orders_l, name_orders_r)"
SAME_BUT_UNMARKED = (
    "list_has_any(name_marks_l, name_marks_r) or list_has_any(name_bare_l, name_orders_r)"
    " or list_has_any(name_orders_l, name_bare_r)"
)
NO_PLACE = (
    "(place_words_l is null or place_words_r is null)"
    " and (place_kinds_l is null or place_kinds_r is null)"
)
BIRTH_GAP = "greatest(birth_low_l - birth_high_r, birth_low_r - birth_high_l)"
WEIGHT_DAYS = "abs(grams_day_l - grams_day_r)"
WEIGHT_GAP = "abs(grams_l - grams_r)"
PASSAGE = "source_l <> source_r and (found_low_l is null or found_low_r is null)"
NO_PROVINCE = "(provinces_l is null or provinces_r is null)"
GROWTH = "case when grams_day_l <= grams_day_r then grams_r - grams_l else grams_l - grams_r end"
GAINED = f"({GROWTH}) >= -350 and ({GROWTH}) <= 350 + 60 * {WEIGHT_DAYS}"
WEIGHED_ONE_CHILD = (
    "weight_born_low_l <= weight_born_high_r and weight_born_low_r <= weight_born_high_l"
)

DUE = "(began_l between due_low_r and due_high_r or began_r between due_low_l and due_high_l)"
NOT_DUE = "(due_low_l is null or began_r is null) and (due_low_r is null or began_l is null)"
FOUND_DAY = (
    "(due_low_l is not null and found_low_r is not null"
    " or due_low_r is not null and found_low_l is not null)"
)
SHORT = (
    "least(coalesce(due_high_l - due_low_l, 9999), coalesce(due_high_r - due_low_r, 9999)) <= 60"
)
UNREGISTERED = "(registered_l is null or found_low_r is null) and (registered_r is null or found_low_l is null)"
FOUND_TO_REGISTERED = "greatest(registered_l - found_day_r, registered_r - found_day_l)"
COPIED_OWN = "list_has_any(copied_own_l, numbers_r) or list_has_any(numbers_l, copied_own_r)"
COPIED_ANY = "list_has_any(copied_l, numbers_r) or list_has_any(numbers_l, copied_r)"
COPIED_ANOTHER = (
    "(coalesce(list_has_any(copied_books_l, books_r), false)"
    " or coalesce(list_has_any(books_l, copied_books_r), false))"
)
NOTHING_COPIED = "copied_l is null and copied_r is null or numbers_l is null or numbers_r is null"

FEATURES: tuple[Feature, ...] = (
    Feature(
        name="personal_id",
        columns={
            "personal_ids": _texts(lambda r: r.personal_ids),
            "personal_id": _text(lambda r: r.personal_ids[0] if r.personal_ids else None),
            "personal_digits": _text(_digits),
            "personal_tail": _text(
                lambda r: r.personal_ids[0].lstrip("0") if r.personal_ids else None
            ),
            "cancelled_only": _number(_are_cancelled),
        },
        missing="personal_ids",
        trained=False,
        levels=(
            Level(
                condition=_overlap("personal_ids"),
                m=0.9,
                u=1e-6,
                vietnamese="cùng số định danh cá nhân",
                english="same personal ID number",
            ),
            Level(
                condition=_sql(WITHIN_TYPING),
                m=0.05,
                u=2e-5,
                vietnamese="số định danh sai khác một chữ số",
                english="personal ID numbers one digit apart",
            ),
            # Two digits that changed places, neighbours mostly: a fifth of the slips of a typist.
            Level(
                condition=_sql(TRANSPOSED),
                m=0.012,
                u=5e-6,
                vietnamese="số định danh có hai chữ số đổi chỗ",
                english="two digits of the personal ID number changed places",
            ),
            # The sheet read a number as a figure; who knew the column's kind gave the zeros back.
            Level(
                condition=_sql("personal_tail_l = personal_tail_r"),
                m=0.005,
                u=1e-6,
                vietnamese="cùng số định danh, thiếu số không ở đầu",
                english="same personal ID number without its leading zeros",
            ),
            # A cancelled number is replaced and never given out again (NĐ 70/2024 Điều 11): that the
            # new one is another was to be expected.
            Level(
                condition=_sql("cancelled_only_l = 1 or cancelled_only_r = 1"),
                m=0.003,
                u=0.005,
                vietnamese="số định danh đã bị hủy, trẻ có thể đã được cấp số khác",
                english="a cancelled personal ID number, which another may have replaced",
            ),
        ),
        otherwise=(0.05, 1.0),
        otherwise_words=("số định danh khác nhau", "different personal ID numbers"),
    ),
    Feature(
        name="certificate",
        columns={
            "certificates": _texts(lambda r: r.certificates),
            "certificate": _text(lambda r: next(iter(r.certificates), None)),
        },
        missing="certificates",
        trained=False,
        levels=(
            Level(
                condition=_overlap("certificates"),
                m=0.96,
                u=1e-6,
                vietnamese="cùng số giấy chứng sinh",
                english="same birth certificate number",
            ),
        ),
        otherwise=(0.04, 1.0),
        otherwise_words=("số giấy chứng sinh khác nhau", "different birth certificate numbers"),
    ),
    Feature(
        name="minutes",
        columns={
            "minutes_day": _texts(_minutes_days),
            "minutes_year": _texts(_minutes_known),
            "minutes_number": _texts(_minutes_numbers),
            "minutes_first": _text(lambda r: min(_minutes_known(r), default=None)),
        },
        missing="minutes_number",
        trained=False,
        levels=(
            Level(
                condition=_overlap("minutes_day"),
                m=0.5,
                u=2e-6,
                vietnamese="cùng biên bản: số, xã và ngày lập",
                english="same minutes: number, commune and day",
            ),
            Level(
                condition=_overlap("minutes_year"),
                m=0.4,
                u=1e-5,
                vietnamese="cùng biên bản: số, xã và năm",
                english="same minutes: number, commune and year",
            ),
            Level(
                condition=_overlap("minutes_number"),
                m=0.05,
                u=0.006,
                vietnamese="cùng số biên bản và năm, xã không rõ hoặc khác",
                english="same number of minutes and year, commune not known or other",
            ),
        ),
        otherwise=(0.05, 1.0),
        otherwise_words=("biên bản khác nhau", "different minutes"),
    ),
    Feature(
        name="registration",
        columns={
            "registrations": _texts(lambda r: r.registrations),
            "registered_at": _texts(lambda r: (n.partition("/")[0] for n in r.registrations)),
        },
        missing="registrations",
        trained=False,
        levels=(
            Level(
                condition=_overlap("registrations"),
                m=0.9,
                u=1e-5,
                vietnamese="cùng số đăng ký khai sinh",
                english="same birth registration number",
            ),
            # One office does not register one child twice; two offices may (vn_domain.md 2.1).
            Level(
                condition=_overlap("registered_at"),
                m=0.001,
                u=0.5,
                vietnamese="hai số đăng ký tại cùng một xã",
                english="two registrations at one office",
            ),
        ),
        otherwise=(0.03, 1.0),
        otherwise_words=("đăng ký khai sinh ở hai nơi", "registered at two offices"),
    ),
    # Minutes, seven days of public notice, then the entry in the register (NĐ 123/2015 Điều 14). The
    # shares are those of the sample world; a register holds entries of several years (u).
    Feature(
        name="registered",
        columns={
            "registered": _number(lambda r: r.registered),
            "found_day": _number(lambda r: r.found_low),
        },
        missing="registered",
        unsaid=UNREGISTERED,
        trained=False,
        levels=(
            Level(
                condition=_sql(f"{FOUND_TO_REGISTERED} between {NOTICE} and {LAST_REGISTERED}"),
                m=0.88,
                u=0.1,
                vietnamese="đăng ký khai sinh sau thời hạn niêm yết",
                english="registered when it was due after the finding",
            ),
            Level(
                condition=_sql(f"{FOUND_TO_REGISTERED} > {LAST_REGISTERED}"),
                m=0.11,
                u=0.5,
                vietnamese="đăng ký khai sinh muộn sau khi tìm thấy trẻ",
                english="registered late after the finding",
            ),
        ),
        otherwise=(0.01, 0.4),
        otherwise_words=(
            "đăng ký khai sinh trước khi hết niêm yết",
            "registered before the notice had ended",
        ),
    ),
    Feature(
        name="card",
        columns={
            "cards": _texts(lambda r: r.cards),
        },
        missing="cards",
        trained=False,
        levels=(
            Level(
                condition=_overlap("cards"),
                m=0.7,
                u=1e-6,
                vietnamese="cùng số thẻ bảo hiểm y tế",
                english="same health-insurance number",
            ),
        ),
        # A temporary card is replaced by a lasting one with another number (vn_domain.md 3.2).
        otherwise=(0.3, 1.0),
        otherwise_words=("số thẻ bảo hiểm khác nhau", "different health-insurance numbers"),
    ),
    Feature(
        name="file",
        columns={
            "files": _texts(lambda r: r.files),
            "file_places": _texts(lambda r: (f.partition("|")[0] for f in r.files)),
        },
        missing="files",
        trained=False,
        levels=(
            Level(
                condition=_overlap("files"),
                m=0.3,
                # Houses count from one each year, patients and stays apart: numbers coincide.
                u=3e-5,
                vietnamese="cùng số hồ sơ tại một nơi",
                english="same file number at one place",
            ),
            Level(
                condition=_overlap("file_places"),
                m=0.005,
                u=0.08,
                vietnamese="số hồ sơ khác nhau tại cùng một nơi",
                english="different file numbers at one place",
            ),
        ),
        otherwise=(0.5, 0.5),
        otherwise_words=("hồ sơ ở những nơi khác nhau", "files at different places"),
    ),
    Feature(
        name="letter",
        columns={
            "letters": _texts(lambda r: r.letters),
        },
        missing="letters",
        trained=False,
        levels=(
            Level(
                condition=_overlap("letters"),
                m=0.9,
                u=1e-6,
                vietnamese="cùng giấy chuyển tuyến",
                english="same transfer letter",
            ),
        ),
        otherwise=(0.5, 1.0),
        otherwise_words=("giấy chuyển tuyến khác nhau", "different transfer letters"),
    ),
    Feature(
        name="merged",
        columns={
            "merged": _texts(lambda r: r.merged),
        },
        missing="merged",
        trained=False,
        levels=(
            Level(
                condition=_overlap("merged"),
                m=0.9,
                u=1e-7,
                vietnamese="chính nơi đó nói hai số là một trẻ",
                english="the house itself says that both numbers are one patient",
            ),
        ),
        otherwise=(0.5, 0.5),
        otherwise_words=("gộp với số khác", "merged with other numbers"),
    ),
    # A report names the child by numbers of others' papers. One in twenty is another child's, and
    # then exactly one other child's: so an agreement is worth 16 bits, however long the number.
    Feature(
        name="copied",
        columns={
            "copied": _texts(lambda r: r.copied),
            "copied_own": _texts(_own_copied),
            "numbers": _texts(_numbers),
            "copied_books": _texts(lambda r: _registers(r.copied)),
            "books": _texts(lambda r: _registers(number_tokens(r))),
        },
        missing="numbers",
        unsaid=NOTHING_COPIED,
        trained=False,
        levels=(
            Level(
                condition=_sql(
                    f"({COPIED_OWN}) and (array_length(list_intersect(copied_l, numbers_r)) >= 2"
                    " or array_length(list_intersect(numbers_l, copied_r)) >= 2)"
                ),
                m=0.16,
                u=4e-8,
                vietnamese="phiếu nêu hai số của trẻ",
                english="the report names two numbers of the child",
            ),
            Level(
                condition=_sql(COPIED_OWN),
                m=0.16,
                u=2.4e-6,
                vietnamese="phiếu nêu một số của trẻ",
                english="the report names one number of the child",
            ),
            Level(
                condition=_sql(f"({COPIED_ANY}) and not {COPIED_ANOTHER}"),
                m=0.08,
                u=2.4e-6,
                vietnamese="phiếu nêu số mà anh chị em sinh đôi có thể dùng chung",
                english="the report names a number that twins may share",
            ),
            Level(
                condition=_sql(COPIED_ANY),
                m=0.004,
                u=2.4e-6,
                vietnamese="phiếu nêu số dùng chung, nhưng nêu số riêng khác",
                english="the report names a number that twins may share, and another number of its own",
            ),
            Level(
                condition=_sql(COPIED_ANOTHER),
                m=0.015,
                u=0.09,
                vietnamese="phiếu nêu số khác trong cùng một sổ",
                english="the report names another number in the same book",
            ),
        ),
        otherwise=(0.58, 0.9),
        otherwise_words=(
            "phiếu không nêu số nào của hồ sơ này",
            "the report names none of these numbers",
        ),
    ),
    Feature(
        name="due",
        columns={
            "due_low": _number(lambda r: r.due_low),
            "due_high": _number(lambda r: r.due_high),
            "began": _number(began),
        },
        missing="began",
        unsaid=NOT_DUE,
        trained=False,
        levels=(
            Level(
                condition=_sql(f"{DUE} and {SHORT}"),
                m=0.85,
                u=0.012,
                vietnamese="bước được làm đúng lúc sau khi tìm thấy trẻ",
                english="the step was done when it is due after the finding",
            ),
            Level(
                condition=_sql(DUE),
                m=0.95,
                u=0.6,
                vietnamese="bước được làm sau khi tìm thấy trẻ",
                english="the step was done after the finding",
            ),
            Level(
                condition=_sql(FOUND_DAY),
                m=0.005,
                u=0.8,
                vietnamese="bước không hợp với ngày tìm thấy",
                english="the step does not fit the day of finding",
            ),
        ),
        # Who only knows when the child came to it does not know when it was found.
        otherwise=(0.3, 0.8),
        otherwise_words=(
            "bước không hợp với ngày đến đầu tiên",
            "the step does not fit the first arrival",
        ),
    ),
    Feature(
        name="name",
        columns={
            "name_main": _text(_main_name),
            "names": _texts(_whole),
            "name_marks": _texts(lambda r: map(normalise.marked_without_order, _whole(r))),
            "name_bare": _texts(_unmarked),
            "name_orders": _texts(lambda r: (normalise.without_order(n) for n in _folded(r))),
            "name_ends": _texts(lambda r: (normalise.without_middle(n) for n in _folded(r))),
            "name_given": _texts(
                lambda r: (normalise.given_name(normalise.folded_name(n)) for n in r.names)
            ),
            "name_fold": _text(lambda r: normalise.folded_name(_main_name(r) or "") or None),
            "name_provisional": _number(lambda r: int(r.provisional) if r.names else None),
        },
        missing="name_given",
        levels=(
            Level(
                condition=lambda: cll.ExactMatchLevel("name_main"),
                m=0.55,
                u=0.0008,
                vietnamese="họ tên giống hệt",
                english="same full name",
                term_frequency="name_main",
            ),
            Level(
                condition=_overlap("names"),
                m=0.1,
                u=0.0004,
                vietnamese="có một họ tên giống hệt",
                english="one of the names is the same",
            ),
            Level(
                condition=_sql(SAME_BUT_UNMARKED),
                m=0.1,
                u=0.0005,
                vietnamese="cùng họ tên, khác thứ tự hoặc một bên viết không dấu",
                english="same name in another order, or typed without marks",
            ),
            # Slips happen, but An and Ân, Bảo and Bạo are also what twins are called.
            Level(
                condition=_overlap("name_orders"),
                m=0.014,
                u=0.001,
                vietnamese="họ tên chỉ khác nhau ở dấu",
                english="names that differ only in their marks",
            ),
            Level(
                condition=_overlap("name_ends"),
                m=0.06,
                u=0.004,
                vietnamese="cùng họ và tên, khác tên đệm",
                english="same family and given name, middle name differs",
            ),
            Level(
                condition=_sql("levenshtein(name_fold_l, name_fold_r) <= 2"),
                m=0.04,
                u=0.006,
                vietnamese="họ tên gần giống",
                english="names nearly the same",
            ),
            Level(
                condition=_both(ONE_IS_SHORT, "name_given"),
                m=0.03,
                u=0.006,
                vietnamese="cùng tên gọi, một bên chỉ biết tên gọi",
                english="same given name, and one side knows no more of the name",
            ),
            Level(
                condition=_overlap("name_given"),
                m=0.006,
                u=0.012,
                vietnamese="cùng tên gọi, khác họ hoặc tên đệm",
                english="same given name in another full name",
            ),
            # Registered, renamed, adopted: that a child had another name before was to be expected.
            Level(
                condition=_sql("name_provisional_l = 1 or name_provisional_r = 1"),
                m=0.04,
                u=0.05,
                vietnamese="tên khác nhau, một bên chỉ là tên tạm",
                english="different names, of which one was only for the time being",
            ),
            Level(
                condition=_sql(ONE_IS_SHORT),
                m=0.015,
                u=0.03,
                vietnamese="tên khác nhau, một bên chỉ biết tên gọi",
                english="different names, of which one is only a given name",
            ),
        ),
        otherwise=(0.11, 0.88),
        otherwise_words=("họ tên khác nhau", "different names"),
    ),
    Feature(
        name="birth",
        columns={
            "birth_day": _text(_birth_day),
            "birth_swapped": _text(lambda r: _swapped(_birth_day(r))),
            "birth_low": _number(lambda r: r.birth_low),
            "birth_high": _number(lambda r: r.birth_high),
        },
        missing="birth_low",
        levels=(
            Level(
                condition=lambda: cll.ExactMatchLevel("birth_day"),
                m=0.35,
                u=0.0007,
                vietnamese="cùng ngày sinh",
                english="same day of birth",
            ),
            Level(
                condition=_sql("birth_day_l = birth_swapped_r"),
                m=0.01,
                u=0.0005,
                vietnamese="ngày và tháng sinh đổi chỗ",
                english="day and month of birth swapped",
            ),
            Level(
                condition=_sql(f"birth_day_l <> birth_day_r and {BIRTH_GAP} <= 3"),
                m=0.06,
                u=0.004,
                vietnamese="ngày sinh cách nhau không quá ba ngày",
                english="birth dates at most three days apart",
            ),
            Level(
                condition=_sql("levenshtein(birth_day_l, birth_day_r) <= 1"),
                m=0.03,
                u=0.01,
                vietnamese="ngày sinh sai khác một chữ số",
                english="birth dates one digit apart",
            ),
            # A date set by the day of finding says again what the event says: it counts once.
            Level(
                condition=_sql(
                    f"{BIRTH_GAP} <= 3 and birth_high_l - birth_low_l <= 62"
                    " and birth_high_r - birth_low_r <= 62"
                ),
                m=0.3,
                u=0.1,
                trained=False,
                vietnamese="ngày sinh ước định gần nhau",
                english="conventional birth dates close together",
            ),
            Level(
                condition=_sql(f"{BIRTH_GAP} <= 0"),
                m=0.2,
                u=0.12,
                vietnamese="khoảng ngày sinh trùng nhau",
                english="birth intervals overlap",
            ),
            Level(
                condition=_sql(f"{BIRTH_GAP} <= 200"),
                m=0.04,
                u=0.1,
                vietnamese="ngày sinh cách nhau dưới bảy tháng",
                english="birth dates less than seven months apart",
            ),
        ),
        otherwise=(0.01, 0.7),
        otherwise_words=("ngày sinh khác nhau", "different birth dates"),
    ),
    # Thị or Văn, Lan or Hùng: who agrees in the whole name agrees in the sex by that already. The
    # shares are stated, each among pairs whose names agree or do not. A difference counts whole:
    # what is written wrong may be the name.
    Feature(
        name="sex",
        columns={
            "sex": _text(lambda r: r.sex),
        },
        missing="sex",
        trained=False,
        levels=(
            Level(
                condition=_sql(f"sex_l = sex_r and ({NAMED_ALIKE})"),
                m=0.98,
                u=0.85,
                vietnamese="cùng giới tính, như họ tên đã nói",
                english="same sex, as the name says already",
            ),
            Level(
                condition=lambda: cll.ExactMatchLevel("sex"),
                m=0.975,
                u=0.5,
                vietnamese="cùng giới tính",
                english="same sex",
            ),
        ),
        otherwise=(0.021, 0.5),
        otherwise_words=("giới tính khác nhau", "different sex"),
    ),
    # Place and day of finding, handing over and receiving hang together: one comparison, in which
    # only the strongest agreement counts.
    Feature(
        name="event",
        columns={
            "moves_hours": _texts(_move_hours),
            "moves_day": _texts(lambda r: _moves(r, 0)),
            "moves_days": _texts(lambda r: _moves(r, 2)),
            "places": _texts(_places),
            "passages": _texts(days_in_care),
            "provinces": _texts(lambda r: r.provinces),
            "communes": _texts(lambda r: r.communes),
            "areas": _texts(_areas),
            "found_low": _number(lambda r: r.found_low),
            "source": _text(lambda r: r.source),
            "events": _texts(lambda r: (*_places(r), *days_in_care(r), *_areas(r), *r.provinces)),
        },
        missing="events",
        levels=(
            # Hospitals see many births a day, but few children handed over by others.
            Level(
                condition=_both("source_l <> source_r", "moves_hours"),
                m=0.15,
                u=1e-5,
                vietnamese="cùng nơi giao nhận, trong vòng ba giờ",
                english="handed over at the same place within three hours",
            ),
            Level(
                condition=_both("abs(found_low_l - found_low_r) <= 1", "communes"),
                m=0.12,
                u=2e-5,
                vietnamese="tìm thấy cùng xã, cách nhau không quá một ngày",
                english="found in the same commune within a day",
            ),
            Level(
                condition=_both("source_l <> source_r", "moves_day"),
                m=0.13,
                u=3e-5,
                vietnamese="cùng nơi giao nhận, cùng ngày",
                english="handed over at the same place on the same day",
            ),
            Level(
                condition=_overlap("moves_hours"),
                m=0.03,
                u=1e-4,
                vietnamese="cùng bệnh viện, trong vòng ba giờ",
                english="in the same hospital within three hours",
            ),
            Level(
                condition=_overlap("moves_days"),
                m=0.06,
                u=1e-4,
                vietnamese="cùng nơi giao nhận, cách nhau không quá hai ngày",
                english="handed over at the same place within two days",
            ),
            Level(
                condition=_both("abs(found_low_l - found_low_r) <= 4", "communes"),
                m=0.02,
                u=3e-5,
                vietnamese="tìm thấy cùng xã, cách nhau vài ngày",
                english="found in the same commune within days",
            ),
            Level(
                condition=_both(PASSAGE, "passages", "provinces"),
                m=0.12,
                u=0.0004,
                vietnamese="rời nơi này và đến nơi kia cùng ngày, cùng tỉnh",
                english="left one body and came to the other on one day, same province",
            ),
            Level(
                condition=_both(f"{PASSAGE} and {NO_PROVINCE}", "passages"),
                m=0.07,
                u=0.002,
                vietnamese="rời nơi này và đến nơi kia cùng ngày",
                english="left one body and came to the other on one day",
            ),
            Level(
                condition=_both("abs(found_low_l - found_low_r) <= 1", "provinces"),
                m=0.03,
                u=0.0005,
                vietnamese="tìm thấy cùng ngày, cùng tỉnh",
                english="found on the same day in the same province",
            ),
            Level(
                condition=_overlap("places"),
                m=0.15,
                u=0.02,
                vietnamese="từng ở cùng một nơi",
                english="were at the same place",
            ),
            Level(
                condition=_overlap("areas"),
                m=0.1,
                u=0.004,
                vietnamese="cùng xã, phường",
                english="same commune",
            ),
            Level(
                condition=_overlap("provinces"),
                m=0.1,
                u=0.08,
                vietnamese="cùng tỉnh, thành phố",
                english="same province",
            ),
        ),
        otherwise=(0.05, 0.9),
        otherwise_words=("nơi và lúc không khớp", "place and time do not fit"),
    ),
    # The shares are computed, not trained: two newborns taken at random differ as two draws from a
    # normal distribution of standard deviation 450 g; two scales and readers differ by 3 % (u, m).
    Feature(
        name="weight",
        columns={
            "grams": _number(lambda r: r.grams),
            "grams_day": _number(lambda r: r.grams_day),
            "weight_born_low": _number(_weighs_born_from),
            "weight_born_high": _number(_weighs_born_until),
        },
        missing="grams",
        trained=False,
        levels=(
            Level(
                condition=_sql(f"{WEIGHT_DAYS} <= 4 and {WEIGHT_GAP} <= 50"),
                m=0.36,
                u=0.06,
                vietnamese="cân nặng gần bằng nhau, cách nhau vài ngày",
                english="nearly the same weight within days",
            ),
            Level(
                condition=_sql(f"{WEIGHT_DAYS} <= 4 and {WEIGHT_GAP} <= 150"),
                m=0.44,
                u=0.12,
                vietnamese="cân nặng tương tự, cách nhau vài ngày",
                english="similar weight within days",
            ),
            Level(
                condition=_sql(
                    f"{WEIGHT_DAYS} <= 4 and {WEIGHT_GAP} <= 0.15 * greatest(grams_l, grams_r)"
                ),
                m=0.15,
                u=0.28,
                vietnamese="cân nặng khác nhau một phần, cách nhau vài ngày",
                english="somewhat different weight within days",
            ),
            Level(
                condition=_sql(f"{WEIGHT_DAYS} <= 4"),
                m=0.05,
                u=0.54,
                vietnamese="cân nặng rất khác nhau trong vài ngày",
                english="very different weight within days",
            ),
            # A loss of a tenth after birth, a gain of 60 g a day at most (WHO growth velocity
            # standards, 2009), and some age at which both weights are inside the growth standards.
            Level(
                condition=_sql(f"{GAINED} and {WEIGHED_ONE_CHILD}"),
                m=0.95,
                u=0.6,
                vietnamese="cân nặng hợp với lứa tuổi",
                english="weight plausible for the time between",
            ),
        ),
        otherwise=(0.05, 0.4),
        otherwise_words=("cân nặng không hợp", "weight not plausible"),
    ),
    # Words and kind of the place are one comparison: who says "chùa" has said both.
    Feature(
        name="place_words",
        columns={
            "place_words": _texts(lambda r: r.place_words),
            "place_kinds": _texts(lambda r: r.place_kinds),
        },
        missing="place_words",
        unsaid=NO_PLACE,
        trained=False,
        levels=(
            Level(
                condition=_overlap("place_words", 2),
                m=0.6,
                u=0.15,
                vietnamese="lời tả nơi tìm thấy giống nhau",
                english="the place found is described alike",
            ),
            Level(
                condition=_overlap("place_kinds"),
                m=0.12,
                u=0.13,
                vietnamese="cùng loại nơi tìm thấy (chùa, chợ, bệnh viện…)",
                english="found at the same kind of place (pagoda, market, hospital...)",
            ),
            Level(
                condition=_sql("not list_has_any(place_kinds_l, place_kinds_r)"),
                m=0.2,
                u=0.58,
                vietnamese="tìm thấy ở những loại nơi khác nhau",
                english="found at different kinds of places",
            ),
            Level(
                condition=_overlap("place_words", 1),
                m=0.04,
                u=0.03,
                vietnamese="lời tả nơi tìm thấy có từ chung",
                english="the descriptions of the place share a word",
            ),
        ),
        otherwise=(0.04, 0.11),
        otherwise_words=("nơi tìm thấy tả khác nhau", "the place is described otherwise"),
    ),
    Feature(
        name="marks",
        columns={
            "marks": _texts(lambda r: r.marks),
        },
        missing="marks",
        levels=(
            Level(
                condition=_overlap("marks", 3),
                m=0.45,
                u=0.012,
                vietnamese="đặc điểm, đồ vật giống nhau",
                english="marks and belongings alike",
            ),
            Level(
                condition=_overlap("marks", 2),
                m=0.26,
                u=0.1,
                vietnamese="đặc điểm, đồ vật có hai từ chung",
                english="marks and belongings share two words",
            ),
            Level(
                condition=_overlap("marks", 1),
                m=0.09,
                u=0.12,
                vietnamese="đặc điểm, đồ vật có một từ chung",
                english="marks and belongings share a word",
            ),
        ),
        otherwise=(0.27, 0.75),
        otherwise_words=("đặc điểm, đồ vật khác nhau", "marks and belongings differ"),
    ),
    Feature(
        name="mother",
        columns={
            "mothers": _texts(lambda r: r.mothers),
            "mother_ids": _texts(lambda r: r.mother_ids),
        },
        missing="mothers",
        levels=(
            Level(
                condition=_overlap("mother_ids"),
                m=0.5,
                u=1e-5,
                vietnamese="cùng số giấy tờ của mẹ",
                english="same ID number of the mother",
            ),
            Level(
                condition=_overlap("mothers"),
                m=0.35,
                u=0.001,
                vietnamese="cùng họ tên mẹ",
                english="same name of the mother",
            ),
        ),
        otherwise=(0.15, 0.999),
        otherwise_words=("mẹ khác nhau", "different mothers"),
    ),
)


COLUMNS: Mapping[str, Column] = {
    name: column for feature in FEATURES for name, column in feature.columns.items()
}


def row(record: Comparable, columns: Mapping[str, Column] = COLUMNS) -> dict[str, Any]:
    """The record as one flat row for the engine: its key and every column of every feature."""
    return {"unique_id": record.key} | {name: c.of(record) for name, c in columns.items()}
