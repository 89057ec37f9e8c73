"""What an operation of FHIR is asked: Parameters in a query or a body, read strictly; and its answers."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import orjson
from fastapi import Request, Response

from adapters.contract import Resource
from adapters.errors import PayloadError
from adapters.fhir_body import resource_in
from gateway.api.outcome import FhirResponse
from gateway.errors import WrongRequestError

NO_STORE = {"Cache-Control": "no-store"}
GENERAL = frozenset({"_format", "_pretty", "_elements", "_summary"})
"""What may stand in any query beside the parameters of an operation."""
MODIFIERS = frozenset({"modifierExtension", "implicitRules"})


class UnreadableBodyError(WrongRequestError):
    """The body is no FHIR resource in JSON or XML."""

    vietnamese = "Nội dung không phải tài nguyên FHIR dạng JSON hoặc XML."


class NotParametersError(WrongRequestError):
    """The body must be Parameters."""

    vietnamese = "Nội dung phải là tài nguyên Parameters."
    expression = "Parameters"


class UnknownParameterError(WrongRequestError):
    """This operation has no such parameter, or it comes too often, or its value is of another type."""

    vietnamese = "Thao tác này không có tham số đó, tham số lặp lại, hoặc giá trị sai kiểu."

    def __init__(self, name: str) -> None:
        super().__init__()
        self.expression = f"Parameters.parameter.where(name='{name}')"


class MissingParameterError(WrongRequestError):
    """A parameter that must be there is missing."""

    code = "required"
    vietnamese = "Thiếu tham số bắt buộc."

    def __init__(self, name: str) -> None:
        super().__init__()
        self.expression = f"Parameters.parameter.where(name='{name}')"


class UnknownMeaningError(WrongRequestError):
    """A modifier extension may change the meaning of what is asked, and this one is not known here."""

    code = "extension"
    vietnamese = "Phần mở rộng modifierExtension này không được hỗ trợ."
    expression = "descendants().modifierExtension"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Parameter → its values, in order: JSON values, or resources."""

    values: Mapping[str, Sequence[Any]] = field(repr=False)

    def all(self, name: str) -> list[str]:
        """Texts. Raises UnknownParameterError for another type."""
        found = self.values.get(name, ())
        if not all(map(is_text, found)):
            raise UnknownParameterError(name)
        return list(found)

    def one(self, name: str) -> str | None:
        """The text, None where there is none. Raises UnknownParameterError."""
        found = self.all(name)
        if len(found) > 1:
            raise UnknownParameterError(name)
        return found[0] if found and found[0] else None

    def required(self, name: str) -> str:
        """Raises MissingParameterError."""
        found = self.one(name)
        if found is None:
            raise MissingParameterError(name)
        return found

    def number(self, name: str, default: int) -> int:
        """A count from 0. Raises UnknownParameterError."""
        found = self.values.get(name, (default,))
        text = str(found[0])
        if len(found) > 1 or not (text.isascii() and text.isdigit()) or len(text) > 9:
            raise UnknownParameterError(name)
        return int(text)

    def flag(self, name: str) -> bool:
        """False where it is not told. Raises UnknownParameterError."""
        found = self.values.get(name, (False,))
        if len(found) > 1 or not isinstance(found[0], str | bool) or found[0] not in WORDS:
            raise UnknownParameterError(name)
        return WORDS[found[0]]


WORDS: Mapping[Any, bool] = {True: True, False: False, "true": True, "false": False}


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text that PostgreSQL can take: it keeps neither NUL nor lone surrogates."""
    if not isinstance(value, str) or "\0" in value:
        return False
    return not any("\ud800" <= sign <= "\udfff" for sign in value)


def body_of(content: bytes) -> Resource:
    """The resource of a body. Raises UnreadableBodyError, which does not quote it."""
    try:
        found = resource_in(content)
    except PayloadError as error:
        told = error.rejection
        raise UnreadableBodyError(
            f"{UnreadableBodyError.__doc__} {told.english} ({told.position})"
        ) from error
    if not isinstance(found.get("resourceType"), str):
        raise UnreadableBodyError
    return found


def asked_of(request: Request, content: bytes, known: Collection[str] | None = None) -> Asked:
    """What a query and a body (of a POST) say together; without `known` whatever they say.

    Raises UnreadableBodyError, NotParametersError, UnknownMeaningError, UnknownParameterError.
    """
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in GENERAL]
    if content.strip():
        body = body_of(content)
        if body["resourceType"] != "Parameters":
            raise NotParametersError
        pairs += in_parameters(body)
    return asked(pairs, known)


def asked(pairs: Sequence[tuple[str, Any]], known: Collection[str] | None = None) -> Asked:
    """Names with values. Raises UnknownParameterError for a name that is not known."""
    values: dict[str, list[Any]] = defaultdict(list)
    for name, value in pairs:
        if known is not None and name not in known:
            raise UnknownParameterError("?")
        values[name].append(value)
    return Asked(values=values)


def in_parameters(body: Resource) -> list[tuple[str, Any]]:
    """Name and value, resource, or part of each. Raises NotParametersError, UnknownMeaningError."""
    found = body.get("parameter", [])
    if body.keys() & MODIFIERS:
        raise UnknownMeaningError
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotParametersError
    return [_value(one) for one in found]


def _value(one: Mapping[str, Any]) -> tuple[str, Any]:
    if one.keys() & MODIFIERS:
        raise UnknownMeaningError
    stated = [value for name, value in one.items() if name == "resource" or name[:5] == "value"]
    if not isinstance(one.get("name"), str) or len(stated) != 1:
        raise NotParametersError
    return one["name"], stated[0]


def parameters(*found: Resource) -> Resource:
    """A Parameters resource. Raises nothing; FHIR forbids an empty list of parameters."""
    return {"resourceType": "Parameters", **({"parameter": list(found)} if found else {})}


def parameter(name: str, **value: Any) -> Resource:
    """One parameter: `parameter("score", valueDecimal=0.5)`; one without value is left out by `parts`."""
    return {"name": name, **value}


def parts(*found: Resource) -> list[Resource]:
    """Those of the parameters that have a value."""
    return list(_stated(found))


def _stated(found: Sequence[Resource]) -> Iterator[Resource]:
    yield from (one for one in found if not any(value is None for value in one.values()))


def answered(
    resource: Mapping[str, Any] | orjson.Fragment, status: int = 200, **headers: str
) -> Response:
    """A resource made for this answer. Texts of stored ones stand in it as orjson.Fragment.

    The seam for other formats than JSON.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return FhirResponse(orjson.dumps(resource), status_code=status, headers=NO_STORE | named)


def base_of(request: Request) -> str:
    """The address of our FHIR endpoint as the caller reached it."""
    return f"{str(request.base_url).rstrip('/')}/fhir/R4"
