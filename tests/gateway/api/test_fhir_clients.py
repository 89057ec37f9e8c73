"""Clients that others wrote, unmodified, against the running service."""

from typing import Any

import httpx
import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound
from sqlalchemy import Engine

from tests.gateway.api.test_fhir_rest import golden, number_of


@pytest.fixture
def base(service: httpx.Client) -> str:
    return f"{str(service.base_url).rstrip('/')}/fhir/R4"


@pytest.fixture
def fhirpy(base: str) -> SyncFHIRClient:
    return SyncFHIRClient(base)


@pytest.fixture
def smart(base: str) -> Any:
    client = FHIRClient(settings={"app_id": "test", "api_base": base})
    assert client.prepare()
    return client.server


def test_fhirpy_searches_page_by_page_and_counts(fhirpy: SyncFHIRClient) -> None:
    children = fhirpy.resources("Patient").search(gender="female").sort("birthdate").limit(7)
    everybody = children.fetch_all()
    assert len({one.id for one in everybody}) == len(everybody) == children.count()
    assert len(everybody) > 7
    assert {one["gender"] for one in everybody} == {"female"}


def test_fhirpy_reads_follows_references_and_includes(fhirpy: SyncFHIRClient) -> None:
    bundle = fhirpy.resources("Encounter").include("Encounter", "service-provider").fetch_raw()
    kinds = {entry.resource.resource_type for entry in bundle.entry}
    assert kinds == {"Encounter", "Organization"}
    stay = fhirpy.resources("Encounter").first()
    assert stay is not None
    child = fhirpy.reference(
        "Patient", stay["subject"]["reference"].partition("/")[2]
    ).to_resource()
    assert child["resourceType"] == "Patient"


def test_fhirpy_chains_and_asks_the_other_way_round(fhirpy: SyncFHIRClient) -> None:
    one = fhirpy.resources("Condition").first()
    assert one is not None
    code = one["code"]["coding"][0]["code"]
    sick = fhirpy.resources("Patient").has("Condition", "patient", code=code).fetch_all()
    assert sick
    assert all(one["active"] for one in sick)
    (first, *_) = [one for one in sick if "name" in one] or sick
    seen = fhirpy.resources("Condition").search(patient=first.id).fetch_all()
    assert code in {coding["code"] for one in seen for coding in one["code"]["coding"]}


def test_fhirpy_is_told_what_is_wrong(fhirpy: SyncFHIRClient) -> None:
    with pytest.raises(ResourceNotFound):
        fhirpy.reference("Patient", "nobody").to_resource()
    with pytest.raises(OperationOutcome):
        fhirpy.resources("Patient").search(famly="x").fetch()


def test_fhirclient_reads_and_searches(smart: Any, kept: Engine) -> None:
    told = golden(kept)
    child = Patient.read(told["id"], smart)
    assert child.as_json()["identifier"] == told["identifier"]
    number = number_of(told)
    asked = {"identifier": f"{number['system']}|{number['value']}"}
    found = Patient.where(asked).perform_resources_iter(smart)
    assert [one.id for one in found] == [told["id"]]


def test_fhirclient_goes_from_page_to_page(smart: Any) -> None:
    found = list(Observation.where({"_count": "25"}).perform_resources_iter(smart))
    assert len({one.id for one in found}) == len(found) > 50
