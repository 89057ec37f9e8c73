"""Findings over HTTP: for auditors only; taken, given away and closed once; each act an event."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

import audit
from audit.event import Action, AuditEvent, Caller
from gateway import findings
from gateway.database import transaction
from tests.conftest import TESTER, fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.journeys.steps import connected

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
DAY = (NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=3))
AUDIT = ("motem/audit",)
ID = "01M82DNMD155S3HBB81QBBXKCB"


@pytest.fixture(scope="module")
def own_engine(server_url: Any, template_url: Any) -> Iterator[Engine]:
    with fresh_database(server_url, template_url.database) as url, connected(url) as engine:
        registered(
            engine,
            *(client_of(name, "auditor", "HOPERAT", scopes=AUDIT) for name in ("ann", "binh")),
            client_of("police", "police", "CHILDPROT", scopes=(*AUDIT, "system/Patient.rs")),
        )
        yield engine


@pytest.fixture(scope="module")
def service(own_engine: Engine) -> Iterator[httpx.Client]:
    with guarded(own_engine.url) as client:
        yield client


@pytest.fixture(scope="module")
def ann(service: httpx.Client) -> dict[str, str]:
    return bearing(token_of(service, "ann", "motem/audit"))


@pytest.fixture(scope="module")
def binh(service: httpx.Client) -> dict[str, str]:
    return bearing(token_of(service, "binh", "motem/audit"))


def noticed(engine: Engine, who: str) -> str:
    """Somebody reads a child at night; the finding's id."""
    nosy = Caller(who=who, system="ward-7", purpose="HOPERAT")
    read = AuditEvent(action=Action.PATIENT_READ, caller=nosy, identity="te-1", occurred=NIGHT)
    with transaction(engine) as session:
        audit.append(session, read)
        (id_,) = findings.look(session, *DAY, TESTER)
    return id_


def test_a_finding_from_its_notice_to_its_end(
    service: httpx.Client, own_engine: Engine, ann: dict[str, str], binh: dict[str, str]
) -> None:
    id_ = noticed(own_engine, "nosy")
    at = f"/audit/findings/{id_}"
    listed = service.get("/audit/findings", params={"state": "open"}, headers=ann)
    (one,) = [one for one in listed.json()["findings"] if one["finding"] == id_]
    assert (one["rule"], one["who"], one["child"]) == ("off-hours", "nosy", None)
    assert one["words"] == {"vi": "ngoài giờ làm việc", "en": "outside office hours"}
    assert service.post(f"{at}/taken", json={}, headers=ann).json()["owner"] == "ann"
    assert service.post(f"{at}/taken", json={}, headers=binh).status_code == 409
    given = service.post(f"{at}/owner", json={"owner": "binh"}, headers=ann)
    assert (given.json()["owner"], given.json()["state"]) == ("binh", "taken")
    told = {"outcome": "false-alarm", "reason": "trực đêm"}
    assert service.post(f"{at}/outcome", json=told, headers=ann).status_code == 409
    closed = service.post(f"{at}/outcome", json=told, headers=binh)
    assert closed.headers["x-audit-event"]
    assert closed.headers["cache-control"] == "no-store"
    steps = service.get(at, headers=ann).json()["steps"]
    assert [one["state"] for one in steps] == ["open", "taken", "taken", "closed"]
    assert steps[-1]["reason"] == "trực đêm"
    rules = service.get("/audit/rules", headers=ann).json()["rules"]
    assert len(rules) == 11
    (rate,) = [one for one in rules if one["rule"] == "off-hours"]
    assert (rate["falseAlarms"], rate["falseShare"]) == (1, 1.0)
    with transaction(own_engine) as session:
        acts = list(audit.events(session, action=Action.FINDING_CHANGE))
    own = [one for one in acts if one.detail.get("finding") == id_]
    assert [one.caller.who for one in own] == ["ann", "ann", "binh"]
    assert all(one.policy for one in own)


def test_nobody_closes_what_is_about_themselves(
    service: httpx.Client, own_engine: Engine, ann: dict[str, str]
) -> None:
    at = f"/audit/findings/{noticed(own_engine, 'ann')}"
    assert service.post(f"{at}/taken", json={}, headers=ann).status_code == 409
    told = {"outcome": "false-alarm", "reason": "it was me"}
    assert service.post(f"{at}/outcome", json=told, headers=ann).status_code == 409


ROUTES = (
    *("GET /audit/findings", "GET /audit/rules", f"GET /audit/findings/{ID}"),
    *(f"POST /audit/findings/{ID}/{act}" for act in ("taken", "owner", "outcome")),
)


@pytest.mark.parametrize("route", ROUTES)
def test_only_auditors_get_to_know_any_of_it(service: httpx.Client, route: str) -> None:
    token = bearing(token_of(service, "police", "motem/audit"))
    method, path = route.split()
    assert service.request(method, path, headers=token, json={}).status_code == 403
    assert service.request(method, path, json={}).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{ID}/taken", {}, 404),
        (f"{ID}/owner", {"owner": "lan"}, 404),
        (f"{ID}/owner", {"owner": "Nguyễn Thị Lan"}, 400),
        (f"{ID}/owner", {}, 400),
        (f"{ID}/outcome", {"outcome": "unclear", "reason": "x"}, 404),
        (f"{ID}/outcome", {"outcome": "unclear", "reason": " "}, 400),
        (f"{ID}/outcome", {"outcome": "maybe", "reason": "x"}, 400),
        ("te-1/taken", {}, 400),
    ],
)
def test_what_cannot_be_done_is_said(
    service: httpx.Client, ann: dict[str, str], path: str, body: dict[str, str], status: int
) -> None:
    answer = service.post(f"/audit/findings/{path}", json=body, headers=ann)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


@pytest.mark.parametrize("query", ["state=none", "rule=none"])
def test_what_no_finding_can_be_is_no_question(
    service: httpx.Client, ann: dict[str, str], query: str
) -> None:
    answer = service.get(f"/audit/findings?{query}", headers=ann)
    assert answer.status_code == 400
