"""Transactions: what belongs to one child is written together, in FHIR's order, all of it or nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, text

from tests.gateway.api.operating import CLINIC, FHIR, HOSPITAL, Service, operating, patient, problems

AGREED = "".join(
    f'[[agreement]]\nsource = "fhir"\nsystem = "{who}"\nowner = "Mẫu"\ndomains = ["{domain}"]\n'
    for who, domain in (("clinic", CLINIC), ("hospital", HOSPITAL))
)
LOINC = "http://loinc.org"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
CHILD, MOTHER, STAY, WEIGHT = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in range(4))


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL, tmp_path_factory: Any) -> Iterator[Service]:
    site: Path = tmp_path_factory.mktemp("site") / "site.toml"
    site.write_text(AGREED, encoding="utf-8")
    with operating(server_url, template_url, site) as service:
        yield service


def child(number: str, name: str, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "identifier": [{"use": "official", "system": CLINIC, "value": number}],
        "name": [{"text": name}],
        "gender": "female",
        "birthDate": "2026-03-04",
    }
    return patient(**told | changes)


def mother(of: str) -> dict[str, Any]:
    return {
        "resourceType": "RelatedPerson",
        "patient": {"reference": of},
        "relationship": [{"coding": [{"system": ROLES, "code": "MTH"}]}],
        "name": [{"text": "Trần Thị Mẹ"}],
    }


def stay(of: str, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": of},
        "period": {"start": "2026-03-04T08:00:00+07:00"},
        **changes,
    }


def weight(of: str, grams: float, at: str = "2026-03-04", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "29463-7"}]},
        "subject": {"reference": of},
        "effectiveDateTime": at,
        "valueQuantity": {
            "value": grams,
            "unit": "g",
            "system": "http://unitsofmeasure.org",
            "code": "g",
        },
        **changes,
    }


def entry(method: str, url: str, resource: Any = None, full: str = "", **more: str) -> Any:
    told: dict[str, Any] = {"request": {"method": method, "url": url} | more}
    told |= {"fullUrl": full} if full else {}
    return told if resource is None else told | {"resource": resource}


def send(service: Service, *entries: Any, who: str = "clinic") -> httpx.Response:
    bundle = {"resourceType": "Bundle", "type": "transaction"} | (
        {"entry": entries} if entries else {}
    )
    return service.client.post(
        "/fhir/R4", content=json.dumps(bundle), headers=FHIR | {"x-motem-system": who}
    )


def family(number: str, name: str) -> list[Any]:
    return [
        entry("POST", "Observation", weight(CHILD, 3200, encounter={"reference": STAY}), WEIGHT),
        entry("POST", "RelatedPerson", mother(CHILD), MOTHER),
        entry("POST", "Patient", child(number, name), CHILD),
        entry("POST", "Encounter", stay(CHILD), STAY),
    ]


def got(service: Service, address: str, status: int = 200) -> Any:
    answer = service.client.get(f"/fhir/R4/{address}")
    assert answer.status_code == status, answer.text
    return answer.json()


def stored(service: Service) -> list[int]:
    tables = ("registry_message", "registry_statement", "registry_record", "registry_resource")
    with service.engine.connect() as connection:
        return [connection.scalar(text(f"SELECT count(*) FROM {one}")) or 0 for one in tables]


def addresses(answer: httpx.Response) -> list[str]:
    """What was written, in the order of the request."""
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["type"] == "transaction-response"
    found = []
    for one in told["entry"]:
        location = one["response"]["location"].removesuffix("/" + one["response"]["location"][-1])
        found.append(location.partition("/fhir/R4/")[2].partition("/_history")[0])
    return found


def test_a_child_with_mother_stay_and_weight_comes_as_one(service: Service) -> None:
    answer = send(service, *family("T1", "Lê Thị Một"))
    of_weight, of_mother, of_child, of_stay = addresses(answer)
    assert [one["response"]["status"] for one in answer.json()["entry"]] == ["201 Created"] * 4
    observed = got(service, of_weight)
    assert observed["subject"]["reference"] == of_child
    assert observed["encounter"]["reference"] == of_stay
    assert got(service, of_mother)["patient"]["reference"] == of_child
    assert answer.json()["entry"][0]["response"]["etag"] == 'W/"1"'
    assert answer.json()["entry"][0]["resource"] == observed
