"""Strict JSON: one object, an array of objects, or one object a line, each with its pointer."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats.told_names import told
from adapters.legacy_text import decode

JsonObject: TypeAlias = dict[str, Any]

MAX_BYTES = 64 * 1024 * 1024
MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 1_000_000
"""Strings, objects and arrays in one document, or commas: bounds what parsing costs in memory."""
MAX_NESTED = 300_000
"""Objects and arrays in one document."""
MAX_RECORDS = 100_000

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
# Matches from a quote always, to the closing quote or to the end: so the scan stays linear.
_TOKEN = re.compile(rb'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_SIGN = re.compile(_TOKEN.pattern + rb"|,", re.DOTALL)
_NAME = re.compile(rb'"((?:[^"\\]){1,60})"\s*:')
_SNIFFED_BYTES = 64 * 1024
_TRIED_LINES = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """The objects of a payload by JSON pointer, and the records that are none."""

    objects: Sequence[tuple[str, JsonObject]] = field(repr=False)
    rejections: Sequence[Rejection] = ()


class SentDecimal(float):
    """A number with a point or an exponent, and its digits as they were sent."""

    sent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How a payload is read. `within` names the list that an object holds its records in: a bad
    element is refused alone, and None stands in its place."""

    within: str = ""
    keeps_decimals: bool = False
    """Whether numbers with a point are SentDecimal instead of float."""


PLAIN_WAY = Way()


class _Doubled(dict[str, Any]):
    """An object in which a key occurs twice."""


def read(content: bytes, way: Way = PLAIN_WAY) -> Records:
    """Split a payload into its records; one bad record or line does not spoil the others.

    The pointer of a single object is "", of the n-th element or line `/n` (counted from 0, empty
    lines counted too). Raises PayloadError where nothing can be read: empty, too large, too deep,
    not UTF-8, broken syntax. A truncated array is refused as a whole: who cut it sends it again.
    """
    if len(content) > MAX_BYTES:
        raise PayloadError(Problem.TOO_LARGE)
    plain = _as_utf8(content).strip()
    if not plain:
        raise PayloadError(Problem.EMPTY)
    if plain.startswith(b"{") and b"\n" in plain and _is_line_by_line(plain):
        return _lines(plain, way)
    return _document(plain, way)


@lru_cache(maxsize=1)
def names(content: bytes) -> frozenset[str]:
    """Names of members near the beginning: enough to recognise whose payload this is.

    Kept, because every source is asked whether they are its own.
    """
    head = content[:_SNIFFED_BYTES]
    if head.startswith(_UTF16_BOMS):
        head = head.decode("utf-16", "ignore").encode()
    if head.removeprefix(_UTF8_BOM).lstrip()[:1] not in (b"{", b"["):
        return frozenset()
    return frozenset(name.decode("utf-8", "ignore") for name in _NAME.findall(head))


def step(pointer: str, name: str | int) -> str:
    """The pointer of a member. A member's name that may be a value is not told."""
    return f"{pointer}/{name if isinstance(name, int) else told(name)}"


