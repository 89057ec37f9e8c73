"""The CapabilityStatement: what this service can do, from the tables that its routes work by."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Response

from adapters.profile import FHIR_VERSION
from gateway.api.audit_parameters import SEARCHABLE
from gateway.api.groups import SEARCHED as GROUP_SEARCHED
from gateway.api.negotiation import FHIR_XML
from gateway.api.outcome import FHIR_JSON, FhirResponse
from gateway.api.subscriptions import SEARCHED
from gateway.api.written_types import JSON_PATCH, NUMBERED, OF_A_CHILD
from gateway.fhir.conditions import MODES
from gateway.fhir.parameters import TYPES, Kind, Parameter
from gateway.fhir.query import CONTROLS
from gateway.persons import INCLUDES as PERSON_INCLUDES
from gateway.persons import SEARCHED as PERSON_SEARCHED
from gateway.persons import TYPE as PERSON_TYPE

SINCE = "2026-11-24"
"""Day on which the statement last changed."""
INTERACTIONS = ("read", "vread", "history-instance", "history-type", "search-type")
"""Of every type that is kept (gateway.api.fhir)."""
EVERYTHING = {
    "name": "everything",
    "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
}
VALIDATE = {
    "name": "validate",
    "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
}
ID = {"name": "_id", "type": "token", "documentation": "id"}

PATIENT_OPERATIONS: Mapping[str, str] = {
    "export": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export",
    "match": "http://hl7.org/fhir/OperationDefinition/Patient-match",
    "ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
    "mdm-submit": "urn:motem:operation:mdm-submit",
}
SYSTEM_OPERATIONS: Mapping[str, str] = {
    "export": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
} | {
    name: f"urn:motem:operation:{name}"
    for name in (
        "mdm-query-links",
        "mdm-link-history",
        "mdm-duplicate-golden-resources",
        "mdm-not-duplicate",
        "mdm-update-link",
        "mdm-create-link",
        "mdm-merge-golden-resources",
        "mdm-submit",
        "motem-undo",
    )
}
"""Name → what defines it; those of HAPI have no address, docs/identity_operations.md has them."""

WRITTEN = {
    "updateCreate": False,
    "conditionalCreate": True,
    "conditionalUpdate": True,
    "conditionalDelete": "single",
}
"""Of each type that can be written by itself; of Patients it is the PIXm feed."""
WRITES = ("create", "update", "patch", "delete")

SUBSCRIPTION: Mapping[str, Any] = {
    "type": "Subscription",
    "documentation": "rest-hook; criteria Patient or Patient?_id=…: docs/changes.md",
    "interaction": [{"code": code} for code in (*INTERACTIONS, *WRITES)],
    "versioning": "versioned",
    "readHistory": True,
    "updateCreate": False,
    "searchParam": [
        {"name": name, "type": kind, "documentation": words}
        for name, (kind, words) in SEARCHED.items()
    ],
    "operation": [{"name": "replay", "definition": "urn:motem:operation:replay"}],
}
"""Of a client's own."""
GROUP: Mapping[str, Any] = {
    "type": "Group",
    "documentation": "Children of one body or one source: docs/export.md",
    "interaction": [{"code": code} for code in ("read", "search-type")],
    "versioning": "no-version",
    "readHistory": False,
    "searchParam": [
        {"name": name, "type": kind, "documentation": words}
        for name, (kind, words) in GROUP_SEARCHED.items()
    ],
    "operation": [
        {
            "name": "export",
            "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export",
        }
    ],
}
"""Made of what stands at the moment."""

PERSON: Mapping[str, Any] = {
    "type": PERSON_TYPE,
    "documentation": "A view of the golden Patient, never written: docs/fhir.md",
    "interaction": [{"code": code} for code in INTERACTIONS],
    "versioning": "versioned",
    "readHistory": True,
    "searchInclude": list(PERSON_INCLUDES),
    "searchParam": [
        {"name": name, "type": kind, "documentation": words}
        for name, (kind, words) in PERSON_SEARCHED.items()
    ],
}

router = APIRouter()


@router.get("/metadata")
def capabilities() -> Response:
    return FhirResponse(json.dumps(capability_statement(), ensure_ascii=False))


def capability_statement() -> dict[str, Any]:
    """The statement as FHIR R4. A test carries out what it claims."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Motem"},
        "implementation": {"description": "Motem: mỗi trẻ em một hồ sơ – one child, one record"},
        "fhirVersion": FHIR_VERSION,
        "format": [FHIR_JSON, "json", FHIR_XML, "xml"],
        "patchFormat": [JSON_PATCH],
        "rest": [
            {
                "mode": "server",
                "documentation": "Chỉ nghe trên máy này; cần mã truy cập, trừ chế độ phát triển. "
                "Listens on this machine only; a token is needed, except in development.",
                "security": {
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ]
                        }
                    ],
                    "description": "SMART Backend Services: .well-known/smart-configuration",
                },
                "resource": [
                    *(_kept(kind, known) for kind, known in TYPES.items()),
                    {
                        "type": "AuditEvent",
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "versioning": "no-version",
                        "searchParam": [
                            {"name": name, "type": kind, "documentation": words}
                            for name, (kind, words) in SEARCHABLE.items()
                        ],
                    },
                    SUBSCRIPTION,
                    GROUP,
                    PERSON,
                ],
                "interaction": [{"code": "batch"}, {"code": "transaction"}],
                "searchParam": [
                    {"name": name, "type": "special", "documentation": "search.html of R4"}
                    for name in CONTROLS
                ],
                "operation": _operations(SYSTEM_OPERATIONS),
            }
        ],
    }


def _operations(known: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "definition": definition} for name, definition in known.items()]


def _kept(kind: str, known: Mapping[str, Parameter]) -> dict[str, Any]:
    """What can be done with one type."""
    own = [f"{kind}:{one.name}" for one in known.values() if one.kind is Kind.REFERENCE]
    told: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned",
        "readHistory": True,
        "operation": [VALIDATE],
        "searchParam": [ID, *(_searchable(one) for one in known.values())],
    }
    further = {
        "searchInclude": own,
        "searchRevInclude": list(_referring(kind)),
    }
    if kind == "Patient":
        told["operation"] += [EVERYTHING, *_operations(PATIENT_OPERATIONS)]
    if kind in ("Patient", *OF_A_CHILD):
        told["interaction"] += [{"code": code} for code in WRITES]
        told |= WRITTEN if kind in NUMBERED else {"updateCreate": False}
    return told | {name: value for name, value in further.items() if value}


def _searchable(one: Parameter) -> dict[str, Any]:
    modifiers = ", ".join(f":{mode}" for mode in sorted(MODES[one.kind]) if mode)
    return {
        "name": one.name,
        "type": one.kind.value,
        "documentation": f"{one.path}; {modifiers}",
    }


def _referring(kind: str) -> Iterator[str]:
    for other, known in TYPES.items():
        for one in known.values():
            if kind in one.targets:
                yield f"{other}:{one.name}"
