"""Reads what a search asks for: its criteria, and how the answer is to look (R4, search.html)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.fhir.conditions import criterion, veils
from gateway.fhir.criteria import Comparison, Criterion, Ids, Mode, TokenWanted
from gateway.fhir.errors import (
    UnknownParameterError,
    UnsortableError,
    WrongParameterError,
    WrongValueError,
)
from gateway.fhir.parameters import TYPES, Kind, Parameter
from gateway.fhir.veil import MARK, Veil

MOST, USUAL = 500, 50
MOST_PARAMETERS = 64
LONGEST_VALUE = 8_000
SUMMARIES = ("true", "text", "data", "count", "false")
CURSOR = "_cursor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorting:
    """By which parameter, or by id where it is None."""

    parameter: Parameter | None
    descending: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Include:
    """References of `kind` that are followed; to `target` only, where one is named."""

    kind: str
    parameter: Parameter
    target: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Beside which row of its order a page begins: its keys and its id, as text."""

    keys: tuple[str, ...] = field(repr=False)
    is_before: bool = False
    """Whether the page ends before that row instead of beginning after it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """A search that can be carried out. `applied`: what of it was heeded, as it may be repeated."""

    kind: str
    criteria: tuple[Criterion, ...] = ()
    applied: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    count: int = USUAL
    sorting: tuple[Sorting, ...] = ()
    includes: tuple[Include, ...] = ()
    reverse_includes: tuple[Include, ...] = ()
    elements: tuple[str, ...] = ()
    summary: str = "false"
    is_total_wanted: bool = False
    place: Place | None = None
    cursor: str | None = None
    """That place, as it was sent."""

    @property
    def asks_for_records(self) -> bool:
        """Whether it names ids or tags: then a source's own Patients are shown too."""
        return any(
            isinstance(one, Ids) or (isinstance(one, Comparison) and one.parameter.name == "_tag")
            for one in self.criteria
        )

    @property
    def domains(self) -> frozenset[str]:
        """Systems of which a search for Patients wants the identifiers, and no others; none: of all.

        `identifier=system|` without a number (IHE PDQm, 2:3.78.4.1.2: patient identity domains).
        """
        return frozenset(
            wanted.system
            for one in self.criteria
            if self.kind == "Patient" and isinstance(one, Comparison) and _names_domains(one)
            for wanted in one.wanted
            if isinstance(wanted, TokenWanted) and wanted.system
        )

    @property
    def only_counts(self) -> bool:
        return self.summary == "count" or self.count == 0


def _names_domains(one: Comparison) -> bool:
    return (
        one.parameter.name == "identifier"
        and one.mode is Mode.IS
        and all(isinstance(wanted, TokenWanted) and wanted.code is None for wanted in one.wanted)
    )


def search_of(
    kind: str, asked: Sequence[tuple[str, str]], veil: Veil, *, is_lenient: bool = False
) -> Search:
    """All parameters must hold; values with commas are alternatives. Raises WrongParameterError.

    An unknown parameter is an error, because to leave it out would show more than was asked for;
    `is_lenient`: it is left out, as the caller wishes (R4, Prefer: handling=lenient).
    """
    if len(asked) > MOST_PARAMETERS:
        raise WrongParameterError
    search = Search(kind=kind)
    for name, value in asked:
        try:
            search = _with(search, name, value, veil)
        except UnknownParameterError:
            if not is_lenient:
                raise
        except WrongValueError as error:
            # All in the name was known, up to a modifier.
            error.expression = name.partition(":")[0]
            raise
    return search


def parts_of(kind: str, asked: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], str]:
    """`_elements` and `_summary` of a read, which heeds no other parameter."""
    search = Search(kind=kind)
    for name, value in asked:
        if name in ("_elements", "_summary"):
            search = CONTROLS[name](search, value)
    return search.elements, "false" if search.summary == "count" else search.summary


def place_text(place: Place, kind: str, veil: Veil) -> str:
    """A place as a cursor. It is veiled: the keys of an order are data of children."""
    return veil.over(json.dumps([place.is_before, *place.keys]), f"{kind}?{CURSOR}")


