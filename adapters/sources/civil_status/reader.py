"""Birth registrations as sent → statements."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from adapters.contract import Reading, Statement, content_hash
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats import births, json
from adapters.formats.dialects import in_our_words, names_in_our_words
from adapters.formats.fields import read_object, unknown_names
from adapters.formats.values import moment, plain
from adapters.sources.civil_status.fields import NOT_MAPPED, REGISTRATION

KEY = ("noiDangKy.maXa", "quyenSo", "so")
CHILD = ("nksHoTen", "nksNgaySinh", "nksSoDinhDanh", "nksSoGiayChungSinh", "nksNoiSinh")


def recognises(content: bytes, dialect: Dialect = OURS) -> bool:
    """No other source names the person born `nks…`."""
    names = names_in_our_words(json.names(content), dialect)
    return sum(plain(name).startswith("nks") for name in names) >= 2


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    records = json.read(content)
    statements: list[Statement] = []
    rejections = [*records.rejections]
    left_out: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for pointer, registration in records.objects:
        try:
            statement = _statement(in_our_words(registration, dialect), pointer, unknown)
        except PayloadError as error:
            rejections.append(_rejected(error, registration))
            continue
        if _is_adult(statement.content):
            left_out["adult"] += 1
        else:
            statements.append(statement)
    return Reading(
        statements=statements,
        rejections=rejections,
        left_out=dict(left_out),
        unknown_fields=dict(unknown),
    )


def _rejected(error: PayloadError, registration: object) -> Rejection:
    told = error.rejection
    return Rejection(
        problem=told.problem,
        position=told.position,
        element=told.element,
        excerpt=json.excerpt(registration),
    )


def _statement(registration: Mapping[str, Any], pointer: str, unknown: Counter[str]) -> Statement:
    found = read_object(REGISTRATION, registration, pointer)
    content = found.values
    if not any(name in content for name in (*CHILD, *KEY)):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, pointer or "/")
    spellings = [name for field in REGISTRATION for name in field.spellings]
    unknown.update(unknown_names([*spellings, *NOT_MAPPED], registration))
    unknown.update(f"{name}: {problem}" for name, problem in found.unread)
    parts = [content.get(name) for name in KEY]
    key = None if None in parts else "/".join(map(str, parts))
    return Statement(
        kind="birth-registration",
        record_id=key or f"~{content_hash(content)[:12]}",
        content=content,
        position=pointer or "/",
        effective=moment(content.get("ngayDangKy")),
        unkeyed=key is None,
    )


def _is_adult(content: Mapping[str, Any]) -> bool:
    born = content.get("nksNgaySinh")
    return bool(born) and births.is_adult(births.stated(str(born)), content.get("ngayDangKy"))
