"""What every answer bears; what no route takes, whatever it is for; and budgets over HTTP."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest
import structlog
from sqlalchemy import URL
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

import audit
from audit.event import Action
from gateway.access import refusals
from gateway.api.safeguards import ALWAYS
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.settings import Settings
from tests.conftest import fresh_database
from tests.gateway.access.machines import (
    bearing,
    client_of,
    form_for,
    guarded,
    registered,
    token_of,
)
from tests.gateway.api.conftest import served
from tests.journeys.steps import connected

ID = "01m82pkf1pq2gyy0q6jsr5wq5h"
PATIENT = f"/fhir/R4/Patient/{ID}"


@pytest.fixture(scope="module")
def own_url(server_url: URL, template_url: URL) -> Iterator[URL]:
    with fresh_database(server_url, template_url.database) as url:
        yield url


@pytest.fixture(scope="module")
def routes(own_url: URL) -> list[tuple[str, str]]:
    """Method and path of every route that takes a body."""
    app = create_app(Settings.model_validate({"DATABASE_URL": printable(own_url)}))
    app.state.services.engine.dispose()
    return [
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if method in ("post", "put", "patch")
    ]


@pytest.fixture(scope="module")
def service(own_url: URL) -> Iterator[httpx.Client]:
    settings = Settings.model_validate({"DATABASE_URL": printable(own_url)})
    with served(create_app(settings)) as client:
        yield client


ANSWERS = {
    ("GET", "/livez"): 200,
    ("GET", "/fhir/R4/metadata"): 200,
    ("GET", "/fhir/R4/metadata?_format=xml"): 200,
    ("GET", "/fhir/R4/Patient"): 200,
    ("GET", PATIENT): 404,
    ("GET", "/fhir/R4/Patient?_format=turtle"): 406,
    ("GET", "/nothing"): 404,
    ("DELETE", "/livez"): 405,
    ("POST", "/lookups"): 415,
    ("POST", "/token"): 400,
}


@pytest.mark.parametrize("asked", ANSWERS, ids=" ".join)
def test_every_answer_bears_the_headers(service: httpx.Client, asked: tuple[str, str]) -> None:
    answer = service.request(*asked, headers={"X-Request-Id": "So-01_a.b"})
    assert answer.status_code == ANSWERS[asked]
    assert {name: answer.headers[name] for name in ALWAYS} == dict(ALWAYS)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == "So-01_a.b"


def test_a_mistake_of_ours_bears_them_too(own_url: URL) -> None:
    app = create_app(Settings.model_validate({"DATABASE_URL": printable(own_url)}))
    del app.state.services
    with served(app) as client:
        answer = client.get(PATIENT, headers={"X-Request-Id": "a"})
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in ALWAYS} == dict(ALWAYS)
    assert answer.headers["x-request-id"] == "a"


UNSOUND = [b"", b"a b", b"a" * 65, b"a\tb", "é".encode(), b"<script>"]
NUMBERS = [b"999326000101", b"be-999326000101.2"]
"""Might be a child's."""


@pytest.mark.parametrize("told", UNSOUND + NUMBERS)
def test_an_unsound_request_id_is_replaced(service: httpx.Client, told: bytes) -> None:
    given = service.get("/livez", headers=[(b"X-Request-Id", told)]).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{26}", given)


@pytest.mark.parametrize("told", ["So-01.b", "00000000-1111-2222-3333-444444444444"])
def test_answer_and_access_log_name_the_same_request(
    service: httpx.Client, own_url: URL, told: str
) -> None:
    """What the integrator has in its own log, the auditor finds in ours."""
    answer = service.get(PATIENT, headers={"X-Request-Id": told})
    assert answer.headers["x-request-id"] == answer.json()["id"] == told
    entry = {"request": {"method": "GET", "url": f"Patient/{ID}"}}
    several = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    batch = service.post("/fhir/R4", json=several, headers={"X-Request-Id": told})
    looks = {one.headers["x-audit-event"] for one in (answer, batch)}
    with connected(own_url) as engine, transaction(engine) as session:
        found = [one for one in audit.events(session) if one.id in looks]
    assert [one.caller.request for one in found] == [told, told]


def test_lines_of_the_log_name_the_request(own_url: URL) -> None:
    app = create_app(Settings.model_validate({"DATABASE_URL": printable(own_url)}))

    @app.get("/readyz-loud")
    def loud() -> None:
        structlog.get_logger().warning("said")

    with capture_logs(processors=[merge_contextvars]) as lines, served(app) as client:
        client.get("/readyz-loud", headers={"X-Request-Id": "So-01"})
    assert [one["request"] for one in lines if one["event"] == "said"] == ["So-01"]


