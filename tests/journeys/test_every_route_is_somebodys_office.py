"""Promise 9, route by route: each one that the service has is for those whose office it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, text

from gateway.access.clients import Client
from gateway.api.disclosure import PUBLIC, PUBLIC_UNDER
from tests.conftest import fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.journeys.steps import connected

LETTERS = "cruds"
KINDS = (
    *("Patient", "Person", "Task", "Communication", "CareTeam"),
    *("Group", "Subscription", "AuditEvent"),
)
OFFICE_SCOPES = (
    *("motem/send", "motem/messages", "motem/registrations", "motem/lookups", "motem/audit"),
    *("motem/stewardship", "motem/events", "motem/clients", "motem/users", "motem/break-glass"),
)
EVERY_SCOPE = (*(f"system/{kind}.{LETTERS}" for kind in KINDS), *OFFICE_SCOPES)
ROWS = ("read", "search", "match")
TAKES = (*ROWS, "export", "subscribe")


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A client with every scope there is: only its role and its purpose hold it back."""

    client: Client
    offices: Sequence[str]


def holder(id_: str, role: str, purpose: str, *offices: str, **told: Any) -> Holder:
    return Holder(client=client_of(id_, role, purpose, scopes=EVERY_SCOPE, **told), offices=offices)


HOLDERS: Mapping[str, Holder] = {
    one.client.id: one
    for one in (
        holder("hospital", "hospital", "TREAT", *ROWS, body="hospital:04105", provinces=("04",)),
        holder("wrong-body", "hospital", "TREAT", body="school:22000000", provinces=("*",)),
        holder("wrong-purpose", "child-protection", "TREAT", provinces=("*",)),
        holder("so-01", "child-protection", "CHILDPROT", *TAKES, provinces=("01",)),
        holder("so-01-btg", "child-protection", "BTG", "break-glass", provinces=("01",)),
        holder("adoption", "adoption", "ADOPT", *TAKES, provinces=("04",)),
        holder("police", "police", "CHILDPROT", *ROWS, provinces=("04",)),
        holder("registrar", "civil-status", "CHILDPROT", *ROWS, provinces=("04",)),
        holder("home", "facility", "CHILDPROT", *TAKES, body="home:CB05"),
        holder("school", "school", "EDUC", "read", body="school:04000003"),
        holder("sender", "school", "EDUC", "read", "write", sources=("fhir",), body="school:1"),
        holder("operator", "operator", "HOPERAT", "operate", "register", "look-up"),
        holder("administrator", "administrator", "HOPERAT", "administer"),
        holder("steward", "steward", "HOPERAT", "steward"),
        holder("subscriber", "subscriber", "HOPERAT", "follow"),
        holder("auditor", "auditor", "HOPERAT", "audit"),
    )
}
"""The shipped policy in other words: who holds which office."""
SEES_ROWS = frozenset(name for name, one in HOLDERS.items() if "read" in one.offices)

