"""Finds resources: one page of ids in an order, how many there are, what they refer to."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Double,
    Select,
    Text,
    and_,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gateway.fhir.errors import TooCostlyError, WrongValueError
from gateway.fhir.parameters import META, Kind, Parameter
from gateway.fhir.query import Include, Place, Search, Sorting
from gateway.fhir.veil import Veil
from gateway.registry.search_conditions import AFTER_ALL, condition, rows_of
from gateway.registry.tables import among
from gateway.registry.tables import veil as veil_table

Name: TypeAlias = tuple[str, str]
"""Resource type and id."""
SLOWEST = "10s"
"""How long the database may search; what takes longer is to be asked more narrowly."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPage:
    """Ids in their order, and where the pages beside this one begin, if there are any."""

    ids: tuple[str, ...]
    following: Place | None = field(default=None, repr=False)
    previous: Place | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Key:
    """One column of an order. Columns that may be missing have a value in their place."""

    column: ColumnElement[Any]
    descending: bool
    type: Any


def veil_of(session: Session) -> Veil:
    """The veil of this database's links."""
    return Veil(key=session.execute(select(veil_table.c.key)).scalar_one())


def page(session: Session, asked: Search) -> FoundPage:
    """One page of what a search finds. Raises TooCostlyError."""
    base, holds = _base(asked)
    keys = _keys(asked, base)
    back = asked.place is not None and asked.place.is_before
    query = select(base.c.id, *(cast(key.column, Text) for key in keys)).where(holds)
    if asked.place is not None:
        query = query.where(_beyond(keys, asked.place))
    for key in keys:
        down = key.descending is not back
        query = query.order_by(key.column.desc() if down else key.column.asc())
    with bounded(session):
        rows = session.execute(query.limit(asked.count + 1)).all()
    return _page(asked, [tuple(row) for row in rows], back)


def count(session: Session, asked: Search) -> int:
    """How many resources a search finds on all of its pages. Raises TooCostlyError."""
    base, holds = _base(asked)
    with bounded(session):
        return session.scalar(select(func.count()).select_from(base).where(holds)) or 0


def included(session: Session, asked: Search, ids: Collection[str], most: int) -> list[Name]:
    """What the resources of a page refer to, or what refers to them, as the search asks.

    At most `most`; whoever asks for one more knows whether there are more. Raises TooCostlyError.
    """
    parts = [_forward(asked.kind, one, ids) for one in asked.includes]
    parts += [_backward(asked.kind, one, ids) for one in asked.reverse_includes]
    if not parts or not ids:
        return []
    whole = union(*parts).subquery()
    query = select(whole.c.kind, whole.c.id).order_by(whole.c.kind, whole.c.id).limit(most)
    with bounded(session):
        return [(row.kind, row.id) for row in session.execute(query)]


def _base(asked: Search) -> tuple[Any, ColumnElement[bool]]:
    """One row for each resource of the type, and whether the search finds it."""
    listed = not asked.asks_for_records
    base, own = rows_of(asked.kind, (META,), listed=listed)
    holds = [condition(asked.kind, base.c.id, one, listed=listed) for one in asked.criteria]
    return base, and_(own, *holds)


def _keys(asked: Search, base: Any) -> list[_Key]:
    """The columns of the order; the id is the last, so that no two rows are alike."""
    keys = [_key(asked.kind, base, one) for one in asked.sorting]
    return [*keys, _Key(column=base.c.id, descending=False, type=Text)]


def _key(kind: str, base: Any, sorting: Sorting) -> _Key:
    parameter, down = sorting.parameter, sorting.descending
    if parameter is None:
        return _Key(column=base.c.id, descending=down, type=Text)
    if parameter.name == "_lastUpdated":
        return _Key(column=base.c.low, descending=down, type=DateTime(timezone=True))
    return _far(kind, base, parameter, down)


def _far(kind: str, base: Any, parameter: Parameter, down: bool) -> _Key:
    """The least of a resource's values, or the greatest; what has none comes last."""
    s, own = rows_of(kind, parameter.names)
    furthest = func.max if down else func.min
    if parameter.kind is Kind.DATE:
        side, none = extract("epoch", s.c.low), "-Infinity" if down else "Infinity"
        value: Any = cast(furthest(side), Double)
        kept: Any = Double
    else:
        value, none, kept = furthest(s.c.value), "" if down else AFTER_ALL, Text
    found = select(value).where(own, s.c.id == base.c.id).scalar_subquery()
    absent = cast(literal(none), kept)
    column: ColumnElement[Any] = func.coalesce(found, absent)
    return _Key(column=column.collate("C") if kept is Text else column, descending=down, type=kept)


def _beyond(keys: Sequence[_Key], place: Place) -> ColumnElement[bool]:
    """Rows that come after the place, or before it: the first key that differs decides."""
    if len(keys) != len(place.keys):  # A cursor of another search.
        raise WrongValueError
    values = [cast(literal(v), key.type) for key, v in zip(keys, place.keys, strict=True)]
    cases = []
    for number, key in enumerate(keys):
        same = [keys[n].column == values[n] for n in range(number)]
        up = key.descending is place.is_before
        apart = key.column > values[number] if up else key.column < values[number]
        cases.append(and_(*same, apart))
    return or_(*cases)


def _page(asked: Search, rows: Sequence[tuple[str, ...]], back: bool) -> FoundPage:
    more = len(rows) > asked.count
    shown = list(rows[: asked.count])
    if back:
        shown.reverse()
    if not shown:
        return FoundPage(ids=())
    has_next, has_previous = (True, more) if back else (more, asked.place is not None)
    return FoundPage(
        ids=tuple(row[0] for row in shown),
        following=Place(keys=shown[-1][1:]) if has_next else None,
        previous=Place(keys=shown[0][1:], is_before=True) if has_previous else None,
    )


def _forward(kind: str, include: Include, ids: Collection[str]) -> Select[Any]:
    s, own = rows_of(kind, (include.parameter.kept,))
    targets = (include.target,) if include.target else include.parameter.targets
    return select(s.c.qualifier.label("kind"), s.c.value.label("id")).where(
        own, among(s.c.id, ids), s.c.qualifier.in_(targets)
    )


def _backward(kind: str, include: Include, ids: Collection[str]) -> Select[Any]:
    """What refers to the resources; to a golden Patient, what refers to its records."""
    s, own = rows_of(include.kind, (include.parameter.kept,))
    meant: ColumnElement[bool] = among(s.c.value, ids)
    if kind == "Patient":
        link, theirs = rows_of("Patient", ("link",))
        records = select(link.c.value).where(theirs, among(link.c.id, ids))
        meant = or_(meant, s.c.value.in_(records))
    return select(literal(include.kind).label("kind"), s.c.id.label("id")).where(
        own, s.c.qualifier == kind, meant
    )


@contextmanager
def bounded(session: Session) -> Iterator[None]:
    """What is searched in the block may take so long and no longer."""
    try:
        session.execute(text(f"SET LOCAL statement_timeout = '{SLOWEST}'"))
        yield
        session.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.QueryCanceled):
            raise TooCostlyError from error
        raise
