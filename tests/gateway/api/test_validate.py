"""`$validate`: what taking in would say, with nothing kept, and nothing told of what is hidden."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, text

from gateway.ingest import deliver
from tests.conftest import TESTER, fresh_database
from tests.fake_source import ADAPTER, fake_message
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.gateway.api.operating import parameters, problems
from tests.ledger import engine_for

NUMBER = {"system": "https://phong-kham-mau.example/benh-nhan", "value": "PK.1"}
GOOD = {
    "resourceType": "Patient",
    "identifier": [NUMBER],
    "name": [{"text": "Nguyễn Thị Kín"}],
    "gender": "female",
    "birthDate": "2026-03-04",
}
CLIENTS = [
    client_of(
        "clinic",
        "hospital",
        "TREAT",
        body="hospital:01001",
        sources=("fhir",),
        scopes=("system/*.write",),
    ),
    client_of("reader", "hospital", "TREAT", body="hospital:01001", scopes=("system/*.rs",)),
]


@pytest.fixture(scope="module")
def engine(server_url: URL, template_url: URL) -> Iterator[Engine]:
    with fresh_database(server_url, template_url.database) as url:
        engine = engine_for(url)
        registered(engine, *CLIENTS)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def hidden(engine: Engine) -> str:
    """A child of a source that a hospital does not see."""
    said = fake_message({"id": "k1", "name": "Bí Mật", "sex": "male"})
    return deliver(engine, said, ADAPTER, TESTER).records[0].reference.partition("/")[2]


@pytest.fixture(scope="module")
def service(engine: Engine, hidden: str) -> Iterator[httpx.Client]:
    with guarded(engine.url) as client:
        yield client


@pytest.fixture(scope="module")
def headers(service: httpx.Client) -> dict[str, str]:
    return bearing(token_of(service, "clinic", "system/*.write"))


Found = set[tuple[str, str, str | None]]


def said(
    service: httpx.Client, headers: dict[str, str], body: Any, path: str = "Patient", **query: str
) -> Found:
    """Severity, code and expression of each issue."""
    answer = service.post(
        f"/fhir/R4/{path}/$validate", json=body, headers=headers, params=query or None
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["resourceType"] == "OperationOutcome"
    assert "Kín" not in answer.text
    return {
        (one["severity"], one["code"], one.get("expression", [None])[0]) for one in told["issue"]
    }


SOUND = {("information", "informational", None)}


def test_a_sound_patient_bare_in_parameters_and_in_xml(
    service: httpx.Client, headers: dict[str, str]
) -> None:
    assert said(service, headers, GOOD) == SOUND
    assert said(service, headers, GOOD, mode="update") == SOUND  # By its number.
    wrapped = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": GOOD},
            {"name": "mode", "valueCode": "create"},
        ],
    }
    assert said(service, headers, wrapped) == SOUND
    xml = (
        '<Patient xmlns="http://hl7.org/fhir"><identifier><system value="urn:x:y"/>'
        '<value value="9"/></identifier><gender value="male"/></Patient>'
    )
    kind = headers | {"Content-Type": "application/fhir+xml"}
    answer = service.post("/fhir/R4/Patient/$validate", content=xml, headers=kind)
    assert [one["severity"] for one in answer.json()["issue"]] == ["information"]


WRONG = [
    ("Patient", GOOD | {"gender": "nữ"}, ("error", "value", "Patient.gender")),
    ("Patient", GOOD | {"birthDate": "hôm qua"}, ("error", "value", "Patient.birthDate")),
    ("Patient", GOOD | {"name": "An"}, ("error", "structure", "Patient.name")),
    ("Patient", GOOD | {"hat": "x"}, ("warning", "not-supported", "Patient.hat")),
    (
        "Patient",
        {n: v for n, v in GOOD.items() if n != "identifier"},
        ("warning", "business-rule", "Patient.identifier"),
    ),
    ("Patient", {"resourceType": "Flag"}, ("error", "structure", "Patient")),
    (
        "Observation",
        {"resourceType": "Observation", "status": "seen", "code": {"text": "x"}},
        ("error", "value", "Observation.status"),
    ),
    (
        "Observation",
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "subject": {"reference": "Patient/1"},
        },
        ("error", "business-rule", "Observation.subject"),
    ),
    (
        "Observation",
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "subject": {"reference": "urn:uuid:8c1a1e52-5f4f-4f8e-9b5e-0d6f0f1f2a3b"},
        },
        ("warning", "business-rule", "Observation.subject"),
    ),
    (
        "Location",
        {"resourceType": "Location", "name": "Khoa Nhi"},
        ("warning", "business-rule", "Location"),
    ),
]


@pytest.mark.parametrize(("kind", "body", "issue"), WRONG)
def test_what_is_wrong_is_told_with_its_element(
    service: httpx.Client, headers: dict[str, str], kind: str, body: Any, issue: Any
) -> None:
    assert issue in said(service, headers, body, kind)


def test_nothing_is_kept(service: httpx.Client, headers: dict[str, str], engine: Engine) -> None:
    tables = ("registry_message", "registry_statement", "registry_record", "registry_resource")
    count = text(" UNION ALL ".join(f"SELECT count(*) FROM {name}" for name in tables))
    with engine.connect() as connection:
        before = connection.scalars(count).all()
    said(service, headers, GOOD)
    said(service, headers, GOOD | {"gender": "x"})
    with engine.connect() as connection:
        assert connection.scalars(count).all() == before
        body = text("SELECT count(*) FROM audit_event WHERE body LIKE '%Kín%'")
        assert connection.scalar(body) == 0


def test_what_is_hidden_is_not_there(
    service: httpx.Client, headers: dict[str, str], hidden: str
) -> None:
    missing = {("error", "not-found", "Patient.id")}
    for id_ in (hidden, "01m82dnmd155s3hbb81qbbxkcb"):
        assert said(service, headers, parameters(mode="delete"), f"Patient/{id_}") == missing
        assert missing <= said(service, headers, GOOD, f"Patient/{id_}")
    assert said(service, headers, parameters(mode="delete")) == missing
    assert ("error", "invalid", "Patient.id") in said(
        service, headers, GOOD | {"id": "other"}, f"Patient/{hidden}"
    )


def test_what_cannot_be_a_question_is_refused(
    service: httpx.Client, headers: dict[str, str]
) -> None:
    path = "/fhir/R4/Patient/$validate"
    for told in ({"mode": "profile"}, {"profile": "http://x.example/y"}):
        assert service.post(path, json=GOOD, params=told, headers=headers).status_code == 400
    kind = headers | {"Content-Type": "application/fhir+json"}
    broken = service.post(path, content=b"{", headers=kind)
    assert broken.status_code == 400
    assert problems(broken)


def test_it_needs_the_right_to_write(service: httpx.Client) -> None:
    path = "/fhir/R4/Patient/$validate"
    assert service.post(path, json=GOOD).status_code == 401
    reader = bearing(token_of(service, "reader", "system/*.rs"))
    assert service.post(path, json=GOOD, headers=reader).status_code == 403
