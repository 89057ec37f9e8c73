"""Bytes → the resources in them, from JSON or XML, each with a way to tell where something stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from adapters.contract import Resource
from adapters.errors import PayloadError, Problem
from adapters.formats import json, xml
from adapters.formats.gathering import Gathered
from adapters.sources.fhir import xml as fhir_xml

WAY = json.Way(within="entry", keeps_decimals=True)
ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:Patient|Bundle)[\s/>]")
NAMESPACE = b"http://hl7.org/fhir"
BEGINNING = 64 * 1024
NUMBERED = re.compile(r"/(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """Where a resource stands: its JSON pointer, or its XPath."""

    base: str
    is_xml: bool

    def at(self, pointer: str) -> str:
        """The position of what stands at a JSON pointer inside the resource."""
        return (self.base + (_steps(pointer) if self.is_xml else pointer)) or "/"

    def inside(self, pointer: str, kind: str) -> "Spot":
        """Of a resource inside this one; XML names its type once more."""
        ending = f"{_steps(pointer)}/{kind}" if self.is_xml else pointer
        return Spot(base=self.base + ending, is_xml=self.is_xml)


def _steps(pointer: str) -> str:
    return NUMBERED.sub(lambda number: f"[{int(number[1]) + 1}]", pointer).replace("/_", "/")


def recognises(content: bytes) -> bool:
    """Whether a resource type, or FHIR's namespace and one of our roots, stands near the beginning."""
    # Without NULs a UTF-16 file reads like an ASCII one.
    beginning = content[:BEGINNING].replace(b"\0", b"")
    if NAMESPACE in beginning and ROOT.search(beginning):
        return True
    return "resourceType" in json.names(content)


def roots(content: bytes, found: Gathered) -> Iterator[tuple[Resource, Spot]]:
    """Each Patient or Bundle of a payload: one XML document, one JSON object, an array, or lines.

    Raises PayloadError where the payload as a whole cannot be read.
    """
    if is_markup(content):
        root = fhir_xml.resource(xml.parse(content))
        if root["resourceType"] not in ("Patient", "Bundle"):
            raise PayloadError(Problem.UNKNOWN_STRUCTURE)
        yield root, Spot(base=f"/{root['resourceType']}", is_xml=True)
        return
    records = json.read(content, WAY)
    found.rejections += records.rejections
    for pointer, value in records.objects:
        yield value, Spot(base=pointer, is_xml=False)


def excerpt(resource: object) -> bytes:
    """The bytes of a refused resource, to be kept."""
    if isinstance(resource, fhir_xml.Marked):
        return etree.tostring(resource.element, encoding="utf-8", with_tail=False)
    return json.excerpt(resource)


def is_markup(content: bytes) -> bool:
    """Whether it is XML."""
    return (
        content[:BEGINNING].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"<"
    )
