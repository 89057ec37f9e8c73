"""`Patient/$ihe-pix` over HTTP: the table of ITI-83 row by row."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.parameters import Parameters
from sqlalchemy import URL

from audit import log
from audit.event import Action, Outcome
from gateway.database import transaction
from tests.gateway.api.operating import (
    CLINIC,
    HOSPITAL,
    NATIONAL,
    Service,
    operating,
    parameters,
    patient,
    problems,
)
from tests.journeys.steps import homes, ingest, link

PIX = "/fhir/R4/Patient/$ihe-pix"
MOTEM = "urn:motem:sid:motem"
CHILD = {"name": [{"text": "Nguyễn Bảo An"}], "gender": "female", "birthDate": "2026-03-04"}
NUMBER = {"system": NATIONAL, "value": "998326000001"}


def sent(system: str, value: str, **changes: Any) -> bytes:
    own = {"use": "official", "system": system, "value": value}
    told = patient(**{**CHILD, "identifier": [own, NUMBER], **changes})
    return json.dumps(told).encode()


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL) -> Iterator[Service]:
    """One child at a clinic and a hospital, one at the clinic alone, and a number that was ended."""
    other = {"name": [{"text": "Trần Văn Khác"}], "gender": "male", "birthDate": "2020-07-08"}
    alone = patient(identifier=[{"system": CLINIC, "value": "P2"}], **other)
    ended = alone | {"identifier": [{"system": CLINIC, "value": "P3"}], "active": False}
    with operating(server_url, template_url) as service:
        payloads = [sent(CLINIC, "P1"), sent(HOSPITAL, "H1")]
        ingest(service.engine, [*payloads, *(json.dumps(one).encode() for one in (alone, ended))])
        link(service.engine)
        yield service


def ask(service: Service, *pairs: tuple[str, str]) -> httpx.Response:
    return service.client.get(PIX, params=list(pairs))


def numbers(answer: httpx.Response) -> set[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    Parameters.model_validate_json(answer.content)
    told = [one["valueIdentifier"] for one in values(answer) if one["name"] == "targetIdentifier"]
    assert len(told) == len({(one["system"], one["value"]) for one in told})
    return {(one["system"], one["value"]) for one in told}


def values(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.json().get("parameter", [])
    return found


def patients(answer: httpx.Response) -> set[str]:
    told = [one["valueReference"]["reference"] for one in values(answer) if "valueReference" in one]
    return {reference.removeprefix("Patient/") for reference in told}


def child(service: Service) -> str:
    return homes(service.engine)[f"fhir:{CLINIC}|P1"]


def sources(service: Service) -> dict[str, str]:
    """Number → id of the Patient, of the child's two records."""
    golden = service.client.get(f"/fhir/R4/Patient/{child(service)}").json()
    ids = [link["other"]["reference"].removeprefix("Patient/") for link in golden["link"]]
    read = {id_: service.client.get(f"/fhir/R4/Patient/{id_}").json() for id_ in ids}
    return {one["identifier"][0]["value"]: id_ for id_, one in read.items()}


def test_all_other_numbers_and_all_patients_of_the_child(service: Service) -> None:
    answer = ask(service, ("sourceIdentifier", f"{CLINIC}|P1"))
    expected = {(HOSPITAL, "H1"), (NATIONAL, "998326000001"), (MOTEM, child(service))}
    assert numbers(answer) == expected
    assert patients(answer) == {child(service), *sources(service).values()}


def test_the_number_that_was_asked_for_is_not_returned(service: Service) -> None:
    answer = ask(service, ("sourceIdentifier", f"{NATIONAL}|998326000001"))
    assert numbers(answer) == {(HOSPITAL, "H1"), (CLINIC, "P1"), (MOTEM, child(service))}


def test_only_the_systems_that_were_asked_for(service: Service) -> None:
    one = ask(service, ("sourceIdentifier", f"{CLINIC}|P1"), ("targetSystem", HOSPITAL))
    assert numbers(one) == {(HOSPITAL, "H1")}
    assert patients(one) == {child(service), sources(service)["H1"]}
    two = ask(
        service,
        ("sourceIdentifier", f"{CLINIC}|P1"),
        ("targetSystem", HOSPITAL),
        ("targetSystem", MOTEM),
        ("_format", "json"),
        ("something", "else"),
    )
    assert numbers(two) == {(HOSPITAL, "H1"), (MOTEM, child(service))}
    none = ask(service, ("sourceIdentifier", f"{CLINIC}|P2"), ("targetSystem", HOSPITAL))
    assert (numbers(none), patients(none)) == (set(), set())
    assert "parameter" not in none.json()


