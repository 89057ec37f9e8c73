"""What each FHIR type consists of, taken from the models: element → type, and whether it repeats."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin

NOT_IN_R4 = frozenset({"valueCodeableReference", "valueRatioRange", "fhir_comments"})
"""Elements of the R4B models that R4 does not know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """`type` is a FHIR type: a primitive begins in lower case ("string"), a complex one does not."""

    type: str
    many: bool = False
    has_companion: bool = False
    """Whether `_name` may stand beside it. The models have none for the value of an Extension."""


@lru_cache(maxsize=500)
def shapes(kind: str) -> Mapping[str, Shape]:
    """Elements of a resource or complex type."""
    model = _model(kind)
    fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    return {
        name: replace(_shape(annotation), has_companion=f"_{name}" in fields)
        for name, annotation in fields.items()
        if not name.startswith("_") and name not in NOT_IN_R4
    }


@lru_cache(maxsize=500)
def sequence(kind: str) -> tuple[str, ...]:
    """Elements of a resource or complex type, in the order of the standard."""
    return tuple(name for name in _model(kind).elements_sequence() if name not in NOT_IN_R4)


def _model(kind: str) -> Any:
    return importlib.import_module("fhir.resources.R4B").get_fhir_model_class(kind)


@lru_cache(maxsize=500)
def is_known(kind: str) -> bool:
    """Whether a name is one of the standard's: only such a name may be told, no other text."""
    return hasattr(importlib.import_module("fhir.resources.R4B.fhirtypes"), f"{kind}Type")


def _shape(annotation: Any) -> Shape:
    """`Annotated[str, Code()]` → code, `List[HumanNameType] | None` → many HumanName."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        name = type(inside[-1]).__name__
        return Shape(type=name[0].lower() + name[1:])
    stated = [part for part in inside if part is not type(None)]
    if not stated:
        name = annotation.__name__
        return Shape(type="boolean" if annotation is bool else name.removesuffix("Type"))
    found = _shape(stated[0])
    return Shape(type=found.type, many=origin is list or found.many)
