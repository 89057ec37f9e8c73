"""`Patient/$match` over HTTP: what is found, how sure it is and why, and that nothing is kept."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhirpy import SyncFHIRClient
from sqlalchemy import URL, text

from audit import log
from audit.event import Action
from gateway import matching
from gateway.database import transaction
from linkage.candidates import candidates
from tests.gateway.api.operating import (
    NATIONAL,
    Service,
    nameless,
    operating,
    parameters,
    patient,
    problems,
)
from tests.journeys.steps import homes, ingest, link, minutes, registration

NAMED = patient(
    name=[{"text": "Nguyễn Bảo An"}],
    gender="female",
    birthDate="2026-03-04",
    identifier=[{"system": NATIONAL, "value": "998326000001"}],
)
EVIDENCE = "urn:motem:extension:match-evidence"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
WEIGHT = "urn:motem:extension:match-weight"
TWIN = {"hoTen": "Trần Thị Hoa", "gioiTinh": "NU"}
ALIKE = patient(name=[{"text": "Trần Thị Hoa"}], gender="female")


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL) -> Iterator[Service]:
    """A found girl who was registered with a number, a boy found elsewhere, and twins of one name."""
    with operating(server_url, template_url) as service:
        elsewhere = {"maXa": "19999", "diaDiem": "bến xe", "thoiGian": "2026-02-01T20:00:00+07:00"}
        ingest(
            service.engine,
            [
                minutes({"gioiTinh": "NU"}),
                registration(24, nksSoDinhDanh="998326000001"),
                minutes({"gioiTinh": "NAM"}, soBienBan="77/BB-CAX", phatHien=elsewhere),
                minutes(TWIN, TWIN, soBienBan="88/BB-CAX", phatHien=elsewhere),
            ],
        )
        link(service.engine)
        yield service


def ask(service: Service, question: Any, **headers: str) -> dict[str, Any]:
    answer = service.post("Patient/$match", question, **headers)
    assert answer.status_code == 200, answer.text
    Bundle.model_validate_json(answer.content)
    told: dict[str, Any] = answer.json()
    assert told["type"] == "searchset"
    return told


def child_of(service: Service, beginning: str) -> str:
    """The identity of the one record whose key begins so."""
    (found,) = [one for key, one in homes(service.engine).items() if key.startswith(beginning)]
    return found


def matches(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in bundle.get("entry", ()) if one["search"]["mode"] == "match"]


def remarks(bundle: dict[str, Any]) -> list[tuple[str, str]]:
    outcomes = [e["resource"] for e in bundle.get("entry", ()) if e["search"]["mode"] == "outcome"]
    return [(one["severity"], one["code"]) for o in outcomes for one in o["issue"]]


def extension(entry: dict[str, Any], url: str) -> Any:
    (found,) = [e for e in entry["search"]["extension"] if e["url"] == url]
    return next(value for name, value in found.items() if name.startswith("value"))


def grade(entry: dict[str, Any]) -> Any:
    return extension(entry, GRADE)


def bits(entry: dict[str, Any]) -> list[float]:
    lines = [e["extension"] for e in entry["search"]["extension"] if e["url"] == EVIDENCE]
    return [part["valueDecimal"] for parts in lines for part in parts if part["url"] == "weight"]


def test_a_child_with_a_number_is_found_for_certain_and_as_it_is_served(service: Service) -> None:
    found = matches(ask(service, parameters(resource=NAMED)))[0]
    child = child_of(service, "civil_status:")
    assert found["fullUrl"] == f"{service.base}/Patient/{child}"
    assert found["resource"] == service.client.get(f"/fhir/R4/Patient/{child}").json()
    assert grade(found) == "certain"
    assert 0.9 < found["search"]["score"] <= 1


def test_a_bare_patient_and_xml_ask_the_same(service: Service) -> None:
    told = ask(service, parameters(resource=NAMED))
    assert ask(service, NAMED) == told
    bare = (
        f'<Patient xmlns="http://hl7.org/fhir"><identifier><system value="{NATIONAL}"/>'
        '<value value="998326000001"/></identifier><name><text value="Nguyễn Bảo An"/></name>'
        '<gender value="female"/><birthDate value="2026-03-04"/></Patient>'
    )
    whole = (
        '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="resource"/><resource>'
        f'{bare}</resource></parameter><parameter><name value="count"/><valueInteger value="5"/>'
        "</parameter></Parameters>"
    )
    for body in (bare, whole):
        assert ask(service, body.encode(), content_type="application/fhir+xml") == told


def test_a_nameless_child_is_asked_for_by_place_time_and_sex(service: Service) -> None:
    found = matches(ask(service, nameless()))
    assert found[0]["resource"]["id"] == child_of(service, "police:00199/12/")
    assert grade(found[0]) in ("probable", "possible")


def test_the_evidence_adds_up_to_the_weight_that_the_score_is_made_of(service: Service) -> None:
    for question in (NAMED, nameless(), patient(name=[{"text": "Trần Thị Hoa"}])):
        for one in matches(ask(service, question)):
            assert sum(bits(one)) == pytest.approx(extension(one, WEIGHT), abs=1e-5)
            lines = [e["extension"] for e in one["search"]["extension"] if e["url"] == EVIDENCE]
            told = [{part["url"]: part.get("valueString") for part in parts} for parts in lines]
            assert all(line["vi"] and line["en"] and line["vi"] != line["en"] for line in told)


def test_the_most_likely_come_first_and_no_more_than_asked_for(service: Service) -> None:
    every = ask(service, parameters(resource=ALIKE))
    scores = [one["search"]["score"] for one in matches(every)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    first = ask(service, parameters(resource=ALIKE, count=1))
    assert matches(first) == matches(every)[:1]
    assert remarks(first) == [("warning", "incomplete")]
    assert first["total"] == every["total"] == len(scores) == 2
    assert matches(ask(service, parameters(resource=ALIKE, onlySingleMatch=True))) == matches(first)


def test_two_alike_are_never_certain_and_nobody_is_told_to_be_new(service: Service) -> None:
    assert {grade(one) for one in matches(ask(service, ALIKE))} <= {"probable", "possible"}
    told = ask(service, parameters(resource=ALIKE, onlyCertainMatches=True))
    assert matches(told) == []
    assert remarks(told) == [("warning", "multiple-matches")]
    certain = ask(service, parameters(resource=NAMED, onlyCertainMatches=True))
    assert [grade(one) for one in matches(certain)] == ["certain"]


@pytest.mark.parametrize("only", [False, True])
def test_where_not_all_could_be_compared_nobody_is_told_to_be_new(
    service: Service, monkeypatch: pytest.MonkeyPatch, only: bool
) -> None:
    monkeypatch.setattr(matching, "candidates", partial(candidates, most=1))
    told = ask(service, parameters(resource=ALIKE, onlyCertainMatches=only))
    assert (matches(told), remarks(told)) == ([], [("warning", "too-costly")])


@pytest.mark.parametrize(
    "question",
    [
        patient(name=[{"text": "Lê Văn Lạ"}], gender="male", birthDate="2019-05-06"),
        patient(name=[{"text": "Nguyễn Thị Người Lớn"}], birthDate="1980-01-02"),
        patient(gender="female"),
    ],
)
def test_a_stranger_an_adult_and_a_child_of_whom_nothing_is_told_are_nobody(
    service: Service, question: dict[str, Any]
) -> None:
    told = ask(service, question)
    assert (matches(told), told["total"]) == ([], 0)
    assert remarks(told) == [("information", "not-found")]


def test_nothing_is_stored(service: Service) -> None:
    def counts() -> dict[str, int]:
        with service.engine.connect() as connection:
            names = connection.scalars(
                text(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                    " AND (tablename LIKE 'registry%' OR tablename LIKE 'linkage%')"
                )
            ).all()
            return {
                name: int(connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0)
                for name in names
            }

    before = counts()
    assert len(before) >= 12
    for question in (NAMED, nameless(), parameters(resource=NAMED, onlyCertainMatches=True)):
        ask(service, question)
    assert counts() == before


def test_each_record_of_each_child_shown_is_in_the_log_and_no_other(service: Service) -> None:
    def named() -> list[tuple[str | None, str | None]]:
        with transaction(service.engine) as session:
            found = log.events(session, action=Action.MATCH_READ)
            return [(one.record, one.identity) for one in found]

    before = len(named())
    (found,) = matches(ask(service, parameters(resource=NAMED, count=1)))
    sources = [link["other"]["reference"].split("/")[1] for link in found["resource"]["link"]]
    assert sorted(named()[before:]) == sorted((s, found["resource"]["id"]) for s in sources)
    before = len(named())
    ask(service, parameters(resource=nameless(), onlyCertainMatches=True))
    assert len(named()) == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b'{"resourceType": 5}', 400, "invalid"),
        ({"resourceType": "Observation"}, 400, "invalid"),
        (parameters(count=3), 400, "required"),
        ({"resourceType": "Parameters"}, 400, "required"),
        (parameters(resource=NAMED, count=-1), 400, "invalid"),
        (parameters(resource=NAMED, other="x"), 400, "invalid"),
        (parameters(resource=NAMED, onlyCertainMatches="perhaps"), 400, "invalid"),
        (parameters(resource=NAMED) | {"implicitRules": "urn:x"}, 400, "extension"),
        (patient(modifierExtension=[{"url": "urn:x", "valueString": "y"}]), 400, "invalid"),
        (patient(birthDate="hôm qua"), 400, "invalid"),
    ],
)
def test_what_cannot_be_understood_is_refused_without_patients(
    service: Service, body: Any, status: int, code: str
) -> None:
    answer = service.post("Patient/$match", body)
    assert answer.status_code == status
    assert [one[:2] for one in problems(answer)] == [("error", code)]
    assert "hôm qua" not in answer.text


def test_an_unknown_extension_and_an_incomplete_patient_are_no_error(service: Service) -> None:
    question = NAMED | {"extension": [{"url": "urn:x", "valueString": "y"}], "contact": [{}]}
    assert matches(ask(service, question))


def test_another_content_type_and_another_method_are_refused(service: Service) -> None:
    assert service.post("Patient/$match", NAMED, content_type="text/plain").status_code == 415
    assert service.client.get("/fhir/R4/Patient/$match").status_code in (404, 405)


def test_fhirpy_asks_unmodified(service: Service) -> None:
    client = SyncFHIRClient(service.base)
    found = client.resource("Patient").execute(
        "$match", method="post", data=parameters(resource=NAMED)
    )
    assert found["entry"][0]["search"]["score"] > 0.9


def test_the_question_is_in_no_answer(service: Service) -> None:
    question = patient(
        name=[{"text": "Lê Bí Mật"}], identifier=[{"system": NATIONAL, "value": "999326009999"}]
    )
    answer: httpx.Response = service.post("Patient/$match", question)
    assert "999326009999" not in answer.text
    assert "Bí Mật" not in answer.text
