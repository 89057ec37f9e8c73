"""One FHIR resource as somebody sent it, JSON or XML, as plain JSON: read as strictly as a payload."""

import json

from adapters.contract import Resource
from adapters.errors import PayloadError, Problem
from adapters.formats import json as strict_json
from adapters.formats import xml
from adapters.sources.fhir import payload
from adapters.sources.fhir import xml as fhir_xml


def resource_in(content: bytes) -> Resource:
    """The one resource of a body, not validated. Raises PayloadError."""
    if payload.is_markup(content):
        return fhir_xml.resource(xml.parse(content))
    found = strict_json.read(content, payload.WAY)
    if found.rejections or len(found.objects) != 1 or found.objects[0][0]:
        raise PayloadError(Problem.UNKNOWN_STRUCTURE)
    return found.objects[0][1]


def as_content(resource: Resource) -> bytes:
    """A resource that stood inside another one, as a payload of its own: JSON."""
    return json.dumps(resource, ensure_ascii=False).encode("utf-8", "surrogatepass")
