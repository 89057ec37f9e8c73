"""Batches: each entry as if it came by itself, in FHIR's order, and a way around nothing."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, text

import audit
from audit.event import Action
from gateway.database import transaction
from tests.conftest import fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.journeys.steps import connected, homes, ingest, link, minutes

FHIR = {"Content-Type": "application/fhir+json"}
READS, WRITES = "system/Patient.rs", "system/Patient.cud"
OWN = "urn:test:own"


@pytest.fixture(scope="module")
def engine(server_url: URL, template_url: URL) -> Iterator[Engine]:
    reader = client_of("so-01", "child-protection", "CHILDPROT", provinces=("*",))
    both = client_of(
        "so-02",
        "child-protection",
        "CHILDPROT",
        provinces=("*",),
        sources=("fhir",),
        scopes=(READS, WRITES),
    )
    school = client_of("school", "school", "EDUC", body="school:1")
    with (
        fresh_database(server_url, template_url.database) as url,
        connected(url) as engine,
    ):
        ingest(engine, [minutes({"hoTen": "Nguyễn Bảo An", "gioiTinh": "NU"})])
        link(engine)
        registered(engine, reader, both, school)
        yield engine


@pytest.fixture(scope="module")
def service(engine: Engine) -> Iterator[httpx.Client]:
    with guarded(engine.url) as client:
        yield client


@pytest.fixture(scope="module")
def child(engine: Engine) -> str:
    return next(iter(homes(engine).values()))


def entry(method: str, url: str, resource: Any = None, **conditions: str) -> dict[str, Any]:
    told = {"request": {"method": method, "url": url} | conditions}
    return told if resource is None else told | {"resource": resource}


def sent(
    service: httpx.Client, client: str, scope: str, *entries: Any, kind: str = "batch"
) -> httpx.Response:
    bundle = {"resourceType": "Bundle", "type": kind} | ({"entry": entries} if entries else {})
    headers = FHIR | bearing(token_of(service, client, scope))
    return service.post("/fhir/R4", content=json.dumps(bundle), headers=headers)


def statuses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "batch-response"
    return [one["response"]["status"][:3] for one in answer.json().get("entry", [])]


def test_each_entry_is_answered_in_its_place(service: httpx.Client, child: str) -> None:
    answer = sent(
        service,
        "so-01",
        READS,
        entry("GET", f"Patient/{child}"),
        entry("GET", "Patient/unknown"),
        entry("GET", "Patient?family=Nguyễn"),
        entry("GET", f"Patient/{child}", ifNoneMatch='W/"1"'),
        entry("GET", f"Patient/{child}/_history/99"),
    )
    assert statuses(answer)[:3] == ["200", "404", "200"]
    first, second, third, *_ = answer.json()["entry"]
    alone = service.get(
        f"/fhir/R4/Patient/{child}", headers=bearing(token_of(service, "so-01", READS))
    )
    assert first["resource"] == alone.json()
    assert first["response"]["etag"] == alone.headers["etag"]
    assert second["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert [one["resource"]["id"] for one in third["resource"]["entry"]] == [child]


def test_each_look_is_in_the_log(service: httpx.Client, engine: Engine, child: str) -> None:
    answer = sent(service, "so-01", READS, *[entry("GET", f"Patient/{child}")] * 3)
    with transaction(engine) as session:
        seen = [
            one
            for one in audit.events(session, action=Action.PATIENT_READ)
            if one.identity == child and one.caller.who == "so-01"
        ]
        assert answer.headers["x-audit-event"] in {one.id for one in seen}
    assert len(seen) >= 3


def test_what_is_written_comes_before_what_is_read(service: httpx.Client) -> None:
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": OWN, "value": "B1"}],
        "name": [{"text": "Lê Thị Hà"}],
        "gender": "female",
    }
    answer = sent(
        service,
        "so-02",
        f"{READS} {WRITES}",
        entry("GET", "Patient?_tag:not=golden&name=Lê Thị Hà"),
        entry("POST", "Patient", patient, ifNoneExist=f"identifier={OWN}|B1"),
    )
    assert statuses(answer) == ["200", "201"]
    found, made = answer.json()["entry"]
    assert made["response"]["location"].endswith("/_history/1")
    assert len(found["resource"]["entry"]) == 1


def test_it_leads_around_nothing(service: httpx.Client, child: str) -> None:
    patient = {"resourceType": "Patient", "name": [{"text": "X"}]}
    asked = (
        entry("POST", "Patient", patient),
        entry("POST", "Patient/$match", patient),
        entry("GET", "AuditEvent"),
        entry("GET", "$mdm-query-links"),
        entry("DELETE", f"Patient/{child}"),
    )
    assert statuses(sent(service, "so-01", READS, *asked)) == ["403", "200", "403", "403", "403"]
    foreign = sent(
        service, "school", READS, entry("GET", f"Patient/{child}"), entry("GET", "Patient")
    )
    assert statuses(foreign) == ["404", "403"]
    assert "Nguyễn" not in foreign.text
    assert service.post("/fhir/R4", content="{}", headers=FHIR).status_code == 401


@pytest.mark.parametrize(
    "url",
    [
        *("", "/", "?x=1", "http://elsewhere.example/Patient", "a//x/Patient", "../../clients"),
        *("Patient/..", "%2e%2e/clients", "Patient\\x", "Patiént", "Patient\n"),
    ],
)
def test_no_entry_leads_out_of_the_base(service: httpx.Client, url: str) -> None:
    answer = sent(service, "so-01", READS, entry("GET", url))
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "entries",
    [
        [None],
        [{}],
        [{"request": {"method": "TRACE", "url": "Patient"}}],
        [{"request": {"method": "GET"}}],
        [{"request": {"method": "GET", "url": "Patient"}, "resource": []}],
        [entry("GET", "Patient", ifMatch="ế")],
        [entry("GET", "Patient")] * 501,
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(service: httpx.Client, entries: Any) -> None:
    assert sent(service, "so-01", READS, *entries).status_code == 400


def kept(engine: Engine) -> int | None:
    with engine.connect() as connection:
        found: int | None = connection.scalar(text("SELECT count(*) FROM registry_resource"))
        return found


def test_a_transaction_leads_around_nothing_and_is_not_half_done(
    service: httpx.Client, engine: Engine, child: str
) -> None:
    """Each entry under its own right; what it reads is what its sender may read."""
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": OWN, "value": "B2"}],
        "name": [{"text": "Lê Thị Hương"}],
    }
    flag = {
        "resourceType": "Flag",
        "status": "active",
        "code": {"text": "x"},
        "subject": {"reference": "urn:uuid:1"},
    }
    first = entry("POST", "Patient", patient) | {"fullUrl": "urn:uuid:1"}
    second = entry("POST", "Flag", flag)
    before = kept(engine)
    for scope, entries, place in (
        (f"{READS} {WRITES}", (first, second), 1),
        (READS, (first,), 0),
        (WRITES, (first, entry("GET", f"Patient/{child}")), 1),
        (f"{READS} {WRITES}", (first, entry("DELETE", f"Patient/{child}")), 1),
        (f"{READS} {WRITES}", (first, entry("POST", "Patient/$match", patient)), 1),
    ):
        answer = sent(service, "so-02", scope, *entries, kind="transaction")
        assert answer.status_code in (400, 403, 405), answer.text
        assert answer.json()["issue"][0]["expression"] == [f"Bundle.entry[{place}]"]
    assert kept(engine) == before
    wide = f"{READS} {WRITES} system/Flag.cud"
    told = sent(service, "so-02", wide, first, second, kind="transaction")
    assert told.status_code == 403, "the client was never registered for Flags"
    alone = sent(
        service,
        "so-02",
        f"{READS} {WRITES}",
        first,
        entry("GET", f"Patient/{child}"),
        kind="transaction",
    )
    assert alone.status_code == 200, alone.text
    assert alone.headers["x-audit-event"]
    assert alone.json()["entry"][1]["resource"]["id"] == child


def test_an_empty_batch_and_one_of_errors_alone_are_answered(service: httpx.Client) -> None:
    assert statuses(sent(service, "so-01", READS)) == []
    assert statuses(sent(service, "so-01", READS, entry("GET", "Nothing/1"))) == ["404"]
