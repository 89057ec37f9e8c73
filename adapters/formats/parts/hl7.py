"""A file of HL7 v2 messages, cut before MSH."""

import re
from collections.abc import Iterator

from adapters.errors import PayloadError
from adapters.formats import hl7
from adapters.formats.hl7 import Message
from adapters.formats.parts.record import Cut, Record
from adapters.formats.parts.text import Text

_LINE_ENDS = "\r\n\x0b\x1c"
_BEGINNING = "[ \t]*\ufeff?MSH[^A-Za-z0-9]"
_FIRST = re.compile(rf"(?:\A|[{_LINE_ENDS}]){_BEGINNING}")
_NEXT = re.compile(rf"[{_LINE_ENDS}]{_BEGINNING}")
_MOTHER = 21
"""PID-21, the mother's file number."""
_WEIGHT = 10


def cut(text: Text) -> Cut | None:
    """None where no message stands near the beginning."""
    first = _FIRST.search(text.held)
    if first is None:
        return None

    def may_begin(record: Record) -> bool:
        """What a message says of its mother is completed from the mother's own, if that is near."""
        return not _names_mother(text.encoded(record.text))

    return Cut(
        records=_messages(text, first.end() - 1),
        place=lambda number: f"message[{number + 1}]",
        may_begin=may_begin,
    )


def _messages(text: Text, at: int) -> Iterator[Record]:
    """What stands before the first message, which `at` is in, belongs to it."""
    number = 0
    while True:
        found = _NEXT.search(text.held, at)
        if found:
            at = found.start() + 1
            yield Record(text=text.take(at), number=number, weight=_WEIGHT)
            number += 1
            continue
        # The last line may become the beginning of a message.
        at = max(at, *(text.held.rfind(end, at) for end in _LINE_ENDS)) - text.at
        if not text.more():
            yield Record(text=text.take(len(text.held)), number=number, weight=_WEIGHT)
            return


def _names_mother(content: bytes) -> bool:
    try:
        return any(
            segment.name == "PID" and bool(segment.field(_MOTHER))
            for message in hl7.messages(content)
            if isinstance(message, Message)
            for segment in message.segments
        )
    except PayloadError:
        return False
