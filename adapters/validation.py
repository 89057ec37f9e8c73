"""Checks that a resource is FHIR R4: its shape by the models, its codes by a table."""

import importlib
import re
from collections.abc import Hashable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from adapters.contract import Resource
from adapters.errors import PayloadError, Problem

UNCHANGED_SINCE_R4 = {
    "CareTeam": "careteam",
    "Communication": "communication",
    "Condition": "condition",
    "Encounter": "encounter",
    "EpisodeOfCare": "episodeofcare",
    "Flag": "flag",
    "Location": "location",
    "Observation": "observation",
    "Organization": "organization",
    "Patient": "patient",
    "Provenance": "provenance",
    "RelatedPerson": "relatedperson",
    "Task": "task",
}
"""Types whose R4B models describe R4 (4.0.1) too → their module in fhir.resources.R4B."""

NOTHING_REQUIRED = frozenset({"Patient"})
"""Types all of whose elements are optional, and none of whose lists has primitive values."""

REQUIRED_CODES: dict[str, frozenset[str]] = {
    path: frozenset(codes.split())
    for path, codes in {
        "Patient.gender": "male female other unknown",
        "RelatedPerson.gender": "male female other unknown",
        "Patient.link.type": "replaced-by replaces refer seealso",
        "name.use": "usual official temp nickname anonymous old maiden",
        "identifier.use": "usual official temp secondary old",
        "address.use": "home work temp old billing",
        "address.type": "postal physical both",
        "telecom.use": "home work temp old mobile",
        "telecom.system": "phone fax email pager url sms other",
        "Encounter.status": "planned arrived triaged in-progress onleave finished cancelled "
        "entered-in-error unknown",
        "Encounter.location.status": "planned active reserved completed",
        "Observation.status": "registered preliminary final amended corrected cancelled "
        "entered-in-error unknown",
        "Flag.status": "active inactive entered-in-error",
        "EpisodeOfCare.status": "planned waitlist active onhold finished cancelled "
        "entered-in-error",
        "EpisodeOfCare.statusHistory.status": "planned waitlist active onhold finished cancelled "
        "entered-in-error",
        "Location.status": "active suspended inactive",
        "Location.mode": "instance kind",
        "CareTeam.status": "proposed active suspended inactive entered-in-error",
        "Communication.status": "preparation in-progress not-done on-hold stopped completed "
        "entered-in-error unknown",
        "Communication.priority": "routine urgent asap stat",
        "Task.status": "draft requested received accepted rejected ready cancelled in-progress "
        "on-hold failed completed entered-in-error",
        "Task.intent": "unknown proposal plan order original-order reflex-order filler-order "
        "instance-order option",
        "Task.priority": "routine urgent asap stat",
        "Provenance.entity.role": "derivation revision quotation source removal",
    }.items()
}
"""Codes with a required binding in R4. A path without a type holds for every resource."""

MOST_FORMS = 20_000
MAX_INTEGER = 2**31 - 1
"""FHIR's integers have 32 bits."""
TIME_LIKE = re.compile(r"[12]\d{3}(-|$)")
MOMENT = re.compile(r"[12]\d{3}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d{3})?(Z|[+-]\d\d:\d\d))?)?)?")
DIGIT = re.compile(r"\d")
TEXT_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        r"[A-Za-z0-9\-.]{1,64}",
        r"[^\s]+(\s[^\s]+)*",
        r"[ \r\n\t\S]+",
        r"\S*",
        r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?",
        r"\+?[1-9][0-9]*",
        r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?",
        r"(?i:0|1|f|false|n|no|off|on|t|true|y|yes)",
    )
)
"""Texts that match the same of these are the same to FHIR's primitive types: id, code, string, uri,
decimal, positiveInt, time; and, to the models, boolean."""

_passed: set[Hashable] = set()


