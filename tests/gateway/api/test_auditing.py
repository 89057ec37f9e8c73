"""The access log over HTTP: AuditEvents that FHIR takes, page by page, and who saw a child."""

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.auditevent import AuditEvent as Model
from fhir.resources.R4B.bundle import Bundle
from sqlalchemy import Engine

import audit
from audit.event import Action, AuditEvent, Caller, Outcome, Seen
from gateway.database import transaction
from gateway.ingest import RecordResult

BASE = "/fhir/R4/AuditEvent"
DOCTOR = Caller(who="bs.hoa", system="ward-7", purpose="TREAT", request="q-1")


def written(engine: Engine, *events: AuditEvent) -> None:
    for one in events:
        with transaction(engine) as session:
            audit.append(session, one)


@pytest.fixture
def looked(engine: Engine, child: RecordResult) -> RecordResult:
    """A child of whom a doctor has read, was refused once, and who was one of three in an answer."""
    of_child: dict[str, Any] = {"record": child.record, "identity": child.identity}
    others = [Seen(identity=f"te-01jd000000000000000000000{n}") for n in range(3)]
    event = AuditEvent
    written(
        engine,
        event(action=Action.PATIENT_READ, caller=DOCTOR, message=child.record.upper(), **of_child),
        event(action=Action.PATIENT_READ, caller=DOCTOR, outcome=Outcome.REFUSED, **of_child),
        event(
            action=Action.MATCH_SEARCH,
            caller=DOCTOR,
            seen=(others[0], Seen(identity=child.identity), *others[1:]),
        ),
    )
    return child


def bundle(client: httpx.Client, **parameters: Any) -> dict[str, Any]:
    answer = client.get(BASE, params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-audit-event"]
    Bundle.model_validate_json(answer.content)
    return dict(answer.json())


def actions(found: dict[str, Any]) -> list[str]:
    """The log's own word for what was done, which is the last subtype."""
    return [one["resource"]["subtype"][-1]["code"] for one in found.get("entry", ())]


def test_f15_the_event_of_a_look_stays_though_the_caller_hangs_up(
    client: httpx.Client, engine: Engine, child: RecordResult
) -> None:
    """It is gone before the first byte of the answer, which is then sent to nobody."""
    path = f"/fhir/R4/Patient/{child.record}"
    host, port = str(client.base_url.host), int(client.base_url.port or 0)
    with socket.create_connection((host, port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    deadline = time.monotonic() + 60
    looks: list[AuditEvent] = []
    while not looks and time.monotonic() < deadline:
        time.sleep(0.05)
        with transaction(engine) as session:
            looks = list(audit.events(session, action=Action.PATIENT_READ, record=child.record))
    assert [one.caller.system for one in looks] == ["unnamed"]


def test_a_childs_events_are_found_each_with_that_child(
    client: httpx.Client, looked: RecordResult
) -> None:
    for asked, named in enumerate((looked.identity, f"Patient/{looked.record}")):
        found = bundle(client, patient=named)
        assert actions(found) == [
            *("audit:read",) * asked,
            *("match:search", "patient:read", "patient:read", "record:create"),
        ]
        for one in found["entry"]:
            whom = one["resource"]["entity"][0]["what"]["reference"]
            assert whom == f"Patient/{looked.identity}"
    assert actions(bundle(client, patient="te-01jd0000000000000000000009")) == []


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"agent": "bs.hoa"}, 6),
        ({"agent": "urn:motem:system|ward-7"}, 6),
        ({"agent": "nobody"}, 0),
        ({"purpose": "TREAT", "subtype": "read"}, 2),
        ({"subtype": "match:search"}, 4),
        ({"subtype": "match:search,patient:read", "agent": "bs.hoa"}, 6),
        ({"subtype": "nothing"}, 0),
        ({"outcome": "4", "agent": "bs.hoa"}, 1),
        ({"outcome": "0,4", "agent": "bs.hoa"}, 6),
        ({"outcome": "12"}, 0),
        ({"agent": "bs.hoa", "date": "ge2020"}, 6),
        ({"agent": "bs.hoa", "date": "lt2020-01"}, 0),
        ({"agent": "bs.hoa", "date": ["ge2020", "le2099-12-31T23:59:59Z"]}, 6),
    ],
)
@pytest.mark.usefixtures("looked")
def test_each_parameter_narrows(
    client: httpx.Client, parameters: dict[str, Any], count: int
) -> None:
    assert len(actions(bundle(client, **parameters))) == count


def test_a_message_is_found_as_an_entity(client: httpx.Client, looked: RecordResult) -> None:
    found = bundle(client, entity=f"urn:motem:message|{looked.record.upper()}")
    assert actions(found) == ["patient:read"]
    assert actions(bundle(client, entity=f"Patient/{looked.identity}"))


