"""One JSON object a line, cut between lines; one object as a whole cannot be cut."""

import re
from collections.abc import Iterator
from itertools import islice

from adapters.formats import json
from adapters.formats.parts.json_array import weight
from adapters.formats.parts.record import Cut, Record
from adapters.formats.parts.text import Text, lines

_END = re.compile("\n")
_TRIED_LINES = 1_000


def cut(text: Text) -> Cut | None:
    """None where no line near the beginning is an object by itself."""
    if not _has_object(text):
        return None

    def may_begin(record: Record) -> bool:
        """Readers see by such a line that there are lines, and no document."""
        return record.text.startswith("{") and _is_object(record.text)

    return Cut(records=_lines(text), place="/{}".format, may_begin=may_begin, lines=True)


def _has_object(text: Text) -> bool:
    """Whether there are several lines, and one of the first that begin with `{` is an object."""
    found = text.held.strip().split("\n") if text.ended else text.held.lstrip().split("\n")[:-1]
    tried = islice((line for line in found if line.startswith("{")), _TRIED_LINES)
    several = len(found) > 1 or not text.ended
    return several and any(_is_object(line) for line in tried)


def _lines(text: Text) -> Iterator[Record]:
    blank = len(text.held) - len(text.held.lstrip())
    for number, line in enumerate(lines(text, _END, blank)):
        yield Record(text=line, number=number, weight=weight(line))


def _is_object(line: str) -> bool:
    return json.is_object(line.encode("utf-8", "surrogateescape"))
