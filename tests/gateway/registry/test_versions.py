"""Roles become ids, and the same content has the same hash."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.registry.versions import SHARED_BY_ALL, content_of, next_version, resource_id

RECORD = "01kfzzzzzzzzzzzzzzzzzzzzzz"


def body(resource: dict[str, Any], record_id: str | None = RECORD) -> dict[str, Any]:
    version = next_version(
        content_of(resource, record_id),
        after=4,
        now=datetime(2026, 1, 1, tzinfo=UTC),
        record_id=record_id,
        labels=SHARED_BY_ALL,
    )
    stored: dict[str, Any] = json.loads(version.body)
    return stored


def test_the_patient_has_the_id_of_its_record_and_others_their_role_behind_it() -> None:
    assert resource_id(RECORD, "patient") == RECORD
    assert resource_id(RECORD, "related-mother") == f"{RECORD}-related-mother"


@given(st.text("abc-", min_size=1, max_size=90))
def test_no_id_is_longer_than_fhir_allows_and_none_is_that_of_another_role(role: str) -> None:
    assert len(resource_id(RECORD, role)) <= 64
    assert resource_id(RECORD, role) != resource_id(RECORD, role + "a")


def test_references_inside_become_final_and_shared_ones_stay() -> None:
    resource = {
        "resourceType": "Encounter",
        "id": "encounter-1",
        "meta": {"source": "urn:motem:source:x"},
        "subject": {"reference": "Patient/patient"},
        "serviceProvider": {"reference": "Organization/org-hospital-01"},
        "note": 'he said "reference":"Patient/patient"',
    }
    assert body(resource) == resource | {
        "id": f"{RECORD}-encounter-1",
        "subject": {"reference": f"Patient/{RECORD}"},
        "meta": {
            "source": "urn:motem:source:x",
            "versionId": "5",
            "lastUpdated": "2026-01-01T00:00:00.000+00:00",
        },
    }


def test_a_resource_without_elements_is_still_json() -> None:
    assert body({"resourceType": "Patient", "id": "patient"})["id"] == RECORD


def test_a_resource_of_no_record_is_kept_as_it_is() -> None:
    golden = {"resourceType": "Patient", "id": "te-1", "link": [{"reference": "Patient/patient"}]}
    assert body(golden, None)["link"] == golden["link"]


def test_the_order_of_elements_is_no_difference() -> None:
    one = {"resourceType": "Patient", "id": "patient", "gender": "male", "birthDate": "2026"}
    other = dict(reversed(one.items()))
    assert content_of(one, RECORD).hash == content_of(other, RECORD).hash
    assert content_of(one, RECORD).hash != content_of(one | {"gender": "female"}, RECORD).hash
