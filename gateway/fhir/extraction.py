"""What a resource can be found by: terms, taken out of its JSON along the table of parameters."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, TypeAlias

from adapters.profile import ROLE_CODE, TAG_SYSTEM, Tag
from gateway.fhir.moments import Span, span
from gateway.fhir.parameters import META, TYPES, Kind, kept_once
from linkage.normalise import fold

Element: TypeAlias = Any
LONGEST = 255
"""Characters of a term; an index takes no more than some 2,700 bytes."""
MOTHER = (ROLE_CODE, "MTH")
IDENTIFIED = ":identifier"
"""Ends the name of rows for references that give an identifier."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One thing by which a resource is found.

    Token: `value` is the code, `qualifier` its system. String: `value` folded, `qualifier` as
    written. Reference: the id, and the type. URI: the URI. Date: from `low` up to `high`, None
    where that side is open.
    """

    parameter: str
    value: str | None = field(default=None, repr=False)
    qualifier: str | None = field(default=None, repr=False)
    span: Span | None = field(default=None, repr=False)


def terms_of(resource: Mapping[str, Any]) -> list[Term]:
    """All terms of a resource, each once. Of a type that cannot be searched, none."""
    kind = resource["resourceType"]
    if kind not in TYPES:
        return []
    found = [_meta(resource)]
    for name, paths, reading, system in _plan(kind):
        for path in paths:
            # Most elements of a type are not stated: a look costs less than a walk.
            if path[0] in resource or path[0] in STEPS:
                for element in _elements(resource, path):
                    found += reading(name, element, system)
    return list(dict.fromkeys(found))


def is_listed(resource: Mapping[str, Any]) -> bool:
    """Whether a search that does not ask for it by its tag or id shows it.

    Of Patients that is one for each child: the golden one of an identity that stands.
    """
    if resource["resourceType"] != "Patient":
        return True
    tags = resource.get("meta", {}).get("tag", ())
    is_golden = any(t.get("system") == TAG_SYSTEM and t.get("code") == Tag.GOLDEN for t in tags)
    return is_golden and resource.get("active") is not False


def folded(text: str) -> str:
    """A text without case and marks, as long as a term may be; texts in other letters stay."""
    return (fold(text) or " ".join(text.casefold().split()))[:LONGEST]


def code(text: str) -> str:
    """A code as it is kept: a longer one than any of ours as its SHA-256."""
    return text if len(text) <= LONGEST else sha256(text.encode()).hexdigest()


@cache
def _plan(kind: str) -> tuple[tuple[str, tuple[tuple[str, ...], ...], Any, str | None], ...]:
    """For each parameter: name of its rows, paths as steps, how the end is read, system."""
    return tuple(
        (
            one.kept,
            tuple(tuple(path.split(".")) for path in one.path.split(" | ")),
            READERS[one.kind],
            one.system,
        )
        for one in kept_once(kind)
        if one.kind in READERS
    )


def _meta(resource: Mapping[str, Any]) -> Term:
    meta = resource["meta"]
    source = meta.get("source")
    return Term(
        parameter=META, value=code(source) if source else None, span=span(meta["lastUpdated"])
    )


def _elements(element: Element, path: tuple[str, ...]) -> Iterator[Element]:
    """The elements at the end of a path; lists count as their items."""
    if not path:
        if isinstance(element, list):
            yield from element
        elif element is not None:
            yield element
        return
    step, rest = path[0], path[1:]
    if isinstance(element, list):
        for one in element:
            yield from _elements(one, path)
    elif isinstance(element, dict):
        special = STEPS.get(step)
        inner = special(element) if special else element.get(step)
        if inner is not None:
            yield from _elements(inner, rest)


def _telecom(system: str) -> Callable[[Element], Element]:
    return lambda element: [
        one for one in element.get("telecom", ()) if one.get("system") == system
    ]


def _deceased(element: Element) -> Element:
    """`deceased`: whether it says so, or when (R4, Patient search parameter deceased)."""
    return True if "deceasedDateTime" in element else element.get("deceasedBoolean")


def _mother(element: Element) -> Element:
    """A RelatedPerson that is a mother, else nothing."""
    codings = [one for kin in element.get("relationship", ()) for one in kin.get("coding", ())]
    is_mother = any((one.get("system"), one.get("code")) == MOTHER for one in codings)
    return element if is_mother else None


STEPS: Mapping[str, Callable[[Element], Element]] = {
    "telecom[phone]": _telecom("phone"),
    "telecom[email]": _telecom("email"),
    "deceased[x]": _deceased,
    "mother[x]": _mother,
}
"""Steps of a path that are more than the name of an element."""


def _tokens(name: str, element: Element, system: str | None) -> Iterator[Term]:
    """Concepts, codings, identifiers, contact points, codes and booleans."""
    if isinstance(element, dict):
        for one in element.get("coding", (element,)):
            stated = one.get("code") or one.get("value")
            if isinstance(stated, str):
                yield Term(parameter=name, value=code(stated), qualifier=one.get("system"))
    else:
        stated = str(element).lower() if isinstance(element, bool) else str(element)
        yield Term(parameter=name, value=code(stated), qualifier=system)


def _strings(name: str, element: Element, _system: str | None) -> Iterator[Term]:
    if isinstance(element, str) and element:
        yield Term(parameter=name, value=folded(element), qualifier=code(element))


def _dates(name: str, element: Element, _system: str | None) -> Iterator[Term]:
    """A date, or a period whose end is the end of what is written there."""
    if isinstance(element, str):
        found = _span_or_none(element)
    else:
        start, end = (_span_or_none(element.get(side, "")) for side in ("start", "end"))
        low, high = start.low if start else None, end.high if end else None
        found = Span(low=low, high=high) if low or high else None
    if found is not None:
        yield Term(parameter=name, span=found)


def _span_or_none(text: str) -> Span | None:
    """What stands in the registry was checked; what cannot be a date is not found by one."""
    try:
        return span(text)
    except (ValueError, OverflowError):
        return None


def _references(name: str, element: Element, _system: str | None) -> Iterator[Term]:
    reference = element.get("reference")
    if isinstance(reference, str):
        kind, _, id_ = reference.rpartition("/")
        yield Term(parameter=name, value=code(id_), qualifier=kind or None)
    identifier = element.get("identifier")
    if identifier:
        yield from _tokens(f"{name}{IDENTIFIED}", identifier, None)


READERS: Mapping[Kind, Callable[[str, Element, str | None], Iterator[Term]]] = {
    Kind.TOKEN: _tokens,
    Kind.STRING: _strings,
    Kind.DATE: _dates,
    Kind.REFERENCE: _references,
}
