"""Reads one search parameter with its value into a criterion (R4, search.html)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.fhir import moments
from gateway.fhir.criteria import (
    Chain,
    Comparison,
    Criterion,
    Has,
    HasAny,
    Ids,
    Mode,
    ReferenceWanted,
    StringWanted,
    TokenWanted,
    Wanted,
)
from gateway.fhir.errors import UnknownParameterError, WrongValueError
from gateway.fhir.extraction import code, folded
from gateway.fhir.parameters import TYPES, Kind, Parameter

DEEPEST = 2
"""How many references a chain or `_has` follows."""
MOST_VALUES = 500
FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
MODES: Mapping[Kind, frozenset[Mode]] = {
    Kind.TOKEN: frozenset({Mode.IS, Mode.NOT, Mode.MISSING}),
    Kind.STRING: frozenset({Mode.IS, Mode.EXACT, Mode.CONTAINS, Mode.MISSING}),
    Kind.DATE: frozenset({Mode.IS, Mode.MISSING}),
    Kind.REFERENCE: frozenset({Mode.IS, Mode.IDENTIFIER, Mode.MISSING}),
    Kind.URI: frozenset({Mode.IS, Mode.MISSING}),
}
"""Modifiers that each type of parameter has here; those of references name a type too."""


THROUGH = MODES[Kind.STRING] - {Mode.IS}
"""Those of a parameter that is another name for `_has`."""


def criterion(kind: str, name: str, value: str, depth: int = 0) -> Criterion:
    """The criterion of one parameter of a type. Raises UnknownParameterError, WrongValueError."""
    if name == "_id":
        return Ids(ids=_ids(value))
    if name.startswith("_has:"):
        return _has(kind, name, value, depth)
    head, dot, rest = name.partition(".")
    stem, colon, modifier = head.partition(":")
    parameter = TYPES[kind].get(stem)
    if parameter is None:
        raise UnknownParameterError
    if parameter.through:
        if dot or (colon and modifier not in THROUGH):
            raise UnknownParameterError
        return _through(kind, f"{parameter.through}{colon}{modifier}", value, depth)
    if dot:
        return _chain(parameter, modifier, rest, value, depth)
    return _test(parameter, modifier if colon else "", value)


def veils(kind: str, name: str) -> bool:
    """Whether the value of a parameter that can be read may be a child's data."""
    if name.startswith("_has:"):
        _, source, _, rest = name.split(":", 3)
        return veils(source, rest)
    head, dot, rest = name.partition(".")
    stem, _, modifier = head.partition(":")
    parameter = TYPES[kind].get(stem)
    if parameter is None:
        return False
    if dot:
        return any(veils(target, rest) for target in _targets(parameter, modifier))
    return parameter.veiled or modifier == Mode.IDENTIFIER


def split(text: str, mark: str) -> list[str]:
    r"""The parts between marks; a mark after a backslash is none. Escapes stay (R4: \, \| \$ \\)."""
    parts, start, place = [], 0, 0
    while place < len(text):
        if text[place] == "\\":
            place += 1
        elif text[place] == mark:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    return [*parts, text[start:]]


def unescaped(text: str) -> str:
    """Raises WrongValueError where a backslash stands before anything else."""
    if re.search(r"(?<!\\)(\\\\)*\\([^,|$\\]|$)", text):
        raise WrongValueError
    return re.sub(r"\\(.)", r"\1", text)


def _ids(value: str) -> tuple[str, ...]:
    ids = tuple(split(value, ","))
    if not all(FHIR_ID.fullmatch(id_) for id_ in ids) or len(ids) > MOST_VALUES:
        raise WrongValueError
    return ids


def _has(kind: str, name: str, value: str, depth: int) -> Criterion:
    """`_has:<type>:<its reference parameter>:<its parameter>`."""
    parts = name.split(":", 3)
    if len(parts) != len(("_has", "type", "reference", "rest")) or depth >= DEEPEST:
        raise UnknownParameterError
    _, source, by, rest = parts
    parameter = TYPES.get(source, {}).get(by)
    if parameter is None or kind not in parameter.targets:
        raise UnknownParameterError
    return Has(kind=source, parameter=parameter, inner=criterion(source, rest, value, depth + 1))


