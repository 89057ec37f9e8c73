"""Requests for birth registrations over HTTP: from the draft to the number, or aside."""

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import Engine

from audit.event import Action
from gateway.sandbox.population import Sandbox
from tests.gateway.outbound.conftest import NAME, found_child, merge, written
from tests.journeys.steps import ingest, registration


def drafted(client: httpx.Client, about: str, **more: object) -> str:
    answer = client.post("/registrations", json={"about": about} | more)
    assert answer.status_code == 201
    id_: str = answer.json()["request"]
    assert answer.headers["location"] == f"/registrations/{id_}"
    return id_


def order(client: httpx.Client, request: str, what: str, **words: str) -> httpx.Response:
    return client.post(f"/registrations/{request}/{what}", json=words)


def states(client: httpx.Client, request: str) -> list[str]:
    return [step["state"] for step in client.get(f"/registrations/{request}").json()["steps"]]


def test_a_request_goes_from_draft_to_number(
    client_at_platform: httpx.Client, engine: Engine
) -> None:
    client = client_at_platform
    request = drafted(client, found_child(engine))
    assert order(client, request, "sending").json()["state"] == "acknowledged"
    assert order(client, request, "refresh").json()["state"] == "answered"
    answer = client.get(f"/registrations/{request}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["content"]["toKhai"]["nksHoTen"] == NAME
    assert len(answer.json()["steps"][-1]["personalId"]) == 12
    assert states(client, request) == ["drafted", "drafted", "sent", "acknowledged", "answered"]
    assert [event.detail for event in written(engine, Action.REGISTRATION_READ)] == 2 * [
        {"request": request}
    ]


def test_a_list_can_be_narrowed_and_names_no_child(client: httpx.Client, engine: Engine) -> None:
    first, second = (drafted(client, found_child(engine, number)) for number in (12, 13))
    order(client, first, "withdrawal", reason="test")
    for query, expected in (
        ("", [second, first]),
        ("?state=withdrawn", [first]),
        ("?_count=1", [second]),
        ("?state=sent", []),
    ):
        answer = client.get(f"/registrations{query}")
        assert [one["request"] for one in answer.json()["registrations"]] == expected
        assert NAME not in answer.text
    assert client.get("/registrations?state=x").status_code == 400
    assert len(written(engine, Action.REGISTRATION_SEARCH)) == 4


def test_those_for_whom_nobody_asked_are_next(client: httpx.Client, engine: Engine) -> None:
    first, second = found_child(engine, 12), found_child(engine, 13)
    drafted(client, first)
    assert client.get("/registrations/candidates").json() == {"children": [second]}


def test_a_second_request_is_409_and_what_is_missing_422(
    client: httpx.Client, engine: Engine
) -> None:
    child = found_child(engine)
    request = drafted(client, child)
    again = client.post("/registrations", json={"about": child})
    lacking = client.post("/registrations", json={"about": found_child(engine, 13, ngayLap=None)})
    nowhere = client.post("/registrations", json={"about": child, "office": "99999"})
    nobody = client.post("/registrations", json={"about": NAME})
    found = [answer.status_code for answer in (again, lacking, nowhere, nobody)]
    assert found == [409, 422, 422, 404]
    assert request in again.text
    for answer in (again, lacking, nowhere, nobody):
        OperationOutcome.model_validate(answer.json())
        assert NAME not in answer.text
    assert drafted(client, child, renew=True, office="00004") == request


def test_a_withdrawn_draft_is_not_sent_and_the_child_may_be_drafted_for_again(
    client_at_platform: httpx.Client, engine: Engine, sandbox: Sandbox
) -> None:
    client, child = client_at_platform, found_child(engine)
    request = drafted(client, child)
    assert order(client, request, "withdrawal", reason="family-found").status_code == 204
    assert order(client, request, "withdrawal", reason="test").status_code == 409
    assert order(client, request, "sending").json()["state"] == "withdrawn"
    assert not sandbox.handed_in
    assert drafted(client, child) != request


def test_what_may_have_arrived_only_the_office_puts_aside(
    client_at_platform: httpx.Client, engine: Engine, sandbox: Sandbox
) -> None:
    client = client_at_platform
    request = drafted(client, found_child(engine))
    sandbox.behaviour.fail = 3
    away = order(client, request, "sending")
    assert (away.status_code, "retry-after" in away.headers) == (503, True)
    assert client.get("/registrations").json()["registrations"][0]["leaving"]
    for _ in range(2):
        refused = order(client, request, "withdrawal", reason="test")
        assert refused.status_code == 409
        assert "liên hệ với nơi nhận" in refused.text
        order(client, request, "sending")


def test_what_kept_a_request_here_is_told(
    client_at_platform: httpx.Client, engine: Engine, sandbox: Sandbox
) -> None:
    client = client_at_platform
    child = found_child(engine)
    request = drafted(client, child)
    (entry,) = ingest(engine, [registration(24)])
    merge(engine, child, entry.records[0].identity)
    answer = order(client, request, "sending").json()
    assert (answer["state"], answer["why"]["resourceType"]) == ("refused", "OperationOutcome")
    assert not sandbox.handed_in


@pytest.mark.parametrize("what", ["sending", "refresh", "withdrawal"])
def test_no_web_form_and_no_unknown_word_gives_an_order(
    client_at_platform: httpx.Client, engine: Engine, what: str
) -> None:
    client = client_at_platform
    request = drafted(client, found_child(engine))
    assert client.post(f"/registrations/{request}/{what}").status_code == 415
    assert order(client, request, what, force="yes").status_code == 400
    assert client.post(f"/registrations/{'0' * 26}/{what}", json={}).status_code in (400, 404)
    assert states(client, request) == ["drafted"]


@pytest.mark.parametrize("id_", ["x", "0" * 26, "te-x", "%00"])
def test_a_request_that_is_not_there_is_404(client: httpx.Client, id_: str) -> None:
    assert client.get(f"/registrations/{id_}").status_code == 404
