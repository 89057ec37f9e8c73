"""Records of a stream, joined to parts of about one size."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from adapters.errors import PayloadError, Problem
from adapters.formats.parts.text import MOST, Text

MAX_RECORDS = 50_000
MAX_WEIGHT = 900_000
"""Commas, strings, tags, cells: each format weighs them so that its reader takes as many."""
TRIES = 100
"""Records at which a part that is full may go on until the next can begin."""

_NUMBER = re.compile(r"([^/]*?)(\d+)\]?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a part stands in the payload that it was cut from.

    `position` is where it begins, as its reader says it: `1!57` (sheet and row), `/56` (element or
    line of JSON), `message[57]`, `/…/HOSO[57]`; `/` for the whole. All bytes of the payload are
    those of its parts in their order: `before`, and the part's own without the first `repeated` and
    the last `added` ones.
    """

    begins: int = 0
    """Byte of the payload at which it begins, with `before`."""
    before: bytes = b""
    """What parts it from the one before it and is in neither."""
    repeated: int = 0
    added: int = 0
    first: int = 0
    """What is to be added to the number in a position inside the part: how many records (CSV: lines
    below the header) stand before it."""
    position: str = "/"
    alone: bool = False
    """Whether it is one line of JSON, which its reader takes for a document: it gives no number."""

    def located(self, position: str) -> str:
        """Where in the source's payload is what a reader found at a position of this part.

        What it says of the part as a whole is where the part begins.
        """
        if self.alone or position in ("", "/"):
            return self.position + position.rstrip("/")
        number = _NUMBER.search(self.position)
        if not self.first or number is None:
            return position
        place = re.compile(rf"((?:^|(?<=/)){re.escape(number[1])})(\d+)", re.IGNORECASE)
        return place.sub(lambda at: f"{at[1]}{int(at[2]) + self.first}", position, count=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part(Place):
    """A payload of its own, and where it stands in the source's."""

    content: bytes = field(repr=False)
    records: int = 0
    """How many it holds, blank lines not counted; 0 of a payload that is not cut."""

    @property
    def own(self) -> bytes:
        """The bytes of the payload that stand here."""
        return self.before + self.content[self.repeated : len(self.content) - self.added]

    @property
    def ends(self) -> int:
        """Byte of the payload behind its last."""
        taken = len(self.content) - self.repeated - self.added
        return self.begins + len(self.before) + taken


@dataclass(kw_only=True, slots=True)
class Record:
    """One record and all that stands between it and the next."""

    text: str = field(repr=False)
    number: int
    """How many stand before it."""
    count: int = 1
    """How many numbers it takes: lines of a row."""
    weight: int = 0
    head: str = field(default="", repr=False)
    """What a part that begins with it repeats."""
    closing: str = field(default="", repr=False)
    """What a part that ends with it lacks."""
    glue: str = ""
    """What stands before it where it does not begin a part."""


def _always(_: Record) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """How a payload is cut."""

    records: Iterator[Record] = field(repr=False)
    place: Callable[[int], str]
    """A record's number → its position."""
    may_begin: Callable[[Record], bool] = _always
    """Whether a reader takes a part that begins with the record as it takes the whole."""
    lines: bool = False
    """Whether records are lines of JSON."""


class _Draft:
    """A part that grows. One that begins where none should ends as soon as another can begin."""

    def __init__(self, cut: Cut, text: Text, first: Record, begins: int) -> None:
        self.cut, self.text, self.first, self.begins = cut, text, first, begins
        self.is_forced = first.number > 0 and not cut.may_begin(first)
        self.pieces = [text.mark + text.encoded(first.head)]
        self.bytes = len(self.pieces[0])
        self.weight = self.filled = self.tries = 0
        self.closing = ""

    def add(self, record: Record, content: bytes) -> None:
        self.pieces.append(content)
        self.bytes += len(content)
        self.weight += record.weight
        self.filled += not record.text.isspace()
        self.closing = record.closing

    def ends_before(self, record: Record, content: bytes, size: int, records: int) -> bool:
        full = (
            self.bytes + len(content) > size
            or self.weight + record.weight > MAX_WEIGHT
            or len(self.pieces) > records
        )
        if not full and not self.is_forced:
            return False
        self.tries += full
        return self.cut.may_begin(record) or self._must_end(record)

    def _must_end(self, record: Record) -> bool:
        """Readers refuse a part of nothing but blank lines, so these go on for longer."""
        if record.text.isspace():
            return self.bytes > MOST or len(self.pieces) > 2 * MAX_RECORDS
        return self.tries > TRIES

    def part(self) -> Part:
        closing = self.text.encoded(self.closing)
        is_first = self.first.number == 0
        return Part(
            content=b"".join([*self.pieces, closing]),
            records=self.filled,
            begins=self.begins,
            before=b"" if is_first else self.text.encoded(self.first.glue),
            repeated=0 if is_first else len(self.pieces[0]),
            added=len(closing),
            first=self.first.number,
            position=self.cut.place(self.first.number),
            alone=self.cut.lines and self.filled == 1,
        )


def joined(cut: Cut, text: Text, size: int, records: int) -> Iterator[Part]:
    """Parts of at most `size` bytes and so many records wherever these allow it.

    Raises PayloadError.
    """
    draft: _Draft | None = None
    following = at = 0
    trouble: PayloadError | None = None
    try:
        for record in cut.records:
            following = record.number + record.count
            content = text.encoded(record.glue + record.text)
            if draft and draft.ends_before(record, content, size, records):
                yield draft.part()
                draft = None
            begins, at = at, at + len(content)
            if draft is None:
                draft, content = _Draft(cut, text, record, begins), text.encoded(record.text)
                at += 0 if record.number else draft.bytes
            draft.add(record, content)
    except PayloadError as error:
        trouble = error
    if draft:
        yield draft.part()
    if trouble:
        raise refused(trouble.rejection.problem, text.unread(), cut.place(following))


def refused(problem: Problem, excerpt: bytes, position: str = "/") -> PayloadError:
    """The error with the bytes that nobody has read, at the position where they begin."""
    error = PayloadError(problem, position)
    error.rejection = replace(error.rejection, excerpt=excerpt)
    return error
