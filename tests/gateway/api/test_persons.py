"""A child as Person: what the golden Patient says, as far as the caller may see it, and nothing written."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.person import Person
from sqlalchemy import URL, Engine, select

from audit.event import Action
from audit.log import events
from gateway.api.metadata import capability_statement
from gateway.database import transaction
from gateway.persons import ASSURANCE, ELEMENTS
from linkage.tables import DECISIONS
from linkage.tables import record as linked
from tests.conftest import fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.journeys.steps import as_owner, connected

FHIR = "/fhir/R4"
PATH = f"{FHIR}/Person"
ALL = ("system/*.cruds",)
CLIENTS = {
    one.id: one
    for one in (
        client_of("so-all", "child-protection", "CHILDPROT", provinces=("*",), scopes=ALL),
        client_of("so-79", "child-protection", "CHILDPROT", provinces=("79",), scopes=ALL),
        client_of("home", "facility", "CHILDPROT", body="home:CB05", provinces=(), scopes=ALL),
        client_of("school", "school", "EDUC", body="school:04000003", scopes=ALL),
        client_of(
            "sender",
            "child-protection",
            "CHILDPROT",
            provinces=("*",),
            sources=("fhir",),
            scopes=ALL,
        ),
    )
}
(CLAIM,) = (one for one in capability_statement()["rest"][0]["resource"] if one["type"] == "Person")
Rows = Mapping[str, Any]


@pytest.fixture(scope="module")
def own_url(server_url: URL, linked_template: URL) -> Iterator[URL]:
    with fresh_database(server_url, linked_template.database) as url:
        # Else the planner guesses at random: nobody has counted the rows yet.
        as_owner(url, "ANALYZE registry_search")
        yield url


@pytest.fixture(scope="module")
def engine(own_url: URL) -> Iterator[Engine]:
    with connected(own_url) as engine:
        registered(engine, *CLIENTS.values())
        yield engine


@pytest.fixture(scope="module")
def service(own_url: URL, engine: Engine) -> Iterator[httpx.Client]:
    with guarded(own_url) as client:
        yield client


@pytest.fixture(scope="module")
def tokens(service: httpx.Client) -> dict[str, dict[str, str]]:
    return {name: bearing(token_of(service, name, "system/*.cruds")) for name in CLIENTS}


def found(service: httpx.Client, headers: Mapping[str, str], kind: str, **asked: str) -> Any:
    """Id → resource, from all pages."""
    answer = service.get(f"{FHIR}/{kind}", params={"_count": "20"} | asked, headers=headers)
    every: dict[str, Any] = {}
    while True:
        assert answer.status_code == 200, answer.text
        told = answer.json()
        for one in told.get("entry", ()):
            assert one["fullUrl"].endswith(f"/{kind}/{one['resource']['id']}")
            every[one["resource"]["id"]] = one["resource"]
        onward = [one["url"] for one in told["link"] if one["relation"] == "next"]
        assert all(f"/{kind}?" in one["url"] for one in told["link"] if "?" in one["url"])
        if not onward:
            return every
        answer = service.get(onward[0], headers=headers)


def sources(resource: Rows, element: str) -> set[str]:
    return {one[element]["reference"] for one in resource["link"]}


@pytest.mark.parametrize("who", ["so-all", "so-79", "home"])
def test_there_is_one_for_each_child_and_it_says_what_the_golden_patient_says(
    service: httpx.Client, tokens: Any, engine: Engine, who: str
) -> None:
    """Redacted alike: all that a Person has is what this caller is shown of the golden Patient."""
    patients, persons = (found(service, tokens[who], kind) for kind in ("Patient", "Person"))
    assert patients.keys() == persons.keys() != set()
    with engine.connect() as connection:
        rows = connection.execute(select(linked.c.record_id, linked.c.decision))
        decided = {f"Patient/{row.record_id}": row.decision for row in rows}
    for id_, person in persons.items():
        Person.model_validate_json(json.dumps(person))
        patient = patients[id_]
        assert {n: v for n, v in person.items() if n in ELEMENTS} == {
            n: v for n, v in patient.items() if n in ELEMENTS
        }
        assert person["meta"].get("security") == patient["meta"].get("security")
        assert sources(person, "target") == sources(patient, "other")
        for link in person["link"]:
            assert link["assurance"] == ASSURANCE[decided[link["target"]["reference"]]]
    redacted = [one for one in persons.values() if "security" in one["meta"]]
    assert redacted
    assert not any("RelatedPerson" in json.dumps(one["link"]) for one in persons.values())


def test_every_way_of_coming_about_has_its_assurance() -> None:
    assert ASSURANCE.keys() == set(DECISIONS)
    assert ASSURANCE["manual"] > ASSURANCE["auto"] > ASSURANCE["pending"]


def test_it_is_read_by_the_id_of_the_child_and_the_log_tells_of_the_child(
    service: httpx.Client, tokens: Any, engine: Engine
) -> None:
    mine = tokens["so-all"]
    persons = found(service, mine, "Person")
    id_ = min(persons)
    answer = service.get(f"{PATH}/{id_}", headers=mine)
    assert answer.json() == persons[id_]
    part = service.get(f"{PATH}/{id_}", params={"_elements": "gender"}, headers=mine).json()
    assert "name" not in part
    assert "SUBSETTED" in json.dumps(part["meta"])
    xml = service.get(f"{PATH}/{id_}", headers=mine | {"accept": "application/fhir+xml"})
    assert xml.text.startswith("<Person") or "<Person " in xml.text
    read = service.get(f"{PATH}/{id_}", headers=mine).headers["x-audit-event"]
    with transaction(engine) as session:
        (event,) = [one for one in events(session, identity=id_) if one.id == read]
    assert (event.action, event.caller.system) == (Action.PATIENT_READ, "so-all")
    record = persons[id_]["link"][0]["target"]["reference"].partition("/")[2]
    assert service.get(f"{PATH}/{record}", headers=mine).status_code == 404
    assert service.get(f"{PATH}/te-01m82pkf1pq2gyy0q6jsr5wq5h", headers=mine).status_code == 404
    assert service.get(f"{PATH}/{id_}", headers=tokens["school"]).status_code == 404
    assert found(service, tokens["so-all"], "Person", _id=record) == {}
    hidden = sorted(persons.keys() - found(service, tokens["so-79"], "Person").keys())[0]
    assert service.get(f"{PATH}/{hidden}", headers=tokens["so-79"]).status_code == 404


def test_every_search_parameter(service: httpx.Client, tokens: Any) -> None:
    mine = tokens["so-all"]
    persons = found(service, mine, "Person")
    one = next(
        p for _, p in sorted(persons.items()) if {"identifier", "birthDate", "gender"} <= p.keys()
    )
    number = one["identifier"][0]
    target = one["link"][0]["target"]["reference"]
    asked = {
        "_id": one["id"],
        "identifier": f"{number['system']}|{number['value']}",
        "name": one["name"][0]["text"].split()[0],
        "birthdate": one["birthDate"],
        "gender": one["gender"],
        "link": target,
        "patient": target.partition("/")[2],
        "_lastUpdated": f"le{one['meta']['lastUpdated']}",
    }
    assert set(asked) == {told["name"] for told in CLAIM["searchParam"]}
    for name, value in asked.items():
        assert one["id"] in found(service, mine, "Person", **{name: value}), name
        form = service.post(f"{PATH}/_search", data={name: value}, headers=mine)
        assert form.status_code == 200, (name, form.text)
    assert found(service, mine, "Person", patient=one["id"]).keys() == {one["id"]}
    for name in ("_include", "address", "patient.name", "_has:Task:patient:status"):
        assert service.get(PATH, params={name: "x"}, headers=mine).status_code == 400
    lenient = mine | {"prefer": "handling=lenient"}
    answer = service.get(PATH, params={"address": "x", "_id": one["id"]}, headers=lenient)
    assert answer.json()["total"] == 1


def test_a_retired_identity_leads_to_the_person_that_it_became(
    service: httpx.Client, tokens: Any
) -> None:
    mine = tokens["so-all"]
    asked = {"active": "false", "_tag": "golden", "_count": "1"}
    retired = service.get(f"{FHIR}/Patient", params=asked, headers=mine).json()["entry"][0]
    id_, link = retired["resource"]["id"], retired["resource"]["link"][0]
    person = service.get(f"{PATH}/{id_}", headers=mine).json()
    assert person["active"] is False
    successor = link["other"]["reference"].replace("Patient/", "Person/")
    assert person["link"] == [{"target": {"reference": successor}}]
    assert id_ not in found(service, mine, "Person")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_writes_one_and_is_told_what_to_send_instead(
    service: httpx.Client, tokens: Any, method: str
) -> None:
    path = PATH if method == "POST" else f"{PATH}/te-01m82pkf1pq2gyy0q6jsr5wq5h"
    answer = service.request(method, path, headers=tokens["sender"], content=b"{}")
    assert answer.status_code == 405
    told = answer.json()["issue"][0]["details"]["text"] + json.dumps(answer.json())
    assert "Patient" in told
    assert "$mdm-" in told
    assert service.request(method, path, content=b"{}").status_code == 401
