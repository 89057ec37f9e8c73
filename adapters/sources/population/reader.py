"""Collections of citizens as sent → one statement for each child."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from adapters.contract import Reading
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Problem
from adapters.formats import xml
from adapters.formats.dialects import in_our_words
from adapters.formats.fields import read_object, unknown_names
from adapters.formats.gathering import Gathered, stated_key, statement
from adapters.formats.values import WrongValueError, instant, moment, plain
from adapters.sources.population import family
from adapters.sources.population.birth import is_adult
from adapters.sources.population.fields import (
    BARE,
    CANCELLED,
    CITIZEN,
    LISTS,
    NOT_MAPPED,
    REPRESENTATIVE,
)

CITIZENS, PERSON = "CONGDANCOLLECTION", "CONGDAN"
TIME = "ThoiDiemDuLieu"
_MARK = re.compile(rb"<(?:[\w.-]+:)?CongDanCollection[\s/>]", re.IGNORECASE)
_BEGINNING = 64 * 1024
_BARE = {plain(name): member for name, member in BARE.items()}
_KNOWN = [name for field in CITIZEN for name in field.spellings] + [*LISTS, *NOT_MAPPED]


def recognises(content: bytes) -> bool:
    """Whether a CongdanCollection stands near the beginning."""
    # Without NULs a UTF-16 file reads like an ASCII one.
    return _MARK.search(content[:_BEGINNING].replace(b"\0", b"")) is not None


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    found = Gathered()
    people: list[tuple[str, dict[str, Any]]] = []
    for count, (citizen, sent_at) in enumerate(_citizens(content), 1):
        position = f"/CongdanCollection/CongDan[{count}]"
        try:
            people.append((position, _content(citizen, position, sent_at, found, dialect)))
        except PayloadError as error:
            found.refuse(error, etree.tostring(citizen, encoding="utf-8"))
    for position, person in family.completed(people):
        if is_adult(person):
            found.left_out["adult"] += 1
        else:
            key, effective = stated_key(person.get("SoDinhDanh")), moment(person.get(TIME))
            found.statements.append(statement("citizen", key, person, position, effective))
    return found.reading()


def _citizens(content: bytes) -> Iterator[tuple[etree._Element, str | None]]:
    """Each citizen with ThoiDiemDuLieu as sent. Raises UNKNOWN_STRUCTURE without a collection."""
    for piece in xml.pieces(content, record=PERSON):
        if piece.getparent() is not None:
            times = (_attribute(element, TIME) for element in piece.iterancestors())
            yield piece, next(filter(None, times), None)
    # The last piece is the root.
    if not any(xml.local_name(element) == CITIZENS for element in piece.iter(etree.Element)):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE)


def _attribute(element: etree._Element, name: str) -> str | None:
    found = (value for key, value in element.attrib.items() if plain(str(key)) == plain(name))
    return next(map(str, found), None)


def _content(
    citizen: etree._Element,
    position: str,
    sent_at: str | None,
    found: Gathered,
    dialect: Dialect,
) -> dict[str, Any]:
    """What the element states, typed. Raises PayloadError where it states nothing known."""
    told = xml.members(citizen)
    if not isinstance(told, Mapping):
        raise PayloadError(Problem.MISSING_VALUE, position)
    record = {
        name: _with_members(name, value) for name, value in in_our_words(told, dialect).items()
    }
    content = read_object(CITIZEN, record, position)
    values = content.values | _lists(record, position, found)
    if not values:
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, position)
    found.note_unread(content)
    found.unknown.update(unknown_names(_KNOWN, record))
    return values | _time(sent_at, found)


def _with_members(name: str, value: Any) -> Any:
    """Plain text in place of an element's members, as the member that it is."""
    member = _BARE.get(plain(name))
    return {member: value} if member and isinstance(value, str) else value


def _time(sent_at: str | None, found: Gathered) -> dict[str, str]:
    try:
        at = instant(sent_at)
    except WrongValueError as wrong:
        found.unknown[f"{TIME}: {wrong.problem}"] += 1
        return {}
    return {TIME: at} if at else {}


def _lists(record: Mapping[str, Any], position: str, found: Gathered) -> dict[str, Any]:
    """What may stand several times: cancelled numbers and representatives, sorted by number."""
    lists: dict[str, Any] = {}
    for name, fields in zip(LISTS, (CANCELLED, REPRESENTATIVE), strict=True):
        values = []
        for item in _items(record, name):
            content = read_object(fields, item, position)
            found.unknown.update(f"{name}.{field}: {problem}" for field, problem in content.unread)
            if content.values and content.values not in values:
                values.append(content.values)
        if values:
            lists[name] = sorted(values, key=lambda value: sorted(value.items()))
    return lists


def _items(record: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The list's items as objects: a bare text is a number, and one element may hold several."""
    listed: Any = next((v for key, v in record.items() if plain(key) == plain(name)), [])
    for item in listed if isinstance(listed, list) else [listed]:
        members = item if isinstance(item, Mapping) else {BARE.get(name, "SoDinhDanh"): item}
        numbers = members.get("SoDinhDanh")
        if isinstance(numbers, list):
            yield from ({"SoDinhDanh": number} for number in numbers)
        else:
            yield members
