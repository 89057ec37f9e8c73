"""Minutes as sent → one statement for each child."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import Reading, Statement, content_hash
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats import json
from adapters.formats.dialects import in_our_words, names_in_our_words
from adapters.formats.fields import Content, read_object, unknown_names
from adapters.formats.values import VIETNAM, moment, plain, texts
from adapters.sources.police import birth
from adapters.sources.police.fields import CHILD, LISTS, MINUTES, NOT_MAPPED

CHILDREN = "tre"
MARKS = frozenset({"BIEN_BAN_TRE_BI_BO_ROI"})
_MAKER, _NUMBER, _MADE, _ORDER = "donViLap.maXa", "soBienBan", "ngayLap", "tre.stt"
_FOUND = "phatHien.thoiGian"


@dataclass(kw_only=True, slots=True)
class _Found:
    """What reading gathers."""

    statements: list[Statement] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)


def recognises(content: bytes, dialect: Dialect = OURS) -> bool:
    """Minutes have children and a maker; a case number would make it another source's report."""
    names = {plain(name) for name in names_in_our_words(json.names(content), dialect)}
    return {"tre", "donvilap"} <= names and "mavuviec" not in names


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    records = json.read(content)
    found = _Found(rejections=[*records.rejections])
    for pointer, minutes in records.objects:
        try:
            _read_minutes(in_our_words(minutes, dialect), pointer, found)
        except PayloadError as error:
            found.rejections.append(_rejected(error, minutes))
    return Reading(
        statements=found.statements,
        rejections=found.rejections,
        left_out=dict(found.left_out),
        unknown_fields=dict(found.unknown),
    )


def _rejected(error: PayloadError, value: object) -> Rejection:
    told = error.rejection
    return Rejection(
        problem=told.problem,
        position=told.position,
        element=told.element,
        excerpt=json.excerpt(value),
    )


def _read_minutes(minutes: Mapping[str, Any], pointer: str, found: _Found) -> None:
    whole = read_object(MINUTES, minutes, pointer)
    _check_time(whole, pointer)
    children = _children(minutes, pointer)
    members = [entry.name for entry in MINUTES] + [CHILDREN, *NOT_MAPPED]
    found.unknown.update(unknown_names(members, minutes))
    found.unknown.update(f"{name}: {problem}" for name, problem in whole.unread)
    drafts = list(_drafts(children, pointer, found))
    orders = Counter(draft.get(_ORDER) for _, draft in drafts)
    for (position, draft), number in zip(drafts, range(1, len(drafts) + 1), strict=True):
        content = {**whole.values, **draft, "soTre": len(children)}
        # Two children under one number cannot both have the key; the place tells twins apart.
        doubled = orders[draft.get(_ORDER)] > 1
        if doubled:
            content["thuTu"] = number
        if len(children) == 1:
            content.setdefault(_ORDER, 1)
        if birth.is_adult(content):
            found.left_out["adult"] += 1
        else:
            found.statements.append(_statement(content, position, keyed=not doubled))


def _check_time(whole: Content, pointer: str) -> None:
    """A place and a time are enough to name a child (formats.md): where the minutes' own cannot be
    read, that of the find. Raises PayloadError where there is none."""
    problem = dict(whole.unread).get(_MADE)
    if problem and _FOUND not in whole.values:
        raise PayloadError(problem, f"{pointer}/{_MADE}", _MADE)


def _children(minutes: Mapping[str, Any], pointer: str) -> list[Any]:
    children = next((minutes[name] for name in minutes if plain(name) == CHILDREN), None)
    position = json.step(pointer, CHILDREN)
    if children is None or children == []:
        raise PayloadError(Problem.MISSING_VALUE, position, CHILDREN)
    if isinstance(children, Mapping):
        return [children]
    if not isinstance(children, list):
        raise PayloadError(Problem.WRONG_TYPE, position, CHILDREN)
    return children


def _drafts(
    children: list[Any], pointer: str, found: _Found
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Position and content of each child that can be read; the others are rejected alone."""
    for index, child in enumerate(children):
        position = f"{pointer}/{CHILDREN}/{index}"
        try:
            yield position, _draft(child, position, found)
        except PayloadError as error:
            found.rejections.append(_rejected(error, child))


def _draft(child: Any, position: str, found: _Found) -> dict[str, Any]:
    if not isinstance(child, Mapping):
        raise PayloadError(Problem.WRONG_TYPE, position, CHILDREN)
    read = read_object(CHILD, child, position)
    known = [entry.name for entry in CHILD] + [*LISTS, *NOT_MAPPED]
    found.unknown.update(f"{CHILDREN}.{name}" for name in unknown_names(known, child))
    found.unknown.update(f"{CHILDREN}.{name}: {problem}" for name, problem in read.unread)
    values = {f"{CHILDREN}.{name}": value for name, value in read.values.items()}
    for name in LISTS:
        listed = texts(child.get(name))
        if listed:
            values[f"{CHILDREN}.{name}"] = listed
    return values


def _statement(content: dict[str, Any], position: str, *, keyed: bool) -> Statement:
    key = _key(content) if keyed else None
    return Statement(
        kind="minutes",
        record_id=key or f"~{content_hash(content)[:12]}",
        content=content,
        position=position,
        effective=moment(content.get(_MADE)),
        unkeyed=key is None,
    )


def _key(content: Mapping[str, Any]) -> str | None:
    """`<donViLap.maXa>/<soBienBan>/<year of ngayLap>#<stt>`, or None where a part is missing."""
    made = moment(content.get(_MADE))
    parts = [content.get(_MAKER), content.get(_NUMBER), content.get(_ORDER)]
    if made is None or None in parts:
        return None
    maker, number, order = parts
    return f"{maker}/{number}/{made.astimezone(VIETNAM).year}#{order}"
