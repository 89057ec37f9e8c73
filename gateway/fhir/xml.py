"""A resource as FHIR XML (R4, xml.html): the text of its JSON, written anew along the models."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from lxml import etree

from adapters.formats.shapes import sequence, shapes

NAMESPACE = "http://hl7.org/fhir"
FHIR = f"{{{NAMESPACE}}}"
XHTML = "http://www.w3.org/1999/xhtml"
ATTRIBUTES: Mapping[str, frozenset[str]] = {"Extension": frozenset({"id", "url"})}
"""What stands as an attribute; of other elements that is the id, and of resources nothing."""
ID = frozenset({"id"})
PREFIXES: Any = {None: NAMESPACE}
"""Without one; the types of lxml do not know that None may stand there."""
Element: TypeAlias = etree._Element


def xml_of(text: str) -> bytes:
    """The XML of a resource's JSON text; numbers stay as they were written.

    Raises KeyError where it has an element that its type does not know.
    """
    resource = json.loads(text, parse_int=str, parse_float=str)
    root = etree.Element(f"{FHIR}{resource['resourceType']}", nsmap=PREFIXES)
    _fill(root, resource, resource["resourceType"], is_resource=True)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(parent: Element, value: Mapping[str, Any], kind: str, *, is_resource: bool) -> None:
    known = shapes(kind)
    attributes = frozenset[str]() if is_resource else ATTRIBUTES.get(kind, ID)
    for name in sequence(kind):
        if name in attributes and name in value:
            parent.set(name, value[name])
        elif name in value or f"_{name}" in value:
            for one, beside in _pairs(value.get(name), value.get(f"_{name}")):
                _add(parent, name, known[name].type, one, beside)
    unknown = {name.removeprefix("_") for name in value} - known.keys() - {"resourceType"}
    if unknown:
        raise KeyError(f"{kind} has an element that is not of R4")


def _pairs(value: Any, beside: Any) -> Iterator[tuple[Any, Any]]:
    """Each value with what stands beside it; a list may be shorter than the other, or missing."""
    values, companions = _listed(value), _listed(beside)
    for place in range(max(len(values), len(companions))):
        yield (
            values[place] if place < len(values) else None,
            companions[place] if place < len(companions) else None,
        )


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _add(parent: Element, name: str, kind: str, value: Any, beside: Any) -> None:
    if kind == "xhtml":
        parent.append(etree.fromstring(value, etree.XMLParser(resolve_entities=False)))
        return
    child = etree.SubElement(parent, f"{FHIR}{name}")
    if kind[0].islower():
        if value is not None:
            child.set("value", str(value).lower() if isinstance(value, bool) else value)
        _fill(child, beside or {}, "Element", is_resource=False)
    elif kind == "Resource":
        inner = etree.SubElement(child, f"{FHIR}{value['resourceType']}")
        _fill(inner, value, value["resourceType"], is_resource=True)
    else:
        _fill(child, value, kind, is_resource=False)
