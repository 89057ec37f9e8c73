"""Untrusted XML, read in pieces: no DOCTYPE, no entities, no network, bounded size and depth."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from adapters.errors import PayloadError, Problem

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 100_000
"""Elements and attributes held at one time: about 25 MB in libxml2, and some tenths of a second."""
CHUNK = 256 * 1024
RESOURCE_LIMIT = 114
"""libxml2's XML_ERR_RESOURCE_LIMIT: its own caps on depth, names and text (10 MB)."""
ENCODING_ERRORS = frozenset({81, 32, 6003})
UTF_NAMES = frozenset({"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii"})
"""Declared encodings that never contradict the bytes: .NET writes "utf-16" into UTF-8 files."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
BEFORE_ROOT = re.compile(
    r"(?:\s++|<\?(?s:.*?)\?>|<!--(?s:.*?)-->)*+(?P<next><!DOCTYPE|<[^!?])", re.IGNORECASE
)
DECLARED = re.compile(r"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]{1,40})[\"']")


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace, upper case."""
    return _local(str(element.tag))


@lru_cache(maxsize=5_000)
def _local(tag: str) -> str:
    """Few names come millions of times."""
    return tag.rpartition("}")[2].upper()


def leaves(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Local name and text of each element below that has no child elements."""
    for child in element.iterdescendants(etree.Element):
        if len(child) == 0:
            yield local_name(child), child.text or ""


def members(element: etree._Element) -> Any:
    """An element as JSON values by local name: text, an object of what states something, or None.

    An element that comes several times becomes a list. Attributes are not members.
    """
    several: dict[str, list[Any]] = {}
    for child in element.iterchildren(etree.Element):
        value = members(child)
        if value is not None:
            several.setdefault(str(child.tag).rpartition("}")[2], []).append(value)
    found = {name: values[0] if len(values) == 1 else values for name, values in several.items()}
    return found or (element.text or "").strip() or None


def parse(content: bytes, *, max_bytes: int = MAX_BYTES) -> etree._Element:
    """The root of a whole document. Raises PayloadError."""
    *_, root = pieces(content, record="", max_bytes=max_bytes)
    return root


def pieces(content: bytes, *, record: str, max_bytes: int = MAX_BYTES) -> Iterator[etree._Element]:
    """Each element named `record` as soon as it ends, and the root last.

    A record is emptied once the next piece is asked for, so memory follows the largest record and
    not the file. Raises PayloadError: EMPTY, TOO_LARGE, TOO_DEEP, ENCODING, FORBIDDEN_CHARACTER,
    DOCTYPE, MALFORMED; records given out before a late error are then void.
    """
    if not content or content.isspace():
        raise PayloadError(Problem.EMPTY)
    if len(content) > max_bytes:
        raise PayloadError(Problem.TOO_LARGE)
    parser = _parser()
    walk = _Walk(record=record.upper())
    starts = 0
    for chunk in _checked_text(content):
        # Counting signs costs nothing, so that the excess of a whole document is never parsed.
        before, starts = starts, starts + chunk.count("<") - chunk.count("</")
        if not record and before and starts > MAX_ELEMENTS:
            raise PayloadError(Problem.TOO_LARGE)
        failure = _feed(parser, chunk)
        yield from walk.steps(parser, chunk)
        if failure is not None:
            raise PayloadError(failure)
    failure = _feed(parser, None)
    yield from walk.steps(parser, "")
    if failure is not None or walk.root is None:
        raise PayloadError(failure or Problem.MALFORMED)
    yield walk.root


def _parser() -> etree.XMLPullParser:
    # The text is decoded and checked before: `encoding` overrides what the file declares.
    return etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


@dataclass(slots=True)
class _Walk:
    """Where the parser stands in the tree: depth, elements held, the root."""

    record: str
    root: etree._Element | None = None
    depth: int = 0
    held: int = 0
    held_before: int = 0
    unfinished: int = 0

    def steps(self, parser: etree.XMLPullParser, chunk: str) -> Iterator[etree._Element]:
        before = self.held
        for event, element in parser.read_events():
            if not isinstance(element, etree._Element):
                continue
            if event == "start":
                self._enter(element)
            else:
                self.depth -= 1
                if self.record and local_name(element) == self.record:
                    yield from self._hand_out(element)
        # One endless start tag shows no event while its attributes pile up.
        self.unfinished = chunk.count("=") + (self.unfinished if self.held == before else 0)
        if self.unfinished > MAX_ELEMENTS // 10:
            raise PayloadError(Problem.TOO_LARGE)

    def _enter(self, element: etree._Element) -> None:
        if self.root is None:
            self.root = element
        self.depth += 1
        self.held += 1 + len(element.attrib)
        if self.depth > MAX_DEPTH:
            raise PayloadError(Problem.TOO_DEEP)
        if self.held > MAX_ELEMENTS:
            raise PayloadError(Problem.TOO_LARGE)

    def _hand_out(self, element: etree._Element) -> Iterator[etree._Element]:
        inside = sum(1 for _ in element.iterdescendants())
        yield element
        element.clear()
        self.held -= inside


def _feed(parser: etree.XMLPullParser, chunk: str | None) -> Problem | None:
    """Feed a chunk, or close at None; the failure is told after the events before it are read."""
    try:
        if chunk is None:
            parser.close()
        else:
            parser.feed(chunk.encode())
    except etree.XMLSyntaxError as error:
        # Only the number: libxml2's sentence quotes the payload.
        code = getattr(error, "code", 0)
        if code == RESOURCE_LIMIT:
            return Problem.TOO_LARGE
        return Problem.ENCODING if code in ENCODING_ERRORS else Problem.MALFORMED
    return None


def _checked_text(content: bytes) -> Iterator[str]:
    """The text in chunks: UTF-8, or UTF-16 with a byte order mark; no control characters."""
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if utf_16 else "utf-8-sig")("strict")
    declared = None
    for start in range(0, len(content), CHUNK):
        piece = content[start : start + CHUNK]
        try:
            text = decoder.decode(piece, final=start + CHUNK >= len(content))
        except UnicodeDecodeError:
            raise PayloadError(Problem.ENCODING) from None
        if FORBIDDEN.search(text):
            raise PayloadError(Problem.FORBIDDEN_CHARACTER)
        if start == 0:
            declared = _declared_encoding(text)
            _refuse_doctype(text)
        if declared not in UTF_NAMES and not text.isascii():
            raise PayloadError(Problem.ENCODING)
        yield text


def _declared_encoding(text: str) -> str:
    found = DECLARED.match(text)
    return found[1].lower() if found else "utf-8"


def _refuse_doctype(text: str) -> None:
    """Before the parser sees a byte; a root that hides behind a long comment is refused too."""
    found = BEFORE_ROOT.match(text)
    if found is None:
        raise PayloadError(Problem.MALFORMED)
    if found["next"].upper() == "<!DOCTYPE":
        raise PayloadError(Problem.DOCTYPE)
