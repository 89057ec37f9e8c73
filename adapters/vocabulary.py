"""What a source's page says of its fields, codes and errors, and what a site's file may extend."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapters.errors import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeList:
    """`known`: code or word as sent → what it becomes. `meanings`: what that means, vi · en."""

    known: Mapping[str, str]
    meanings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One field as senders write it.

    `to`: the FHIR paths (and "record id", "own time", "custodian") that change without it; none:
    it is kept in the message only. `origin` begins with "sourced" or "assumed", and says by what.
    """

    name: str
    origin: str
    to: tuple[str, ...] = ()
    note: str = ""
    spellings: tuple[str, ...] = ()
    """Others that are known, besides the name."""
    codes: CodeList | None = None
    spelling: str = ".+"
    """A pattern of what a site's file may write in its place; empty: nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """All that a source's page shows, but its words. `examples` are names of its samples."""

    terms: tuple[Term, ...]
    problems: frozenset[Problem]
    examples: tuple[str, ...]
    unmapped: tuple[str, ...] = ()
    """Names that are known and kept in the message only."""
    formats: frozenset[str] = frozenset()
    """Of json, xml, csv, xlsx and hl7 what payloads come in; none: in any."""
    is_extensible: bool = True
    """Whether a site's file may add spellings and codes; not where a standard fixes them."""
    held: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    """Where the content of statements does not name a thing as its field: its dotted path, with
    `<kind>:` before it where that matters → the fields it is made of, one or more choices of them.
    No choice: it is the adapter's own."""
    told_apart: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """A list in the content → the member whose value stands in the paths of its objects, and the
    member without which one of them says nothing."""
    whole: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """A FHIR type → the fields without which none of its resources says anything."""


def spelt(terms: Iterable[Term], spellings: Mapping[str, Iterable[str]]) -> tuple[Term, ...]:
    """The terms with what else the source's tables know each by, once each."""
    return tuple(
        replace(
            term,
            spellings=tuple(
                dict.fromkeys(s for s in spellings.get(term.name, ()) if s != term.name)
            ),
        )
        for term in terms
    )
