"""Puts FHIR resources into Bundles and Patients, JSON and XML."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from gateway.sample.fhir import Partner, Resource

NAMESPACE = "http://hl7.org/fhir"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def payloads(
    partner: Partner, records: Sequence[Sequence[Resource]], made: str
) -> Iterator[tuple[str, bytes]]:
    """File endings and bytes. A record is a Patient with what goes with it; `made` is an instant."""
    if partner.form.startswith("bundle"):
        bundle = _bundle(partner, [one for record in records for one in record], made)
        yield (("xml", to_xml(bundle)) if partner.form == "bundle-xml" else ("json", _json(bundle)))
    elif partner.form == "lines":
        lines = [json.dumps(record[0], ensure_ascii=False) for record in records]
        yield "ndjson", "".join(f"{line}\n" for line in lines).encode()
    else:
        for record in records:
            yield "xml", to_xml(record[0])


def _bundle(partner: Partner, resources: Sequence[Resource], made: str) -> Resource:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": made,
        "entry": [
            {"fullUrl": f"{_base(partner)}/{one['resourceType']}/{one['id']}", "resource": one}
            for one in resources
        ],
    }


def _base(partner: Partner) -> str:
    host = partner.domain.split("/")[2] if "//" in partner.domain else "quy-tre-em.example"
    return f"https://{host}/fhir"


def _json(resource: Resource) -> bytes:
    return json.dumps(resource, ensure_ascii=False, indent=1).encode()


def to_xml(resource: Mapping[str, Any]) -> bytes:
    """FHIR XML of a resource whose elements stand in the order of the standard."""
    return f"{HEAD}\n{_resource(resource, f' xmlns={quoteattr(NAMESPACE)}')}\n".encode()


def _resource(resource: Mapping[str, Any], attributes: str = "") -> str:
    kind = resource["resourceType"]
    inner = "".join(_element(n, v) for n, v in resource.items() if n != "resourceType")
    return f"<{kind}{attributes}>{inner}</{kind}>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if not isinstance(value, Mapping):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{name} value={quoteattr(text)}/>"
    if "resourceType" in value:
        return f"<{name}>{_resource(value)}</{name}>"
    # The url of an extension is an attribute.
    url = f" url={quoteattr(value['url'])}" if "url" in value else ""
    inner = "".join(_element(n, v) for n, v in value.items() if n != "url")
    return f"<{name}{url}>{inner}</{name}>"
