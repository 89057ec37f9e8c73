"""Transactions: what belongs to one child is written together, in FHIR's order, all of it or nothing."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, text

from tests.gateway.api.operating import (
    CLINIC,
    FHIR,
    HOSPITAL,
    Service,
    agreed,
    patient,
    problems,
)

LOINC = "http://loinc.org"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
CHILD, MOTHER, STAY, WEIGHT = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in range(4))


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL, tmp_path_factory: Any) -> Iterator[Service]:
    with agreed(server_url, template_url, tmp_path_factory.mktemp("site")) as service:
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


def test_one_bad_entry_stores_nothing_and_is_named(service: Service) -> None:
    before = stored(service)
    for wrong, status in (
        (entry("POST", "Observation", weight(CHILD, 3200, status="nonsense")), 422),
        (entry("POST", "Observation", weight("Patient/01m82pkf1pq2gyy0q6jsr5wq5h", 3200)), 422),
        (entry("PUT", "Encounter/01m82pkf1pq2gyy0q6jsr5wq5h-x", stay(CHILD)), 404),
        (
            entry(
                "POST",
                "Patient",
                child("T2", "Ai", identifier=[{"system": HOSPITAL, "value": "9"}]),
            ),
            403,
        ),
        (entry("POST", "Organization", {"resourceType": "Organization", "name": "Mẫu"}), 422),
        (entry("PATCH", "Person/1"), 405),
        (entry("GET", "Patient/01m82pkf1pq2gyy0q6jsr5wq5h"), 404),
        (entry("POST", "Observation", weight("Patient?identifier=a|b", 3200)), 400),
    ):
        answer = send(service, *family("T2", "Lê Thị Hai"), wrong)
        assert answer.status_code == status, answer.text
        assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[4]"], answer.text
    assert stored(service) == before


def test_what_is_taken_back_comes_first_and_what_is_read_last(service: Service) -> None:
    _, of_mother, of_child, of_stay = addresses(send(service, *family("T3", "Lê Thị Ba")))
    standing = got(service, of_child)
    standing["name"] = [{"text": "Lê Thị Ba Mươi"}]
    answer = send(
        service,
        entry("GET", of_child),
        entry("GET", f"Observation?patient={of_child}&code=29463-7"),
        entry("PUT", of_child, standing, ifMatch='W/"1"'),
        entry("POST", "Observation", weight(of_child, 4100, "2026-04-04"), WEIGHT),
        entry("DELETE", of_mother),
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()["entry"]
    assert [one["response"]["status"][:3] for one in told] == ["200", "200", "200", "201", "200"]
    assert told[0]["resource"]["name"][0]["text"] == "Lê Thị Ba Mươi"
    assert told[1]["resource"]["total"] == 2
    got(service, of_mother, 410)
    assert got(service, of_stay)["status"] == "finished"


def test_a_stale_version_and_the_same_twice_stop_all_of_it(service: Service) -> None:
    _, of_mother, of_child, _ = addresses(send(service, *family("T4", "Lê Thị Bốn")))
    before = stored(service)
    standing = got(service, of_child)
    stale = entry("PUT", of_child, standing | {"gender": "male"}, ifMatch='W/"7"')
    twice = entry("DELETE", of_mother)
    for entries, status, place in (((twice, stale), 412, 1), ((twice, twice), 400, 1)):
        answer = send(service, *entries)
        assert answer.status_code == status, answer.text
        assert answer.json()["issue"][0]["expression"] == [f"Bundle.entry[{place}]"]
    assert stored(service) == before


def test_references_may_be_conditions_and_a_known_child_is_not_made_again(
    service: Service,
) -> None:
    (_, _, of_child, _) = addresses(send(service, *family("T5", "Lê Thị Năm")))
    by_number = f"Patient?identifier={CLINIC}|T5"
    known = entry(
        "POST",
        "Patient",
        child("T5", "Ai Khác"),
        CHILD,
        ifNoneExist=f"identifier={CLINIC}|T5",
    )
    answer = send(
        service,
        known,
        entry("POST", "Observation", weight(by_number, 4000, "2026-05-01")),
        entry("POST", "Observation", weight(CHILD, 5000, "2026-06-01")),
    )
    child_, first, second = addresses(answer)
    assert child_ == of_child
    assert answer.json()["entry"][0]["response"]["status"] == "200 OK"
    assert got(service, of_child)["name"][0]["text"] == "Lê Thị Năm"
    for one in (first, second):
        assert got(service, one)["subject"]["reference"] == of_child


def test_a_reference_by_number_finds_who_comes_along_and_a_known_child_by_its_urn(
    service: Service,
) -> None:
    of = f"Patient?identifier={CLINIC}%7CT11".replace(":", "%3A")
    new = entry("POST", "Patient", child("T11", "Lê Thị Mười Một"))
    _, of_child, of_weight = addresses(
        send(
            service,
            entry("POST", "RelatedPerson", mother(of)),
            new,
            entry("POST", "Observation", weight(of, 3000)),
        )
    )
    assert got(service, of_weight)["subject"]["reference"] == of_child
    known = entry(
        "POST", "Patient", child("T11", "Ai"), CHILD, ifNoneExist=f"identifier={CLINIC}|T11"
    )
    later, _ = addresses(
        send(service, entry("POST", "Observation", weight(CHILD, 4000, "2026-05-01")), known)
    )
    assert got(service, later)["subject"]["reference"] == of_child
    full = f"{service.base}/{of_child}"
    (third,) = addresses(
        send(service, entry("POST", "Observation", weight(full, 5000, "2026-06-01")))
    )
    assert got(service, third)["subject"]["reference"] == of_child


def test_two_children_come_together_and_stay_apart(service: Service) -> None:
    other = "urn:uuid:00000000-0000-4000-8000-000000000009"
    answer = send(
        service,
        *family("T6", "Lê Thị Sáu"),
        entry(
            "PUT",
            f"Patient?identifier={CLINIC}|T7",
            child("T7", "Vũ Văn Bảy", gender="male"),
            other,
        ),
        entry("POST", "Observation", weight(other, 2900)),
    )
    found = addresses(answer)
    assert got(service, found[0])["subject"]["reference"] == found[2]
    assert got(service, found[5])["subject"]["reference"] == found[4]
    moved = got(service, found[5]) | {"subject": {"reference": found[2]}}
    refused = send(service, entry("PUT", found[5], moved))
    assert refused.status_code == 422, refused.text
    assert got(service, found[5])["subject"]["reference"] == found[4]


def test_the_same_transaction_again_changes_nothing(service: Service) -> None:
    first = send(service, *family("T8", "Lê Thị Tám"))
    written = addresses(first)
    again = send(service, *family("T8", "Lê Thị Tám"))
    assert addresses(again) == written
    assert [one["response"]["status"] for one in again.json()["entry"]] == ["200 OK"] * 4
    gone = send(service, entry("DELETE", written[0]))
    assert gone.status_code == 200, gone.text
    got(service, written[0], 410)
    revived = send(service, *family("T8", "Lê Thị Tám"))
    assert revived.json()["entry"][0]["response"]["status"] == "201 Created"
    assert got(service, written[0])["meta"]["versionId"] == "2"


def test_a_ward_comes_with_the_stay_that_names_it(service: Service) -> None:
    ward = "urn:uuid:00000000-0000-4000-8000-000000000008"
    location = {"resourceType": "Location", "name": "Khoa Nhi"}
    answer = send(
        service,
        *family("T9", "Lê Thị Chín")[2:3],
        entry("POST", "Location", location, ward),
        entry("POST", "Encounter", stay(CHILD, location=[{"location": {"reference": ward}}])),
    )
    _, of_ward, of_stay = addresses(answer)
    assert got(service, of_ward)["name"] == "Khoa Nhi"
    assert got(service, of_stay)["location"][0]["location"]["reference"] == of_ward


def test_a_patch_comes_as_a_binary_and_the_answer_as_xml(service: Service) -> None:
    _, _, of_child, _ = addresses(send(service, *family("T12", "Lê Thị Mười Hai")))
    operations = json.dumps([{"op": "replace", "path": "/gender", "value": "male"}])
    binary = {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": base64.b64encode(operations.encode()).decode(),
    }
    told = entry("PATCH", of_child, binary)
    body = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [told, entry("GET", of_child)],
    }
    headers = FHIR | {"x-motem-system": "clinic", "accept": "application/fhir+xml"}
    answer = service.client.post("/fhir/R4", content=json.dumps(body), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.text.count('<gender value="male"/>') == 2
    for kind in ("transaction", "batch"):
        wrong = body | {"type": kind, "entry": [entry("PATCH", of_child, binary | {"data": "?"})]}
        told = service.client.post("/fhir/R4", content=json.dumps(wrong), headers=headers)
        assert ("wrong-patch" in told.text, told.status_code) == (
            True,
            400 if kind == "transaction" else 200,
        )


def test_nothing_in_it_is_still_answered(service: Service) -> None:
    assert send(service).json()["type"] == "transaction-response"
    wrong = send(service, entry("POST", "Patient/1", child("T10", "Ai")))
    assert (wrong.status_code, problems(wrong)[0][1]) == (400, "not-supported")
