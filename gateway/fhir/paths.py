"""A small part of FHIRPath, read strictly: elements, `where(element='value')` and `first()`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

STEP = re.compile(
    r"where\((?P<path>[a-z][A-Za-z]{0,63}(?:\.[a-z][A-Za-z]{0,63}){0,3})='(?P<value>[^']{0,255})'\)"
    r"|(?P<first>first)\(\)"
    r"|(?P<element>[a-z][A-Za-z]{0,63})(?=\.|$)"
)
MOST_STEPS = 16


class WrongPathError(ValueError):
    """This is no path: elements, where(element='value') and first(), divided by dots."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """Goes to an element of each."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Keeps those of which some value at a path is this one."""

    path: tuple[Element, ...]
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class First:
    """Keeps the first."""


Step: TypeAlias = Element | Where | First
Path: TypeAlias = tuple[Step, ...]


def path_of(text: str) -> Path:
    """Raises WrongPathError."""
    steps: list[Step] = []
    place = -1
    while place < len(text):
        found = STEP.match(text, place + 1)
        if (
            found is None
            or len(steps) == MOST_STEPS
            or text[found.end() : found.end() + 1]
            not in (
                "",
                ".",
            )
        ):
            raise WrongPathError
        steps.append(_step(found))
        place = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["element"]:
        return Element(name=found["element"])
    if found["first"]:
        return First()
    path = tuple(Element(name=name) for name in found["path"].split("."))
    return Where(path=path, value=found["value"])


def values_at(resource: Mapping[str, Any], path: Sequence[Step]) -> list[str]:
    """The plain values at a path, as text, in their order; none where there is nothing plain."""
    here: list[Any] = [resource]
    for step in path:
        here = list(_after(step, here))
    return [_text(value) for value in here if isinstance(value, str | int | float | bool)]


def _after(step: Step, here: list[Any]) -> Iterator[Any]:
    match step:
        case Element(name=name):
            for one in here:
                found = one.get(name) if isinstance(one, Mapping) else None
                yield from found if isinstance(found, list) else () if found is None else (found,)
        case Where(path=path, value=value):
            for one in here:
                if isinstance(one, Mapping) and value in values_at(one, path):
                    yield one
        case First():
            yield from here[:1]


def _text(value: str | float | bool) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
