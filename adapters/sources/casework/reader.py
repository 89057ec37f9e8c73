"""Step reports as sent, objects or rows → one statement for each step of a child."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.contract import Reading
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Problem
from adapters.formats import births, json, sheet, xlsx
from adapters.formats.dialects import in_our_words, names_in_our_words, with_dialect
from adapters.formats.fields import Content, Field, read_object, read_row, unknown_names
from adapters.formats.gathering import Gathered, stated_key, statement
from adapters.formats.sheet import Row
from adapters.formats.values import moment, plain
from adapters.sources.casework import keys
from adapters.sources.casework.birth import birth_of
from adapters.sources.casework.fields import COLUMNS, NOT_MAPPED, ONLY_KNOWN, STEP
from adapters.sources.casework.steps import ZERO_REPORT

BODY, NUMBER, STEP_DONE, TIME = "maDonVi", "soPhieu", "buoc", "thoiGian"
CHILD = "tre"
_FEWEST = 2
"""Known cells that a row must state to be a report: a footer's signature is none."""
_BARE = {"benNhan": "ten"}
_KNOWN = [name for field in STEP for name in field.spellings] + [keys.MEMBER, *NOT_MAPPED]
_MARKS = (frozenset({"buoc", "sophieu"}), frozenset({"buoc", "madonvi"}))
_DROPPED = frozenset(field.name for field in ONLY_KNOWN)


def recognises(content: bytes, dialect: Dialect = OURS) -> bool:
    """Only step reports have a `buoc`, with their own number or their body's code beside it."""
    sent = names_in_our_words(json.names(content), dialect)
    names = sent or sheet.columns(content, with_dialect(COLUMNS, dialect))
    folded = {plain(name) for name in names}
    return any(mark <= folded for mark in _MARKS)


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    columns = with_dialect(COLUMNS, dialect)
    is_sheet = xlsx.is_zip(content) or sheet.columns(content, columns)
    return _read_sheet(content, columns) if is_sheet else _read_json(content, dialect)


def _read_json(content: bytes, dialect: Dialect) -> Reading:
    records = json.read(content)
    found = Gathered(rejections=[*records.rejections])
    for pointer, sent in records.objects:
        report = in_our_words(sent, dialect)
        try:
            told = _content_of_object(report, pointer)
            _take(told, pointer or "/", found)
        except PayloadError as error:
            found.refuse(error, json.excerpt(sent))
        else:
            found.unknown.update(unknown_names(_KNOWN, report))
            found.unknown.update(keys.unknown(_child(report)))
    return found.reading()


def _content_of_object(report: Mapping[str, Any], pointer: str) -> Content:
    spelt_out = {name: _spelt_out(name, value) for name, value in report.items()}
    told = read_object(STEP, spelt_out, pointer)
    named = keys.of_object(_child(report, pointer), f"{pointer}/{CHILD}")
    return Content(values=told.values | named.values, unread=[*told.unread, *named.unread])


def _child(report: Mapping[str, Any], pointer: str = "") -> Mapping[str, Any]:
    """What stands in `tre`, {} for nothing. Raises WRONG_TYPE."""
    child = next((value for name, value in report.items() if plain(name) == CHILD), None)
    if child is not None and not isinstance(child, Mapping):
        raise PayloadError(Problem.WRONG_TYPE, f"{pointer}/{CHILD}", CHILD)
    return child or {}


def _spelt_out(name: str, value: Any) -> Any:
    """A text in place of an object, as its member."""
    member = next((m for bare, m in _BARE.items() if plain(bare) == plain(name)), None)
    return {member: value} if member and not isinstance(value, Mapping | list) else value


def _read_sheet(content: bytes, columns: Sequence[Field]) -> Reading:
    table = sheet.read(content, columns)
    found = Gathered(rejections=[*table.rejections])
    found.unknown.update(table.unknown_columns)
    for row in table.rows:
        try:
            told = _content_of_row(row, columns)
            if row.is_sum(f"{CHILD}.hoTen") or len(told.values) < _FEWEST:
                found.left_out["not-a-record"] += 1
            else:
                _take(told, row.position, found)
        except PayloadError as error:
            found.refuse(error, row.excerpt)
    return found.reading()


def _content_of_row(row: Row, columns: Sequence[Field]) -> Content:
    told = read_row(columns, row.cells, row.position_of)
    values = {name: value for name, value in told.values.items() if name not in _DROPPED}
    return Content(values=keys.of_columns(values), unread=told.unread)


def _take(told: Content, position: str, found: Gathered) -> None:
    """Raises PayloadError: no step, no child, or a child in a zero report."""
    values = told.values
    names_child = any(name.startswith(f"{CHILD}.") for name in values)
    if STEP_DONE not in values:
        raise PayloadError(Problem.MISSING_VALUE, position, STEP_DONE)
    is_zero = values[STEP_DONE] == ZERO_REPORT
    if is_zero and names_child:
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, position, CHILD)
    if not is_zero and not names_child:
        raise PayloadError(Problem.MISSING_VALUE, position, CHILD)
    found.note_unread(told)
    if is_zero:
        found.left_out["zero-report"] += 1
    elif births.is_adult(birth_of(values), values.get(TIME)):
        found.left_out["adult"] += 1
    else:
        effective = moment(values.get(TIME))
        found.statements.append(statement("step", _key(values), values, position, effective))


def _key(values: Mapping[str, Any]) -> str | None:
    """`<maDonVi>/<soPhieu>`; zeros or words in place of a number are none."""
    body, number = stated_key(values.get(BODY)), stated_key(values.get(NUMBER))
    return f"{body}/{number}" if body and number else None
