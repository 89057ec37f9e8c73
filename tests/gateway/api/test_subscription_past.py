"""A client has its Subscription told once more, and reads what it was: its own, and no secret."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import httpx
import pytest
from fhirclient.models.bundle import Bundle
from fhirclient.models.parameters import Parameters
from sqlalchemy import URL, Engine, text

import audit
from audit.event import Action
from gateway.api.metadata import capability_statement
from gateway.database import transaction
from tests.commands import motem
from tests.conftest import TESTER, fresh_database
from tests.gateway.access.machines import guarded, registered
from tests.gateway.api.test_subscriptions import (
    CLIENTS,
    ELSEWHERE,
    PATCH,
    Subscriber,
    report,
    subscription,
    told,
    until,
)
from tests.gateway.test_delivery import Receiving, receiving
from tests.journeys.steps import connected

TOKEN = "its-own-secret-token"
LATER = "2999-01-01T00:00:00Z"


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


def since(value: Any, name: str = "since", kind: str = "valueInstant") -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": [{"name": name, kind: value}]}


def first_moment(engine: Engine) -> str:
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT min(occurred) FROM registry_change"))
    assert found is not None
    return str(found.astimezone(UTC).isoformat(timespec="seconds"))


def once_more(hook: Receiving) -> list[str]:
    """The records of what was told once more, in the order in which it came."""
    again = [headers.get("x-motem-replay") == "true" for headers, _ in hook.got]
    verified = len(hook.got) - len(told(hook))
    entries = zip(again[verified:], told(hook), strict=True)
    return [entry["data"]["record"] for is_again, entry in entries if is_again]


def events_of(engine: Engine, action: Action, id_: str) -> list[Mapping[str, Any]]:
    with transaction(engine) as session:
        found = list(audit.events(session, action=action))
    return [
        {"who": one.caller.who, **one.detail} for one in found if one.detail.get("receiver") == id_
    ]


def changes_of(engine: Engine, id_: str) -> list[tuple[str, str]]:
    """Who did what with it."""
    found = events_of(engine, Action.RECEIVER_CHANGE, id_)
    return [(one["who"], one["what"]) for one in found]


def test_a_client_is_told_once_more_of_what_it_may_still_see(
    service: httpx.Client, engine: Engine, url: URL, hook: Receiving
) -> None:
    client = Subscriber(service, "everywhere")
    id_ = client.subscribes(hook.url).json()["id"]
    far = report(engine, 11, phatHien=ELSEWHERE, donViLap={"maXa": "26740", "ten": "x"})
    near = report(engine, 12)
    until(lambda: len(told(hook)) == 2)
    begin = first_moment(engine)
    answer = client.asks("POST", f"/{id_}/$replay", json=since(begin))
    assert answer.status_code == 200, answer.text
    Parameters(answer.json())
    until(lambda: len(once_more(hook)) == 2)
    assert once_more(hook) == [far, near]
    assert len(set(hook.ids)) == 3  # The first message, and each entry under one id.
    with transaction(engine) as session:  # From here on it may see one of them.
        audit.append(session, audit.AuditEvent(action=Action.CLIENT_CHANGE, caller=TESTER))
        session.execute(text("UPDATE access_client SET provinces = '{01}' WHERE id = 'everywhere'"))
    asked = motem(url, "receiver", "replay", id_, "--since", begin.partition("+")[0])
    assert asked.status == 0, asked.written
    replayed = ("replayed",) * 2
    until(lambda: replayed == tuple(w for _, w in changes_of(engine, id_) if w == "replayed"))
    assert once_more(hook)[2:] == [near]
    assert len(told(hook)) == 5
    asked_for = [who for who, what in changes_of(engine, id_) if what == "replay"]
    assert asked_for[0] == "everywhere"
    assert len(asked_for) == 2
    again = [one for one in events_of(engine, Action.CHANGES_SEND, id_) if one.get("replay")]
    assert {one["who"] for one in again} == {"everywhere"}
    assert len(again) == 3
    client.ends(id_)


REFUSED: Sequence[tuple[Any, int, str]] = [
    ({"resourceType": "Parameters"}, 400, "Parameters.parameter.where(name='since')"),
    (since("2026-03-04T00:00:00"), 400, "Parameters.parameter.where(name='since')"),
    (since("2026-03-04"), 400, "Parameters.parameter.where(name='since')"),
    (since("2026-13-04T00:00:00Z"), 400, "Parameters.parameter.where(name='since')"),
    (since("0001-01-01T00:00:00+07:00"), 400, "Parameters.parameter.where(name='since')"),
    (since(7), 400, "Parameters.parameter.where(name='since')"),
    (since("x", name="from"), 400, "Parameters.parameter.where(name='?')"),
    (since(LATER), 422, "Parameters.parameter.where(name='since')"),
    (since("2020-01-01T00:00:00Z"), 422, "Parameters.parameter.where(name='since')"),
    ({"resourceType": "Patient"}, 400, "Parameters"),
]


def test_what_cannot_be_told_once_more_is_refused_in_both_languages(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    client, other = Subscriber(service, "hanoi"), Subscriber(service, "leaves")
    report(engine, 21)
    id_ = client.subscribes(hook.url).json()["id"]
    path = f"/{id_}/$replay"

    def refused(status: int, expression: str | None, told: Any, who: Subscriber = client) -> None:
        answer = who.asks("POST", path, json=told)
        assert answer.status_code == status, (told, answer.text)
        (issue,) = answer.json()["issue"]
        assert expression is None or issue["expression"] == [expression]
        assert issue["details"]["text"]
        (translated,) = issue["details"]["_text"]["extension"]
        assert translated["extension"][0] == {"url": "lang", "valueCode": "en"}

    for told_, status, expression in REFUSED:
        refused(status, expression, told_)
    begin = since(first_moment(engine))
    refused(404, None, begin, other)
    off = [{"op": "replace", "path": "/status", "value": "off"}]
    assert client.asks("PATCH", f"/{id_}", json=off, headers=PATCH).status_code == 200
    refused(409, "Subscription.status", begin)
    client.ends(id_)
    refused(410, None, begin)
    assert "replay" not in {what for _, what in changes_of(engine, id_)}


def test_each_version_stays_readable_and_none_holds_a_secret(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    client, other = Subscriber(service, "hanoi"), Subscriber(service, "leaves")
    header = {"header": [f"Authorization: Bearer {TOKEN}"]}
    made = client.subscribes(hook.url, channel=header)
    id_, secret = made.json()["id"], made.headers["x-motem-webhook-secret"]
    path, further = f"/{id_}", [{"op": "replace", "path": "/reason", "value": "lý do khác"}]
    changed = client.sees(id_) | {"criteria": "Patient?_id=te-01m82pkf1pq2gyy0q6jsr5wq5h"}
    assert client.asks("PUT", path, json=changed).status_code == 200
    assert client.asks("PATCH", path, json=further, headers=PATCH).status_code == 200
    first = client.asks("GET", f"{path}/_history/1")
    assert (first.status_code, first.headers["etag"]) == (200, 'W/"1"')
    assert (first.json()["criteria"], first.json()["status"]) == ("Patient", "requested")
    assert client.asks("GET", f"{path}/_history/3").json()["reason"] == "lý do khác"
    back = client.asks("PUT", path, json=first.json())
    assert back.status_code == 422  # Its headers would be gone.
    assert back.json()["issue"][0]["expression"] == ["Subscription.meta.tag"]
    for wrong in ("0", "9", "x", "99999999999999999999", "9" * 5000):
        assert client.asks("GET", f"{path}/_history/{wrong}").status_code == 404
    client.ends(id_)
    assert client.asks("GET", f"{path}/_history/4").status_code == 410
    assert client.asks("GET", f"{path}/_history/2").status_code == 200
    page = client.asks("GET", f"{path}/_history")
    Bundle(page.json())
    told = [
        (one["request"]["method"], one["response"]["etag"], "resource" in one)
        for one in page.json()["entry"]
    ]
    assert told == [
        ("DELETE", 'W/"4"', False),
        ("PATCH", 'W/"3"', True),
        ("PUT", 'W/"2"', True),
        ("POST", 'W/"1"', True),
    ]
    with engine.connect() as connection:
        stored = connection.scalar(
            text("SELECT string_agg(v::text, '') FROM registry_receiver_version v")
        )
    for shown in (first.text, page.text, stored or ""):
        assert TOKEN not in shown
        assert secret not in shown
    for one in (f"{path}/_history", f"{path}/_history/1"):
        assert other.asks("GET", one).status_code == 404
    looked = events_of(engine, Action.RECEIVER_READ, id_)
    assert {(one["what"], one.get("version")) for one in looked} >= {("read", 1), ("history", None)}


def test_a_history_comes_page_by_page(service: httpx.Client, hook: Receiving) -> None:
    client = Subscriber(service, "hanoi")
    made = client.subscribes(hook.url, status="off").json()
    assert made["meta"]["versionId"] == "1"
    path = f"/{made['id']}"
    for word in ("b", "c"):
        reason = [{"op": "replace", "path": "/reason", "value": word}]
        assert client.asks("PATCH", path, json=reason, headers=PATCH).status_code == 200
    page = client.asks("GET", f"{path}/_history?_count=2").json()
    links = {one["relation"]: one["url"] for one in page["link"]}
    last = service.get(links["next"], headers=client.headers).json()
    reasons = [one["resource"]["reason"] for one in (*page["entry"], *last["entry"])]
    assert reasons == ["c", "b", subscription("x")["reason"]]
    assert [one["relation"] for one in last["link"]] == ["self"]
    moment = client.sees(made["id"])["meta"]["lastUpdated"]
    newest = client.asks("GET", f"{path}/_history", params={"_since": moment}).json()
    assert len(newest["entry"]) == 1
    assert client.asks("GET", f"{path}/_history?x=1").status_code == 400
    client.ends(made["id"])


def test_the_versions_of_all_that_a_client_ever_had(
    service: httpx.Client, engine: Engine, hook: Receiving
) -> None:
    (claim,) = (
        one
        for one in capability_statement()["rest"][0]["resource"]
        if one["type"] == "Subscription"
    )
    assert {"code": "history-type"} in claim["interaction"]
    client, other = Subscriber(service, "hanoi"), Subscriber(service, "leaves")
    foreign = other.subscribes(hook.url, status="off").json()["id"]
    ids = [client.subscribes(hook.url, status="off").json()["id"] for _ in range(2)]
    reason = [{"op": "replace", "path": "/reason", "value": "b"}]
    moment = client.sees(ids[1])["meta"]["lastUpdated"]
    assert client.asks("PATCH", f"/{ids[0]}", json=reason, headers=PATCH).status_code == 200
    client.ends(ids[1])

    def past(**asked: str) -> list[tuple[str, str, str]]:
        answer = client.asks("GET", "/_history", params={"_count": "2"} | asked)
        found: list[tuple[str, str, str]] = []
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            Bundle(page)
            for one in page["entry"]:
                id_ = one["fullUrl"].rpartition("/")[2]
                found.append((id_, one["request"]["method"], one["response"]["etag"]))
            links = {one["relation"]: one["url"] for one in page["link"]}
            if "next" not in links:
                return found
            answer = service.get(links["next"], headers=client.headers)

    newest = [
        (ids[1], "DELETE", 'W/"2"'),
        (ids[0], "PATCH", 'W/"2"'),
        (ids[1], "POST", 'W/"1"'),
        (ids[0], "POST", 'W/"1"'),
    ]
    every = past()
    assert every[:4] == newest
    assert len(every) == len(set(every))
    assert foreign not in {id_ for id_, _, _ in every}
    assert past(_since=moment) == newest[:3]
    with transaction(engine) as session:
        looked = list(audit.events(session, action=Action.RECEIVER_READ))
    assert looked[-1].detail == {"what": "history"}
    for wrong in ("x=1", "_since=x", "_cursor=x"):
        assert client.asks("GET", f"/_history?{wrong}").status_code == 400
    client.ends(ids[0])
    other.ends(foreign)
