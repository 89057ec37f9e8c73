"""Student lists as sent → one statement for each row that is a student."""

from typing import Any

from adapters.contract import Reading
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError
from adapters.formats import births, sheet
from adapters.formats.dialects import with_dialect
from adapters.formats.fields import read_row
from adapters.formats.gathering import Gathered, stated_key, statement
from adapters.sources.education.fields import (
    BORN,
    CARD,
    CLASS,
    COLUMNS,
    KEPT_OUT,
    NAME,
    PERSONAL_ID,
    SCHOOL,
    SCHOOL_CODE,
    STATUS,
    STUDENT_ID,
)

_OF_A_CHILD = (STUDENT_ID, NAME, PERSONAL_ID)
_FEWEST = 2
"""Known cells that a row must state to be a student: a footer's signature is none."""


def recognises(content: bytes, dialect: Dialect = OURS) -> bool:
    """Classes and students: a home's roster has files in place of them."""
    found = sheet.columns(content, with_dialect(COLUMNS, dialect))
    of_school = found & {SCHOOL, SCHOOL_CODE, CLASS}
    return bool(of_school) and (
        STUDENT_ID in found or ({NAME, CLASS} <= found and bool(found & {SCHOOL, STATUS}))
    )


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    columns = with_dialect(COLUMNS, dialect)
    table = sheet.read(content, columns, sheet.LITERAL_EMPTIES)
    found = Gathered(rejections=[*table.rejections])
    found.unknown.update(table.unknown_columns)
    for row in table.rows:
        try:
            cells = read_row(columns, row.cells, row.position_of)
        except PayloadError as error:
            found.refuse(error, row.excerpt)
            continue
        found.note_unread(cells)
        student = _student(cells.values)
        if reason := "not-a-record" if row.is_sum(NAME) else _left_out(student):
            found.left_out[reason] += 1
        else:
            key = stated_key(student.get(STUDENT_ID))
            found.statements.append(statement("student-row", key, student, row.position))
    return found.reading()


def _student(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is not taken; a personal ID in the place of the key gets both its zeros back."""
    student = {name: value for name, value in values.items() if name not in KEPT_OUT}
    own, number = student.get(PERSONAL_ID) or student.get(CARD), student.get(STUDENT_ID)
    if own and number and len(number) == 10 and number.zfill(12) == own:
        student[STUDENT_ID] = own
    return student


def _left_out(student: dict[str, Any]) -> str | None:
    """Why a row is no child's record: too little in it, or a grown-up. A list states no time."""
    if len(student) < _FEWEST or not any(name in student for name in _OF_A_CHILD):
        return "not-a-record"
    stated = student.get(BORN)
    return "adult" if births.is_adult(births.stated(stated) if stated else None) else None