HOSTILE = {
    "a key twice": b'{"resourceType": "Patient", "resourceType": "Patient"}',
    "a key twice, written in two ways": b'{"gender": "male", "gende\\u0072": "female"}',
    "NUL": b'{"resourceType": "Patient", "name": [{"text": "a\\u0000b"}]}',
    "raw NUL": b'{"resourceType": "Patient", "name": [{"text": "a\x00b"}]}',
    "half a character": b'{"resourceType": "Patient", "name": [{"text": "a\\ud800"}]}',
    "not UTF-8": b'{"resourceType": "Patient", "name": [{"text": "\xff"}]}',
    "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep and never closed": b"[" * 60_000,
    "NaN": b'{"resourceType": "Patient", "multipleBirthInteger": NaN}',
    "a huge number": b'{"resourceType": "Patient", "multipleBirthInteger": 1' + b"0" * 5000 + b"}",
    "a long text": b'{"resourceType": "Patient", "name": [{"text": "'
    + b"a" * (2 * 1024 * 1024)
    + b'"}]}',
    "no object": b'"Patient"',
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><Patient xmlns="http://hl7.org/fhir">&b;</Patient>',
}
FORM = {"content-type": "application/x-www-form-urlencoded"}
EVERY_TYPE = ("system/*.cruds",)
TAKES_ALL = "/preview"
"""Answers with what would be refused, record by record."""


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_route_takes_what_is_hostile(
    service: httpx.Client, routes: list[tuple[str, str]], kind: str
) -> None:
    wrong = []
    for method, path in routes:
        filled = re.sub(r"\{kind\}", "Patient", path).replace("{source}", "fhir")
        filled = re.sub(r"\{\w+\}", ID, filled)
        content = "application/fhir+json" if filled.startswith("/fhir") else "application/json"
        answer = service.request(
            method, filled, content=HOSTILE[kind], headers={"content-type": content}
        )
        is_taken = answer.status_code < 400 and not (
            path.endswith(TAKES_ALL) and answer.json()["rejections"]
        )
        if is_taken or answer.status_code >= 500:
            wrong.append((method, path, answer.status_code))
    assert len(routes) > 10
    assert wrong == []


def test_budgets_over_http(own_url: URL) -> None:
    amounts = {"MOTEM_BUDGET_CLIENT": 2, "MOTEM_BUDGET_MATCH": 1, "MOTEM_BUDGET_ADDRESS": 3}
    with connected(own_url) as engine, guarded(own_url, **amounts) as client:
        registered(engine, client_of("many", "child-protection", "CHILDPROT"))
        token = bearing(token_of(client, "many"))
        read = [client.get(PATIENT, headers=token) for _ in range(4)]
        assert [one.status_code for one in read] == [404, 404, 429, 429]
        assert read[0].headers["ratelimit-policy"] == '"client";q=2;w=60'
        assert read[0].headers["ratelimit"].startswith('"client";r=1;t=')
        assert "retry-after" not in read[1].headers
        assert 1 <= int(read[2].headers["retry-after"]) <= 60
        assert read[2].json()["issue"][0]["code"] == "throttled"

        matched = [client.post("/fhir/R4/Patient/$match", headers=token) for _ in range(2)]
        assert [one.status_code == 429 for one in matched] == [False, True]

        nobody = [client.get(PATIENT).status_code for _ in range(3)]
        assert nobody == [401, 401, 429], "the token was the first of three"
        assert client.post("/token", data=form_for(client, "many", "")).status_code == 429
        # Of a flood the number is kept a second later, and told when its second is over.
        time.sleep(2.3)
        with transaction(engine) as session:
            refusals.tell(session)
            told = [
                (one.caller.who, int(one.detail["count"]))
                for one in audit.events(session, action=Action.ACCESS_REFUSE)
                if one.detail["reason"] == "budget"
            ]
    # Of each second one event; none of the refusals is without its number.
    assert sum(count for who, count in told if who == "many") == 3
    assert [count for who, count in told if who != "many"] == [1]


def test_no_request_counts_twice(own_url: URL, routes: list[tuple[str, str]]) -> None:
    amounts = {"MOTEM_BUDGET_CLIENT": 10**6, "MOTEM_BUDGET_MATCH": 10**6}
    left: dict[str, int] = {}
    wrong = []
    with connected(own_url) as engine, guarded(own_url, **amounts) as client:
        registered(engine, client_of("every", "child-protection", "CHILDPROT", scopes=EVERY_TYPE))
        token = bearing(token_of(client, "every", " ".join(EVERY_TYPE)))
        for method, path in routes:
            filled = re.sub(r"\{\w+\}", ID, path)
            answer = client.request(method, filled, headers=token | FORM, content=b"name=x")
            told = re.fullmatch(r'"(\w+)";r=(\d+);t=\d+', answer.headers.get("ratelimit", ""))
            if told is None or told[1] == "address":
                continue
            if left.get(told[1], 0) - int(told[2]) > 1:
                wrong.append((method, path))
            left[told[1]] = int(told[2])
    assert wrong == []
    assert left["client"] < 10**6 - 100, "they were counted"


def test_no_body_is_taken_from_whoever_may_not_send(
    own_url: URL, routes: list[tuple[str, str]]
) -> None:
    with guarded(own_url) as client:
        answers = {
            (method, path): client.request(method, re.sub(r"\{\w+\}", ID, path)).status_code
            for method, path in routes
        }
    # Who logs in or out sends no token: there is nobody to log in without the embedded database.
    assert {asked: status for asked, status in answers.items() if status != 401} == {
        ("POST", "/token"): 400,
        ("POST", "/login/development"): 404,
        ("POST", "/logout"): 303,
    }