@pytest.mark.parametrize("count", [1, 2, 4, 5])
@pytest.mark.usefixtures("looked")
def test_pages_lead_on_and_are_together_all_also_within_one_event(
    client: httpx.Client, count: int
) -> None:
    whole = [one["resource"]["id"] for one in bundle(client, agent="bs.hoa")["entry"]]
    found: list[str] = []
    address = f"{BASE}?agent=bs.hoa&_count={count}"
    while address:
        page = client.get(address).json()
        ids = [one["resource"]["id"] for one in page.get("entry", ())]
        assert len(ids) <= count
        found += ids
        links = {one["relation"]: one["url"] for one in page["link"]}
        address = links.get("next", "")
    assert found == whole
    assert len(set(found)) == 6


def test_one_event_is_read_by_its_id_and_the_reading_is_logged(
    client: httpx.Client, looked: RecordResult, engine: Engine
) -> None:
    for entry in bundle(client, patient=looked.identity)["entry"]:
        answer = client.get(f"{BASE}/{entry['resource']['id']}")
        assert answer.json() == entry["resource"]
        Model.model_validate(answer.json())
    with transaction(engine) as session:
        read = list(audit.events(session, action=Action.AUDIT_READ))
    assert [one.detail["question"] for one in read[:2]] == ["search", "event"]
    assert read[0].identity == looked.identity


@pytest.mark.parametrize(
    "id_", ["0" * 26, "x", "01JD0000000000000000000001-9", "%00", "' OR 1=1", "đ"]
)
def test_what_is_not_there_is_404(client: httpx.Client, id_: str) -> None:
    for path in (f"{BASE}/{id_}", f"/audit/who-saw/{id_}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "query",
    [
        *("patien=x", "date=yesterday", "date=2026-13", "date=ne2026", "_cursor=x", "_cursor=%00"),
        *(
            "_count=many",
            "agent=urn%3Ax|y",
            "patient=a&patient=b",
            "agent=%00",
        ),
        *("date=2026-11-22T25:00:00Z", "_cursor=LjE5OTk5OTk5", "entity=a&patient=b"),
    ],
)
def test_what_cannot_be_read_is_an_outcome_and_widens_nothing(
    client: httpx.Client, query: str
) -> None:
    answer = client.get(f"{BASE}?{query}")
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_who_saw_is_told_with_reasons(client: httpx.Client, looked: RecordResult) -> None:
    answer = client.get(f"/audit/who-saw/{looked.record}")
    told = answer.json()
    assert (told["child"], told["records"]) == (looked.identity, [looked.record])
    last = told["looks"][-1]
    assert (last["who"], last["action"], last["via"]) == (
        "bs.hoa",
        "match:search",
        [looked.identity],
    )
    assert last["because"] == ["identity-then", "identity-now"]
    assert told["complete"] > last["number"]
    assert "Thử" not in json.dumps(told, ensure_ascii=False)


def test_the_form_for_a_guardian_names_no_official(
    client: httpx.Client, looked: RecordResult
) -> None:
    answer = client.get(f"/audit/who-saw/{looked.record}", params={"form": "guardian"})
    told = answer.json()
    assert "bs.hoa" not in answer.text
    assert [row[1] for row in told["rows"]].count("ward-7") == 2
    assert len(told["withheld"]) == 3
    assert client.get(f"/audit/who-saw/{looked.record}?form=press").status_code == 400


def test_what_a_breach_touched_is_told_child_by_child(
    client: httpx.Client, looked: RecordResult
) -> None:
    day = datetime.now(UTC)
    period = {"from": (day - timedelta(days=1)).isoformat(), "to": day.isoformat()}
    told = client.get("/audit/incident", params=period | {"who": "bs.hoa"}).json()
    assert (told["events"], told["refused"], told["bulk"]) == (3, 1, {})
    (mine,) = (one for one in told["children"] if one["child"] == looked.identity)
    assert (mine["shown"], mine["changed"], mine["who"]) == (2, 0, ["bs.hoa"])
    assert mine["records"] == [looked.record]
    assert mine["bodies"]
    assert actions(bundle(client, agent="urn:motem:system|unnamed"))[:1] == ["audit:read"]
    nobody = client.get("/audit/incident", params=period | {"who": "nobody"}).json()
    assert (nobody["events"], nobody["children"]) == (0, [])


@pytest.mark.parametrize(
    "period",
    [
        {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z"},
        {"from": "2026-01-01", "to": "2026-01-02"},
    ],
)
def test_a_period_that_cannot_be_is_an_outcome(
    client: httpx.Client, period: dict[str, str]
) -> None:
    answer = client.get("/audit/incident", params=period)
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"
