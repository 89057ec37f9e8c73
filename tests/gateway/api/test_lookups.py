"""Look-ups over HTTP: as the command does them, and nothing of a child but what was asked for."""

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import Engine

from audit.event import Action
from gateway.sandbox.population import Sandbox
from tests.gateway.outbound.conftest import NAME, NUMBER, child_with_number, identity_of, written


def ask(client: httpx.Client, about: str, *, again: bool = False) -> httpx.Response:
    return client.post("/lookups", json={"about": about, "again": again})


def test_a_child_is_asked_about_once_and_anew_when_told_so(
    client_at_platform: httpx.Client, engine: Engine, sandbox: Sandbox
) -> None:
    record = child_with_number(engine)
    first, second = (ask(client_at_platform, record) for _ in range(2))
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert {**first.json(), "asked": False} == second.json()
    assert (first.json()["result"], first.json()["about"]) == ("confirmed", record)
    assert ask(client_at_platform, record, again=True).json()["asked"]
    assert len(sandbox.transactions) == 2
    assert NAME not in first.text
    assert NUMBER not in first.text
    asked = written(engine, Action.LOOKUP_ASK)
    assert [event.caller.who for event in asked] == 2 * ["unauthenticated:127.0.0.1"]


def test_those_whom_nobody_asked_about_are_next(
    client_at_platform: httpx.Client, engine: Engine
) -> None:
    children = [
        identity_of(engine, child_with_number(engine, f"k{n}", f"99932600020{n}")) for n in range(3)
    ]
    ask(client_at_platform, children[0])
    for query, expected in (("", children[1:]), ("?_count=1", children[1:2])):
        answer = client_at_platform.get(f"/lookups/candidates{query}")
        assert answer.json() == {"children": expected}
    assert len(written(engine, Action.PATIENT_SEARCH)) == 2


def test_a_platform_that_is_away_is_told_with_its_reason(
    client_at_platform: httpx.Client, engine: Engine, sandbox: Sandbox
) -> None:
    sandbox.behaviour.fail = 100
    answer = ask(client_at_platform, child_with_number(engine))
    assert (answer.status_code, answer.json()["result"]) == (200, "not-reachable")
    OperationOutcome.model_validate(answer.json()["why"])


def test_what_cannot_be_asked_is_422_and_whom_nobody_knows_404(
    client_at_platform: httpx.Client, engine: Engine, sandbox: Sandbox
) -> None:
    unnumbered = child_with_number(engine, numbers=[])
    for about, status in ((unnumbered, 422), (NUMBER, 404), ("0" * 26, 404), ("", 404)):
        answer = ask(client_at_platform, about)
        assert answer.status_code == status
        OperationOutcome.model_validate(answer.json())
        assert NUMBER not in answer.text
    assert not sandbox.transactions


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b'{"about":"te-x","number":"1"}', "application/json", 400),
        (b'{"about":7}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"about":"te-x"}', "text/plain", 415),
    ],
)
def test_what_is_no_question_is_refused(
    client_at_platform: httpx.Client, body: bytes, kind: str, status: int
) -> None:
    answer = client_at_platform.post("/lookups", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status


def test_without_a_platform_nothing_goes_out_and_all_else_works(
    client: httpx.Client, engine: Engine
) -> None:
    answer = ask(client, child_with_number(engine))
    assert (answer.status_code, "retry-after" in answer.headers) == (503, False)
    assert "MOTEM_SITE" in answer.text
    assert client.get("/lookups/candidates").status_code == 200
