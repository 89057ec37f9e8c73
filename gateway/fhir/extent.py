"""Reads which part is asked for of a history (R4, http.html#history) or of all of a child."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.fhir.errors import UnknownParameterError, WrongValueError
from gateway.fhir.moments import span
from gateway.fhir.parameters import TYPES
from gateway.fhir.query import CURSOR, MOST, USUAL
from gateway.fhir.veil import Veil


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """From when on, how many at a time, of which types (none: of all), and after what.

    `after`: what the cursor holds, as it was given to `cursor_of`.
    """

    since: datetime | None = None
    count: int = USUAL
    types: tuple[str, ...] = ()
    after: tuple[Any, ...] | None = None
    applied: tuple[tuple[str, str], ...] = field(default=())


def extent_of(
    asked: Sequence[tuple[str, str]], purpose: str, veil: Veil, *, by_type: bool = False
) -> Extent:
    """`by_type`: whether types may be named. Raises UnknownParameterError and WrongValueError."""
    extent = Extent()
    for name, value in asked:
        if name == "_type" and not by_type:
            raise UnknownParameterError
        try:
            extent = _with(extent, name, value, purpose, veil)
        except (ValueError, OverflowError) as error:
            raise WrongValueError from error
        if name != CURSOR:
            extent = replace(extent, applied=(*extent.applied, (name, value)))
    return extent


def cursor_of(after: Sequence[str | int], purpose: str, veil: Veil) -> str:
    """What the page ends with, as a cursor."""
    return veil.over(json.dumps(after), purpose)


def _with(extent: Extent, name: str, value: str, purpose: str, veil: Veil) -> Extent:
    match name:
        case "_since":
            return replace(extent, since=span(value).low)
        case "_count":
            return replace(extent, count=max(1, min(int(value[:9]), MOST)))
        case "_cursor":
            return replace(extent, after=tuple(json.loads(veil.under(value, purpose))))
        case "_type":
            if not set(value.split(",")) <= TYPES.keys():
                raise WrongValueError
            return replace(extent, types=tuple(value.split(",")))
        case "_format" | "_pretty":
            return extent
        case _:
            raise UnknownParameterError
