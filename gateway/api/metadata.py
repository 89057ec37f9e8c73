"""The CapabilityStatement: what this service can do."""

import json
from typing import Any

from fastapi import APIRouter, Response

from adapters.profile import FHIR_VERSION
from gateway.api.outcome import FHIR_JSON, FhirResponse

SINCE = "2026-11-22"
"""Day on which the statement last changed."""

router = APIRouter()


@router.get("/metadata")
def capabilities() -> Response:
    return FhirResponse(json.dumps(capability_statement(), ensure_ascii=False))


def capability_statement() -> dict[str, Any]:
    """The statement as FHIR R4."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Motem"},
        "implementation": {"description": "Motem: mỗi trẻ em một hồ sơ – one child, one record"},
        "fhirVersion": FHIR_VERSION,
        "format": [FHIR_JSON, "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Chỉ nghe trên máy này, chưa có đăng nhập. "
                "Listens on this machine only; there is no login yet.",
                "resource": [
                    {
                        "type": "Patient",
                        "interaction": [{"code": "read"}],
                        "versioning": "versioned",
                        "readHistory": False,
                    }
                ],
            }
        ],
    }