def _through(kind: str, name: str, value: str, depth: int) -> Criterion:
    """What has no value of its own lacks it where nobody who refers to it has one."""
    if not name.endswith(f":{Mode.MISSING}"):
        return criterion(kind, name, value, depth)
    if value not in ("true", "false"):
        raise WrongValueError
    has = criterion(kind, name, "false", depth)
    assert isinstance(has, Has), "what it is another name for"
    return HasAny(has=has, is_missing=value == "true")


def _targets(parameter: Parameter, modifier: str) -> tuple[str, ...]:
    targets = tuple(one for one in parameter.targets if modifier in ("", one))
    if not targets:
        raise UnknownParameterError
    return targets


def _chain(parameter: Parameter, modifier: str, rest: str, value: str, depth: int) -> Criterion:
    """To each type that has the parameter; it must be one at least."""
    if depth >= DEEPEST:
        raise UnknownParameterError
    links: list[tuple[str, Criterion]] = []
    for target in _targets(parameter, modifier):
        try:
            links.append((target, criterion(target, rest, value, depth + 1)))
        except UnknownParameterError:
            continue
    if not links:
        raise UnknownParameterError
    return Chain(parameter=parameter, links=tuple(links))


def _test(parameter: Parameter, modifier: str, value: str) -> Comparison:
    targets = parameter.targets
    if parameter.kind is Kind.REFERENCE and modifier and modifier not in set(Mode):
        targets, modifier = _targets(parameter, modifier), ""
    if modifier not in {one.value for one in MODES[parameter.kind]}:
        raise UnknownParameterError
    mode = Mode(modifier)
    if mode is Mode.MISSING:
        if value not in ("true", "false"):
            raise WrongValueError
        return Comparison(parameter=parameter, mode=mode, is_missing=value == "true")
    values = split(value, ",")
    if len(values) > MOST_VALUES or not all(values):
        raise WrongValueError
    reading = _token if mode is Mode.IDENTIFIER else READERS[parameter.kind]
    wanted = tuple(_implied(parameter, reading(one, targets)) for one in values)
    return Comparison(parameter=parameter, mode=mode, wanted=wanted)


def _token(value: str, _targets: tuple[str, ...]) -> TokenWanted:
    """`code`, `system|code`, `|code` (of no system), `system|` (any code)."""
    parts = [unescaped(part) for part in split(value, "|")]
    if len(parts) == 1:
        return TokenWanted(code=code(parts[0]))
    if len(parts) > len(("system", "code")) or not any(parts):
        raise WrongValueError
    return TokenWanted(code=code(parts[1]) if parts[1] else None, system=parts[0])


def _implied(parameter: Parameter, wanted: Wanted) -> Wanted:
    """A code whose system the element implies has none of its own: both ways of asking find it."""
    if parameter.system and isinstance(wanted, TokenWanted) and wanted.system == "":
        return replace(wanted, system=None)
    return wanted


def _uri(value: str, _targets: tuple[str, ...]) -> TokenWanted:
    return TokenWanted(code=code(unescaped(value)))


def _string(value: str, _targets: tuple[str, ...]) -> StringWanted:
    text = unescaped(value)
    plain = folded(text)
    if not plain:
        raise WrongValueError
    return StringWanted(folded=plain, exact=code(text))


def _date(value: str, _targets: tuple[str, ...]) -> moments.DateWanted:
    try:
        return moments.wanted(value)
    except (ValueError, OverflowError) as error:
        raise WrongValueError from error


def _reference(value: str, targets: tuple[str, ...]) -> ReferenceWanted:
    """`id`, `Type/id`, or a URL that ends so: only of this server are there any."""
    *before, id_ = unescaped(value).split("/")
    if not FHIR_ID.fullmatch(id_) or (before and before[-1] not in targets):
        raise WrongValueError
    return ReferenceWanted(id=id_, types=(before[-1],) if before else targets)


READERS: Mapping[Kind, Callable[[str, tuple[str, ...]], Wanted]] = {
    Kind.TOKEN: _token,
    Kind.STRING: _string,
    Kind.DATE: _date,
    Kind.REFERENCE: _reference,
    Kind.URI: _uri,
}
