"""A stream's text, read forwards in bounded memory and written back byte for byte."""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from adapters.errors import PayloadError, Problem

SNIFFED = 1024 * 1024
"""Bytes by which the format is known: more than the longest line of JSON."""
CHUNK = 256 * 1024
MOST = 16 * 1024 * 1024
"""Characters of one record: as much as the readers take of one document."""

# The error handlers keep what is no character of the encoding, for the reader to refuse.
_WRITINGS = (
    (codecs.BOM_UTF16_LE, "utf-16-le", "surrogatepass"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "surrogatepass"),
    (codecs.BOM_UTF8, "utf-8", "surrogateescape"),
    (b"", "utf-8", "surrogateescape"),
)


def filled(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes, fewer only at the end: a socket may give less at a time."""
    pieces = []
    while count > 0 and (piece := stream.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


class Text:
    """What is read and not yet taken stands in `held` from `at` on."""

    def __init__(self, beginning: bytes, stream: BinaryIO) -> None:
        self.mark, self._codec, self._errors = next(
            writing for writing in _WRITINGS if beginning.startswith(writing[0])
        )
        self._decoder = codecs.getincrementaldecoder(self._codec)(self._errors)
        self._stream = stream
        self._begun = beginning[len(self.mark) :]
        self.ended = False
        """Whether `held` goes to the end of the stream."""
        self.held = ""
        self.at = 0
        self._read(SNIFFED)

    def take(self, end: int) -> str:
        """The text up to an index of `held`; the next begins there."""
        taken = self.held[self.at : end]
        self.at = end
        return taken

    def more(self) -> bool:
        """Drop what is taken, so that `at` is 0, and read on; False at the end.

        As much again as waits already, so that who looks at it anew each time looks at little
        twice. Raises PayloadError: TOO_LARGE, ENCODING.
        """
        self.held, self.at = self.held[self.at :], 0
        if len(self.held) >= MOST:
            raise PayloadError(Problem.TOO_LARGE)
        if self.ended and self._decoder.getstate()[0]:
            raise PayloadError(Problem.ENCODING)
        if self.ended:
            return False
        self._read(min(max(CHUNK, len(self.held)), MOST))
        return True

    def encoded(self, text: str) -> bytes:
        """As it was sent, without the byte order mark."""
        return text.encode(self._codec, self._errors)

    def unread(self) -> bytes:
        """All bytes that were read from the stream and not taken."""
        return self.encoded(self.held[self.at :]) + self._decoder.getstate()[0] + self._begun

    def _read(self, count: int) -> None:
        content, self._begun = self._begun[:count], self._begun[count:]
        content += filled(self._stream, count - len(content))
        self.ended = len(content) < count
        self.held += self._decoder.decode(content)
        if self.ended:
            # What is left of UTF-16 may be half a character: it stays with the decoder.
            with suppress(UnicodeDecodeError):
                self.held += self._decoder.decode(b"", final=True)


def lines(text: Text, end: re.Pattern[str], begin: int = 0) -> Iterator[str]:
    """Lines with their ends; what stands before the index `begin` of `held` is part of the first."""
    begin = max(begin, text.at)
    while True:
        for found in end.finditer(text.held, begin):
            yield text.take(found.end())
        # The last character again: a CR waits for its LF.
        begin = max(len(text.held) - text.at - 1, 0)
        if not text.more():
            break
    if text.held:
        yield text.take(len(text.held))
