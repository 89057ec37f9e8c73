"""Leaves of a statement's content only what comes from fields that an agreement allows."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import Statement
from adapters.vocabulary import Vocabulary

NEEDED = frozenset({"record id", "custodian", "required"})
"""What a field becomes without which nobody could say whose record it is, or who keeps it."""
NOTHING = object()
"""In the place of what is dropped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """`covered`: names of a source's page that may be used. `known`: all of its names."""

    covered: frozenset[str]
    known: frozenset[str]
    held: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    told_apart: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    whole: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def content(self, statement: Statement) -> tuple[dict[str, Any], int]:
        """What is left of the content, and how many values were dropped."""
        found = _Filter(self, statement.kind)
        made: dict[str, Any] = found.members(statement.content, "")
        return _without(made, found.gone) if found.gone else made, found.dropped


def coverage(vocabulary: Vocabulary, allowed: Set[str]) -> Coverage:
    """What an agreement allows of a source's page, and with it what every record needs."""
    needed = {term.name for term in vocabulary.terms if not NEEDED.isdisjoint(term.to)}
    known = frozenset(term.name for term in vocabulary.terms)
    return Coverage(
        covered=frozenset(n for n in known if n in needed or not allowed.isdisjoint(_above(n))),
        known=known,
        held=vocabulary.held,
        told_apart=vocabulary.told_apart,
        whole=vocabulary.whole,
    )


def unknown_fields(vocabulary: Vocabulary, allowed: Iterable[str]) -> list[str]:
    """Those that are neither on the source's page nor the beginning of a dotted name of it."""
    names = (*(term.name for term in vocabulary.terms), *vocabulary.unmapped)
    known = {above for name in names for above in _above(name)}
    return sorted(set(allowed) - known)


def _above(name: str) -> list[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


class _Filter:
    """One statement's content on its way through a coverage."""

    def __init__(self, coverage: Coverage, kind: str) -> None:
        self.coverage = coverage
        self.kinds = (f"{kind}:", f"{kind.partition('^')[0]}:", "")
        self.dropped = 0
        self.gone: set[str] = set()
        """FHIR references to resources that were dropped."""

    def members(self, value: Mapping[str, Any], path: str) -> Any:
        """What is left of an object; NOTHING of a FHIR resource that says nothing without the rest."""
        kind = value.get("resourceType")
        if kind is not None:
            path = kind
            if not self.coverage.whole.get(kind, frozenset()) <= self.coverage.covered:
                self.gone.add(f"{kind}/{value.get('id')}")
                return NOTHING
        made = {}
        for name, inner in value.items():
            is_own = kind is not None and name in ("resourceType", "id")
            left = inner if is_own else self.value(inner, f"{path}.{name}" if path else name)
            if left is not NOTHING:
                made[name] = left
        return made

    def value(self, value: Any, path: str) -> Any:
        """What is left of a value at a dotted path; NOTHING where it is not covered."""
        if _is_resource(value):
            left = self.members(value, path)
        elif _is_resource(next(iter(value), None) if isinstance(value, list) else None):
            return self.items(value, path)
        elif (covers := self.covers(path)) is not None:
            left = value if covers else NOTHING
        elif isinstance(value, list):
            return self.items(value, path)
        else:
            return self.members(value, path) if isinstance(value, Mapping) else value
        self.dropped += left is NOTHING
        return left

    def items(self, value: Sequence[Any], path: str) -> list[Any]:
        return [one for one in (self.item(one, path) for one in value) if one is not NOTHING]

    def item(self, value: Any, path: str) -> Any:
        """One of a list; NOTHING of an object whose main member is not covered."""
        if not isinstance(value, Mapping):
            return value
        if _is_resource(value):
            return self.value(value, path)
        member, main = self.coverage.told_apart.get(path, (None, None))
        made = self.members(value, f"{path}.{value[member]}" if member else path)
        return NOTHING if main and main not in made else made

    def covers(self, path: str) -> bool | None:
        """None: it is an object, of whose members each is asked for."""
        known, covered = self.coverage.known, self.coverage.covered
        for kind in self.kinds:
            choices = self.coverage.held.get(kind + path)
            if choices is not None:
                return not choices or any(choice <= covered for choice in choices)
        plain = path.replace("._", ".")
        if plain in known:
            return plain in covered
        if path in self.coverage.told_apart or any(n.startswith(f"{path}.") for n in known):
            return None
        beside = {name for name in known if name.startswith(f"{path.rpartition('.')[0]}.")}
        # What has no field of its own goes with all that stand beside it.
        return beside <= covered


def _is_resource(value: object) -> bool:
    return isinstance(value, Mapping) and "resourceType" in value


def _without(value: Any, gone: Collection[str]) -> Any:
    """The value without references to resources that were dropped, and what is empty then."""
    if isinstance(value, list):
        left = [_without(one, gone) for one in value]
        return [one for one, before in zip(left, value, strict=True) if one or not before]
    if not isinstance(value, Mapping):
        return value
    made = {n: _without(v, gone) for n, v in value.items() if not (n == "reference" and v in gone)}
    return {n: v for n, v in made.items() if v not in ({}, []) or value[n] in ({}, [])}