def _with(search: Search, name: str, value: str, veil: Veil) -> Search:
    if "\0" in value or len(value) > LONGEST_VALUE:
        raise WrongValueError
    if name == CURSOR:
        return replace(search, place=_place(search.kind, value, veil), cursor=value)
    reading = CONTROLS.get(name)
    if reading is not None:
        search = reading(search, value)
        return replace(search, applied=(*search.applied, (name, value)))
    return _with_criterion(search, name, value, veil)


def _with_criterion(search: Search, name: str, value: str, veil: Veil) -> Search:
    purpose, plain = f"{search.kind}?{name}", value
    if value.startswith(MARK):
        try:
            plain = veil.under(value, purpose)
        except ValueError as error:
            raise WrongValueError from error
    found = criterion(search.kind, name, plain)
    told = veil.over(plain, purpose) if veils(search.kind, name) else plain
    return replace(
        search, criteria=(*search.criteria, found), applied=(*search.applied, (name, told))
    )


def _place(kind: str, value: str, veil: Veil) -> Place:
    try:
        is_before, *keys = json.loads(veil.under(value, f"{kind}?{CURSOR}"))
    except ValueError as error:
        raise WrongValueError from error
    return Place(keys=tuple(keys), is_before=is_before)


def _count(search: Search, value: str) -> Search:
    if not (value.isascii() and value.isdigit()):
        raise WrongValueError
    return replace(search, count=min(int(value[:9]), MOST))


def _sort(search: Search, value: str) -> Search:
    found = []
    for one in value.split(","):
        name = one.removeprefix("-")
        parameter = TYPES[search.kind].get(name)
        if name != "_id" and parameter is None:
            raise WrongValueError
        if parameter is not None and parameter.through:
            raise UnsortableError
        found.append(Sorting(parameter=parameter, descending=one != name))
    if len(found) > MOST_SORTINGS:
        raise WrongValueError
    return replace(search, sorting=tuple(found))


MOST_SORTINGS = 3


def _include_of(value: str) -> Include:
    """`<type>:<parameter>[:<target>]`."""
    kind, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    parameter = TYPES.get(kind, {}).get(name)
    if parameter is None or parameter.kind is not Kind.REFERENCE:
        raise WrongValueError
    if target and target not in parameter.targets:
        raise WrongValueError
    return Include(kind=kind, parameter=parameter, target=target or None)


def _include(search: Search, value: str) -> Search:
    found = _include_of(value)
    if found.kind != search.kind:
        raise WrongValueError
    return replace(search, includes=(*search.includes, found))


def _reverse_include(search: Search, value: str) -> Search:
    found = _include_of(value)
    if search.kind not in found.parameter.targets or found.target not in (None, search.kind):
        raise WrongValueError
    return replace(search, reverse_includes=(*search.reverse_includes, found))


def _elements(search: Search, value: str) -> Search:
    names = tuple(name.removeprefix(f"{search.kind}.") for name in value.split(","))
    if not all(name.isalpha() and name.isascii() for name in names):
        raise WrongValueError
    return replace(search, elements=names)


def _summary(search: Search, value: str) -> Search:
    if value not in SUMMARIES:
        raise WrongValueError
    return replace(search, summary=value)


def _total(search: Search, value: str) -> Search:
    if value not in ("none", "estimate", "accurate"):
        raise WrongValueError
    return replace(search, is_total_wanted=value != "none")


def _total_method(search: Search, value: str) -> Search:
    """How fhirpy asks for a total."""
    if value not in ("count", "none"):
        raise WrongValueError
    return replace(search, is_total_wanted=value == "count")


def _as_is(search: Search, _value: str) -> Search:
    """Read by whoever writes the answer (`_format`), or without effect (`_pretty`)."""
    return search


CONTROLS: Mapping[str, Callable[[Search, str], Search]] = {
    "_count": _count,
    "_sort": _sort,
    "_include": _include,
    "_revinclude": _reverse_include,
    "_elements": _elements,
    "_summary": _summary,
    "_total": _total,
    "_totalMethod": _total_method,
    "_format": _as_is,
    "_pretty": _as_is,
}
"""Parameters that say how the answer is to look."""
