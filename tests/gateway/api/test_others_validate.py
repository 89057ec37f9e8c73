"""What others wrote to read FHIR R4, fhirclient's models and the npm validator, takes all that we emit."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fhirclient.models.fhirelementfactory import FHIRElementFactory
from sqlalchemy import URL

from adapters.sources.fhir.fields import SUBJECTS
from gateway.api.metadata import capability_statement
from gateway.fhir.parameters import TYPES
from tests.gateway.api.operating import Service, agreed
from tests.gateway.api.test_transactions import addresses, child, entry, mother, send
from tests.gateway.api.test_writes import ABOUT, OF_EACH_TYPE, numbered, origin
from tests.npm_validator import errors_in

QUESTIONS = (
    "Patient?_count=40&_include=Patient:link&_revinclude=Observation:patient&_total=accurate",
    "Person?_count=40&_include=Person:link",
    "Person/_history?_count=40",
    "Subscription",
    "Subscription/_history",
    "Group",
    "AuditEvent?_count=40",
    "metadata",
    "Patient/nobody",
    "Patient?unknown=1",
)
"""Beside what is kept: what is made at the moment of asking."""


@pytest.fixture(scope="module")
def service(server_url: URL, linked_template: URL, tmp_path_factory: Any) -> Iterator[Service]:
    """Sixty children of all nine sources, and a clinic that writes what none of these sends."""
    with agreed(server_url, linked_template, tmp_path_factory.mktemp("site")) as service:
        written = {f"urn:uuid:{n}": one for n, one in enumerate(what_a_clinic_writes())}
        addresses(
            send(
                service,
                *(entry("POST", one["resourceType"], one, url) for url, one in written.items()),
            )
        )
        subscribed = {
            "resourceType": "Subscription",
            "status": "off",
            "reason": "x",
            "criteria": "Patient",
            "channel": {"type": "rest-hook", "endpoint": "https://nhan.example/x"},
        }
        assert service.post("Subscription", subscribed).status_code == 201
        yield service


def what_a_clinic_writes() -> Iterator[dict[str, Any]]:
    """A child, its mother, the teams, one of each other type, and where some of these come from."""
    of, her = "urn:uuid:0", "urn:uuid:1"
    yield child("V1", "Đỗ Thị Được Kiểm")
    yield mother(of)
    teams = list(care_teams(of, her))
    yield from teams
    for number in range(2 + len(teams)):
        yield origin(f"urn:uuid:{number}", **rich(her))
    for kind in sorted(OF_EACH_TYPE.keys() - {"CareTeam", "Provenance"}):
        told = {"resourceType": kind, SUBJECTS[kind]: {"reference": of}} | OF_EACH_TYPE[kind]
        yield numbered(told, f"V-{kind}")


def care_teams(of: str, her: str) -> Iterator[dict[str, Any]]:
    """By everything that a member may be, and with all elements that a team may have."""
    number = {"system": "urn:motem:sid:hospital", "value": "79903"}
    members = [
        {"reference": her},
        {"reference": "Organization/org-hospital-79903"},
        {"identifier": number},
        {"type": "Organization", "identifier": number, "display": "Bệnh viện Mẫu"},
        {"type": "Practitioner", "identifier": {"system": "urn:test:nv", "value": "7"}},
        {"display": "Người quản lý ca"},
    ]
    role = [{"coding": [{"system": "urn:motem:code:relation", "code": "informant"}], "text": "x"}]
    period = {"start": "2026-03-05", "end": "2026-04-05"}
    whole = {
        "category": [{"text": "Nhóm bảo vệ trẻ em"}],
        "period": period,
        "participant": [{"role": role, "member": one, "period": period} for one in members],
        "reasonCode": [{"text": "bị bỏ rơi"}],
        "managingOrganization": [members[1]],
        "telecom": [{"system": "phone", "value": "0900000000", "use": "work"}],
        "note": [{"text": "họp ngày 5", "time": "2026-03-05T09:00:00+07:00"}],
    }
    told = {"resourceType": "CareTeam", "subject": {"reference": of}} | OF_EACH_TYPE["CareTeam"]
    yield numbered(told, "V-team")
    yield numbered(told | whole, "V-team-whole")
    for number_, member in enumerate(members):
        yield numbered(told | {"participant": [{"member": member}]}, f"V-team-{number_}")


def rich(her: str) -> dict[str, Any]:
    """With all that a sender's Provenance may have."""
    somebody = {"type": "Organization", "identifier": {"system": "urn:test:dv", "value": "1"}}
    agent = {
        "role": [{"text": "người lập"}],
        "who": {"reference": her},
        "onBehalfOf": somebody | {"display": "Trạm y tế Mẫu"},
    }
    return {
        "agent": [*ABOUT["agent"], agent],
        "activity": {"text": "lập hồ sơ"},
        "reason": [{"text": "khai sinh"}],
        "policy": ["urn:test:policy"],
        "entity": [{"role": "source", "what": somebody, "agent": [agent]}],
    }


@pytest.fixture(scope="module")
def emitted(service: Service) -> list[dict[str, Any]]:
    """Of each type that is kept everything that a page has, whole and in part; and what is made."""
    kinds = [
        f"{kind}?_count=150&_sort=-_lastUpdated{more}"
        for kind in TYPES
        for more in ("", "&_summary=true")
    ]
    answers = [service.client.get(f"/fhir/R4/{path}").json() for path in (*kinds, *QUESTIONS)]
    one = next(e["resource"] for e in answers[0]["entry"] if "name" in e["resource"])
    asked = {"resourceType": "Patient", "name": one["name"]}
    answers.append(service.post("Patient/$match", asked).json())
    answers.append(service.client.get(f"/fhir/R4/Patient/{one['id']}/$everything").json())
    answers.append(service.client.get("/fhir/R4/$mdm-query-links").json())
    entries = (e.get("resource") for a in answers if "entry" in a for e in a["entry"])
    bare = [{n: v for n, v in a.items() if n != "entry"} for a in answers if "entry" in a]
    alone = [a for a in answers if "entry" not in a]
    return list({json.dumps(o): o for o in (*alone, *bare, *filter(None, entries))}.values())


def test_all_that_we_claim_is_among_it(emitted: Sequence[dict[str, Any]]) -> None:
    count = Counter(one["resourceType"] for one in emitted)
    claimed = {one["type"] for one in capability_statement()["rest"][0]["resource"]}
    made_ = {"Bundle", "CapabilityStatement", "OperationOutcome", "Parameters"}
    assert count.keys() == claimed | made_
    assert min(count["CareTeam"], count["Provenance"], count["Person"]) > 8
    stated = [one for one in emitted if "urn:motem:stated-by" in json.dumps(one)]
    assert len(stated) > 8
    teams = [json.dumps(one) for one in emitted if one["resourceType"] == "CareTeam"]
    assert all(any(f'"{label}"' in one for one in teams) for label in ("HIV", "informant"))


def test_the_models_of_fhirclient_take_it(emitted: Sequence[dict[str, Any]]) -> None:
    for one in emitted:
        # As it is written, too: then it looks for what must be there.
        assert FHIRElementFactory.instantiate(one["resourceType"], one).as_json()


def test_the_npm_validator_takes_it(emitted: Sequence[dict[str, Any]]) -> None:
    assert errors_in(emitted) == []