def validated(resource: Resource) -> None:
    """Pass silently, or raise PayloadError(NOT_CONVERTIBLE) at a path that quotes no value."""
    kind = resource.get("resourceType", "")
    if kind not in UNCHANGED_SINCE_R4:
        raise PayloadError(Problem.NOT_CONVERTIBLE, "/resourceType")
    _check_model(kind, resource)
    for element, inner, codes in _bindings(kind):
        for part in _listed(resource.get(element)):
            code = part if inner is None else _inside(part, inner)
            if code is not None and code not in codes:
                path = ".".join([kind, element, inner] if inner else [kind, element])
                raise PayloadError(Problem.NOT_CONVERTIBLE, path)


def _check_model(kind: str, resource: Resource) -> None:
    """Ask the model, unless something of the same form has passed: the model is slow.

    A form keeps all that the models look at: which elements there are, of which JSON type, and of
    each text the primitive types of FHIR that it can be.
    """
    for piece in _pieces(resource) if kind in NOTHING_REQUIRED else [resource]:
        form = (kind, _form(piece))
        if form in _passed:
            continue
        try:
            _model(kind).model_validate(piece)
        except ValidationError as error:
            raise PayloadError(Problem.NOT_CONVERTIBLE, _path(kind, error)) from None
        if len(_passed) >= MOST_FORMS:
            _passed.clear()
        _passed.add(form)


def _pieces(resource: Resource) -> Iterator[Resource]:
    """A resource taken apart, for types that require no element: few forms instead of many.

    Elements with a choice of type stay together, because only one of a choice may be there.
    """
    whole: Resource = {}
    for name, value in resource.items():
        if isinstance(value, list) and value and not name.startswith("_"):
            yield from ({name: [part]} for part in value)
        elif isinstance(value, dict) and not name.startswith("_"):
            yield {name: value}
        else:
            whole[name] = value
    yield whole


def _form(value: Any) -> Hashable:
    """Not by `match`, and with few calls: every element of every resource comes here."""
    if isinstance(value, dict):
        inside = [_text_form(v) if type(v) is str else _form(v) for v in value.values()]
        return *value, *inside
    if isinstance(value, list):
        return frozenset([_form(inner) for inner in value]), bool(value)
    if isinstance(value, str):
        return _text_form(value)
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return type(value).__name__, value > 0, value in (0, 1), abs(value) > MAX_INTEGER


@lru_cache(maxsize=50_000)
def _text_form(text: str) -> Hashable:
    if text.startswith(("http", "urn:", "/")):
        return text
    if TIME_LIKE.match(text):
        return DIGIT.sub("0", text) if _is_moment(text) else text
    return tuple(bool(form.fullmatch(text)) for form in TEXT_FORMS)


def _is_moment(text: str) -> bool:
    """A FHIR date or dateTime that exists in the calendar."""
    whole = text + "-01-01"[len(text) - 4 :] if len(text) < len("yyyy-mm-dd") else text
    try:
        return bool(MOMENT.fullmatch(text)) and bool(datetime.fromisoformat(whole))
    except ValueError:
        return False


@cache
def _bindings(kind: str) -> tuple[tuple[str, str | None, frozenset[str]], ...]:
    """(element, element inside it, codes) for a resource type."""
    rows = []
    for path, codes in REQUIRED_CODES.items():
        first, *rest = path.split(".")
        steps = rest if first == kind else [first, *rest] if first.islower() else []
        if steps:
            rows.append((steps[0], steps[1] if len(steps) > 1 else None, codes))
    return tuple(rows)


def _inside(part: Any, element: str) -> Any:
    """`name` is an object in Patient and plain text in Organization."""
    return part.get(element) if isinstance(part, dict) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@cache
def _model(kind: str) -> type[BaseModel]:
    """Imported on first use: the models take a quarter of a second to load."""
    module = importlib.import_module(f"fhir.resources.R4B.{UNCHANGED_SINCE_R4[kind]}")
    model: type[BaseModel] = getattr(module, kind)
    return model


def _path(kind: str, error: ValidationError) -> str:
    """Element names only: an unknown field's name could itself be a value."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    unknown = first["type"] == "extra_forbidden"
    steps = first["loc"][:-1] if unknown else first["loc"]
    return ".".join([kind, *(str(step) for step in steps)])