OFFICES: Mapping[str, str] = {
    "read": """
        GET /fhir/R4/{type}/{id_}                   GET /fhir/R4/{type}/_history
        GET /fhir/R4/{type}/{id_}/_history          GET /fhir/R4/{type}/{id_}/_history/{version}
        GET /fhir/R4/{type}/{id_}/$everything       GET /fhir/R4/Group/{id_}
        POST /fhir/R4
    """,
    "search": """
        GET /fhir/R4/{type}     POST /fhir/R4/{type}/_search
        GET /fhir/R4/Group      POST /fhir/R4/Group/_search
    """,
    "match": """
        POST /fhir/R4/{type}/$match
        POST /fhir/R4/{type}/$ihe-pix    GET /fhir/R4/{type}/$ihe-pix
    """,
    "export": """
        GET /fhir/R4/$export                 POST /fhir/R4/$export
        GET /fhir/R4/{type}/$export          POST /fhir/R4/{type}/$export
        GET /fhir/R4/Group/{id_}/$export     POST /fhir/R4/Group/{id_}/$export
        GET /exports/{export_id}             DELETE /exports/{export_id}
        GET /exports/{export_id}/{kind}/{number}
    """,
    "subscribe": """
        POST /fhir/R4/Subscription           GET /fhir/R4/Subscription
        POST /fhir/R4/Subscription/_search   GET /fhir/R4/Subscription/{id_}
        PUT /fhir/R4/Subscription/{id_}      PATCH /fhir/R4/Subscription/{id_}
        DELETE /fhir/R4/Subscription/{id_}   POST /fhir/R4/Subscription/{id_}/$replay
        GET /fhir/R4/Subscription/_history   GET /fhir/R4/Subscription/{id_}/_history
        GET /fhir/R4/Subscription/{id_}/_history/{version}
    """,
    "write": """
        PUT /fhir/R4/{type}           PUT /fhir/R4/{type}/{id_}       POST /fhir/R4/{type}
        PATCH /fhir/R4/{type}         PATCH /fhir/R4/{type}/{id_}
        DELETE /fhir/R4/{type}        DELETE /fhir/R4/{type}/{id_}
        POST /fhir/R4/{type}/$validate       POST /fhir/R4/{type}/{id_}/$validate
    """,
    "send": """
        POST /sources/{source}/messages      POST /sources/{source}/preview
    """,
    "steward": """
        POST /fhir/R4/{type}/$mdm-submit     POST /fhir/R4/{type}/{patient_id}/$mdm-submit
        POST /fhir/R4/$mdm-submit            POST /fhir/R4/$motem-undo
        POST /fhir/R4/$mdm-query-links       GET /fhir/R4/$mdm-query-links
        POST /fhir/R4/$mdm-link-history      GET /fhir/R4/$mdm-link-history
        POST /fhir/R4/$mdm-duplicate-golden-resources
        GET /fhir/R4/$mdm-duplicate-golden-resources
        POST /fhir/R4/$mdm-update-link       POST /fhir/R4/$mdm-create-link
        POST /fhir/R4/$mdm-not-duplicate     POST /fhir/R4/$mdm-merge-golden-resources
    """,
    "audit": """
        GET /fhir/R4/AuditEvent              GET /fhir/R4/AuditEvent/{resource_id}
        GET /audit/who-saw/{child}           GET /audit/incident
        GET /audit/findings                  GET /audit/findings/{finding}
        POST /audit/findings/{finding}/taken    POST /audit/findings/{finding}/owner
        POST /audit/findings/{finding}/outcome  GET /audit/rules
        GET /break-glass                     GET /break-glass/{override_id}
        POST /break-glass/{override_id}/review
    """,
    "break-glass": "POST /break-glass    POST /break-glass/{override_id}/end",
    "operate": """
        GET /sources    GET /messages    GET /messages/errors    GET /messages/{message_id}
        GET /messages/{message_id}/content      POST /messages/{message_id}/replay
        POST /messages/{message_id}/withdrawal  POST /messages/replay
    """,
    "register": """
        GET /registrations    POST /registrations    GET /registrations/candidates
        GET /registrations/{request_id}               POST /registrations/{request_id}/sending
        POST /registrations/{request_id}/refresh      POST /registrations/{request_id}/withdrawal
    """,
    "look-up": "GET /lookups/candidates    POST /lookups",
    "follow": "GET /events",
    "administer": """
        GET /clients    POST /clients    GET /clients/{client_id}
        POST /clients/{client_id}/disable    POST /clients/{client_id}/enable
        POST /clients/{client_id}/keys
        GET /users      POST /users      GET /users/{user_id}       POST /users/{user_id}/role
        POST /users/{user_id}/disable    POST /users/{user_id}/enable
    """,
    "nobody's yet": "POST /token",
}
"""Office → its routes. A type that is a child's or a place's stands as `{type}`."""
CLINICAL = re.compile(r"^/fhir/R4/(?!Group|Subscription|AuditEvent)([A-Z][A-Za-z]+)(?=/|$)")


def shape(path: str) -> str:
    """Without what distinguishes types, and however its variables are called."""
    return re.sub(r"\{(?!type)\w+\}", "{}", CLINICAL.sub("/fhir/R4/{type}", path))


OFFICE = {
    (method, shape(path)): office
    for office, routes in OFFICES.items()
    for method, path in re.findall(r"([A-Z]+) (/\S+)", routes)
}
ASKED = {"so-01": ("Patient", "Task", "Communication"), "sender": ("Patient", "Task")}
"""Types that are asked for by some, of each route with `{type}`; by the others only Patient, which
has all of these routes."""
NOWHERE = "01m82dnmd155s3hbb81qbbxkcb"
QUERIES = {
    "/audit/incident": "?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
    "/audit/who-saw/{child}": "?form=guardian",
}


