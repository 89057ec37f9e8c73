"""Reads what a bulk export asks for (HL7 Bulk Data Access 2.0): types, criteria, since when."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from urllib.parse import parse_qsl

from gateway.fhir.errors import UnknownParameterError, WrongParameterError, WrongValueError
from gateway.fhir.moments import span
from gateway.fhir.parameters import TYPES
from gateway.fhir.query import CONTROLS, CURSOR, search_of
from gateway.fhir.veil import Veil

Pairs: TypeAlias = Sequence[tuple[str, str]]
NDJSON = "application/fhir+ndjson"
FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
NO_CHILD = frozenset({"Organization", "Location"})
"""Types that are about no child: left out where all of Patients is asked for."""
FILTER = re.compile(r",(?=[A-Z][A-Za-z]+(?:\?|%3F))")
"""A comma between two filters; any other belongs to a value."""
ELEMENT = re.compile(r"(?:([A-Z][A-Za-z]+)\.)?([A-Za-z]{1,64})")
MOST_FILTERS = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Filtered:
    """A type, and the criteria that its resources must meet."""

    kind: str
    criteria: Pairs = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bulk:
    """What is asked for. `kinds`: None where no types are named; `applied`: as it may be repeated."""

    kinds: tuple[str, ...] | None = None
    filters: tuple[Filtered, ...] = ()
    since: datetime | None = None
    elements: tuple[str, ...] = ()
    applied: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def bulk_of(asked: Pairs, veil: Veil, *, is_lenient: bool = False) -> Bulk:
    """Raises WrongParameterError; its `expression` names the parameter.

    An unknown parameter is an error, because an export without it may hold more than was asked for;
    `is_lenient`: it is left out.
    """
    bulk = Bulk()
    for name, value in asked:
        try:
            bulk = _with(bulk, name, value, veil)
        except UnknownParameterError:
            if not is_lenient:
                raise
        except WrongParameterError as error:
            error.expression = name  # It was known.
            raise
    if bulk.kinds is not None:
        strange = [one for one in bulk.filters if one.kind not in bulk.kinds]
        if strange and not is_lenient:
            raise _wrong("_typeFilter")
        bulk = replace(bulk, filters=tuple(one for one in bulk.filters if one not in strange))
    return bulk


def _wrong(name: str) -> WrongValueError:
    error = WrongValueError()
    error.expression = name
    return error


def steps_of(bulk: Bulk, kinds: Sequence[str]) -> list[Filtered]:
    """What is listed one after the other: each filter of a type, or all of it."""
    found = []
    for kind in kinds:
        own = [one for one in bulk.filters if one.kind == kind]
        found += own or [Filtered(kind=kind)]
    return found


def elements_of(elements: Sequence[str], kind: str) -> list[str]:
    """Those of the elements that are asked for of a type."""
    told = [ELEMENT.fullmatch(one) for one in elements]
    return [one[2] for one in told if one and one[1] in (None, kind)]


def _with(bulk: Bulk, name: str, value: str, veil: Veil) -> Bulk:
    read = READ.get(name)
    if read is None:
        raise UnknownParameterError
    bulk, told = read(bulk, value, veil)
    return replace(bulk, applied=(*bulk.applied, (name, told))) if told else bulk


Read: TypeAlias = tuple[Bulk, str]


def _type(bulk: Bulk, value: str, _veil: Veil) -> Read:
    kinds = value.split(",")
    if not set(kinds) <= TYPES.keys():
        raise WrongValueError
    return replace(bulk, kinds=tuple(dict.fromkeys((*(bulk.kinds or ()), *kinds)))), value


def _since(bulk: Bulk, value: str, _veil: Veil) -> Read:
    try:
        # An address of which nobody escaped the plus.
        since = span(value.replace(" ", "+")).low
    except (ValueError, OverflowError) as error:
        raise WrongValueError from error
    if since is None or bulk.since is not None:
        raise WrongValueError
    return replace(bulk, since=since), since.isoformat()


def _filter(bulk: Bulk, value: str, veil: Veil) -> Read:
    found = list(_filters(value, veil))
    if len(bulk.filters) + len(found) > MOST_FILTERS:
        raise WrongValueError
    told = ",".join(
        f"{one.kind}?{'&'.join(f'{name}={_quoted(value)}' for name, value in one.criteria)}"
        for one in found
    )
    return replace(bulk, filters=(*bulk.filters, *found)), told


def _quoted(value: str) -> str:
    for mark in "%,&+#":
        value = value.replace(mark, f"%{ord(mark):02X}")
    return value


def _filters(value: str, veil: Veil) -> Iterator[Filtered]:
    """Several may stand in one value, divided by commas: `Task?status=a,Condition?code=b%2Cc`."""
    for one in FILTER.split(value):
        kind, mark, query = one.replace("%3F", "?", 1).partition("?")
        pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
        controls = {name for name, _ in pairs} & {*CONTROLS, CURSOR}
        if kind not in TYPES or not mark or not pairs or controls:
            raise WrongValueError
        try:
            search = search_of(kind, pairs, veil)
        except WrongParameterError as error:
            raise WrongValueError from error
        yield Filtered(kind=kind, criteria=search.applied)


def _format(bulk: Bulk, value: str, _veil: Veil) -> Read:
    if value.replace(" ", "+") not in FORMATS:
        raise WrongValueError
    return bulk, value.replace(" ", "+")


def _elements(bulk: Bulk, value: str, _veil: Veil) -> Read:
    names = value.split(",")
    if not all(ELEMENT.fullmatch(name) for name in names):
        raise WrongValueError
    return replace(bulk, elements=(*bulk.elements, *names)), value


def _as_is(bulk: Bulk, _value: str, _veil: Veil) -> Read:
    """Read by whoever writes the answer, or without effect."""
    return bulk, ""


READ: Mapping[str, Callable[[Bulk, str, Veil], Read]] = {
    "_type": _type,
    "_since": _since,
    "_typeFilter": _filter,
    "_outputFormat": _format,
    "_elements": _elements,
    "_format": _as_is,
    "_pretty": _as_is,
}
