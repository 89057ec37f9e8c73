"""What a search asks of a resource, read: tests of terms, chains and reverse chains."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from gateway.fhir.moments import DateWanted
from gateway.fhir.parameters import Parameter


class Mode(StrEnum):
    """How terms are compared; the value is FHIR's modifier, where it has one."""

    IS = ""
    NOT = "not"
    EXACT = "exact"
    CONTAINS = "contains"
    IDENTIFIER = "identifier"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenWanted:
    """A code, of a system; None: any, and an empty system: none."""

    code: str | None = field(repr=False)
    system: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StringWanted:
    """A text as it was written, and folded."""

    folded: str = field(repr=False)
    exact: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceWanted:
    """An id, and of which types it may be."""

    id: str
    types: tuple[str, ...]


Wanted: TypeAlias = TokenWanted | StringWanted | ReferenceWanted | DateWanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One of the wanted values holds. MISSING: `is_missing` says whether there is no value."""

    parameter: Parameter
    mode: Mode = Mode.IS
    wanted: tuple[Wanted, ...] = ()
    is_missing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ids:
    """The resource has one of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """It refers to a resource of one of these types of which the criterion beside it holds."""

    parameter: Parameter
    links: "tuple[tuple[str, Criterion], ...]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Has:
    """A resource of type `kind` of which `inner` holds refers to it."""

    kind: str
    parameter: Parameter
    inner: "Criterion"


@dataclass(frozen=True, kw_only=True, slots=True)
class HasAny:
    """Whether there is a resource such as `Has` means, or none (`is_missing`)."""

    has: Has
    is_missing: bool


Criterion: TypeAlias = Comparison | Ids | Chain | Has | HasAny
