"""Opens an envelope: which tables a file holds, for whom, and each record's texts."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats import xml
from adapters.formats.dialects import translated
from adapters.formats.told_names import told
from adapters.sources.hospital.codes import ROOTS, ROWS, TABLE_NUMBERS, USED, WITHHELD
from adapters.sources.hospital.fields import cleaned, known_elements

KIND = "LOAIHOSO"
DOSSIER = "/GIAMDINHHS/THONGTINHOSO/DANHSACHHOSO/HOSO"
MAX_TABLE_BYTES = 16 * 1024 * 1024

_KIND = re.compile(r"(?:XML|BANG|BẢNG)?0*(\d{1,3})")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One record of one table: element → cleaned text, empty elements left out."""

    table: str
    position: str
    values: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)
    """The table as sent, for the rejection of this record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """All that one file holds."""

    facility: str = ""
    """MACSKCB as sent; "" where the file names no sender."""
    dossiers: list[tuple[Row, ...]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    dialect: Dialect = OURS


def open_envelope(content: bytes, dialect: Dialect = OURS) -> Envelope:
    """Read a whole file. Raises PayloadError where it is no XML, or holds nothing of this source.

    A table that cannot be read becomes a rejection, and the others are read.
    """
    envelope = Envelope(dialect=dialect)
    facility = ""
    count = 0
    for piece in xml.pieces(content, record="HOSO"):
        if xml.local_name(piece) == "HOSO":
            count += 1
            position = f"{DOSSIER}[{count}]"
        else:
            facility = _facility(piece)
            position = ""
        rows = tuple(_rows_below(piece, position, envelope))
        if rows:
            envelope.dossiers.append(rows)
    if not count and not _holds_anything(envelope, piece):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE)
    return Envelope(
        facility=facility,
        dossiers=envelope.dossiers,
        rejections=envelope.rejections,
        left_out=envelope.left_out,
        unknown=envelope.unknown,
    )


def _holds_anything(envelope: Envelope, root: etree._Element) -> bool:
    found = envelope.dossiers or envelope.rejections or envelope.left_out
    return bool(found) or xml.local_name(root) == "GIAMDINHHS"


def _facility(root: etree._Element) -> str:
    element = _first(root, "MACSKCB")
    return cleaned(element.text or "") if element is not None else ""


def _first(element: etree._Element, name: str) -> etree._Element | None:
    return next(element.iterdescendants(f"{{*}}{name}"), None)


def _rows_below(element: etree._Element, position: str, envelope: Envelope) -> Iterator[Row]:
    files = list(element.iterdescendants("{*}FILEHOSO"))
    for number, file in enumerate(files, start=1):
        yield from _rows_of_file(file, f"{position or '/'}/FILEHOSO[{number}]", envelope)
    if not files:
        for table, root in _tables(element):
            raw = etree.tostring(root, encoding="utf-8")
            place = f"{position}/{xml.local_name(root)}"
            yield from _rows_of_table(table, root, place, raw, envelope)


def _rows_of_file(file: etree._Element, position: str, envelope: Envelope) -> Iterator[Row]:
    kind = _first(file, KIND)
    named = _as_ours(envelope.dialect.codes, KIND, kind.text or "") if kind is not None else ""
    stated = _table_named(named)
    if stated in WITHHELD:
        envelope.left_out[stated] += 1
    if stated is not None and stated not in USED:
        return
    content = _first(file, "NOIDUNGFILE")
    holder = file if content is None else content
    position = f"{position}/NOIDUNGFILE"
    raw = _as_sent(holder)
    try:
        root = holder if len(holder) else _document(holder.text or "")
    except PayloadError as error:
        _refuse(envelope, error.rejection.problem, position, "NOIDUNGFILE", raw)
        return
    # The document's own root says better than LOAIHOSO which table it is.
    tables = list(_tables(root)) or ([(stated, root)] if stated else [])
    for table, element in tables:
        yield from _rows_of_table(table, element, position, raw, envelope)


def _rows_of_table(
    table: str, root: etree._Element, position: str, raw: bytes, envelope: Envelope
) -> Iterator[Row]:
    if table in WITHHELD:
        envelope.left_out[table] += 1
        return
    names = ROWS.get(table, frozenset())
    rows = [root] if xml.local_name(root) in names else []
    rows = rows or [row for row in root.iterdescendants() if xml.local_name(row) in names]
    for number, row in enumerate(rows or [root], start=1):
        place = f"{position}//{xml.local_name(row)}[{number}]" if rows and row is not root else ""
        values = _values(table, row, envelope)
        if values:
            yield Row(table=table, position=place or position, values=values, raw=raw)
        else:
            _refuse(envelope, Problem.UNKNOWN_STRUCTURE, place or position, None, raw)


def _values(table: str, row: etree._Element, envelope: Envelope) -> dict[str, str]:
    """The first filled text of each known element; others are counted by name."""
    known = known_elements(table)
    names = {sent.upper(): name for sent, name in envelope.dialect.spellings.items()}
    values: dict[str, str] = {}
    for sent, text in xml.leaves(row):
        name = names.get(sent, sent) if names else sent
        if name not in known.used:
            if name not in known.unused:
                envelope.unknown[f"{table}/{told(name)}"] += 1
        elif name not in values and (value := cleaned(text)):
            values[name] = value
    codes = envelope.dialect.codes
    return (
        {name: _as_ours(codes, name, value) for name, value in values.items()} if codes else values
    )


def _as_ours(codes: Mapping[str, Mapping[str, str]], element: str, text: str) -> str:
    """A sender's code as the standard's."""
    return str(translated(text, codes[element])) if element in codes else text


def _table_named(kind: str) -> str | None:
    """`XML1` for " xml 1 ", "1", "XML01"; None for what names no table by number."""
    match = _KIND.fullmatch(re.sub(r"[\s._-]+", "", kind).upper())
    if match is None:
        return None
    return TABLE_NUMBERS.get(match[1], f"XML{match[1]}")


def _tables(element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """The outermost elements that are a table's root."""
    table = ROOTS.get(xml.local_name(element))
    if table is not None:
        yield table, element
        return
    for child in element.iterchildren(etree.Element):
        yield from _tables(child)


def _document(text: str) -> etree._Element:
    """The inner document: base64, or markup that came as CDATA or escaped text."""
    text = text.strip().lstrip("\ufeff")
    if not text:
        raise PayloadError(Problem.EMPTY)
    content = _from_markup(text) if text.startswith("<") else _from_base64(text)
    return xml.parse(content, max_bytes=MAX_TABLE_BYTES)


def _from_markup(text: str) -> bytes:
    """Already decoded with its envelope: what it declares of its encoding is void."""
    return _DECLARATION.sub("", text).encode()


def _from_base64(text: str) -> bytes:
    compact = re.sub(r"\s+", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise PayloadError(Problem.MALFORMED) from None


def _as_sent(element: etree._Element) -> bytes:
    if len(element):
        return b"".join(etree.tostring(child, encoding="utf-8") for child in element)
    return (element.text or "").encode()


def _refuse(
    envelope: Envelope, problem: Problem, position: str, element: str | None, raw: bytes
) -> None:
    envelope.rejections.append(
        Rejection(problem=problem, position=position, element=element, excerpt=raw)
    )
