"""FHIR REST over HTTP: what is stored is served, and no link, log or event repeats a number."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhirclient.models.bundle import Bundle as OtherBundle
from sqlalchemy import Engine, Row, select, text

import audit
from audit.event import Action, AuditEvent, Outcome
from gateway.database import transaction
from gateway.fhir.parameters import TYPES
from gateway.registry import resources
from gateway.registry.tables import resource as table
from tests.conftest import TESTER

FHIR = "/fhir/R4"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def stored(engine: Engine, kind: str, *conditions: Any) -> Row[Any]:
    """One resource that stands."""
    c = table.c
    query = select(table).where(c.is_current, c.type == kind, *conditions).order_by(c.id)
    with engine.connect() as connection:
        row = connection.execute(query.limit(1)).one()
    return row


def golden(engine: Engine) -> Any:
    """A golden Patient with a personal number."""
    body = table.c.body
    number = body.contains("core/sid/national_id")
    return json.loads(stored(engine, "Patient", table.c.record_id.is_(None), number).body)


def number_of(patient: Any) -> Any:
    return next(i for i in patient["identifier"] if i["system"].endswith("national_id"))


def found(answer: httpx.Response) -> list[Any]:
    """The resources that match."""
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    return [one["resource"] for one in entries if one["search"]["mode"] == "match"]


def links(answer: httpx.Response) -> dict[str, str]:
    return {one["relation"]: one["url"] for one in answer.json()["link"]}


def events(engine: Engine, action: Action) -> list[AuditEvent]:
    with transaction(engine) as session:
        return [event for event in audit.events(session) if event.action is action]


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_stored_is_served_byte_for_byte(
    service: httpx.Client, kept: Engine, kind: str
) -> None:
    row = stored(kept, kind)
    answer = service.get(f"{FHIR}/{kind}/{row.id}")
    assert answer.text == row.body
    assert answer.headers["etag"] == f'W/"{row.version_id}"'
    again = service.get(f"{FHIR}/{kind}/{row.id}/_history/{row.version_id}")
    assert again.text == row.body
    searched = service.get(f"{FHIR}/{kind}", params={"_id": row.id})
    assert row.body in searched.text
    unchanged = service.get(
        f"{FHIR}/{kind}/{row.id}", headers={"If-None-Match": f'W/"{row.version_id}"'}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_every_version_is_in_the_history_the_newest_first(
    service: httpx.Client, kept: Engine
) -> None:
    row = stored(kept, "Patient", table.c.version_id > 1)
    answer = service.get(f"{FHIR}/Patient/{row.id}/_history")
    Bundle.model_validate_json(answer.content)
    entries = answer.json()["entry"]
    versions = [int(one["resource"]["meta"]["versionId"]) for one in entries]
    assert versions == list(range(row.version_id, 0, -1))
    assert entries[-1]["request"] == {"method": "POST", "url": "Patient"}
    assert entries[0]["response"]["etag"] == f'W/"{row.version_id}"'
    first = service.get(f"{FHIR}/Patient/{row.id}/_history", params={"_count": 1})
    second = service.get(links(first)["next"])
    assert [first.json()["entry"][0], second.json()["entry"][0]] == entries[:2]


def test_the_history_of_a_type_is_paged_without_a_gap(service: httpx.Client, kept: Engine) -> None:
    with kept.connect() as connection:
        versions = connection.scalar(
            text("SELECT count(*) FROM registry_resource WHERE type = 'Task'")
        )
    answer = service.get(f"{FHIR}/Task/_history", params={"_count": 40})
    seen = list(answer.json()["entry"])
    while "next" in links(answer):
        answer = service.get(links(answer)["next"])
        seen += answer.json()["entry"]
    names = {(e["fullUrl"], e["resource"]["meta"]["versionId"]) for e in seen}
    assert len(names) == len(seen) == versions


def test_what_its_source_no_longer_says_is_gone_and_its_versions_are_not(
    service: httpx.Client, kept: Engine
) -> None:
    row = stored(kept, "Flag")
    with transaction(kept) as session:
        resources.withdraw(session, [("Flag", row.id)])
        audit.append(session, AuditEvent(action=Action.RECORD_UPDATE, caller=TESTER))
    answer = service.get(f"{FHIR}/Flag/{row.id}")
    assert answer.status_code == 410
    assert answer.json()["issue"][0]["code"] == "deleted"
    assert found(service.get(f"{FHIR}/Flag", params={"_id": row.id})) == []
    assert service.get(f"{FHIR}/Flag/{row.id}/_history/{row.version_id}").text == row.body
    assert len(service.get(f"{FHIR}/Flag/{row.id}/_history").json()["entry"]) == row.version_id


@pytest.mark.parametrize(
    "path",
    [
        "Flag/x",
        "Flag/x/_history",
        "Flag/x/_history/1",
        f"Flag/x/_history/{9:0>5000}",
        "Flag/đ",
        "Medication/x",
    ],
)
def test_what_never_was_is_404(service: httpx.Client, path: str) -> None:
    answer = service.get(f"{FHIR}/{path}")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (404, "not-found")


def test_a_number_finds_the_child_and_stands_in_no_link_event_or_line_of_log(
    service: httpx.Client, kept: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    child = golden(kept)
    value = number_of(child)["value"]
    asked = {"identifier": f"{number_of(child)['system']}|{value}", "_count": "1"}
    by_url = service.get(f"{FHIR}/Patient", params=asked)
    by_form = service.post(f"{FHIR}/Patient/_search", data=asked)
    for answer in (by_url, by_form):
        assert [one["id"] for one in found(answer)] == [child["id"]]
        assert value not in str(answer.json()["link"])
        assert "identifier=" in links(answer)["self"]
        # What was applied can be asked again.
        assert found(service.get(links(answer)["self"])) == found(answer)
    for event in events(kept, Action.PATIENT_SEARCH):
        assert value not in str(event)
    assert value not in "".join(capfd.readouterr())
    records = {one["other"]["reference"].partition("/")[2] for one in child["link"]}
    last = events(kept, Action.PATIENT_SEARCH)[-1]
    assert {one.record for one in last.seen} == records
    assert {one.identity for one in last.seen} == {child["id"]}
    assert last.detail["parameters"] == "identifier _count"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_system_without_a_number_narrows_the_identifiers_that_are_returned(
    service: httpx.Client, kept: Engine, method: str
) -> None:
    """On every page, and beside a number that finds the child by another system (IHE PDQm)."""
    child = golden(kept)
    own = number_of(child)
    other = next(i for i in child["identifier"] if i["system"] != own["system"])
    asked = {"identifier": f"{own['system']}|,urn:example:unknown|", "_count": "2"}
    answer = (
        service.get(f"{FHIR}/Patient", params=asked)
        if method == "GET"
        else service.post(f"{FHIR}/Patient/_search", data=asked)
    )
    for page in (answer, service.get(links(answer)["next"])):
        assert len(found(page)) == 2
        for one in found(page):
            assert {i["system"] for i in one["identifier"]} == {own["system"]}
            assert "SUBSETTED" in {tag["code"] for tag in one["meta"]["tag"]}
    both = [
        ("identifier", f"{other['system']}|{other['value']}"),
        ("identifier", own["system"] + "|"),
    ]
    (one,) = found(service.post(f"{FHIR}/Patient/_search", content=urlencode(both), headers=FORM))
    assert one["id"] == child["id"]
    assert one["identifier"] == [i for i in child["identifier"] if i["system"] == own["system"]]
    assert one["name"] == child["name"]


def test_nobody_has_a_number_of_a_system_that_nobody_knows(service: httpx.Client) -> None:
    answer = service.get(f"{FHIR}/Patient", params={"identifier": "urn:example:unknown|"})
    assert found(answer) == []


def test_a_search_in_vain_is_in_the_log(service: httpx.Client, kept: Engine) -> None:
    answer = service.get(f"{FHIR}/Patient", params={"identifier": "998000000000"})
    assert (answer.json()["total"], "entry" in answer.json()) == (0, False)
    last = events(kept, Action.PATIENT_SEARCH)[-1]
    assert (last.seen, last.detail["count"], last.outcome) == ((), 0, Outcome.SUCCESS)


def test_what_a_search_of_another_type_shows_is_named_with_its_version(
    service: httpx.Client, kept: Engine
) -> None:
    asked = {"_count": "3", "_include": "Observation:patient"}
    answer = service.get(f"{FHIR}/Observation", params=asked)
    last = events(kept, Action.RESOURCE_SEARCH)[-1]
    shown = found(answer)
    assert last.detail["shown"] == " ".join(
        f"Observation/{one['id']}/{one['meta']['versionId']}" for one in shown
    )
    records = {one["subject"]["reference"].partition("/")[2] for one in shown}
    assert {one.record for one in last.seen} == records


def test_pages_lead_on_and_back_over_every_child_once(service: httpx.Client) -> None:
    asked = {"_sort": "-birthdate", "_count": "9", "gender": "female", "_total": "accurate"}
    pages = [service.get(f"{FHIR}/Patient", params=asked)]
    while "next" in links(pages[-1]):
        pages.append(service.get(links(pages[-1])["next"]))
    ids = [one["id"] for page in pages for one in found(page)]
    assert len(ids) == len(set(ids)) == pages[0].json()["total"]
    assert len(pages) > 2
    back = service.get(links(pages[-1])["previous"])
    assert found(back) == found(pages[-2])
    assert found(service.get(links(back)["self"])) == found(back)


def test_a_cursor_that_was_changed_or_is_anothers_is_refused(service: httpx.Client) -> None:
    following = links(service.get(f"{FHIR}/Patient", params={"_count": "2"}))["next"]
    cursor = dict(parse_qsl(urlsplit(following).query))["_cursor"]
    wrong = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    for path, value in (("Patient", wrong), ("Patient", "x"), ("Task", cursor)):
        answer = service.get(f"{FHIR}/{path}", params={"_cursor": value})
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "value")
    resorted = {"_cursor": cursor, "_sort": "birthdate"}
    assert service.get(f"{FHIR}/Patient", params=resorted).status_code == 400


@pytest.mark.parametrize(
    ("query", "code", "expression"),
    [
        ("famly=x", "not-supported", None),
        ("999123456789=x", "not-supported", None),
        ("family:near=x", "not-supported", None),
        ("birthdate=20x4", "value", "birthdate"),
        ("birthdate=2024-13", "value", "birthdate"),
        ("birthdate=9999-12-31", None, None),
        ("birthdate=le9999", None, None),
        ("birthdate=0000", "value", "birthdate"),
        ("_count=many", "value", "_count"),
        ("_sort=x", "value", "_sort"),
        ("_include=Task:patient", "value", "_include"),
        ("identifier=a|b|c", "value", "identifier"),
        ("identifier=", "value", "identifier"),
        ("family=a%5Cb", "value", "family"),
        ("family=%00", "value", "family"),
        ("family=%ff", "invalid", None),
        ("_has:Task:patient:patient.link.family=x", "not-supported", None),
        ("link.link.link.family=x", "not-supported", None),
        ("_id=%27;drop", "value", "_id"),
    ],
)
def test_what_cannot_be_heeded_is_refused_without_being_repeated(
    service: httpx.Client, query: str, code: str | None, expression: str | None
) -> None:
    answer = service.get(f"{FHIR}/Patient?{query}")
    if code is None:
        assert answer.status_code == 200
        return
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"]) == (400, code)
    assert issue.get("expression") == (expression and [expression])
    assert "999123456789" not in answer.text


def test_who_prefers_it_is_answered_without_what_is_unknown(service: httpx.Client) -> None:
    asked = {"famly": "x", "gender": "male"}
    headers = {"Prefer": "return=minimal; handling=lenient"}
    answer = service.get(f"{FHIR}/Patient", params=asked, headers=headers)
    assert {one["gender"] for one in found(answer)} == {"male"}
    assert links(answer)["self"].endswith("/Patient?gender=male")


@pytest.mark.parametrize(
    ("asked", "headers", "kind"),
    [
        ({}, {"Accept": "application/fhir+xml"}, "xml"),
        ({}, {"Accept": "application/xml;q=0.9, application/fhir+json;q=0.5"}, "xml"),
        ({}, {"Accept": "text/html, */*;q=0.1"}, "json"),
        ({}, {"Accept": "application/fhir+json; fhirVersion=4.0"}, "json"),
        ({"_format": "xml"}, {"Accept": "application/json"}, "xml"),
        ({"_format": "application/fhir+json"}, {"Accept": "text/html"}, "json"),
        ({}, {"Accept": "text/turtle"}, None),
        ({}, {"Accept": "application/fhir+json; fhirVersion=5.0"}, None),
        ({"_format": "ttl"}, {}, None),
    ],
)
@pytest.mark.parametrize("path", ["metadata", "Patient", "Patient/nobody", "AuditEvent"])
def test_the_format_is_what_was_asked_for(
    service: httpx.Client,
    path: str,
    asked: dict[str, str],
    headers: dict[str, str],
    kind: str | None,
) -> None:
    told = asked if path == "metadata" else {**asked, "_count": "1"}
    answer = service.get(f"{FHIR}/{path}", params=told, headers=headers)
    if kind is None:
        assert answer.status_code == 406
        assert answer.json()["issue"][0]["code"] == "not-supported"
    else:
        assert answer.headers["content-type"].startswith(f"application/fhir+{kind}")
        assert answer.text[0] == {"json": "{", "xml": "<"}[kind]


def test_a_search_that_is_no_form_is_415(service: httpx.Client) -> None:
    answer = service.post(f"{FHIR}/Patient/_search", json={"family": "x"})
    assert (answer.status_code, answer.json()["resourceType"]) == (415, "OperationOutcome")


def test_what_is_referred_to_comes_along(service: httpx.Client) -> None:
    asked = {"_count": "5", "_include": "Encounter:service-provider"}
    answer = service.get(f"{FHIR}/Encounter", params=asked)
    included = {
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in answer.json()["entry"]
        if e["search"]["mode"] == "include"
    }
    assert included == {one["serviceProvider"]["reference"] for one in found(answer)}


def test_what_refers_to_a_child_comes_along_from_all_of_its_records(
    service: httpx.Client, kept: Engine
) -> None:
    child = golden(kept)
    records = {one["other"]["reference"] for one in child["link"]}
    asked = {"_id": child["id"], "_revinclude": "Provenance:target"}
    answer = service.get(f"{FHIR}/Patient", params=asked)
    included = [e["resource"] for e in answer.json()["entry"] if e["search"]["mode"] == "include"]
    assert {one["target"][0]["reference"] for one in included} == records


def test_a_resource_in_part_says_so(service: httpx.Client, kept: Engine) -> None:
    asked = {"_elements": "gender", "_count": "1"}
    (one,) = found(service.get(f"{FHIR}/Patient", params=asked))
    assert set(one) <= {"resourceType", "id", "meta", "active", "link", "gender", "_gender"}
    assert "SUBSETTED" in {tag["code"] for tag in one["meta"]["tag"]}
    whole = golden(kept)
    read = service.get(f"{FHIR}/Patient/{whole['id']}", params={"_summary": "true"}).json()
    assert "extension" in whole
    assert "extension" not in read
    assert read["identifier"] == whole["identifier"]


@pytest.mark.parametrize("asked", [{"_summary": "count"}, {"_count": "0"}])
def test_a_count_names_nobody(service: httpx.Client, kept: Engine, asked: dict[str, str]) -> None:
    answer = service.get(f"{FHIR}/Patient", params=asked).json()
    with kept.connect() as connection:
        children = connection.scalar(text("SELECT count(DISTINCT identity_id) FROM linkage_record"))
    assert (answer["total"], "entry" in answer) == (children, False)
    assert events(kept, Action.PATIENT_SEARCH)[-1].seen == ()


@pytest.mark.parametrize("kind", TYPES)
def test_models_of_others_read_what_is_answered(service: httpx.Client, kind: str) -> None:
    asked = {"_count": "20", "_tag:not": "golden"} if kind == "Patient" else {"_count": "20"}
    answer = service.get(f"{FHIR}/{kind}", params=asked)
    OtherBundle(answer.json(), strict=True)
    assert found(answer)


def test_no_link_is_longer_than_what_others_take(service: httpx.Client) -> None:
    """Every value is veiled once more when a link is made of a link."""
    answer = service.get(f"{FHIR}/Patient", params={"name": "ng", "_count": "1"})
    for _ in range(3):
        answer = service.get(links(answer)["next"])
    assert all(len(url) < 400 for url in links(answer).values())
    assert not re.search(r"name=ng", str(links(answer)))


def test_everything_of_a_child_is_every_resource_of_its_records_page_by_page(
    service: httpx.Client, kept: Engine
) -> None:
    child = golden(kept)
    records = [one["other"]["reference"].partition("/")[2] for one in child["link"]]
    with kept.connect() as connection:
        query = select(table.c.type, table.c.id).where(table.c.is_current)
        rows = connection.execute(query.where(table.c.record_id.in_(records)))
        expected = {f"{row.type}/{row.id}" for row in rows} | {f"Patient/{child['id']}"}
    answer = service.get(f"{FHIR}/Patient/{child['id']}/$everything", params={"_count": "7"})
    assert found(answer)[0]["id"] == child["id"]
    shown = [f"{one['resourceType']}/{one['id']}" for one in found(answer)]
    while "next" in links(answer):
        answer = service.get(links(answer)["next"])
        shown += [f"{one['resourceType']}/{one['id']}" for one in found(answer)]
    assert sorted(shown) == sorted(expected)
    last = events(kept, Action.PATIENT_EVERYTHING)[-1]
    assert {one.record for one in last.seen} <= set(records)
    assert shown[-1] in str(last.detail["shown"])


def test_everything_may_be_asked_of_some_types_and_names_the_bodies(
    service: httpx.Client, kept: Engine
) -> None:
    stay = json.loads(stored(kept, "Encounter").body)
    record = stay["subject"]["reference"]
    answer = service.get(f"{FHIR}/{record}/$everything", params={"_type": "Encounter"})
    assert {one["resourceType"] for one in found(answer)} == {"Encounter"}
    along = [e["fullUrl"] for e in answer.json()["entry"] if e["search"]["mode"] == "include"]
    assert any(url.endswith(stay["serviceProvider"]["reference"]) for url in along)
    for query, status in (("_type=Medication", 400), ("start=2024", 400), ("_since=x", 400)):
        assert service.get(f"{FHIR}/{record}/$everything?{query}").status_code == status
    assert service.get(f"{FHIR}/Patient/nobody/$everything").status_code == 404
