"""FHIR XML → the JSON of the same resource, along the types of the standard."""

import math
import re
from collections.abc import Container
from typing import Any

from lxml import etree

from adapters.contract import Resource
from adapters.formats.json import SentDecimal, sent_decimal
from adapters.formats.shapes import Shape, is_known, shapes
from adapters.sources.fhir.fields import BODIES, SUBJECTS, WITHHELD

FHIR = "{http://hl7.org/fhir}"
READ = frozenset({"Bundle", "Parameters", "Patient", *SUBJECTS, *BODIES})
"""Types whose elements are read; of others only the type is told."""
WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")
DECIMAL = re.compile(r"-?(0|[1-9]\d{0,999})(\.\d{1,999})?([eE][+-]?\d{1,4})?")


class Marked(Resource):
    """A resource that remembers its element, whose bytes are kept where it is refused."""

    element: etree._Element


def resource(element: etree._Element) -> Marked:
    """An element that is a resource. What is wrong in it stays for `elements` to find."""
    kind = _name(element)
    made = Marked(resourceType=kind if is_known(kind) else "?")
    made.element = element
    if kind in READ:
        made.update(_members(element, kind, WITHHELD))
    return made


def _members(element: etree._Element, kind: str, skipped: Container[str] = ()) -> Resource:
    made: Resource = {name: text for name, text in element.attrib.items() if name in ("id", "url")}
    known = shapes(kind)
    for child in element.iterchildren(etree.Element):
        name = _name(child)
        shape = known.get(name)
        if name in skipped:
            made[name] = True
        elif shape is None:
            made[name] = "?"
        elif shape.type[0].islower():
            _put(made, name, shape, _primitive(child, shape.type))
            _put_companion(made, name, shape, _members(child, "Element"))
        else:
            _put(made, name, shape, _complex(child, shape.type))
    return {name: _padded(value, made.get(name.removeprefix("_"))) for name, value in made.items()}


def _padded(value: Any, beside: Any) -> Any:
    """A companion list as long as the list of its values."""
    if isinstance(value, list) and isinstance(beside, list):
        return value + [None] * (len(beside) - len(value))
    return value


def _name(element: etree._Element) -> str:
    """The name in the namespace of FHIR; "?" for anything else."""
    tag = str(element.tag)
    return tag.removeprefix(FHIR) if tag.startswith(FHIR) else "?"


def _put(made: Resource, name: str, shape: Shape, value: Any) -> None:
    """A list grows. A second value where one may stand makes a list, which is refused later."""
    if shape.many:
        made.setdefault(name, []).append(value)
    elif name in made:
        made[name] = [made[name], value]
    elif value is not None:
        made[name] = value


def _put_companion(made: Resource, name: str, shape: Shape, beside: Resource) -> None:
    """What JSON writes as `_name`: id and extensions of a primitive, at the place of its value."""
    if beside and shape.many:
        companions = made.setdefault(f"_{name}", [])
        companions += [None] * (len(made[name]) - 1 - len(companions))
        companions.append(beside)
    elif beside:
        made[f"_{name}"] = beside


def _complex(element: etree._Element, kind: str) -> Any:
    if kind != "Resource":
        return _members(element, kind)
    inside = next(element.iterchildren(etree.Element), None)
    return None if inside is None else resource(inside)


def _primitive(element: etree._Element, kind: str) -> Any:
    """The value in the JSON type of its FHIR type; as text where it is none, to be refused later."""
    text = element.get("value")
    if text is None:
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("integer", "positiveInt", "unsignedInt", "decimal") and WHOLE.fullmatch(text):
        return int(text)
    if kind == "decimal" and DECIMAL.fullmatch(text):
        found: SentDecimal = sent_decimal(text)
        return found if math.isfinite(found) else text
    return text
