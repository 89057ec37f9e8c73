"""A child as Person: what the golden Patient says, as far as the caller may see it, and nothing written."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from fhir.resources.R4B.person import Person
from sqlalchemy import URL, Engine, select, text

from audit.event import Action, AuditEvent
from audit.log import events
from gateway.api.metadata import capability_statement
from gateway.api.persons import router
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
    for name in ("_revinclude", "address", "patient.name", "_has:Task:patient:status"):
        assert service.get(PATH, params={name: "x"}, headers=mine).status_code == 400
    lenient = mine | {"prefer": "handling=lenient"}
    answer = service.get(PATH, params={"address": "x", "_id": one["id"]}, headers=lenient)
    assert answer.json()["total"] == 1


def retired_patient(service: httpx.Client, headers: Mapping[str, str]) -> Any:
    asked = {"active": "false", "_tag": "golden", "_count": "1"}
    answer = service.get(f"{FHIR}/Patient", params=asked, headers=headers)
    return answer.json()["entry"][0]["resource"]


def test_a_retired_identity_leads_to_the_person_that_it_became(
    service: httpx.Client, tokens: Any
) -> None:
    mine = tokens["so-all"]
    retired = retired_patient(service, mine)
    id_, link = retired["id"], retired["link"][0]
    person = service.get(f"{PATH}/{id_}", headers=mine).json()
    assert person["active"] is False
    successor = link["other"]["reference"].replace("Patient/", "Person/")
    assert person["link"] == [{"target": {"reference": successor}}]
    assert id_ not in found(service, mine, "Person")


def test_its_versions_are_those_of_the_golden_patient(
    service: httpx.Client, tokens: Any, engine: Engine
) -> None:
    mine = tokens["so-all"]
    asked = text(
        "SELECT id FROM registry_resource WHERE type = 'Patient' AND record_id IS NULL"
        " AND is_current AND version_id > 1 AND body LIKE '%seealso%' ORDER BY id LIMIT 1"
    )
    with engine.connect() as connection:
        id_ = connection.scalar(asked)
    now = service.get(f"{PATH}/{id_}", headers=mine)
    patient = service.get(f"{FHIR}/Patient/{id_}", headers=mine)
    for name in ("etag", "last-modified"):
        assert now.headers[name] == patient.headers[name]
    # How sure its links are may change without a new version: it is always sent.
    again = service.get(f"{PATH}/{id_}", headers=mine | {"if-none-match": now.headers["etag"]})
    assert again.status_code == 200
    last = int(now.json()["meta"]["versionId"])
    assert last > 1
    pages = [service.get(f"{FHIR}/{k}/{id_}/_history", headers=mine) for k in ("Person", "Patient")]
    entries, patients = (page.json()["entry"] for page in pages)
    assert [one["response"] for one in entries] == [one["response"] for one in patients]
    assert [one["request"]["url"] for one in entries] == [
        *([f"Person/{id_}"] * (last - 1)),
        "Person",
    ]
    for number, entry in zip(range(last, 0, -1), entries, strict=True):
        version = service.get(f"{PATH}/{id_}/_history/{number}", headers=mine)
        assert version.headers["etag"] == f'W/"{number}"'
        assert version.json() == entry["resource"]
        Person.model_validate_json(version.text)
        said = {"assurance" in link for link in version.json()["link"]}
        assert said == {number == last}
    assert version.json()["name"] == patients[-1]["resource"]["name"]
    assert entries[0]["resource"] == now.json()
    read, past = (event_of(engine, one) for one in (version, pages[0]))
    assert (read.action, read.identity) == (Action.PATIENT_READ, id_)
    assert past.action == Action.RESOURCE_HISTORY
    assert past.detail["resource"] == id_
    assert {(one.identity, one.version) for one in past.seen} == {
        (id_, number + 1) for number in range(last)
    }
    for wrong in (f"{id_}/_history/{last + 1}", f"{id_}/_history/x", "te-x/_history"):
        assert service.get(f"{PATH}/{wrong}", headers=mine).status_code == 404
    for path in (f"{id_}/_history", f"{id_}/_history/1"):
        assert service.get(f"{PATH}/{path}", headers=tokens["school"]).status_code == 404


def test_what_has_changed_of_all_persons_comes_page_by_page(
    service: httpx.Client, tokens: Any
) -> None:
    mine = tokens["so-79"]
    record = next(iter(found(service, mine, "Person").values()))["link"][0]["target"]["reference"]
    url, seen, times = f"{PATH}/_history?_count=9", [], []
    while url:
        page = service.get(url, headers=mine).json()
        for entry in page.get("entry", ()):
            assert entry["resource"]["resourceType"] == "Person"
            seen.append((entry["resource"]["id"], entry["resource"]["meta"]["versionId"]))
            times.append(entry["response"]["lastModified"])
        url = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")
    assert len(seen) == len(set(seen)) > 9
    assert times == sorted(times, reverse=True)
    assert {id_ for id_, _ in seen} >= found(service, mine, "Person").keys()
    assert all(id_.startswith("te-") for id_, _ in seen)
    school = service.get(f"{PATH}/_history", headers=tokens["school"]).json()
    assert "entry" not in school
    assert service.get(f"{PATH}/{record[8:]}/_history", headers=mine).status_code == 404
    for wrong in ({"_since": "x"}, {"name": "x"}):
        assert service.get(f"{PATH}/_history", params=wrong, headers=mine).status_code == 400


@pytest.mark.parametrize("who", ["so-all", "so-79", "home"])
def test_the_patients_to_which_it_links_come_along(
    service: httpx.Client, tokens: Any, who: str
) -> None:
    """Those that this caller may see, and as it may see them."""
    mine = tokens[who]
    assert CLAIM["searchInclude"] == ["Person:link", "Person:patient"]
    for value in CLAIM["searchInclude"]:
        asked = {"_include": value, "_count": "10"}
        page = service.get(PATH, params=asked, headers=mine).json()
        assert any(f"_include={value.replace(':', '%3A')}" in one["url"] for one in page["link"])
        entries = [(one["search"]["mode"], one["resource"]) for one in page["entry"]]
        persons = [one for mode, one in entries if mode == "match"]
        along = {f"Patient/{one['id']}": one for mode, one in entries if mode == "include"}
        assert {one["resourceType"] for one in persons} == {"Person"}
        linked_to = {to for one in persons for to in sources(one, "target")}
        assert along.keys() == linked_to != set()
        address = sorted(along)[0]
        assert along[address] == service.get(f"{FHIR}/{address}", headers=mine).json()
    for wrong in ("Person:organization", "Patient:link", "Person", "*"):
        asked = {"_include": wrong}
        assert service.get(PATH, params=asked, headers=mine).status_code == 400


def test_what_came_along_is_in_the_log(service: httpx.Client, tokens: Any, engine: Engine) -> None:
    asked = {"_include": "Person:patient", "_count": "1"}
    answer = service.get(PATH, params=asked, headers=tokens["so-all"])
    person, *along = (one["resource"]["id"] for one in answer.json()["entry"])
    assert along
    seen = event_of(engine, answer).seen
    assert {one.record for one in seen if one.identity is None} == set(along)
    assert {one.identity for one in seen} - {None} == {person}


def event_of(engine: Engine, answer: httpx.Response) -> AuditEvent:
    with transaction(engine) as session:
        told = [one for one in events(session) if one.id == answer.headers["x-audit-event"]]
    return told[0]


def test_of_a_retired_one_the_person_that_it_became_comes_along(
    service: httpx.Client, tokens: Any
) -> None:
    mine = tokens["so-all"]
    retired = retired_patient(service, mine)
    became = retired["link"][0]["other"]["reference"].partition("/")[2]
    for value, expected in (("Person:link", [("Person", became)]), ("Person:patient", [])):
        asked = {"_id": retired["id"], "_include": value}
        entries = service.get(PATH, params=asked, headers=mine).json()["entry"]
        along = [one["resource"] for one in entries if one["search"]["mode"] == "include"]
        assert [(one["resourceType"], one["id"]) for one in along] == expected


def test_the_statement_claims_these_interactions_and_no_other() -> None:
    codes = [one["code"] for one in CLAIM["interaction"]]
    assert codes == ["read", "vread", "history-instance", "history-type", "search-type"]
    assert (CLAIM["versioning"], CLAIM["readHistory"]) == ("versioned", True)
    routes = [one for one in router.routes if isinstance(one, APIRoute)]
    paths = {one.path for one in routes if "GET" in (one.methods or ())}
    own = ("", "/{id_}", "/{id_}/_history", "/{id_}/_history/{version}", "/_history")
    assert paths == {f"/Person{one}" for one in own}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_writes_one_and_is_told_what_to_send_instead(
    service: httpx.Client, tokens: Any, method: str
) -> None:
    path = PATH if method == "POST" else f"{PATH}/te-01m82pkf1pq2gyy0q6jsr5wq5h"
    answer = service.request(method, path, headers=tokens["sender"], content=b"{}")
    assert answer.status_code == 405
    issue = answer.json()["issue"][0]["details"]["text"] + json.dumps(answer.json())
    assert "Patient" in issue
    assert "$mdm-" in issue
    assert service.request(method, path, content=b"{}").status_code == 401