@pytest.fixture(scope="module")
def own_url(server_url: URL, linked_template: URL) -> Iterator[URL]:
    with fresh_database(server_url, linked_template.database) as url:
        yield url


@pytest.fixture(scope="module")
def engine(own_url: URL) -> Iterator[Engine]:
    with connected(own_url) as engine:
        registered(engine, *(one.client for one in HOLDERS.values()))
        yield engine


@pytest.fixture(scope="module")
def service(own_url: URL, engine: Engine) -> Iterator[httpx.Client]:
    with guarded(own_url) as client:
        yield client


@pytest.fixture(scope="module")
def tokens(service: httpx.Client) -> dict[str, str]:
    return {
        name: token_of(service, name, " ".join(one.client.scopes)) for name, one in HOLDERS.items()
    }


@pytest.fixture(scope="module")
def routes(service: httpx.Client) -> list[tuple[str, str]]:
    """Method and path of everything that is not for everybody, as the service itself tells."""
    paths = service.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        if path not in PUBLIC and not path.startswith(PUBLIC_UNDER)
        for method in methods
    ]


def test_every_route_has_its_line_and_every_line_its_route(routes: list[tuple[str, str]]) -> None:
    assert {(method, shape(path)) for method, path in routes} == OFFICE.keys()


def asked_for(routes: list[tuple[str, str]], kinds: Sequence[str]) -> list[tuple[str, str]]:
    """A few types of many are enough, where they share their route."""
    return [
        (method, path)
        for method, path in routes
        if path != "/token" and ((kind := CLINICAL.match(path)) is None or kind[1] in kinds)
    ]


@pytest.fixture(scope="module")
def foreign(engine: Engine) -> dict[str, str]:
    """A record that none of these readers may see, of a child of whom there is no other."""
    query = text(
        "SELECT p.id, l.identity_id FROM registry_resource p"
        " JOIN linkage_record l ON l.record_id = p.id"
        " WHERE p.type = 'Patient' AND p.is_current AND l.source IN ('casework', 'hotline')"
        " AND l.province = '79'"
        " AND NOT EXISTS (SELECT FROM linkage_record other"
        " WHERE other.identity_id = l.identity_id AND other.record_id <> l.record_id)"
        " ORDER BY p.id LIMIT 1"
    )
    with engine.connect() as connection:
        row = connection.execute(query).one()
    return {"id": row.id, "child": row.identity_id}


@pytest.mark.parametrize("name", HOLDERS)
def test_without_the_office_a_route_is_closed_and_with_it_nothing_foreign_is_told(
    name: str,
    service: httpx.Client,
    tokens: dict[str, str],
    routes: list[tuple[str, str]],
    foreign: dict[str, str],
) -> None:
    offices = HOLDERS[name].offices
    for method, path in asked_for(routes, ASKED.get(name, ("Patient",))):
        is_open = OFFICE[method, shape(path)] in offices
        asked = path.replace("{child}", foreign["child"]).replace("{version}", "1")
        clinical = CLINICAL.match(path) is not None
        asked = re.sub(r"\{\w+\}", foreign["id"] if clinical else NOWHERE, asked)
        answer = service.request(
            method,
            asked + QUERIES.get(path, ""),
            headers=bearing(tokens[name]) | {"X-Source": "fhir"},
            json=[] if method in ("POST", "PUT", "PATCH") else None,
        )
        case = (method, path, answer.status_code, answer.text[:300])
        assert answer.status_code < 500, case
        assert (answer.status_code == 403) != is_open, case
        if name in SEES_ROWS and is_open:
            assert not any(id_ in answer.text for id_ in foreign.values()), case
            if foreign["id"] in asked:
                assert not answer.is_success, case


@pytest.mark.parametrize(
    "path", ["/users", "/break-glass", "/events", "/audit/incident", "/metrics"]
)
def test_without_a_token_only_what_is_for_everybody_answers(
    service: httpx.Client, path: str
) -> None:
    expected = 200 if path in PUBLIC else 401
    assert service.get(path).status_code == expected
