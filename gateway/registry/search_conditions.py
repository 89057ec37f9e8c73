"""Criteria of a search as SQL: which rows of `registry_search` answer for each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.sql.selectable import FromClause, TableValuedAlias

from gateway.fhir import criteria
from gateway.fhir.extraction import IDENTIFIED
from gateway.fhir.moments import DateWanted
from gateway.fhir.parameters import Kind, Parameter
from gateway.registry.tables import among
from gateway.registry.tables import search as table

Condition: TypeAlias = ColumnElement[bool]
Rows: TypeAlias = FromClause | TableValuedAlias
AFTER_ALL = chr(0x10FFFF)
"""No text that is kept has a character behind it."""
GOLDEN = "te-"
"""How ids of identities begin (linkage.store)."""
LINK = "link"
"""The parameter by which golden Patients lead to their records."""


def condition(
    kind: str, id_: ColumnElement[str], asked: criteria.Criterion, *, listed: bool
) -> Condition:
    """Whether a criterion holds of the resource of a type with this id.

    `listed`: only rows that are shown where nobody asks by tag or id need be looked at.
    """
    match asked:
        case criteria.Ids():
            return among(id_, asked.ids)
        case criteria.Chain():
            return id_.in_(_once(_chained(kind, asked, listed=listed)))
        case criteria.Has():
            return id_.in_(_once(_referred(kind, asked)))
        case criteria.HasAny():
            found = _has_any(kind, id_, asked.has)
            return ~found if asked.is_missing else found
        case _:
            return _test(kind, id_, asked, listed=listed)


def rows_of(kind: str, names: tuple[str, ...], *, listed: bool = False) -> tuple[Any, Condition]:
    """Rows of a type under these names, and the condition that takes them."""
    s = table.alias()
    return s, and_(
        s.c.type == kind,
        s.c.parameter == names[0] if len(names) == 1 else s.c.parameter.in_(names),
        # Both are named where it does not matter: the column stands in the middle of indexes.
        s.c.listed == true() if listed else s.c.listed.in_((True, False)),
    )


def _test(
    kind: str, id_: ColumnElement[str], asked: criteria.Comparison, *, listed: bool
) -> Condition:
    if asked.mode in (criteria.Mode.MISSING, criteria.Mode.NOT):
        return _without(kind, id_, asked)
    names = asked.parameter.names
    if asked.mode is criteria.Mode.IDENTIFIER:
        names = (f"{asked.parameter.kept}{IDENTIFIED}",)
    s, own = rows_of(kind, names, listed=listed)
    return id_.in_(select(s.c.id).where(own, _any_of(s.c, asked)))


def _without(kind: str, id_: ColumnElement[str], asked: criteria.Comparison) -> Condition:
    """:not and :missing: asked of each resource by itself, because there are no rows of it."""
    names = asked.parameter.names
    if asked.parameter.kind is Kind.REFERENCE:
        names = (*names, f"{asked.parameter.kept}{IDENTIFIED}")
    s, own = rows_of(kind, names)
    holds = _any_of(s.c, asked) if asked.wanted else _is_of(s.c, asked.parameter)
    found = exists().where(own, s.c.id == id_, holds)
    return found if asked.mode is criteria.Mode.MISSING and not asked.is_missing else ~found


def _is_of(c: Any, parameter: Parameter) -> Condition:
    """Rows of `_meta` hold two parameters, of which one may have no value."""
    column: ColumnElement[Any] = c.low if parameter.kind is Kind.DATE else c.value
    return column.is_not(None)


def _any_of(c: Any, asked: criteria.Comparison) -> Condition:
    if asked.parameter.kind is Kind.REFERENCE and asked.mode is not criteria.Mode.IDENTIFIER:
        return _references(c, asked.parameter, asked.wanted)
    return or_(*(_value(c, one, asked.mode) for one in asked.wanted))


def _value(c: Any, wanted: criteria.Wanted, mode: criteria.Mode) -> Condition:
    match wanted:
        case criteria.TokenWanted():
            return _token(c, wanted)
        case criteria.StringWanted():
            return _string(c, wanted, mode)
        case DateWanted():
            return and_(c.low.is_not(None), DATES[wanted.prefix](c, wanted))
        case criteria.ReferenceWanted():
            return _one_of(c, wanted.types, [wanted.id], meets=False)


def _token(c: Any, wanted: criteria.TokenWanted) -> Condition:
    parts = [c.value.is_not(None)]
    if wanted.code is not None:
        parts.append(c.value == wanted.code)
    if wanted.system is not None:
        parts.append(c.qualifier == wanted.system if wanted.system else c.qualifier.is_(None))
    return and_(*parts)


def _string(c: Any, wanted: criteria.StringWanted, mode: criteria.Mode) -> Condition:
    """A prefix is a range: LIKE is not leakproof, so that row-level security keeps it off indexes."""
    if mode is criteria.Mode.EXACT:
        return and_(c.value == wanted.folded, c.qualifier == wanted.exact)
    if mode is criteria.Mode.CONTAINS:
        return and_(c.value.is_not(None), func.strpos(c.value, wanted.folded) > 0)
    first, end = wanted.folded, wanted.folded + AFTER_ALL
    return and_(c.value >= first, c.value < end)


def _references(c: Any, parameter: Parameter, wanted: Sequence[criteria.Wanted]) -> Condition:
    """An identity's id stands for the ids of its records too: it is they that are referred to.

    Not by `link`, which says which records those are.
    """
    by_types: dict[tuple[str, ...], list[str]] = {}
    for one in wanted:
        assert isinstance(one, criteria.ReferenceWanted), "what references are read into"
        by_types.setdefault(one.types, []).append(one.id)
    meets = parameter.kept != LINK
    return or_(*(_one_of(c, types, ids, meets=meets) for types, ids in by_types.items()))


def _one_of(c: Any, types: Sequence[str], ids: Sequence[str], *, meets: bool) -> Condition:
    golden = [id_ for id_ in ids if meets and id_.startswith(GOLDEN) and "Patient" in types]
    meant = c.value.in_(_with_records(ids, golden)) if golden else c.value.in_(ids)
    return and_(c.qualifier.in_(types), meant)


def _with_records(ids: Sequence[str], golden: Sequence[str]) -> Any:
    """What golden Patients link to; where one is retired, what its successor links to too."""
    first, own = rows_of("Patient", (LINK,))
    further, theirs = rows_of("Patient", (LINK,))
    direct = select(first.c.value).where(own, first.c.id.in_(golden))
    indirect = select(further.c.value).where(theirs, further.c.id.in_(direct))
    # One set, and no OR beside it: that would keep the index from being used.
    return union(*(select(literal(id_)) for id_ in ids), direct, indirect)


def _matching(target: str, inner: criteria.Criterion) -> Any:
    """Ids of the resources of a type of which a criterion holds."""
    match inner:
        case criteria.Comparison(mode=mode) if mode not in (
            criteria.Mode.MISSING,
            criteria.Mode.NOT,
        ):
            s, own = rows_of(target, inner.parameter.names)
            if mode is criteria.Mode.IDENTIFIER:
                s, own = rows_of(target, (f"{inner.parameter.kept}{IDENTIFIED}",))
            return select(s.c.id).where(own, _any_of(s.c, inner))
        case criteria.Chain():
            return _chained(target, inner, listed=False)
        case criteria.Has():
            return _referred(target, inner)
        case _:
            s, own = rows_of(target, ("_meta",))
            return select(s.c.id).where(own, condition(target, s.c.id, inner, listed=False))


def _chained(kind: str, asked: criteria.Chain, *, listed: bool) -> Select[Any]:
    s, own = rows_of(kind, (asked.parameter.kept,), listed=listed)
    holds = [
        and_(s.c.qualifier == target, s.c.value.in_(_referable(target, inner)))
        for target, inner in asked.links
    ]
    return select(s.c.id).where(own, or_(false(), *holds))


def _referable(target: str, inner: criteria.Criterion) -> Any:
    """What is meant by a reference to what matches: for a golden Patient, its records."""
    found = _once(_matching(target, inner))
    if target != "Patient":
        return found
    link, own = rows_of("Patient", (LINK,))
    return union(found, select(link.c.value).where(own, link.c.id.in_(found)))


def _once(found: Any) -> Select[Any]:
    """The ids that a query gives, found out once: a planner that guesses wrong asks for each row."""
    kept = found.cte().prefix_with("MATERIALIZED")
    return select(kept.c[0])


def _referred(kind: str, asked: criteria.Has) -> Any:
    """Ids that are referred to by what matches; a golden Patient's by way of its records."""
    s, own = rows_of(asked.kind, (asked.parameter.kept,))
    matching = _once(_matching(asked.kind, asked.inner))
    found = _once(select(s.c.value).where(own, s.c.qualifier == kind, s.c.id.in_(matching)))
    if kind != "Patient":
        return found
    link, theirs = rows_of("Patient", (LINK,))
    return union(found, select(link.c.id).where(theirs, link.c.value.in_(found)))


