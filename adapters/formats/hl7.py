"""HL7 v2 in ER7: messages, segments and fields by the separators that each MSH declares."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats.er7 import Separators, unescaped

MAX_BYTES = 64 * 1024 * 1024
MAX_MESSAGES = 50_000
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_SEGMENTS = 5_000
MAX_FIELD_CHARACTERS = 64 * 1024
MAX_FIELD_PARTS = 2_000
"""Repetitions, components and subcomponents of one field together."""
FRAME_START, FRAME_END = b"\x0b", b"\x1c\r"
"""What MLLP puts around a message."""

Component: TypeAlias = tuple[str, ...]
"""Its subcomponents, unescaped."""
Repetition: TypeAlias = tuple[Component, ...]
Field: TypeAlias = tuple[Repetition, ...]
"""Empty where nothing is sent."""

_SNIFFED_BYTES = 64 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANK = b" \t\r\n\x0b\x1c"
_BOM = b"\xef\xbb\xbf"
_SAYS_SOMETHING = re.compile(rb"[^ \t\r\n\x0b\x1c]")
_LINE_END = re.compile(rb"[\r\n\x0b\x1c]+")
_HEADING = re.compile(rb"[MFB](?:(?<=M)SH|(?<!M)[HT]S)(?![A-Za-z0-9])")
"""MSH, FHS, BHS, FTS, BTS: each ends what stands before. A set first is much quicker than names."""
_AT_LINE_START = re.compile(rb"(?:\A|[\r\n\x0b\x1c])[ \t]*(?:\xef\xbb\xbf)?\Z")
_LONGEST_INDENT = 64
_FORBIDDEN = re.compile(r"[\x00-\x08\x0c\x0e-\x1f]")
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,2}))?")
_LATIN_1 = frozenset({"8859/1", "ISO 8859/1", "ISO-8859-1", "LATIN1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """One segment. Fields are numbered as HL7 does: MSH-1 is the field separator itself."""

    name: str
    number: int
    """Which of its name in the message, from 1."""
    separators: Separators
    codec: str
    raw: tuple[str, ...] = field(repr=False)

    @property
    def place(self) -> str:
        """`PID`, `PID[2]`."""
        return f"{self.name}[{self.number}]" if self.number > 1 else self.name

    def position(self, number: int, repetition: int = 0) -> str:
        """`PID-7`, `PID-3[2]`, `PID[2]-7`; repetitions from 1, 0 for all."""
        return f"{self.place}-{number}" + (f"[{repetition}]" if repetition else "")

    def field(self, number: int) -> Field:
        """All of a field. Raises PayloadError(TOO_LARGE)."""
        raw = self.raw[number] if number < len(self.raw) else ""
        if not raw:
            return ()
        if self.name == "MSH" and number <= 2:
            return (((raw,),),)
        marks = self.separators
        parts = sum(map(raw.count, filter(None, (marks.repetition, marks.component))))
        parts += raw.count(marks.subcomponent) if marks.subcomponent else 0
        if len(raw) > MAX_FIELD_CHARACTERS or parts > MAX_FIELD_PARTS:
            raise PayloadError(Problem.TOO_LARGE, self.position(number), f"{self.name}-{number}")
        return tuple(self._repetition(part) for part in _split(raw, marks.repetition))

    def _repetition(self, raw: str) -> Repetition:
        marks = self.separators
        return tuple(
            tuple(self._unescaped(part) for part in _split(component, marks.subcomponent))
            for component in _split(raw, marks.component)
        )

    def _unescaped(self, raw: str) -> str:
        return unescaped(raw, self.separators, self.codec)

    def text(self, number: int, component: int = 1) -> str:
        """The first subcomponent of a component of the first repetition, "" where there is none."""
        return next((part(found, component) for found in self.field(number)), "")


def part(repetition: Repetition, component: int, subcomponent: int = 1) -> str:
    """One value by HL7's numbers, "" where it is not sent."""
    if component > len(repetition) or subcomponent > len(repetition[component - 1]):
        return ""
    return repetition[component - 1][subcomponent - 1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message; `segments[0]` is its MSH."""

    position: str
    raw: bytes = field(repr=False)
    segments: tuple[Segment, ...] = field(repr=False)


def is_er7(content: bytes) -> bool:
    """Whether the content begins as a message or a batch, whatever stands around the frame."""
    start = content[:_SNIFFED_BYTES]
    if start.startswith(_UTF_16):
        start = start[2:].replace(b"\0", b"")
    return _HEADING.match(start.lstrip(_BLANK + _BOM + b"\xff\xfe")) is not None


def messages(content: bytes) -> Iterator[Message | Rejection]:
    """Each message of a file or frame, `message[1]` first; one that is broken is a Rejection.

    Lines end in CR, LF or both; batch headers and trailers and frame bytes are passed over. Text
    before the first of them is `message[0]`. Raises PayloadError: EMPTY, TOO_LARGE, ENCODING (UTF-16
    that is none), UNKNOWN_STRUCTURE (neither a message nor a batch).
    """
    if len(content) > MAX_BYTES:
        raise PayloadError(Problem.TOO_LARGE)
    content = _as_bytes(content)
    if not _SAYS_SOMETHING.search(content):
        raise PayloadError(Problem.EMPTY)
    blocks = _blocks(content)
    if all(kind == b"" for kind, _ in blocks):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE)
    number = 0
    for kind, (start, end) in blocks:
        if kind == b"MSH":
            number += 1
            yield _read(content[start:end], f"message[{number}]")
        elif not kind:
            stray = content[start:end]
            yield Rejection(problem=Problem.MALFORMED, position="message[0]", excerpt=stray)


def _as_bytes(content: bytes) -> bytes:
    try:
        if content.startswith(_UTF_16):
            content = content.decode("utf-16").encode()
    except UnicodeError:
        raise PayloadError(Problem.ENCODING) from None
    return content.removeprefix(_BOM)


def _blocks(content: bytes) -> list[tuple[bytes, tuple[int, int]]]:
    """(segment that it begins with, its bounds); b"" for what stands before the first."""
    found = []
    for kind, start in _headings(content):
        found.append((kind, start))
        if len(found) > MAX_MESSAGES:
            raise PayloadError(Problem.TOO_LARGE)
    first = found[0][1] if found else len(content)
    if _SAYS_SOMETHING.search(content, 0, first):
        found.insert(0, (b"", 0))
    ends = [*(start for _, start in found[1:]), len(content)]
    return [(kind, (start, end)) for (kind, start), end in zip(found, ends, strict=True)]


def _headings(content: bytes) -> Iterator[tuple[bytes, int]]:
    # Looked for by their letters, which is quicker than by what stands before them.
    for match in _HEADING.finditer(content):
        start = match.start()
        if _AT_LINE_START.search(content[max(0, start - _LONGEST_INDENT) : start]):
            yield match[0], start


def _read(raw: bytes, position: str) -> Message | Rejection:
    try:
        return Message(position=position, raw=raw, segments=_segments(raw))
    except PayloadError as error:
        refused = error.rejection
        where = position if refused.position == "/" else f"{position}/{refused.position}"
        return Rejection(
            problem=refused.problem, position=where, element=refused.element, excerpt=raw
        )


def _segments(raw: bytes) -> tuple[Segment, ...]:
    if len(raw) > MAX_MESSAGE_BYTES:
        raise PayloadError(Problem.TOO_LARGE)
    lines = [line for line in _LINE_END.split(raw) if line.strip(_BLANK)]
    if len(lines) > MAX_SEGMENTS:
        raise PayloadError(Problem.TOO_LARGE)
    separators = _separators(lines[0].decode("latin-1"))
    codec = _codec(raw, lines[0].decode("latin-1"), separators)
    texts = _whole_lines([line.decode(codec).lstrip() for line in lines], separators.field)
    counts: dict[str, int] = {}
    segments = []
    for text in texts:
        if _FORBIDDEN.search(text):
            raise PayloadError(Problem.FORBIDDEN_CHARACTER, text[:3].upper())
        name, *fields = text.split(separators.field)
        name = name.strip().upper()
        counts[name] = counts.get(name, 0) + 1
        if name == "MSH":
            fields.insert(0, separators.field)
        segments.append(
            Segment(
                name=name,
                number=counts[name],
                separators=separators,
                codec=codec,
                raw=(name, *fields),
            )
        )
    return tuple(segments)


def _separators(head: str) -> Separators:
    """What MSH-1 and MSH-2 declare. Raises MALFORMED."""
    mark = head[3:4]
    # Nobody declares more than five: a longer text is cut and so refused.
    return _declared(mark, head[4:].partition(mark)[0][:10] if mark else "")


@lru_cache(maxsize=100)
def _declared(mark: str, signs: str) -> Separators:
    """Printable signs, each another; the fifth marks cut values since v2.7."""
    declared = [mark, *signs]
    printable = all("!" <= sign <= "~" and not sign.isalnum() for sign in declared)
    if not printable or not 1 <= len(signs) <= 5 or len(set(declared)) < len(declared):
        raise PayloadError(Problem.MALFORMED, "MSH-2", "MSH-2")
    return Separators(
        field=mark,
        component=signs[0],
        repetition=signs[1:2],
        escape=signs[2:3],
        subcomponent=signs[3:4],
    )


def _codec(raw: bytes, head: str, separators: Separators) -> str:
    """UTF-8 wherever the bytes are that, else Latin-1 if MSH-18 says so. Raises ENCODING.

    A Latin-1 text with letters beyond ASCII is hardly ever UTF-8 by chance, but many senders write
    UTF-8 and declare 8859/1.
    """
    try:
        raw.decode()
    except UnicodeDecodeError:
        declared = [*head.split(separators.field), *[""] * 18][17]
        if _split(declared, separators.repetition)[0].strip().upper() in _LATIN_1:
            return "latin-1"
        raise PayloadError(Problem.ENCODING, "MSH-18", "MSH-18") from None
    return "utf-8"


def _whole_lines(lines: list[str], mark: str) -> list[str]:
    """A line that begins no segment goes on with the one before: a text with a bare line end."""
    begins = _segment_start(mark)
    whole: list[list[str]] = []
    for line in lines:
        if begins.match(line) or not whole:
            whole.append([line])
        else:
            whole[-1].append(line)
    return [" ".join(parts) for parts in whole]


@lru_cache(maxsize=100)
def _segment_start(mark: str) -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z][A-Za-z0-9]{{2}}(?:{re.escape(mark)}|\s*$)")


def _split(raw: str, mark: str) -> list[str]:
    return raw.split(mark) if mark else [raw]


def first_head(content: bytes) -> Segment | None:
    """The first MSH, however broken the rest is: who sent it, and under which control id."""
    start = next((at for kind, at in _headings(content) if kind == b"MSH"), None)
    if start is None:
        return None
    line = _LINE_END.split(content[start : start + MAX_FIELD_CHARACTERS], maxsplit=1)[0]
    try:
        separators = _separators(line.decode("latin-1"))
    except PayloadError:
        return None
    fields = line.decode("utf-8", "replace").split(separators.field)
    return Segment(
        name="MSH",
        number=1,
        separators=separators,
        codec="utf-8",
        raw=("MSH", separators.field, *fields[1:]),
    )


def value(segments: Mapping[str, Segment], path: str) -> str:
    """The value at `PV1-44` or `PID-11.9`, "" where the segment or the value is not sent."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise ValueError(f"no path of HL7: {path}")
    segment = segments.get(found[1])
    return segment.text(int(found[2]), int(found[3] or 1)) if segment else ""
