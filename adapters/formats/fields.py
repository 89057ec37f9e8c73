"""A table of fields turns an object or a row, as sent, into typed content."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from adapters.errors import PayloadError, Problem
from adapters.formats.told_names import told
from adapters.formats.values import Reader, Value, WrongValueError, plain, text


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field of a source: its official name, how it is read, and how else senders spell it.

    `name` is a column, or members joined by dots (`phatHien.maXa`); it is also the key in the
    content. Spellings are compared without case, marks, spaces and signs. Where a value cannot be
    read, a `required` field rejects the record; any other is only noted and left out.
    """

    name: str
    read: Reader = text
    required: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """The fields that state something, and those whose value could not be read."""

    values: dict[str, Any] = field(repr=False)
    unread: Sequence[tuple[str, Problem]] = ()


def read_object(fields: Iterable[Field], record: Mapping[str, Any], pointer: str) -> Content:
    """Read a JSON object. Raises PayloadError at the pointer of a required field."""
    values: dict[str, Any] = {}
    unread: list[tuple[str, Problem]] = []
    for wanted in fields:
        try:
            value = wanted.read(_found(record, wanted))
        except WrongValueError as wrong:
            if wanted.required:
                position = f"{pointer}/{wanted.name.replace('.', '/')}"
                raise PayloadError(wrong.problem, position, wanted.name) from None
            unread.append((wanted.name, wrong.problem))
        else:
            _keep(values, wanted.name, value)
    return Content(values=values, unread=unread)


def read_row(
    fields: Iterable[Field], cells: Mapping[str, str], position_of: Callable[[str], str]
) -> Content:
    """Read a sheet's row, its cells by official column name. Raises PayloadError like an object."""
    values: dict[str, Any] = {}
    unread: list[tuple[str, Problem]] = []
    for wanted in fields:
        try:
            value = wanted.read(cells.get(wanted.name) or None)
        except WrongValueError as wrong:
            if wanted.required:
                position = position_of(wanted.name)
                raise PayloadError(wrong.problem, position, wanted.name) from None
            unread.append((wanted.name, wrong.problem))
        else:
            _keep(values, wanted.name, value)
    return Content(values=values, unread=unread)


def unknown_names(known: Iterable[str], record: Mapping[str, Any]) -> Iterator[str]:
    """Members that no known name (dotted, every spelling) leads to, as dotted names.

    A member's name that does not look like a name is not told: it may be a value.
    """
    yield from _unknown(record, (), (), *_paths(frozenset(known)))


@lru_cache(maxsize=100)
def _paths(known: frozenset[str]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The names as paths, and what stands on the way to them."""
    paths = {tuple(map(plain, name.split("."))) for name in known}
    return paths, {path[:length] for path in paths for length in range(1, len(path))}


def _unknown(
    record: Mapping[str, Any],
    path: tuple[str, ...],
    above: tuple[str, ...],
    paths: set[tuple[str, ...]],
    prefixes: set[tuple[str, ...]],
) -> Iterator[str]:
    for name, value in record.items():
        here = (*path, plain(name))
        if here in prefixes and isinstance(value, dict):
            yield from _unknown(value, here, (*above, name), paths, prefixes)
        elif here not in paths and here not in prefixes:
            yield ".".join(map(told, (*above, name)))


def _keep(values: dict[str, Any], name: str, value: Value) -> None:
    if value is not None:
        values[name] = value


def _found(record: Mapping[str, Any], wanted: Field) -> Any:
    """The first spelling that states something. Raises WRONG_TYPE where an object must stand."""
    blocked = False
    for spelling in wanted.spellings:
        value: Any = record
        for part in spelling.split("."):
            if value is not None and not isinstance(value, dict):
                blocked, value = True, None
            value = _member(value, part) if value is not None else None
        if value is not None and not (isinstance(value, dict) and spelling != wanted.name):
            return value
    if blocked:
        raise WrongValueError(Problem.WRONG_TYPE)
    return None


def _member(record: Mapping[str, Any], name: str) -> Any:
    if name in record:
        return record[name]
    spelt = _spelt(tuple(record)).get(plain(name))
    return record[spelt] if spelt is not None else None


@lru_cache(maxsize=1_000)
def _spelt(names: tuple[str, ...]) -> Mapping[str, str]:
    """Plain name → the first name that is spelt so; the objects of one sender have one form."""
    return {plain(name): name for name in reversed(names)}