def _has_any(kind: str, id_: ColumnElement[str], asked: criteria.Has) -> Condition:
    """Asked of each resource by itself, as :missing is; of a golden Patient by way of its records."""

    def refers(to: ColumnElement[str]) -> Condition:
        s, own = rows_of(asked.kind, (asked.parameter.kept,))
        holds = condition(asked.kind, s.c.id, asked.inner, listed=False)
        return exists().where(own, s.c.qualifier == kind, s.c.value == to, holds)

    if kind != "Patient":
        return refers(id_)
    link, theirs = rows_of("Patient", (LINK,))
    return or_(refers(id_), exists().where(theirs, link.c.id == id_, refers(link.c.value)))


def _inside(c: Any, asked: DateWanted) -> Condition:
    # That it begins before the end follows, and bounds the index on both sides.
    return and_(c.low >= asked.low, c.low < asked.high, c.high <= asked.high)


def _overlapping(c: Any, asked: DateWanted) -> Condition:
    return and_(c.low < asked.high, c.high > asked.low)


def _after(c: Any, moment: datetime) -> Condition:
    ends_later: Condition = c.high > moment
    return ends_later


def _before(c: Any, moment: datetime) -> Condition:
    begins_earlier: Condition = c.low < moment
    return begins_earlier


DATES: dict[str, Callable[[Any, DateWanted], Condition]] = {
    "eq": _inside,
    "ne": lambda c, asked: ~_inside(c, asked),
    "gt": lambda c, asked: _after(c, asked.high),
    "ge": lambda c, asked: or_(_after(c, asked.high), _inside(c, asked)),
    "lt": lambda c, asked: _before(c, asked.low),
    "le": lambda c, asked: or_(_before(c, asked.low), _inside(c, asked)),
    "sa": lambda c, asked: c.low >= asked.high,
    "eb": lambda c, asked: c.high <= asked.low,
    "ap": _overlapping,
}
"""Prefix → how the span of a row compares (R4, search.html#prefix)."""