def excerpt(value: object) -> bytes:
    """A refused record as bytes, to be kept."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _as_utf8(content: bytes) -> bytes:
    if content.startswith(_UTF16_BOMS):
        return decode(content).encode()
    return content.removeprefix(_UTF8_BOM)


def _is_line_by_line(plain: bytes) -> bool:
    """Whether some line that begins with `{` is an object by itself: indented ones do not count."""
    if plain.count(b"\n") >= MAX_RECORDS:
        raise PayloadError(Problem.TOO_LARGE)
    lines = (line for line in plain.split(b"\n") if line.startswith(b"{"))
    return any(is_object(line) for line in islice(lines, _TRIED_LINES))


def is_object(line: bytes) -> bool:
    """Whether a line is a record by itself."""
    try:
        return isinstance(_parsed(line, MAX_LINE_BYTES, PLAIN_WAY)[0], dict)
    except PayloadError:
        return False


def _lines(plain: bytes, way: Way) -> Records:
    objects: list[tuple[str, JsonObject]] = []
    rejections: list[Rejection] = []
    for number, line in enumerate(plain.split(b"\n")):
        if line.strip():
            _take_line(f"/{number}", line, way, objects, rejections)
    return Records(objects=objects, rejections=rejections)


def _take_line(
    pointer: str,
    line: bytes,
    way: Way,
    objects: list[tuple[str, JsonObject]],
    rejections: list[Rejection],
) -> None:
    try:
        value, suspicious = _parsed(line, MAX_LINE_BYTES, way)
        bad = _refuse_inside(value, pointer, way) if suspicious else []
        objects.append((pointer, _checked(value, pointer, suspicious)))
        rejections += bad
    except PayloadError as error:
        inside = error.rejection.position
        position = inside if inside.startswith(pointer) else pointer
        problem = error.rejection.problem
        rejections.append(Rejection(problem=problem, position=position, excerpt=line))


def _document(plain: bytes, way: Way) -> Records:
    try:
        value, suspicious = _parsed(plain, MAX_DOCUMENT_BYTES, way)
    except PayloadError as error:
        if error.rejection.problem is Problem.MALFORMED and plain.startswith(b"["):
            return _one_by_one(plain, way)
        raise
    if not isinstance(value, list):
        bad = _refuse_inside(value, "", way) if suspicious else []
        return Records(objects=[("", _checked(value, "", suspicious))], rejections=bad)
    if len(value) > MAX_RECORDS:
        raise PayloadError(Problem.TOO_LARGE)
    objects: list[tuple[str, JsonObject]] = []
    rejections: list[Rejection] = []
    for number, element in enumerate(value):
        try:
            bad = _refuse_inside(element, f"/{number}", way) if suspicious else []
            objects.append((f"/{number}", _checked(element, f"/{number}", suspicious)))
            rejections += bad
        except PayloadError as error:
            rejections.append(_refused(error, element))
    return Records(objects=objects, rejections=rejections)


def _one_by_one(plain: bytes, way: Way) -> Records:
    """The elements of a broken array that can be read. Raises MALFORMED where there are none."""
    objects: list[tuple[str, JsonObject]] = []
    rejections: list[Rejection] = []
    for number, element in enumerate(_elements(plain)):
        _take_line(f"/{number}", element, way, objects, rejections)
    if not objects:
        raise PayloadError(Problem.MALFORMED)
    return Records(objects=objects, rejections=rejections)


def _elements(plain: bytes) -> Iterator[bytes]:
    """The elements of an array as sent. Raises MALFORMED where its end is not that of the text."""
    depth, begin, closing = 0, 1, b""
    for count, sign in enumerate(_SIGN.finditer(plain)):
        first = sign[0][:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth == 0 or (depth == 1 and first == b","):
            yield plain[begin : sign.start()]
            begin = sign.end()
        if depth == 0:
            closing = first
            break
        if count > MAX_VALUES:
            raise PayloadError(Problem.TOO_LARGE)
    if closing != b"]" or begin != len(plain):
        raise PayloadError(Problem.MALFORMED)


def _refused(error: PayloadError, value: Any) -> Rejection:
    found = error.rejection
    return Rejection(problem=found.problem, position=found.position, excerpt=excerpt(value))


def _refuse_inside(value: Any, pointer: str, way: Way) -> list[Rejection]:
    """Put None in the place of each bad element of the list that holds the records."""
    inside = value.get(way.within) if isinstance(value, dict) else None
    if not isinstance(inside, list):
        return []
    rejections: list[Rejection] = []
    for number, element in enumerate(inside):
        try:
            _checked(element, f"{pointer}/{way.within}/{number}", True)
        except PayloadError as error:
            rejections.append(_refused(error, element))
            inside[number] = None
    return rejections


def _parsed(content: bytes, most: int, way: Way) -> tuple[Any, bool]:
    """The value, and whether anything in it needs a closer look."""
    if len(content) > most:
        raise PayloadError(Problem.TOO_LARGE)
    _measure(content)
    doubts: list[bool] = []

    def pairs(members: list[tuple[str, Any]]) -> JsonObject:
        made = dict(members)
        if len(made) == len(members):
            return made
        doubts.append(True)
        return _Doubled(made)

    def number(digits: str) -> float:
        found = float(digits)
        if not math.isfinite(found):
            doubts.append(True)
        return sent_decimal(digits) if way.keeps_decimals else found

    try:
        value = json.loads(
            decode(content), object_pairs_hook=pairs, parse_float=number, parse_constant=number
        )
    except (ValueError, RecursionError):
        raise PayloadError(Problem.MALFORMED) from None
    # Only an escape can bring a NUL or half a surrogate pair past the decoding.
    return value, bool(doubts) or b"\\u" in content


def sent_decimal(digits: str) -> SentDecimal:
    """Raises ValueError where the digits are no number."""
    made = SentDecimal(digits)
    made.sent = digits
    return made


def _measure(content: bytes) -> None:
    """Refuse depth and number of values before anything is built from them."""
    if content.count(b",") > MAX_VALUES:
        raise PayloadError(Problem.TOO_LARGE)
    depth, nested = 0, 0
    for count, token in enumerate(_TOKEN.finditer(content)):
        first = content[token.start()]
        if first in b"[{":
            depth, nested = depth + 1, nested + 1
        elif first in b"]}":
            depth -= 1
        if depth > MAX_DEPTH:
            raise PayloadError(Problem.TOO_DEEP)
        if count > MAX_VALUES or nested > MAX_NESTED:
            raise PayloadError(Problem.TOO_LARGE)


def _checked(value: Any, pointer: str, suspicious: bool) -> JsonObject:
    """The record, if it is an object without a doubled key, NUL, lone surrogate, NaN, infinity."""
    if not isinstance(value, dict):
        raise PayloadError(Problem.WRONG_TYPE, pointer or "/")
    if not suspicious or _is_sound(value):
        return value
    for inside, found in _walk(value, pointer):
        problem = _problem(found)
        if problem:
            raise PayloadError(problem, inside or "/")
    return value


def _is_sound(value: Any) -> bool:
    """Whether no walk with pointers, which is slow, will find anything."""
    if isinstance(value, dict):
        sound = not isinstance(value, _Doubled) and all(map(_is_sound, value))
        return sound and all(map(_is_sound, value.values()))
    if isinstance(value, list):
        return all(map(_is_sound, value))
    return _problem(value) is None


def _walk(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    yield pointer, value
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield step(pointer, name), name
            yield from _walk(inner, step(pointer, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, step(pointer, number))


def _problem(value: object) -> Problem | None:
    if isinstance(value, _Doubled):
        return Problem.DUPLICATE_KEY
    if isinstance(value, float) and not math.isfinite(value):
        return Problem.WRONG_NUMBER
    if isinstance(value, str) and not value.isascii():
        return Problem.ENCODING if _has_lone_surrogate(value) else None
    return Problem.FORBIDDEN_CHARACTER if isinstance(value, str) and "\0" in value else None


def _has_lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
