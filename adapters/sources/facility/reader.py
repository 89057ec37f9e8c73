"""Rosters as sent → one statement for each row that is a child."""

import re
from collections import Counter
from typing import Any

from adapters.contract import Reading, Statement, content_hash
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Rejection
from adapters.formats import sheet
from adapters.formats.codes import GROUP_OF
from adapters.formats.dialects import with_dialect
from adapters.formats.fields import Content, read_row
from adapters.formats.values import moment, plain
from adapters.sources.facility import birth
from adapters.sources.facility.fields import COLUMNS

HOME, FILE, NAME, RECEIVED = "Mã cơ sở", "Số hồ sơ", "Họ và tên", "Ngày tiếp nhận"
GROUP, OTHER_NAMES = "Nhóm hoàn cảnh", "Tên gọi khác"
_SERIAL = "STT"
_FEWEST = 2
"""Known cells that a row must state to be a record: a footer's signature is none."""


def recognises(content: bytes, dialect: Dialect = OURS) -> bool:
    """A roster has file numbers of a facility, and the school's list has not."""
    found = sheet.columns(content, with_dialect(COLUMNS, dialect))
    return {HOME, FILE} <= found or {FILE, RECEIVED} <= found


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    columns = with_dialect(COLUMNS, dialect)
    table = sheet.read(content, columns)
    statements: list[Statement] = []
    rejections = [*table.rejections]
    left_out: Counter[str] = Counter()
    unknown = Counter(table.unknown_columns)
    for row in table.rows:
        try:
            found = read_row(columns, row.cells, row.position_of)
        except PayloadError as error:
            rejections.append(_rejected(error, row.excerpt))
            continue
        unknown.update(f"{name}: {problem}" for name, problem in found.unread)
        content_of_row = _content(found, unknown)
        reason = "not-a-record" if row.is_sum(NAME) else _left_out(content_of_row)
        if reason:
            left_out[reason] += 1
        else:
            statements.append(_statement(content_of_row, row.position))
    return Reading(
        statements=statements,
        rejections=rejections,
        left_out=dict(left_out),
        unknown_fields=dict(unknown),
    )


def _rejected(error: PayloadError, excerpt: bytes) -> Rejection:
    told = error.rejection
    return Rejection(
        problem=told.problem, position=told.position, element=told.element, excerpt=excerpt
    )


def _content(found: Content, unknown: Counter[str]) -> dict[str, Any]:
    """Typed cells; lists split, the row's own number dropped: it is an order of arrival."""
    content = {name: value for name, value in found.values.items() if name != _SERIAL}
    if OTHER_NAMES in content:
        content[OTHER_NAMES] = _parts(content[OTHER_NAMES])
    if GROUP in content:
        codes = [GROUP_OF.get(plain(part)) for part in _parts(content[GROUP])]
        if None in codes:
            unknown[f"{GROUP}: wrong-code"] += 1
        content[GROUP] = sorted({code for code in codes if code})
    return content


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def _left_out(content: dict[str, Any]) -> str | None:
    """Why a row is no child's record: too little in it, or a grown-up."""
    named = any(content.get(name) for name in (FILE, NAME, RECEIVED))
    if not named or len(content) < _FEWEST:
        return "not-a-record"
    return "adult" if birth.is_adult(content) else None


def _statement(content: dict[str, Any], position: str) -> Statement:
    home, file = content.get(HOME), content.get(FILE)
    key = f"{home}/{file}" if home and file else None
    return Statement(
        kind="roster-row",
        record_id=key or f"~{content_hash(content)[:12]}",
        content=content,
        position=position,
        effective=moment(content.get(RECEIVED)),
        unkeyed=key is None,
    )
