"""FHIR Subscription: a client is told of the children that it may see, and of nobody else."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest
from fhirclient.models.subscription import Subscription
from sqlalchemy import URL, Engine
from standardwebhooks import Webhook

from audit.event import Action
from audit.log import events
from gateway.access import clients
from gateway.database import transaction
from gateway.registry import receivers
from gateway.registry.changes import KeptChange, Kind, Place
from gateway.registry.receivers import State
from gateway.subscribed import _without_others
from tests.conftest import TESTER, fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.gateway.test_delivery import LONG_AGO, Receiving, receiving
from tests.journeys.steps import connected, ingest, minutes

PATH = "/fhir/R4/Subscription"
NAME = "Nguyễn Thị Bí Mật"
SCOPES = ("system/Subscription.cruds", "system/Patient.rs")
CLIENTS = [
    client_of("hanoi", "child-protection", "CHILDPROT", provinces=("01",), scopes=SCOPES),
    client_of("everywhere", "child-protection", "CHILDPROT", provinces=("*",), scopes=SCOPES),
    client_of("leaves", "child-protection", "CHILDPROT", provinces=("*",), scopes=SCOPES),
    client_of("police", "police", "CHILDPROT", provinces=("01",), scopes=SCOPES),
]
ELSEWHERE = {
    "thoiGian": "2025-10-09T05:10:00+07:00",
    "maXa": "26740",
    "diaDiem": "bến xe",
}


@pytest.fixture(scope="module")
def url(server_url: URL, template_url: URL) -> Iterator[URL]:
    with fresh_database(server_url, template_url.database) as url:
        yield url


@pytest.fixture(scope="module")
def engine(url: URL) -> Iterator[Engine]:
    with connected(url) as engine:
        registered(engine, *CLIENTS)
        yield engine


@pytest.fixture(scope="module")
def service(url: URL, engine: Engine) -> Iterator[httpx.Client]:
    with guarded(url, MOTEM_RECEIVERS_INSIDE=True) as client:
        yield client


@pytest.fixture
def hook() -> Iterator[Receiving]:
    with receiving() as server:
        yield server


class Subscriber:
    """One client at the service."""

    def __init__(self, service: httpx.Client, name: str) -> None:
        self.service = service
        self.headers = bearing(token_of(service, name, " ".join(SCOPES)))

    def asks(self, method: str, path: str = "", **told: Any) -> httpx.Response:
        headers = self.headers | told.pop("headers", {})
        return self.service.request(method, PATH + path, headers=headers, **told)

    def subscribes(self, address: str, **changes: Any) -> httpx.Response:
        answer = self.asks("POST", json=subscription(address, **changes))
        assert answer.status_code == 201, answer.text
        return answer

    def sees(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = self.asks("GET", f"/{id_}").json()
        return found

    def ends(self, id_: str) -> None:
        assert self.asks("DELETE", f"/{id_}").status_code == 204


def subscription(address: str, **changes: Any) -> dict[str, Any]:
    channel = {"type": "rest-hook", "endpoint": address, "payload": "application/json"}
    told = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Theo dõi trẻ",
        "criteria": "Patient",
        "channel": channel | changes.pop("channel", {}),
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def report(engine: Engine, number: int, **changes: Any) -> str:
    """Its record."""
    payload = minutes({"hoTen": NAME}, soBienBan=f"{number}/BB-CAX", **changes)
    (result,) = ingest(engine, [payload])
    return result.records[0].record


def told(hook: Receiving) -> list[dict[str, Any]]:
    found = [json.loads(body) for _, body in hook.got]
    return [one for one in found if one["type"] != "subscription.verified"]


def test_from_the_request_to_the_end(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    report(engine, 1)
    client = Subscriber(service, "everywhere")
    secret_header = {"header": ["Authorization: Bearer its-own"]}
    answer = client.subscribes(hook.url, channel=secret_header)
    made = answer.json()
    Subscription(made)
    assert made["status"] == "requested"
    assert answer.headers["etag"] == 'W/"1"'
    assert f"{PATH}/{made['id']}" in answer.headers["location"]
    until(lambda: client.sees(made["id"])["status"] == "active")
    record = report(engine, 2)
    until(lambda: len(told(hook)) == 1)
    (entry,) = told(hook)  # Of what was before it is not told.
    assert (entry["type"], entry["data"]["record"]) == ("record.created", record)
    for headers, body in hook.got:
        assert headers["authorization"] == "Bearer its-own"
        Webhook(answer.headers["x-motem-webhook-secret"]).verify(body.decode(), headers)
        assert NAME not in body.decode()
    with transaction(engine) as session:
        (sent,) = (one for one in events(session, action=Action.CHANGES_SEND))
    assert (sent.caller.who, sent.caller.purpose) == ("everywhere", "CHILDPROT")
    assert record in {one.record for one in sent.seen} | {sent.record}
    off = client.sees(made["id"]) | {"status": "off"}
    stale = client.asks("PUT", f"/{made['id']}", json=off, headers={"If-Match": 'W/"7"'})
    assert stale.status_code == 412
    assert client.asks("PUT", f"/{made['id']}", json=off).json()["status"] == "off"
    missed = report(engine, 3)
    on = client.sees(made["id"]) | {"status": "active"}
    assert client.asks("PUT", f"/{made['id']}", json=on).json()["status"] == "requested"
    until(lambda: len(told(hook)) == 2)
    assert told(hook)[1]["data"]["record"] == missed
    client.ends(made["id"])
    assert client.asks("GET", f"/{made['id']}").status_code == 410
    assert client.asks("PUT", f"/{made['id']}", json=on).status_code == 410
    assert client.asks("DELETE", f"/{made['id']}").status_code == 410


def test_each_client_is_told_of_the_children_that_it_may_see_and_of_no_other(
    service: httpx.Client, engine: Engine
) -> None:
    near, far = Subscriber(service, "hanoi"), Subscriber(service, "everywhere")
    with receiving() as here, receiving() as there:
        ids = (
            near.subscribes(here.url).json()["id"],
            far.subscribes(there.url).json()["id"],
        )
        hidden = report(engine, 11, phatHien=ELSEWHERE, donViLap={"maXa": "26740", "ten": "x"})
        shown = report(engine, 12)
        until(lambda: len(told(here)) == 1 and len(told(there)) == 2)
        assert [one["data"]["record"] for one in told(here)] == [shown]
        assert [one["data"]["record"] for one in told(there)] == [hidden, shown]
        near.ends(ids[0])
        far.ends(ids[1])


def test_only_the_children_that_the_criteria_name(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    client = Subscriber(service, "everywhere")
    record = report(engine, 21)
    made = client.subscribes(hook.url, criteria=f"Patient?_id=te-{record},{record}").json()
    report(engine, 22)
    ingest(engine, [minutes({"hoTen": NAME, "gioiTinh": "NAM"}, soBienBan="21/BB-CAX")])
    until(lambda: len(told(hook)) == 1)
    assert told(hook)[0]["type"] == "record.updated"
    assert told(hook)[0]["data"]["record"] == record
    client.ends(made["id"])


def test_without_payload_a_notification_has_no_body(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    client = Subscriber(service, "everywhere")
    made = client.subscribes(hook.url, channel={"payload": None}).json()
    report(engine, 31)
    until(lambda: len(hook.got) == 2)
    assert {body for _, body in hook.got} == {b""}
    assert len(set(hook.ids)) == 2
    client.ends(made["id"])


def test_what_goes_wrong_is_seen_in_status_and_error(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    client = Subscriber(service, "everywhere")
    hook.answers.append(503)
    made = client.subscribes(hook.url).json()
    until(lambda: client.sees(made["id"]).get("error") == "HTTP 503")
    assert client.sees(made["id"])["status"] == "requested"
    again = client.sees(made["id"])
    assert client.asks("PUT", f"/{made['id']}", json=again).status_code == 200
    until(lambda: client.sees(made["id"])["status"] == "active")
    hook.answers.append(500)
    report(engine, 41)
    until(lambda: client.sees(made["id"])["status"] == "error")
    assert client.sees(made["id"])["error"] == "HTTP 500"
    hook.answers.append(410)
    client.asks("PUT", f"/{made['id']}", json=client.sees(made["id"]))
    until(lambda: client.sees(made["id"])["status"] == "off")
    client.ends(made["id"])


def test_who_is_switched_off_is_told_nothing_more(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    client = Subscriber(service, "leaves")
    made = client.subscribes(hook.url).json()
    until(lambda: client.sees(made["id"])["status"] == "active")
    with transaction(engine) as session:
        clients.switch(session, "leaves", TESTER, enabled=False)
    report(engine, 51)

    def is_off() -> bool:
        with transaction(engine) as session:
            found = receivers.subscription(session, "leaves", made["id"])
        return found is not None and (found.state, found.error) == (State.GONE, "forbidden")

    until(is_off)
    assert told(hook) == []


PATCH = {"Content-Type": "application/json-patch+json"}
WRONG: Sequence[tuple[Any, int]] = [
    ({}, 400),
    ([{"op": "x", "path": "/status"}], 400),
    ([{"op": "replace", "path": "/nowhere/to", "value": 1}], 422),
    ([{"op": "replace", "path": "/id", "value": "te-1"}], 422),
    ([{"op": "replace", "path": "/resourceType", "value": "Patient"}], 422),
    ([{"op": "replace", "path": "", "value": {}}], 422),
    ([{"op": "replace", "path": "", "value": []}], 422),
    ([{"op": "replace", "path": "/status", "value": {"a": [1]}}], 422),
    ([{"op": "replace", "path": "/channel", "value": "x"}], 422),
    ([{"op": "remove", "path": "/channel/endpoint"}], 422),
    ([{"op": "add", "path": "/channel/header", "value": [7]}], 422),
    ([{"op": "add", "path": "/end", "value": {"a": 1}}], 422),
    ([{"op": "replace", "path": "/criteria", "value": "Observation"}], 422),
    ([{"op": "replace", "path": "/channel/endpoint", "value": "file:///etc/passwd"}], 422),
    ([{"op": "test", "path": "/reason", "value": "another"}], 409),
]


def test_a_patch_changes_what_it_names_or_nothing(service: httpx.Client, hook: Receiving) -> None:
    client = Subscriber(service, "hanoi")
    made = client.subscribes(hook.url).json()
    path = f"/{made['id']}"
    off = [{"op": "replace", "path": "/status", "value": "off"}]
    answer = client.asks("PATCH", path, json=off, headers=PATCH | {"If-Match": 'W/"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.json()["status"] == "off"
    assert answer.json()["channel"] == made["channel"]
    for patch, status in WRONG:
        refused = client.asks("PATCH", path, json=patch, headers=PATCH)
        assert refused.status_code == status, (patch, refused.text)
    stale = client.asks("PATCH", path, json=off, headers=PATCH | {"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert client.asks("PATCH", path, json=off).status_code == 415
    assert client.sees(made["id"])["meta"]["versionId"] == "2"
    other = Subscriber(service, "everywhere")
    assert other.asks("PATCH", path, json=off, headers=PATCH).status_code == 404
    client.ends(made["id"])
    assert client.asks("PATCH", path, json=off, headers=PATCH).status_code == 410


def test_nobody_meets_the_subscriptions_of_another(service: httpx.Client, hook: Receiving) -> None:
    mine, other = Subscriber(service, "everywhere"), Subscriber(service, "hanoi")
    made = mine.subscribes(hook.url).json()
    for method in ("GET", "PUT", "DELETE"):
        told = {"json": made} if method == "PUT" else {}
        assert other.asks(method, f"/{made['id']}", **told).status_code == 404
    assert other.asks("GET").json()["total"] == 0
    found = mine.asks("GET", params={"_id": made["id"]}).json()
    assert [one["resource"]["id"] for one in found["entry"]] == [made["id"]]
    assert mine.asks("GET", params={"status": "off"}).json()["total"] == 0
    assert mine.asks("POST", "/_search", data={"_id": made["id"]}).json()["total"] == 1
    assert mine.asks("GET", params={"url": "x"}).status_code == 400
    mine.ends(made["id"])
    assert mine.asks("GET").json()["total"] == 0


def test_who_may_not_take_children_as_a_whole_subscribes_to_none(service: httpx.Client) -> None:
    answer = Subscriber(service, "police").asks("POST", json=subscription("https://a.example/"))
    assert answer.status_code == 403


REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "criteria of another type": ({"criteria": "Observation?code=1"}, "criteria"),
    "criteria by a name": ({"criteria": "Patient?name=An"}, "criteria"),
    "criteria by a number": ({"criteria": "Patient?_id=999326000101"}, "criteria"),
    "two parameters": ({"criteria": "Patient?_id=a&active=true"}, "criteria"),
    "no criteria": ({"criteria": None}, "criteria"),
    "no reason": ({"reason": None}, "reason"),
    "another status": ({"status": "on"}, "status"),
    "it ended": ({"end": "2020-01-01T00:00:00Z"}, "end"),
    "no zone": ({"end": "2999-01-01T00:00:00"}, "end"),
    "another channel": ({"channel": {"type": "email"}}, "channel.type"),
    "whole resources": ({"channel": {"payload": "application/fhir+json"}}, "channel.payload"),
    "another host": ({"channel": {"header": ["Host: x"]}}, "channel.header"),
    "two lines": ({"channel": {"header": ["A: b\r\nC: d"]}}, "channel.header"),
    "header as text": ({"channel": {"header": "A: b"}}, "channel.header"),
    "no https": ({"channel": {"endpoint": "ftp://a.example/"}}, "channel.endpoint"),
    "no endpoint": ({"channel": {"endpoint": None}}, "channel.endpoint"),
    "more in the channel": ({"channel": {"extension": []}}, "channel"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_not_be_done_is_refused_with_the_element(
    service: httpx.Client, what: str
) -> None:
    changes, element = REFUSED[what]
    client = Subscriber(service, "everywhere")
    sent = subscription("http://localhost:9/", **json.loads(json.dumps(changes)))
    answer = client.asks("POST", json=sent)
    assert answer.status_code == 422, answer.text
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == [f"Subscription.{element}"]
    assert client.asks("GET").json()["total"] == 0


def test_an_address_inside_is_refused_unless_it_is_allowed(url: URL, engine: Engine) -> None:
    with guarded(url) as service:
        client = Subscriber(service, "everywhere")
        for address in ("https://127.0.0.1/", "https://10.1.2.3/", "http://1.1.1.1/"):
            answer = client.asks("POST", json=subscription(address))
            assert answer.status_code == 422
            assert answer.json()["issue"][0]["expression"] == ["Subscription.channel.endpoint"]


def test_of_identities_without_a_record_that_is_seen_nothing_is_told() -> None:
    entry = KeptChange(
        place=Place(),
        occurred=LONG_AGO,
        kind=Kind.IDENTITY,
        identity="te-a",
        record=None,
        before={"te-b": ["2"], "te-c": []},
        after={"te-a": [], "te-b": ["2"]},
    )
    told = _without_others(entry)
    assert (told.identity, told.before, told.after) == ("te-b", {"te-b": ["2"]}, {"te-b": ["2"]})
