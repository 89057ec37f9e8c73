"""The OpenAPI document says what the service does: routes, statuses, types, scopes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks
from sqlalchemy import URL

from gateway.access import scopes
from gateway.api.disclosure import PUBLIC, PUBLIC_UNDER
from gateway.api.metadata import capability_statement
from gateway.api.openapi import SCHEME, document
from gateway.app import create_app
from gateway.database import printable
from gateway.settings import Settings
from tests.conftest import fresh_database
from tests.gateway.api.conftest import served
from tests.journeys.steps import connected, homes, ingest, link, minutes

METHODS = {"get", "post", "put", "patch", "delete"}
NOT_HERE = ("/lookups", "/registrations")
"""Whose way out is not configured in this test: 503 is the right answer."""
GENERATED = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
)


@pytest.fixture(scope="module")
def url(server_url: URL, template_url: URL) -> Iterator[URL]:
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes({"hoTen": "Nguyễn Bảo An", "gioiTinh": "NU"})])
            link(engine)
        yield url


@pytest.fixture(scope="module")
def child(url: URL) -> str:
    with connected(url) as engine:
        return next(iter(homes(engine).values()))


@pytest.fixture(scope="module")
def service(url: URL) -> Iterator[httpx.Client]:
    with served(create_app(Settings.model_validate({"DATABASE_URL": printable(url)}))) as client:
        yield client


@pytest.fixture(scope="module")
def told(service: httpx.Client) -> dict[str, Any]:
    answer = service.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            yield method.upper(), path, one


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_UNDER) or path == "/token"


def test_every_route_is_in_the_document_and_no_other(url: URL, told: dict[str, Any]) -> None:
    app = create_app(Settings.model_validate({"DATABASE_URL": printable(url)}))
    app.state.services.engine.dispose()
    drawn = {
        (method, path) for path, methods in app.openapi()["paths"].items() for method in methods
    }
    listed = {(method.lower(), path) for method, path, _ in operations(told)}
    assert listed == {(method, path.replace("_}", "}")) for method, path in drawn}
    assert document(app)["paths"].keys() == told["paths"].keys()


def test_the_document_and_the_capability_statement_say_the_same(told: dict[str, Any]) -> None:
    paths = {
        "read": ("get", "/{id}"),
        "vread": ("get", "/{id}/_history/{version}"),
        "history-instance": ("get", "/{id}/_history"),
        "history-type": ("get", "/_history"),
        "search-type": ("get", ""),
        "create": ("post", ""),
        "update": ("put", "/{id}"),
        "patch": ("patch", "/{id}"),
        "delete": ("delete", "/{id}"),
    }
    (rest,) = capability_statement()["rest"]
    for one in rest["resource"]:
        base = f"/fhir/R4/{one['type']}"
        claimed = {interaction["code"] for interaction in one["interaction"]}
        for code, (method, rest_of) in paths.items():
            path = (base + rest_of).replace("AuditEvent/{id}", "AuditEvent/{resource_id}")
            assert (method in told["paths"].get(path, {})) == (code in claimed), (code, path)
        for operation in one.get("operation", ()):
            names = [path for path in told["paths"] if path.endswith(f"${operation['name']}")]
            assert [path for path in names if path.startswith(base)], operation
        parameters = {p["name"] for p in told["paths"][base]["get"]["parameters"]}
        assert {p["name"] for p in one["searchParam"]} <= parameters
    for operation in rest["operation"]:
        assert f"/fhir/R4/${operation['name']}" in told["paths"]


def test_every_operation_says_what_it_is_what_it_needs_and_what_can_go_wrong(
    told: dict[str, Any],
) -> None:
    names = [one["operationId"] for _, _, one in operations(told)]
    assert len(set(names)) == len(names)
    given_scopes = told["components"]["securitySchemes"][SCHEME]["flows"]["clientCredentials"]
    for method, path, one in operations(told):
        assert one["summary"], path
        assert not re.search(r"_get$|_post$", one["operationId"])
        assert ("security" in one) == (not is_public(path)), path
        for needed in one.get("security", ()):
            (scope,) = needed[SCHEME]
            assert scopes.is_known(scope), (path, scope)
            assert scope in given_scopes["scopes"]
            assert {"401", "403"} <= one["responses"].keys()
        assert any(status < "400" for status in one["responses"]), path
        if method in ("POST", "PUT", "PATCH") and not re.search(r"/(replay|\{id\}/\$.*)$", path):
            assert "requestBody" in one, path


def test_examples_are_of_made_up_children(told: dict[str, Any]) -> None:
    text = json.dumps(told, ensure_ascii=False)
    assert "Nguyễn Bảo An" in text
    assert "phong-kham-mau.example" in text
    numbers = set(re.findall(r"(?<!\d)\d{12}(?!\d)", text))
    assert numbers
    assert {number[:3] for number in numbers} <= {"998", "999"}


def test_what_the_examples_ask_is_answered_as_it_is_told(
    service: httpx.Client, told: dict[str, Any], child: str
) -> None:
    """Each example of a body, sent as it stands."""
    sent = 0
    for method, path, one in operations(told):
        content = one.get("requestBody", {}).get("content", {})
        for kind, stated in content.items():
            if "example" not in stated or "{" in path.replace("{source}", ""):
                continue
            body = stated["example"]
            payload = (
                {"data": body}
                if "form" in kind
                else {"content": json.dumps(body), "headers": {"Content-Type": kind}}
            )
            answer = service.request(method, path.replace("{source}", "police"), **payload)
            assert str(answer.status_code) in one["responses"], (method, path, kind, answer.text)
            sent += 1
    assert sent > 20


def bounded_document(told: dict[str, Any]) -> dict[str, Any]:
    """Only bodies that can be made from a schema; others have their own tests."""
    for _, _, one in operations(told):
        content = one.get("requestBody", {}).get("content", {})
        for kind in [kind for kind in content if "json" not in kind and "form" not in kind]:
            del content[kind]
        for kind in [kind for kind in content if kind in ("application/x-ndjson", "text/json")]:
            del content[kind]
    return told


def failures_of(operation: Any, base: str, session: requests.Session, child: str) -> list[str]:
    """What one operation answered otherwise than the document says."""
    found: list[str] = []

    @given(case=operation.as_strategy())
    @bounded(
        max_examples=3,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        for name in ("id", "child", "patient_id"):
            if name in case.path_parameters and len(case.query or {}) % 2:
                case.path_parameters[name] = child
        answer = case.call(base_url=base, session=session)
        path = operation.path
        if answer.status_code >= 500 and not (
            answer.status_code == 503 and path.startswith(NOT_HERE)
        ):
            found.append(f"{answer.status_code} {operation.label} {case.as_curl_command()}")
        try:
            case.validate_response(answer, checks=list(GENERATED))
        except FailureGroup as error:
            wrong = [str(one) for one in error.exceptions]
            found.append(f"{operation.label} {wrong} {case.as_curl_command()}")

    ask()
    return found


def test_no_question_breaks_the_service_and_none_is_answered_otherwise_than_told(
    service: httpx.Client, told: dict[str, Any], child: str
) -> None:
    schema = schemathesis.openapi.from_dict(bounded_document(told))
    base = str(service.base_url).rstrip("/")
    found: list[str] = []
    asked = 0
    with requests.Session() as session:
        session.trust_env = False
        for one in schema.get_all_operations():
            assert isinstance(one, Ok), "an operation that cannot be read"
            found += failures_of(one.ok(), base, session, child)
            asked += 1
    assert asked > 80
    assert found == []
