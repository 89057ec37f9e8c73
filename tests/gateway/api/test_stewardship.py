"""HAPI's $mdm operations over HTTP: what stewards see and decide, refuse and take back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.parameters import Parameters
from sqlalchemy import URL, text

from audit import log
from audit.event import Action
from gateway.database import transaction
from gateway.ingest import deliver
from tests.conftest import TESTER
from tests.fake_source import ADAPTER, fake_message
from tests.gateway.api.operating import HOSPITAL, Service, operating, parameters, patient, problems
from tests.journeys.steps import homes, ingest, link, minutes

NAMES = ("Nguyễn Thị Thử", "Trần Văn Khác", "Lê Hoa", "Phạm Mai")
NUMBERS = ("998326000001", "998220000002", "998421000003", "998522000004")
TWIN = {"hoTen": "Trần Thị Hoa", "gioiTinh": "NU"}
FOUND = {"maXa": "19999", "diaDiem": "bến xe", "thoiGian": "2026-02-01T20:00:00+07:00"}
WANTED = f"fhir:{HOSPITAL}|S"


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL) -> Iterator[Service]:
    """Four children with nothing in common, and a girl who may be either of two twins."""
    lines = [
        {
            "id": str(n),
            "name": name,
            "sex": "female",
            "born": f"20{17 + n}-03-0{n}",
            "numbers": [id_],
        }
        for n, (name, id_) in enumerate(zip(NAMES, NUMBERS, strict=True), start=1)
    ]
    girl = patient(
        identifier=[{"use": "official", "system": HOSPITAL, "value": "S"}],
        name=[{"text": "Trần Thị Hoa"}],
        gender="female",
    )
    with operating(server_url, template_url) as service:
        deliver(service.engine, fake_message(*lines), ADAPTER, TESTER)
        twins = minutes(TWIN, TWIN, soBienBan="88/BB-CAX", phatHien=FOUND)
        ingest(service.engine, [twins, json.dumps(girl).encode()])
        link(service.engine)
        yield service


def key(number: int) -> str:
    return f"fake:{number}"


def identity(service: Service, key: str) -> str:
    return homes(service.engine)[key]


def record(service: Service, key: str) -> str:
    """The id of a record by its key."""
    query = text("SELECT record_id FROM linkage_record WHERE key = :key")
    with service.engine.connect() as connection:
        return str(connection.scalar(query, {"key": key}))


def twins(service: Service) -> set[str]:
    """The ids of both."""
    query = text("SELECT record_id FROM linkage_record WHERE key LIKE 'police:%'")
    with service.engine.connect() as connection:
        return set(connection.scalars(query))


def version(service: Service, id_: str) -> int:
    return int(service.client.get(f"/fhir/R4/Patient/{id_}").json()["meta"]["versionId"])


def values(part: dict[str, Any]) -> dict[str, Any]:
    """Name → value of the parts of a parameter."""
    return {
        one["name"]: next(value for name, value in one.items() if name.startswith("value"))
        for one in part["part"]
    }


def told(answer: httpx.Response, name: str = "link") -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    Parameters.model_validate_json(answer.content)
    return [values(one) for one in answer.json().get("parameter", ()) if one["name"] == name]


def links(service: Service, **wanted: Any) -> list[dict[str, Any]]:
    asked = {"_count": 100} | wanted
    return told(service.client.get("/fhir/R4/$mdm-query-links", params=asked))


def pairs(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {
        (
            one["goldenResourceId"].removeprefix("Patient/"),
            one["sourceResourceId"].removeprefix("Patient/"),
        )
        for one in found
    }


def say(service: Service, operation: str, **values: Any) -> httpx.Response:
    return service.post(operation, parameters(**values))


def done(answer: httpx.Response) -> str:
    """The id of the decision."""
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Motem-Decision"]


@contextmanager
def taken_back(service: Service) -> Iterator[list[str]]:
    """Whatever is decided inside, all identities are afterwards what they were."""
    before, made = homes(service.engine), list[str]()
    yield made
    for decision in reversed(made):
        done(say(service, "$motem-undo", decision=decision))
    assert homes(service.engine) == before


def merge(service: Service, one: int, other: int) -> str:
    names = {
        "fromGoldenResourceId": f"Patient/{identity(service, key(one))}",
        "toGoldenResourceId": f"Patient/{identity(service, key(other))}",
    }
    return done(say(service, "$mdm-merge-golden-resources", **names))


def part(service: Service, one: str, other: str) -> httpx.Response:
    names = {"goldenResourceId": identity(service, one), "resourceId": identity(service, other)}
    return say(service, "$mdm-not-duplicate", **names)


def test_every_record_has_one_match_on_all_pages_together(service: Service) -> None:
    asked: dict[str, Any] | str = {"matchResult": "MATCH", "_count": 3, "resourceType": "Patient"}
    url, found, seen = "/fhir/R4/$mdm-query-links", list[dict[str, Any]](), list[set[str]]()
    while url:
        answer = service.client.get(url, params=asked or None)
        found += told(answer)
        around = {o["name"]: o["valueUri"] for o in answer.json()["parameter"] if "valueUri" in o}
        seen.append({*around})
        url, asked = around.get("next", ""), ""
    known = homes(service.engine)
    assert pairs(found) == {(known[one], record(service, one)) for one in known}
    assert len(found) == len(known) == 7
    assert seen == [{"self", "next"}, {"prev", "self", "next"}, {"prev", "self"}]
    assert {one["linkSource"] for one in found} == {"AUTO"}


def test_a_question_is_told_from_either_side(service: Service) -> None:
    """The girl may be either twin, so there are two questions about her and one about each twin."""
    asked = links(service, matchResult="POSSIBLE_MATCH")
    assert all(0 < one["score"] < 1 for one in asked)
    girl = record(service, WANTED)
    about_her = pairs(links(service, matchResult="POSSIBLE_MATCH", resourceId=girl))
    assert len(about_her) == len(asked) == 2
    assert about_her == {(f"te-{twin}", girl) for twin in twins(service)}
    for golden, source in about_her:
        twin = golden.removeprefix("te-")
        for wanted in (
            {"goldenResourceId": golden},
            {"goldenResourceId": f"te-{girl}", "resourceId": twin},
        ):
            found = pairs(links(service, matchResult="POSSIBLE_MATCH", **wanted))
            assert found in ({(golden, source)}, {(f"te-{girl}", twin)})
        assert links(service, goldenResourceId=golden, resourceId=record(service, key(1))) == []
    duplicates = told(service.client.get("/fhir/R4/$mdm-duplicate-golden-resources"))
    assert {frozenset(pair) for pair in pairs(duplicates)} == {
        frozenset({golden, f"te-{girl}"}) for golden, _ in about_her
    }
    assert {one["matchResult"] for one in duplicates} == {"POSSIBLE_DUPLICATE"}


def test_two_identities_become_one_and_come_back_after_later_changes(service: Service) -> None:
    before = homes(service.engine)
    with taken_back(service) as made:
        made.append(merge(service, 1, 2))
        after = homes(service.engine)
        assert after[key(1)] == after[key(2)] == min(before[key(1)], before[key(2)])
        matched = links(service, goldenResourceId=after[key(1)], matchResult="MATCH")
        assert {one["linkSource"] for one in matched} == {"MANUAL"}
        assert len(matched) == 2
        assert all(0 <= one["score"] <= 1 for one in matched)
        retired = ({before[key(1)], before[key(2)]} - {after[key(1)]}).pop()
        assert pairs(links(service, goldenResourceId=retired)) == pairs(
            links(service, goldenResourceId=after[key(1)])
        )
        later = {"id": "2", "name": "Trần Văn Khác", "mother": "Lê Thị Sau"}
        deliver(service.engine, fake_message(later), ADAPTER, TESTER)
        say(service, "$mdm-submit")
    for number in (1, 2):
        golden = service.client.get(f"/fhir/R4/Patient/{before[key(number)]}").json()
        assert golden["active"] is True
        assert golden["name"][0]["text"] == NAMES[number - 1]
    history = told(
        service.client.get("/fhir/R4/$mdm-link-history", params={"goldenResourceId": retired}),
        "historical link",
    )
    times = [one["revisionTimestamp"] for one in history]
    assert times == sorted(times, reverse=True)
    assert [one["goldenResourceId"] for one in history] == [
        f"Patient/{id_}" for id_ in (retired, after[key(1)], retired)
    ]
    assert [one["linkSource"] for one in history] == ["MANUAL", "MANUAL", "AUTO"]


def test_undo_is_done_once_and_never_of_a_withdrawal(service: Service) -> None:
    decision = merge(service, 1, 2)
    first = say(service, "$motem-undo", decision=decision, reason="nhầm")
    again = say(service, "$motem-undo", decision=decision)
    assert done(first) == done(again)
    changed = [one.json()["parameter"][2]["valueBoolean"] for one in (first, again)]
    assert changed == [True, False]
    assert say(service, "$motem-undo", decision=done(first)).status_code == 409
    assert say(service, "$motem-undo", decision="nothing").status_code == 404


def test_who_is_taken_out_stays_out_and_can_be_put_back(service: Service) -> None:
    with taken_back(service) as made:
        made.append(merge(service, 1, 2))
        made.append(merge(service, 2, 3))
        golden = identity(service, key(1))
        out = {"goldenResourceId": golden, "resourceId": record(service, key(4))}
        refused = say(service, "$mdm-update-link", **out, matchResult="NO_MATCH")
        made.append(done(refused))
        assert refused.json()["id"] == golden
        assert len(links(service, matchResult="NO_MATCH", resourceId=out["resourceId"])) == 3
        say(service, "$mdm-submit")
        opposite = say(service, "$mdm-update-link", **out, matchResult="MATCH")
        assert opposite.status_code == 409
        done(say(service, "$motem-undo", decision=made.pop()))
        made.append(done(say(service, "$mdm-create-link", **out)))
        assert identity(service, key(4)) == golden


def test_a_contradiction_is_refused_with_its_chain(service: Service) -> None:
    with taken_back(service) as made:
        made += [merge(service, 1, 2), merge(service, 2, 3)]
        before = homes(service.engine)
        out = {"goldenResourceId": before[key(1)], "resourceId": record(service, key(1))}
        answer = say(service, "$mdm-update-link", **out, matchResult="NO_MATCH")
        assert answer.status_code == 409
        ((severity, code, words),) = problems(answer)
        assert (severity, code) == ("error", "conflict")
        assert record(service, key(1)) in words
        assert " = " in words
        assert any(decision in words for decision in made)
        assert homes(service.engine) == before
        assert "fake:" not in answer.text


def test_not_duplicate_persists_and_closes_the_question(service: Service) -> None:
    girl = record(service, WANTED)
    asked = pairs(links(service, matchResult="POSSIBLE_MATCH", resourceId=girl))
    golden, source = min(asked)
    names = {"goldenResourceId": golden, "resourceId": f"te-{source}"}
    answer = say(service, "$mdm-not-duplicate", **names)
    decision = done(answer)
    assert answer.json()["parameter"][0] == {"name": "success", "valueBoolean": True}
    say(service, "$mdm-submit")
    left = links(service, matchResult="POSSIBLE_MATCH")
    assert (golden, source) not in pairs(left)
    assert {(golden, source)} <= pairs(links(service, matchResult="NO_MATCH"))
    done(say(service, "$motem-undo", decision=decision))
    assert pairs(links(service, matchResult="POSSIBLE_MATCH", resourceId=girl)) == asked
    assert links(service, matchResult="NO_MATCH") == []


def test_accepting_one_candidate_settles_its_siblings_and_undo_opens_them(
    service: Service,
) -> None:
    """She may be either twin: both questions are open, and exclude each other."""
    girl = record(service, WANTED)
    asked = pairs(links(service, matchResult="POSSIBLE_MATCH", resourceId=girl))
    (golden, _), (rival, _) = sorted(asked)
    with taken_back(service) as made:
        accepted = {"goldenResourceId": golden, "resourceId": girl, "matchResult": "MATCH"}
        first = say(service, "$mdm-update-link", **accepted)
        made.append(done(first))
        assert {f"Patient/{girl}"} < {o["other"]["reference"] for o in first.json()["link"]}
        assert links(service, matchResult="POSSIBLE_MATCH", resourceId=girl) == []
        refused = pairs(links(service, matchResult="NO_MATCH", resourceId=girl))
        assert refused == {(rival, girl)}
        again = say(service, "$mdm-update-link", **accepted)
        assert done(again) == made[0]
        other = {"goldenResourceId": rival, "resourceId": girl}
        rejected = say(service, "$mdm-update-link", **other, matchResult="NO_MATCH")
        assert rejected.status_code == 200
        assert homes(service.engine)[WANTED] == first.json()["id"]
    assert links(service, matchResult="NO_MATCH") == []
    opened = links(service, matchResult="POSSIBLE_MATCH", resourceId=girl)
    assert pairs(opened) == asked


@pytest.mark.parametrize("name", ["goldenResourceId", "resourceId"])
def test_who_saw_an_older_version_decides_nothing(service: Service, name: str) -> None:
    with taken_back(service) as made:
        made.append(merge(service, 1, 2))
        ids = {
            "goldenResourceId": identity(service, key(1)),
            "resourceId": record(service, key(3)),
        }
        now = version(service, ids[name])
        said = {one: f"Patient/{id_}" for one, id_ in ids.items()} | {"matchResult": "MATCH"}
        stale = say(
            service, "$mdm-update-link", **said | {name: f"Patient/{ids[name]}/_history/{now + 1}"}
        )
        assert (stale.status_code, problems(stale)[0][1]) == (409, "conflict")
        fresh = say(
            service, "$mdm-update-link", **said | {name: f"Patient/{ids[name]}/_history/{now}"}
        )
        made.append(done(fresh))


def test_an_identity_that_was_joined_with_another_decides_nothing(service: Service) -> None:
    before = homes(service.engine)
    with taken_back(service) as made:
        made.append(merge(service, 1, 2))
        retired = ({before[key(1)], before[key(2)]} - {identity(service, key(1))}).pop()
        names = {"goldenResourceId": retired, "resourceId": record(service, key(3))}
        answer = say(service, "$mdm-update-link", **names, matchResult="MATCH")
        assert answer.status_code == 409


@pytest.mark.parametrize(
    ("operation", "values", "status"),
    [
        (
            "$mdm-update-link",
            {"goldenResourceId": "te-x", "resourceId": "y", "matchResult": "MATCH"},
            404,
        ),
        ("$mdm-update-link", {"goldenResourceId": "te-x", "resourceId": "y"}, 400),
        (
            "$mdm-update-link",
            {"goldenResourceId": "te-x", "resourceId": "y", "matchResult": "MAYBE"},
            400,
        ),
        (
            "$mdm-update-link",
            {"goldenResourceId": "Group/1", "resourceId": "y", "matchResult": "MATCH"},
            400,
        ),
        ("$mdm-create-link", {"resourceId": "y"}, 400),
        ("$mdm-merge-golden-resources", {"fromGoldenResourceId": "te-x"}, 400),
        (
            "$mdm-merge-golden-resources",
            {"fromGoldenResourceId": "te-x", "toGoldenResourceId": "te-y"},
            404,
        ),
        ("$mdm-not-duplicate", {"goldenResourceId": "te-x", "resourceId": "te-y"}, 404),
        (
            "$mdm-not-duplicate",
            {"goldenResourceId": "te-x", "resourceId": "te-y", "more": "z"},
            400,
        ),
        ("$mdm-query-links", {"matchResult": "MAYBE"}, 400),
        ("$mdm-query-links", {"_count": "many"}, 400),
        ("$mdm-query-links", {"resourceType": "Observation"}, 400),
        ("$mdm-link-history", {}, 400),
        ("$motem-undo", {}, 400),
        ("$mdm-submit", {"criteria": "Patient?"}, 400),
    ],
)
def test_what_cannot_be_done_is_refused(
    service: Service, operation: str, values: dict[str, Any], status: int
) -> None:
    answer = say(service, operation, **values)
    assert answer.status_code == status
    assert problems(answer)[0][0] == "error"


def test_one_identity_is_no_pair(service: Service) -> None:
    golden = identity(service, key(1))
    names = {"goldenResourceId": golden, "resourceId": record(service, key(1))}
    for verdict in ("MATCH", "NO_MATCH"):
        assert say(service, "$mdm-update-link", **names, matchResult=verdict).status_code == 400
    assert part(service, key(1), key(1)).status_code == 400


@pytest.mark.parametrize(
    "operation",
    [
        "$mdm-update-link",
        "$mdm-create-link",
        "$mdm-merge-golden-resources",
        "$mdm-not-duplicate",
        "$mdm-submit",
        "$motem-undo",
    ],
)
def test_nothing_is_decided_by_get(service: Service, operation: str) -> None:
    answer = service.client.get(f"/fhir/R4/{operation}")
    assert answer.status_code == 405
    assert problems(answer)[0][0] == "error"


def test_submitting_links_what_is_new(service: Service) -> None:
    line = {"id": "new", "name": NAMES[3], "sex": "female", "born": "2021-03-04"}
    deliver(service.engine, fake_message(line | {"numbers": [NUMBERS[3]]}), ADAPTER, TESTER)
    for path in (
        "$mdm-submit",
        "Patient/$mdm-submit",
        f"Patient/{record(service, key(4))}/$mdm-submit",
    ):
        answer = say(service, path)
        counts = {one["name"]: one["valueInteger"] for one in answer.json()["parameter"]}
        assert counts["submitted"] == 8
    assert identity(service, "fake:new") == identity(service, key(4))


def test_every_child_on_a_page_is_in_the_log(service: Service) -> None:
    shown = links(service, _count=5)
    duplicate = told(service.client.get("/fhir/R4/$mdm-duplicate-golden-resources"))
    with transaction(service.engine) as session:
        *_, first, second = log.events(session, action=Action.IDENTITY_READ)
    assert {(one.identity, one.record) for one in first.seen} == pairs(shown)
    assert {one.identity for one in second.seen} == {
        id_ for pair in pairs(duplicate) for id_ in pair
    }
