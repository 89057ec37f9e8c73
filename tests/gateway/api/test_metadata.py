"""The CapabilityStatement is FHIR and says what the routes are."""

import httpx
from fastapi.routing import APIRoute
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from gateway.api import patient
from gateway.api.metadata import capability_statement


def test_the_statement_is_fhir_r4(client: httpx.Client) -> None:
    answer = client.get("/fhir/R4/metadata")
    assert answer.status_code == 200
    CapabilityStatement.model_validate_json(answer.content)
    assert answer.json()["fhirVersion"] == "4.0.1"


def test_it_names_exactly_the_interactions_that_there_are() -> None:
    (resource,) = capability_statement()["rest"][0]["resource"]
    assert [interaction["code"] for interaction in resource["interaction"]] == ["read"]
    (route,) = [route for route in patient.router.routes if isinstance(route, APIRoute)]
    assert (route.path, route.methods) == (f"/{resource['type']}/{{patient_id}}", {"GET"})
