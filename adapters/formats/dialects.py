"""Puts a source's own names and codes in the place of a sender's, for any object, row or table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from adapters.dialect import Dialect
from adapters.formats.fields import Field
from adapters.formats.values import Reader, Value, WrongValueError, plain, text


def in_our_words(record: Mapping[str, Any], dialect: Dialect) -> Mapping[str, Any]:
    """An object, as sent, with the source's names and codes; what is spelt our way goes first.

    A name is dotted; the objects of a list are all looked into (`tre.hoTen` in each of `tre`).
    """
    if not dialect:
        return record
    made: dict[str, Any] = deepcopy(dict(record))
    for spelling, name in dialect.spellings.items():
        _rename(made, spelling.split("."), name.split("."))
    for name, codes in dialect.codes.items():
        _translate(made, name.split("."), codes)
    return made


def names_in_our_words(names: frozenset[str], dialect: Dialect) -> frozenset[str]:
    """Names that a payload has, and those of ours that they stand for: enough to recognise it."""
    if not dialect:
        return names
    sent = set(map(plain, names))
    meant = (
        name.split(".")
        for spelling, name in dialect.spellings.items()
        if sent.issuperset(map(plain, spelling.split(".")))
    )
    return names.union(*meant)


def with_dialect(fields: Sequence[Field], dialect: Dialect) -> Sequence[Field]:
    """The columns of a sheet with a sender's titles, and its codes read as ours."""
    if not dialect:
        return fields
    titles: dict[str, tuple[str, ...]] = {}
    for spelling, name in dialect.spellings.items():
        titles[name] = (*titles.get(name, ()), spelling)
    return tuple(
        replace(
            one,
            aliases=(*one.aliases, *titles.get(one.name, ())),
            read=_reading(one.read, dialect.codes.get(one.name, {})),
        )
        for one in fields
    )


def translated(value: Any, codes: Mapping[str, str]) -> Any:
    """A code as sent, or each of a list or of a text with ";", as ours; any other as it is."""
    if isinstance(value, list):
        return [translated(one, codes) for one in value]
    if value is None or isinstance(value, Mapping):
        return value
    stated = _stated(value)
    folded = {plain(code): ours for code, ours in codes.items()}
    if plain(stated) in folded:
        return folded[plain(stated)]
    if ";" in stated:
        return "; ".join(folded.get(plain(part), part.strip()) for part in stated.split(";"))
    return value


def _stated(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return text(value) or ""
    except WrongValueError:
        return ""


def _reading(read: Reader, codes: Mapping[str, str]) -> Reader:
    if not codes:
        return read

    def read_code(value: Any) -> Value:
        return read(translated(value, codes))

    return read_code


def _rename(record: dict[str, Any], sent: list[str], ours: list[str]) -> None:
    """Move what stands under a sender's name to ours, unless something stands there."""
    if len(sent) > 1 and len(ours) > 1 and plain(sent[0]) == plain(ours[0]):
        for inner in _objects(record, sent[0]):
            _rename(inner, sent[1:], ours[1:])
        return
    *outer, last = sent
    holder = next(_reached(record, outer), None)
    key = _key(holder, last) if holder is not None else None
    if holder is None or key is None or _is_stated(record, ours):
        return
    value = holder.pop(key)
    _drop_empty(record, outer)
    *within, name = ours
    for step in within:
        record = record.setdefault(_key(record, step) or step, {})
    record[name] = value


def _drop_empty(record: dict[str, Any], path: list[str]) -> None:
    """Nobody is to be told of an object that is unknown and holds nothing any more."""
    for length in range(len(path), 0, -1):
        for holder in _reached(record, path[: length - 1]):
            key = _key(holder, path[length - 1])
            if key is not None and holder[key] == {}:
                del holder[key]


def _is_stated(record: Mapping[str, Any], path: Sequence[str]) -> bool:
    """Whether something stands at a name, or something that is no object stands in its way."""
    for number, step in enumerate(path, 1):
        key = _key(record, step)
        if key is None or record[key] is None:
            return False
        if number < len(path) and not isinstance(record[key], dict):
            return True
        record = record[key]
    return True


def _translate(record: dict[str, Any], path: list[str], codes: Mapping[str, str]) -> None:
    *outer, last = path
    for holder in _reached(record, outer):
        key = _key(holder, last)
        if key is not None:
            holder[key] = translated(holder[key], codes)


def _reached(record: dict[str, Any], path: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The objects to which names lead, through lists too."""
    found = [record]
    for step in path:
        found = [inner for outer in found for inner in _objects(outer, step)]
    yield from found


def _objects(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    key = _key(record, name)
    value = record[key] if key is not None else []
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _key(record: Mapping[str, Any], name: str) -> str | None:
    if name in record:
        return name
    return next((key for key in record if plain(key) == plain(name)), None)
