"""`motem check`: our own service passes, and each fault of a deliberately wrong one is named."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import URL

from gateway.client import Credentials
from gateway.conformance import CHECKS, Finding, Probe, State, check
from tests.commands import motem
from tests.conftest import fresh_database
from tests.gateway.access.machines import KEY, client_of, guarded, registered
from tests.journeys.steps import connected, ingest, link, minutes

SECRET = "Nguyễn Thị Bí Mật"
BASE = "https://partner.example/fhir"


@pytest.fixture(scope="module")
def url(server_url: URL, template_url: URL) -> Iterator[URL]:
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes({"hoTen": SECRET, "gioiTinh": "NU"}, {"gioiTinh": "NAM"})])
            link(engine)
            told = {"provinces": ("*",), "scopes": ("system/Patient.rs",)}
            registered(engine, client_of("checks", "child-protection", "CHILDPROT", **told))
        yield url


def test_our_own_service_passes_every_check(url: URL, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(KEY.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with guarded(url) as service:
        base = f"{str(service.base_url).rstrip('/')}/fhir/R4"
        who = ("--key", file, "--key-id", KEY.kid, "--client", "checks")
        told = motem(url, "check", base, *who, "--json", no_proxy="*")
        shown = motem(url, "check", base, *who, no_proxy="*")
        without = motem(url, "check", base, "--json", no_proxy="*")
    findings = json.loads(told.out)
    assert [(one["check"], one["detail"]) for one in findings if one["state"] != "passed"] == []
    assert [one["check"] for one in findings] == [name for name, _, _ in CHECKS]
    assert (told.status, shown.status) == (0, 0)
    assert "ITI-119" in shown.out
    assert SECRET not in told.written + shown.written
    # Without a key nothing of a child is answered there, and that is told.
    assert without.status == 1
    assert "status 401 instead of 200" in without.out


STATEMENT: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "format": ["json", "xml"],
    "rest": [
        {
            "resource": [
                {
                    "type": "Patient",
                    "interaction": [{"code": code} for code in ("read", "vread", "search-type")],
                    "searchParam": [{"name": "identifier"}],
                    "conditionalUpdate": False,
                    "operation": [{"name": "$match"}, {"name": "ihe-pix"}],
                }
            ]
        }
    ],
}
PATIENT = {"resourceType": "Patient", "id": "a", "meta": {"versionId": "1"}, "name": SECRET}
ENTRY = {"resource": PATIENT, "search": {"mode": "match", "score": 7}}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "searchset",
    "entry": [ENTRY, ENTRY],
    "link": [{"relation": "next", "url": f"{BASE}/Patient?page=2"}],
}
SMART = {"token_endpoint": f"{BASE}/token", "capabilities": []}


def fhir(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body, headers={"Content-Type": "application/fhir+json"})


def wrong(request: httpx.Request) -> httpx.Response:
    """Everything is there, and everything is wrong."""
    path = request.url.path.removeprefix("/fhir/")
    answers: Mapping[str, Callable[[], httpx.Response]] = {
        "metadata": lambda: fhir(STATEMENT),
        ".well-known/smart-configuration": lambda: httpx.Response(200, json=SMART),
        "token": lambda: httpx.Response(
            200, json={"access_token": "x", "token_type": "bearer", "expires_in": 86400}
        ),
        "Patient/$match": lambda: fhir(BUNDLE),
        "Patient/$ihe-pix": lambda: fhir({"resourceType": "Parameters"}),
        "Patient": lambda: fhir(BUNDLE),
        "Patient/_search": lambda: fhir(BUNDLE | {"type": SECRET}),
        "Patient/motem-check-nobody": lambda: fhir(PATIENT),
    }
    return answers.get(path, lambda: fhir(PATIENT | {"id": "b"}))()


def findings(answer: Callable[[httpx.Request], httpx.Response], **given: Any) -> list[Finding]:
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        return list(check(Probe(base=BASE, http=http, **given)))


FAULTS = {
    "discovery document": "no grant_types_supported",
    "a token for a signed assertion": "expires_in is not 1 to 300",
    "no token for a forged assertion": "status 200 instead of 400 or 401",
    "no answer without a valid token": "status 200 instead of 401",
    "XML where it is declared": "no application/fhir+xml for Accept",
    "read": "another id than was asked for",
    "ETag and vread": "ETag is not that of meta.versionId",
    "404 with an OperationOutcome": "status 200 instead of 404",
    "search, with _count and self": "no link self",
    "paging": "somebody is on two pages",
    "search by POST": "the Bundle is no searchset",
    "search parameters": "not declared: _id active address birthdate family gender given telecom",
    "nobody under an unknown number": "the Bundle is no searchset",
    "unknown Assigning Authority": "status 200 instead of 400",
    "no sourceIdentifier": "status 200 instead of 400",
    "conditional update and delete declared": "no conditional update",
    "$match answers a searchset with scores": "no score from 0 to 1",
    "$match without a Patient": "status 200 instead of 400 or 422",
}


def test_each_fault_of_a_wrong_service_is_named() -> None:
    who = Credentials(client="x", key_id="k", scopes=("s",), key=KEY.private)
    found = findings(wrong, credentials=who)
    failed = {one.check: one.detail for one in found if one.state is State.FAILED}
    assert failed == FAULTS
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"resourceType": 1}', '{"rest": [[]], "issue": 3}', "<html>"]
)
def test_whatever_a_service_answers_each_check_ends_with_a_line(body: str) -> None:
    found = findings(lambda _: httpx.Response(200, text=body))
    assert len(found) == len(CHECKS)
    assert {one.state for one in found} <= {State.FAILED, State.NOT_OFFERED}
    assert State.FAILED in {one.state for one in found}


def test_a_service_that_is_away_fails_and_what_it_does_not_offer_is_no_failure() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(SECRET)

    assert {one.state for one in findings(away)} == {State.FAILED, State.NOT_OFFERED}
    assert SECRET not in repr(findings(away))
    small = STATEMENT | {"rest": [], "format": ["json"]}

    def empty(request: httpx.Request) -> httpx.Response:
        return fhir(small) if request.url.path.endswith("metadata") else httpx.Response(404)

    assert [one.check for one in findings(empty) if one.state is State.FAILED] == []
    assert [one.check for one in findings(empty) if one.state is State.PASSED] == [
        "CapabilityStatement"
    ]


def test_no_token_goes_to_another_service() -> None:
    asked: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.path.endswith("/Patient"):
            link = [{"relation": "next", "url": "https://elsewhere.example/x"}]
            return fhir(BUNDLE | {"link": link})
        return wrong(request)

    who = Credentials(client="x", key_id="k", scopes=("s",), key=KEY.private)
    found = {one.check: one.detail for one in findings(elsewhere, credentials=who)}
    assert found["paging"] == "a link leads to another service"
    assert set(asked) == {"partner.example"}
