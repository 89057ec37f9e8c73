"""Large payloads cut into small ones of the same format, in one pass and in bounded memory.

`parts` takes a stream of any length and gives payloads that the source's reader takes one by one:
what the readers find in the parts together is what they would find in the whole. Where it cuts
depends on nothing but the bytes, `size` and `records`, so that a payload which is sent again comes
in the same parts, byte for byte, and the registry knows each of them.

| format | a record | repeated in each part |
|---|---|---|
| CSV of a source's `columns` | a row | BOM, titles and header |
| JSON array | an element | `[` and `]` |
| JSON lines | a line | nothing |
| health XML, certificates, citizens | HOSO, GIAYCHUNGSINH, CongDan | all before the first; closing tags |
| HL7 v2 | a message | nothing |

A payload of at most `size` bytes is one part, untouched. So is, up to `WHOLE` bytes, what cannot be
cut: a workbook, one JSON object, a FHIR Bundle (its entries refer to each other, and only the whole
tells to which), XML without such records, a table without a known header. Beyond, it is refused.

What a reader tells of a record from another record of the same payload it can tell within a part
only: a mother's own message or record elsewhere in the file, several HOSO of one stay. They then
are what they would be in two files. An HL7 message that names a mother's file does not begin a
part, as the mother's own message mostly stands before it.

Each part is judged by itself: broken syntax inside a record spoils its part and no other. Where the
way to the next record is lost (no end, a record of more than `text.MOST` characters, tags that do
not match), all complete records before are given out first. Then PayloadError is raised: its
`rejection.excerpt` and what is still unread in the stream are all the bytes that no part holds.
They begin where the last part `ends`.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol, runtime_checkable

from adapters.errors import Problem
from adapters.formats import xlsx
from adapters.formats.fields import Field
from adapters.formats.hl7 import is_er7
from adapters.formats.parts import csv, hl7, json_array, json_lines, xml
from adapters.formats.parts.record import MAX_RECORDS, Cut, Part, Place, joined, refused
from adapters.formats.parts.text import SNIFFED, Text, filled

SIZE = 4 * 1024 * 1024
WHOLE = 64 * 1024 * 1024
"""The most that any reader takes."""

_MARK = 4
"""More than the bytes of any byte order mark."""
_BLANK = " \t\r\n\x0b\x0c"

__all__ = ["SIZE", "WHOLE", "Part", "Place", "TakesTables", "columns_of", "parts"]


@runtime_checkable
class TakesTables(Protocol):
    """A source adapter that takes tables: by its columns their header is found."""

    columns: Sequence[Field]


def columns_of(adapter: object) -> Sequence[Field]:
    """The columns of a source, none where it takes no tables."""
    return adapter.columns if isinstance(adapter, TakesTables) else ()


def parts(
    stream: BinaryIO,
    *,
    size: int = SIZE,
    records: int = MAX_RECORDS,
    columns: Sequence[Field] = (),
) -> Iterator[Part]:
    """Cut a payload into parts of about `size` bytes and at most so many records.

    A payload of `size` bytes is one part, however many records it has; one large record is a part.

    `columns` are those of the source, if it takes tables: without them a CSV file is not cut.
    Memory stays below a few times `size`, 16 MiB of text at the least, or WHOLE. Raises
    PayloadError: TOO_LARGE, MALFORMED, DOCTYPE, ENCODING (half a character of UTF-16 at the end).
    """
    beginning = filled(stream, max(size, SNIFFED) + _MARK)
    if len(beginning) <= size:
        yield Part(content=beginning)
        return
    text = Text(beginning, stream)
    cut = _cut(beginning, text, columns)
    if cut is None:
        yield _whole(beginning, stream)
    else:
        yield from joined(cut, text, size, records)


def _cut(beginning: bytes, text: Text, columns: Sequence[Field]) -> Cut | None:
    """By content: a file's name and a sender's word say little."""
    if xlsx.is_zip(beginning):
        return None
    match text.held.lstrip(_BLANK)[:1]:
        case "<":
            return xml.cut(text)
        case "[":
            return json_array.cut(text)
        case "{":
            return json_lines.cut(text)
    return hl7.cut(text) if is_er7(beginning) else csv.cut(text, columns)


def _whole(beginning: bytes, stream: BinaryIO) -> Part:
    content = beginning + filled(stream, max(WHOLE + 1 - len(beginning), 0))
    if len(content) > WHOLE:
        raise refused(Problem.TOO_LARGE, content)
    return Part(content=content)
