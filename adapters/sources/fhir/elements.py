"""A resource as sent → the same in R4 as we keep it: known elements, right types, clean text."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from typing import Any, TypeAlias

from adapters.contract import Resource
from adapters.errors import PayloadError, Problem
from adapters.formats import json
from adapters.formats.json import SentDecimal
from adapters.formats.shapes import Shape, shapes
from adapters.formats.values import VIETNAM
from adapters.legacy_text import clean
from adapters.profile import EXT_AS_SENT
from adapters.sources.fhir.extensions import is_foreign_or_sound
from adapters.sources.fhir.fields import WITHHELD

MAX_TEXT = 1024 * 1024
"""Characters of one text (trust.md 5.2)."""
YEARS = range(1900, 2101)
DAY = re.compile(r"(\d{4})(-\d\d(-\d\d)?)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?")
NUMBERS = {
    "integer": range(-(2**31), 2**31),
    "positiveInt": range(1, 2**31),
    "unsignedInt": range(2**31),
}
"""Whole numbers of FHIR → what they can be. (`validated` remembers forms, not numbers.)"""
TEXTS = frozenset({"string", "markdown"})
TIMES = frozenset({"date", "dateTime", "instant"})
MODIFIERS = frozenset({"modifierExtension", "implicitRules"})
"""We know none: what one of them changes the meaning of, we cannot read (FHIR R4, 2.4.1)."""
NOTHING: tuple[Any, ...] = (None, "", [], {})
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Normal:
    """A resource as it is kept, and what was left out of it."""

    resource: Resource = field(repr=False)
    unknown: Counter[str]
    """Elements that the standard does not know, as `Patient.name.middle`."""
    withheld: Counter[str]


def normal(resource: Mapping[str, Any]) -> Normal:
    """Raises PayloadError at a JSON pointer inside the resource; its element is a FHIRPath."""
    kind = resource["resourceType"]
    made = Normal(resource={"resourceType": kind}, unknown=Counter(), withheld=Counter())
    aside = (*WITHHELD, "contained")
    stated = {name: value for name, value in resource.items() if name not in aside}
    made.withheld.update(reason for name, reason in WITHHELD.items() if resource.get(name))
    walk = _Walk(unknown=made.unknown, root=kind)
    made.resource.update(walk.object(kind, stated, ()))
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class _Walk:
    """Goes through a resource along the types of the standard."""

    unknown: Counter[str]
    root: str

    def object(self, kind: str, value: Any, path: Path) -> Resource:
        if not isinstance(value, dict):
            raise self._wrong(Problem.WRONG_TYPE, path)
        known = shapes(kind)
        made: Resource = {}
        for name, inner in value.items():
            if inner in NOTHING or name == "resourceType":
                continue
            shape = known.get(name.removeprefix("_"))
            here = (*path, name)
            if shape is None or (name[0] == "_" and not shape.has_companion):
                self.unknown[_fhirpath(self.root, [s for s in here if isinstance(s, str)])] += 1
            else:
                self._take(made, name, shape, inner, here)
        return made

    def _take(self, made: Resource, name: str, shape: Shape, value: Any, path: Path) -> None:
        if name in MODIFIERS:
            raise self._wrong(Problem.NOT_CONVERTIBLE, path)
        if isinstance(value, SentDecimal) and shape.type == "decimal":
            made.update(_decimal(name, value, shape))
            return
        kind = "Element" if name[0] == "_" else shape.type
        found = self._list(kind, value, path) if shape.many else self._value(kind, value, path)
        if found not in NOTHING:
            made[name] = found

    def _list(self, kind: str, value: Any, path: Path) -> list[Any]:
        """In lists of primitives a null keeps the place of what stands in the companion list."""
        if not isinstance(value, list):
            raise self._wrong(Problem.WRONG_TYPE, path)
        made = [
            None if part is None else self._value(kind, part, (*path, number))
            for number, part in enumerate(value)
        ]
        keeps_places = kind[0].islower() or kind == "Element"
        return [part or None for part in made] if keeps_places else [p for p in made if p]

    def _value(self, kind: str, value: Any, path: Path) -> Any:
        if kind[0].islower():
            problem, found = _primitive(kind, value)
            if problem:
                raise self._wrong(problem, path)
            return found
        made = self.object(kind, value, path)
        if kind == "Extension" and not is_foreign_or_sound(made):
            self.unknown["extension"] += 1
            return {}
        return made

    def _wrong(self, problem: Problem, path: Path) -> PayloadError:
        return PayloadError(problem, reduce(json.step, path, ""), _fhirpath(self.root, path))


def _fhirpath(root: str, path: Iterable[str | int]) -> str:
    """`Patient.name[0].family`; what may be a value is not told."""
    steps = (f"[{s}]" if isinstance(s, int) else json.step("", s).replace("/", ".") for s in path)
    return root + "".join(steps)


def _decimal(name: str, value: SentDecimal, shape: Shape) -> Resource:
    """A number, and beside it its digits as sent where our way to write it loses some."""
    plain = float(value)
    if value.sent == repr(plain) or not shape.has_companion:
        return {name: plain}
    as_sent = {"url": EXT_AS_SENT, "valueString": value.sent}
    return {name: plain, f"_{name}": {"extension": [as_sent]}}


def _primitive(kind: str, value: Any) -> tuple[Problem | None, Any]:
    """What is wrong with a value, and the value as it is kept."""
    if not isinstance(value, str):
        return _no_text(kind, value), value
    if kind in NUMBERS or kind in ("boolean", "decimal"):
        return Problem.WRONG_TYPE, None
    if len(value) > MAX_TEXT:
        return Problem.TOO_LARGE, None
    if kind in TIMES:
        time = time_of(kind, value.strip())
        return (None, time) if time else (Problem.WRONG_DATE, None)
    return None, clean(value) if kind in TEXTS else value.strip()


def _no_text(kind: str, value: Any) -> Problem | None:
    is_boolean = isinstance(value, bool)
    if kind == "boolean" and is_boolean:
        return None
    if kind in NUMBERS and isinstance(value, int) and not is_boolean:
        return None if value in NUMBERS[kind] else Problem.WRONG_NUMBER
    if kind == "decimal" and isinstance(value, int | float) and not is_boolean:
        return None
    return Problem.WRONG_TYPE


def time_of(kind: str, text: str) -> str | None:
    """As sent where it is right; seconds and the country's zone are added where they are missing.

    `kind` is date, dateTime or instant. None for what is no such time.
    """
    try:
        if DAY.fullmatch(text) and kind != "instant":
            whole = text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text
            return text if date.fromisoformat(whole).year in YEARS else None
        if MOMENT.fullmatch(text) and kind != "date":
            moment = datetime.fromisoformat(text)
            return _whole(text, moment) if moment.year in YEARS else None
    except ValueError:
        pass
    return None


def _whole(text: str, moment: datetime) -> str:
    if moment.tzinfo and text.count(":") > 1 + ("Z" not in text):
        return text
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    return zoned.isoformat()