def test_a_patient_can_be_named_by_its_id_and_is_not_returned_itself(service: Service) -> None:
    record = sources(service)["P1"]
    for name in (f"|Patient/{record}", f"{service.base}|Patient/{record}", f"Patient/{record}"):
        answer = ask(service, ("sourceIdentifier", name))
        assert patients(answer) == {child(service), sources(service)["H1"]}
        assert (HOSPITAL, "H1") in numbers(answer)
    golden = ask(service, ("sourceIdentifier", f"{MOTEM}|{child(service)}"))
    assert (CLINIC, "P1") in numbers(golden)
    assert MOTEM not in {system for system, _ in numbers(golden)}


def test_by_post_no_number_stands_in_a_url(service: Service) -> None:
    asked = ask(service, ("sourceIdentifier", f"{CLINIC}|P1"))
    told = parameters(sourceIdentifier=f"{CLINIC}|P1")
    assert service.post("Patient/$ihe-pix", told).json() == asked.json()
    number = {"name": "sourceIdentifier", "valueIdentifier": {"system": CLINIC, "value": "P1"}}
    target = {"name": "targetSystem", "valueUri": HOSPITAL}
    body = {"resourceType": "Parameters", "parameter": [number, target]}
    assert numbers(service.post("Patient/$ihe-pix", body)) == {(HOSPITAL, "H1")}
    xml = (
        '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="sourceIdentifier"/>'
        f'<valueString value="{CLINIC}|P1"/></parameter></Parameters>'
    )
    sent = service.post("Patient/$ihe-pix", xml.encode(), content_type="application/fhir+xml")
    assert sent.json() == asked.json()


NOT_FOUND = ("error", "not-found", "sourceIdentifier Patient Identifier not found")
NO_DOMAIN = ("error", "code-invalid", "sourceIdentifier Assigning Authority not found")
NO_TARGET = ("error", "code-invalid", "targetSystem not found")


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ([("sourceIdentifier", f"{CLINIC}|nobody")], 404, NOT_FOUND),
        ([("sourceIdentifier", f"{NATIONAL}|999326000009")], 404, NOT_FOUND),
        ([("sourceIdentifier", f"{MOTEM}|te-nobody")], 404, NOT_FOUND),
        ([("sourceIdentifier", "|Patient/nobody")], 404, NOT_FOUND),
        ([("sourceIdentifier", f"{CLINIC}|P3")], 404, NOT_FOUND),
        ([("sourceIdentifier", "urn:nowhere|P1")], 400, NO_DOMAIN),
        ([("sourceIdentifier", "http://other.example/fhir|Patient/1")], 400, NO_DOMAIN),
        ([("sourceIdentifier", "P1")], 400, NO_DOMAIN),
        (
            [("sourceIdentifier", f"{CLINIC}|P1"), ("targetSystem", "urn:nowhere")],
            403,
            NO_TARGET,
        ),
    ],
)
def test_the_errors_of_the_standard(
    service: Service, asked: list[tuple[str, str]], status: int, told: tuple[str, str, str]
) -> None:
    answer = ask(service, *asked)
    assert answer.status_code == status
    assert problems(answer) == [told]


@pytest.mark.parametrize(
    "asked",
    [
        [],
        [("sourceIdentifier", "")],
        [("sourceIdentifier", f"{CLINIC}|")],
        [("sourceIdentifier", f"{CLINIC}|\0")],
        [("sourceIdentifier", f"{CLINIC}|P1"), ("sourceIdentifier", f"{CLINIC}|P2")],
    ],
)
def test_not_exactly_one_number_is_400(service: Service, asked: list[tuple[str, str]]) -> None:
    answer = ask(service, *asked)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"][0].startswith("Parameters.parameter")


def test_every_record_that_is_told_of_is_in_the_log_and_so_is_asking_in_vain(
    service: Service,
) -> None:
    ask(service, ("sourceIdentifier", f"{CLINIC}|P1"))
    ask(service, ("sourceIdentifier", f"{CLINIC}|nobody"))
    with transaction(service.engine) as session:
        *_, found, vain = log.events(session, action=Action.IDENTITY_READ)
    assert {(one.record, one.identity) for one in found.seen} == {
        (id_, child(service)) for id_ in sources(service).values()
    }
    assert (vain.outcome, vain.seen) == (Outcome.FAILURE, ())
