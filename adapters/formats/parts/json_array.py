"""A JSON array, cut between its elements; their bytes stay as sent."""

import re
from collections.abc import Iterator

from adapters.errors import PayloadError, Problem
from adapters.formats.parts.record import Cut, Record
from adapters.formats.parts.text import Text

_LOST_DEPTH = 1_000
"""Readers refuse much less, but then with one part and not with all that follows."""
_OPENING = re.compile(r"[ \t\r\n\x0b\x0c]*\[")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_INSIDE = re.compile(rf'(?:[^\[\]{{}}"]++|{_STRING})*+', re.DOTALL)
"""Up to the next bracket, or to a string that has no end yet."""
_BETWEEN = re.compile(rf'(?:[^\[\]{{}}",]++|{_STRING})*+', re.DOTALL)
"""Up to the next comma too."""


def cut(text: Text) -> Cut | None:
    """None where no array begins."""
    opening = _OPENING.match(text.held)
    if opening is None:
        return None
    return Cut(records=_elements(text, opening.end()), place="/{}".format)


def _elements(text: Text, begin: int) -> Iterator[Record]:
    """Raises PayloadError(MALFORMED): a bracket that none opens, no end, text behind the end;
    TOO_DEEP."""
    head = text.take(begin)
    number = depth = 0
    at = begin
    while True:
        found = (_INSIDE if depth else _BETWEEN).match(text.held, at)
        at = found.end() if found else at
        sign = text.held[at : at + 1]
        if sign in ("", '"'):
            at -= text.at
            if not text.more():
                raise PayloadError(Problem.MALFORMED)
            continue
        if not depth and sign in ",]}":
            if sign == ",":
                yield _element(text.take(at), number, head)
                text.take(at + 1)
                number += 1
            else:
                yield from _last(text, at, number, head)
                return
        else:
            depth += 1 if sign in "[{" else -1
        if depth > _LOST_DEPTH:
            raise PayloadError(Problem.TOO_DEEP)
        at += 1


def _element(sent: str, number: int, head: str) -> Record:
    return Record(
        text=sent,
        number=number,
        weight=weight(sent),
        head=head,
        closing="]",
        glue="," if number else "",
    )


def weight(sent: str) -> int:
    """Commas, strings and brackets: what the reader bounds in one document."""
    return sent.count(",") + sent.count('"') // 2 + 3 * (sent.count("{") + sent.count("["))


def _last(text: Text, at: int, number: int, head: str) -> Iterator[Record]:
    """The element before the array's end, which is at `at`, with all that follows."""
    if text.held[at] == "}":
        raise PayloadError(Problem.MALFORMED)
    end = at + 1
    while not text.held[end:].strip():
        at, end = at - text.at, end - text.at
        if not text.more():
            element = _element(text.take(at), number, head)
            element.text, element.closing = element.text + text.take(len(text.held)), ""
            yield element
            return
    yield _element(text.take(at), number, head)
    text.take(end)
    raise PayloadError(Problem.MALFORMED)
