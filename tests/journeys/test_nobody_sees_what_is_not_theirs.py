"""Promise 9: by no path does a caller learn what is not theirs, neither by the service nor beneath."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Session

import audit
from adapters.catalog import load_adapters
from audit.event import Action, Caller
from gateway import acting, showing
from gateway.access.clients import Client
from gateway.access.policy import Asking, Right, load_policy, rows_of
from gateway.database import Role, seeing_everything, transaction
from gateway.registry import resources
from tests.conftest import fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.journeys.steps import connected
from tests.ledger import engine_for

HOSPITAL = "hospital:04105"
READING = ("system/Patient.rs", "system/Person.rs")
CLIENTS: Mapping[str, Client] = {
    one.id: replace(one, scopes=READING) if "system/Patient.rs" in one.scopes else one
    for one in (
        client_of("hospital", "hospital", "TREAT", body=HOSPITAL, provinces=("04",)),
        client_of("so-79", "child-protection", "CHILDPROT", provinces=("79",)),
        client_of("so-all", "child-protection", "CHILDPROT", provinces=("*",)),
        client_of("adoption", "adoption", "ADOPT", provinces=("04",)),
        client_of("police", "police", "CHILDPROT", provinces=("04", "unknown")),
        client_of("home", "facility", "CHILDPROT", body="home:CB05", provinces=()),
        client_of("school", "school", "EDUC", body="school:04000003"),
        client_of("auditor", "auditor", "HOPERAT", scopes=("motem/audit", "system/AuditEvent.rs")),
        client_of("operator", "operator", "HOPERAT", scopes=("motem/messages",)),
        client_of("wrong-body", "hospital", "TREAT", body="school:22000000", provinces=("*",)),
    )
}
CALLER = Caller(who="x", system="x", purpose="TREAT")
READERS = [name for name, one in CLIENTS.items() if "system/Patient.rs" in one.scopes]
ALL = frozenset(load_adapters())
MAY: Mapping[str, tuple[frozenset[str], bool, frozenset[str]]] = {
    "hospital": (ALL - {"casework", "education", "hotline"}, True, frozenset({"HIV"})),
    "child-protection": (ALL, False, frozenset({"informant"})),
    "adoption": (ALL, False, frozenset({"sealed-adoption"})),
    "police": (
        frozenset(["police", "hotline", "casework", "civil_status", "population", "facility"]),
        False,
        frozenset(),
    ),
    "facility": (
        frozenset(["facility", "hospital", "population", "civil_status", "police"]),
        True,
        frozenset(),
    ),
    "school": (frozenset(["education", "population", "civil_status"]), True, frozenset()),
}
"""The shipped policy in other words: role → sources, whether from everywhere, labels."""
ABANDONED = ("discovery", "day-found", "bien-ban-bo-roi", "handover", "placeholder", "carer")
"""What would tell a school that a child was found."""


def may_see(client: Client, row: Any) -> bool:
    """Whether a client may see a record's Patient, said again from scratch."""
    if client.id == "wrong-body":
        return False
    sources, everywhere, labels = MAY[client.role]
    if client.body and row.custodian == client.body:
        return True
    if client.role in ("school", "facility") and client.body not in row.bodies:
        return False
    near = everywhere or "*" in client.provinces or (row.province or "unknown") in client.provinces
    return near and row.source in sources and set(row.sensitivity) <= labels


@pytest.fixture(scope="module")
def own_url(server_url: URL, linked_template: URL) -> Iterator[URL]:
    with fresh_database(server_url, linked_template.database) as url:
        yield url


@pytest.fixture(scope="module")
def engine(own_url: URL) -> Iterator[Engine]:
    with connected(own_url) as engine:
        registered(engine, *CLIENTS.values())
        yield engine


@pytest.fixture(scope="module")
def service(own_url: URL, engine: Engine) -> Iterator[httpx.Client]:
    with guarded(own_url) as client:
        yield client


@pytest.fixture(scope="module")
def patients(engine: Engine) -> dict[str, Any]:
    """Record id → its Patient's labels and source, and its child."""
    query = text(
        "SELECT p.id, p.custodian, p.province, p.sensitivity, r.source, l.identity_id, p.body,"
        " ARRAY(SELECT own.custodian FROM linkage_record own"
        " WHERE own.identity_id = l.identity_id) AS bodies"
        " FROM registry_resource p JOIN registry_record r ON r.id = p.record_id"
        " JOIN linkage_record l ON l.record_id = r.id"
        " WHERE p.type = 'Patient' AND p.is_current ORDER BY p.id"
    )
    with engine.connect() as connection:
        return {row.id: row for row in connection.execute(query)}


def children(patients: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Identity → its records; the most divided first, where most could leak."""
    found: dict[str, list[Any]] = {}
    for row in patients.values():
        found.setdefault(row.identity_id, []).append(row)
    return dict(sorted(found.items(), key=lambda item: -len({row.source for row in item[1]})))


def some(patients: Mapping[str, Any], client: Client) -> list[Any]:
    """Records of every kind: each source, province and label; and of the caller's own children."""
    kinds = {(r.source, r.province, tuple(r.sensitivity)): r for r in patients.values()}
    own = {r.source: r for r in patients.values() if client.body in r.bodies}
    return [*kinds.values(), *own.values()]


@pytest.fixture(scope="module")
def tokens(service: httpx.Client) -> dict[str, str]:
    return {name: token_of(service, name, " ".join(one.scopes)) for name, one in CLIENTS.items()}


@pytest.mark.parametrize("name", READERS)
def test_a_record_is_there_for_whom_it_may_be_and_not_there_for_others(
    name: str, service: httpx.Client, tokens: dict[str, str], patients: dict[str, Any]
) -> None:
    client, seen = CLIENTS[name], 0
    for row in some(patients, client):
        answer = service.get(f"/fhir/R4/Patient/{row.id}", headers=bearing(tokens[name]))
        allowed = may_see(client, row)
        refused = 403 if name == "wrong-body" else 404
        assert answer.status_code == (200 if allowed else refused), (row.source, row.province)
        seen += allowed
        if allowed and client.role == "school":
            assert not any(word in answer.text for word in ABANDONED)
    assert seen or name == "wrong-body"


@pytest.mark.parametrize("name", READERS)
def test_a_child_is_what_the_records_say_that_the_caller_may_see(
    name: str, service: httpx.Client, tokens: dict[str, str], patients: dict[str, Any]
) -> None:
    client, partly = CLIENTS[name], 0
    every = children(patients)
    own = [id_ for id_, rows in every.items() if client.body in rows[0].bodies]
    for id_ in [*own[:10], *list(every)[:30]]:
        rows = every[id_]
        visible = [row for row in rows if may_see(client, row)]
        answer = service.get(f"/fhir/R4/Patient/{id_}", headers=bearing(tokens[name]))
        if not visible:
            assert answer.status_code in (403, 404)
            continue
        assert answer.status_code == 200
        partly += len(visible) < len(rows)
        told = answer.json()
        assert {link["other"]["reference"] for link in told["link"]} == {
            f"Patient/{row.id}" for row in visible
        }
        for hidden in {row.id for row in rows} - {row.id for row in visible}:
            assert f'Patient/{hidden}"' not in answer.text
        assert_nothing_is_from_elsewhere(told, visible)
        codes = {one["code"] for one in told["meta"].get("security", [])}
        assert ("REDACTED" in codes) == (len(visible) < len(rows) or client.role == "school")
        if client.role == "school":
            assert not any(word in answer.text for word in ABANDONED)
    assert partly or name == "wrong-body"


def assert_nothing_is_from_elsewhere(told: dict[str, Any], visible: list[Any]) -> None:
    """Every name and number of the answer stands in a record that the caller may see."""
    bodies = [json.loads(row.body) for row in visible]
    for element, key in (("name", "text"), ("identifier", "value")):
        stated = {one.get(key) for body in bodies for one in body.get(element, ())}
        assert {one.get(key) for one in told.get(element, ())} <= stated


ROUTES = (
    "/messages", "/messages/errors", "/messages/{message}", "/messages/{message}/content",
    "/sources", "/registrations", "/registrations/candidates", "/lookups/candidates",
    "/fhir/R4/Group",
    "/audit/incident?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
    "/audit/findings", "/audit/rules",
    "/fhir/R4/AuditEvent", "/fhir/R4/AuditEvent?patient=Patient/{child}", "/audit/who-saw/{child}",
)  # fmt: skip
OPEN = {
    "auditor": set(ROUTES[-6:]),
    "operator": set(ROUTES[:5]),
}
"""Who may ask what beside Patients: everybody else is refused, by scope and by role."""


@pytest.mark.parametrize("name", CLIENTS)
def test_every_other_route_is_for_those_whose_office_it_is(
    name: str,
    service: httpx.Client,
    tokens: dict[str, str],
    patients: dict[str, Any],
    engine: Engine,
) -> None:
    with engine.connect() as connection:
        message = connection.scalar(text("SELECT min(id) FROM registry_message"))
    child = next(iter(children(patients)))
    for route in ROUTES:
        path = route.format(message=message, child=child)
        answer = service.get(path, headers=bearing(tokens[name]))
        assert answer.status_code == (200 if route in OPEN.get(name, ()) else 403), route
    if name in OPEN:
        assert (
            service.get(f"/fhir/R4/Patient/{child}", headers=bearing(tokens[name])).status_code
            == 403
        )


@contextmanager
def standing_for(url: URL, name: str) -> Iterator[Session]:
    """A session as a request of this client has it, without any route."""
    client = CLIENTS[name]
    asking = Asking(
        policy=load_policy(),
        subject=client.subject,
        right=Right.READ,
        purpose=client.purposes[0],
    )
    web = engine_for(url, Role.CALLER)
    try:
        with acting.request() as request:
            request.subject, request.rows = asking, rows_of(asking)
            with transaction(web) as session:
                yield session
    finally:
        web.dispose()


@pytest.mark.parametrize("name", READERS)
def test_the_database_alone_holds_with_every_check_of_the_program_off(
    name: str, own_url: URL, patients: dict[str, Any]
) -> None:
    client = CLIENTS[name]
    mine = {id_ for id_, row in patients.items() if may_see(client, row)}
    its = {row.identity_id for id_, row in patients.items() if id_ in mine}
    with standing_for(own_url, name) as session:
        rows = session.execute(
            text(
                "SELECT id, record_id FROM registry_resource WHERE type = 'Patient' AND is_current"
            )
        ).all()
        others = session.execute(
            text(
                "SELECT record_id, sensitivity, custodian FROM registry_resource"
                " WHERE record_id IS NOT NULL"
            )
        ).all()
    assert {row.id for row in rows if row.record_id} == mine
    golden = {row.id for row in rows if not row.record_id}
    assert its <= golden
    assert not {row.identity_id for row in patients.values()} - its & golden
    allowed = MAY[client.role][2]
    for row in others:
        assert row.custodian == client.body or set(row.sensitivity) <= allowed


@pytest.mark.parametrize("name", READERS)
def test_the_program_alone_holds_with_the_database_open(
    name: str, patients: dict[str, Any], engine: Engine
) -> None:
    client = CLIENTS[name]
    with acting.request() as request, transaction(engine) as session:
        request.subject = Asking(
            policy=load_policy(),
            subject=client.subject,
            right=Right.READ,
            purpose=client.purposes[0],
        )
        every = resources.patients(session, patients)
        texts = showing.texts(
            session,
            CALLER,
            [every[id_] for id_ in patients],
        )
        goldens = [resources.read(session, "Patient", id_) for id_ in children(patients)]
        assert None not in goldens
        told = showing.texts(
            session,
            CALLER,
            [one for one in goldens if one],
        )
    for (_, row), shown in zip(patients.items(), texts, strict=True):
        assert (shown is not None) == may_see(client, row)
    for rows, shown in zip(children(patients).values(), told, strict=True):
        assert (shown is not None) == any(may_see(client, row) for row in rows)


def test_a_request_that_nobody_named_sees_nothing(own_url: URL, patients: dict[str, Any]) -> None:
    web = engine_for(own_url, Role.CALLER)
    for begin in (acting.request, _nothing):
        with begin(), transaction(web) as session:
            for table in (
                "registry_resource",
                "registry_record",
                "linkage_record",
                "registry_message",
            ):
                count = session.scalar(
                    text(f"SELECT count(*) FROM {table} WHERE custodian <> 'shared'")
                )
                assert count == 0, table
    web.dispose()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def test_what_must_compare_sees_all_for_a_while_and_shows_none_of_it(
    own_url: URL, patients: dict[str, Any]
) -> None:
    count = text("SELECT count(*) FROM registry_record")
    with standing_for(own_url, "home") as session:
        before = session.scalar(count)
        with seeing_everything(session):
            assert session.scalar(count) == len(patients)
            every = resources.patients(session, patients)
            told = showing.texts(session, CALLER, [every[id_] for id_ in patients])
        assert session.scalar(count) == before < len(patients)
    for shown, row in zip(told, patients.values(), strict=True):
        assert (shown is not None) == may_see(CLIENTS["home"], row)


def test_a_connection_carries_nothing_to_the_next_request(
    own_url: URL, patients: dict[str, Any]
) -> None:
    web = engine_for(own_url, Role.CALLER, pool_size=1)
    count = text("SELECT count(*), pg_backend_pid() FROM registry_record")
    seen = []
    for rows in (acting.SYSTEM, acting.NOTHING, acting.Rows(sees=("*@*",)), acting.NOTHING):
        with acting.request() as request:
            request.rows = rows
            with transaction(web) as session:
                seen.append(tuple(session.execute(count).one()))
    web.dispose()
    assert len({backend for _, backend in seen}) == 1
    assert [bool(found) for found, _ in seen] == [True, False, True, False]


def said(answer: httpx.Response) -> dict[str, Any]:
    """All but the id of the request."""
    outcome: dict[str, Any] = answer.json()
    assert outcome.pop("id") == answer.headers["x-request-id"]
    return outcome


def test_what_is_foreign_looks_like_what_is_not_there(
    service: httpx.Client, tokens: dict[str, str], patients: dict[str, Any]
) -> None:
    foreign = next(row.id for row in patients.values() if not may_see(CLIENTS["so-79"], row))
    headers = bearing(tokens["so-79"])
    there, absent = (
        service.get(f"/fhir/R4/Patient/{id_}", headers=headers)
        for id_ in (foreign, "01m82dnmd155s3hbb81qbbxkcb")
    )
    assert there.status_code == absent.status_code == 404
    assert said(there) == said(absent)
    assert there.headers.keys() == absent.headers.keys()


def test_with_both_switched_off_the_test_would_see_it(
    service: httpx.Client, tokens: dict[str, str], patients: dict[str, Any]
) -> None:
    """A test that cannot fail proves nothing: open both, and what is foreign comes out."""
    client = CLIENTS["so-79"]
    foreign = next(row for row in patients.values() if not may_see(client, row))
    path = f"/fhir/R4/Patient/{foreign.id}"
    assert service.get(path, headers=bearing(tokens["so-79"])).status_code == 404
    with patch("gateway.admission.rows_of", lambda _: acting.SYSTEM):
        assert service.get(path, headers=bearing(tokens["so-79"])).status_code == 200


def test_what_was_withheld_and_by_which_policy_stands_in_the_event(
    service: httpx.Client, tokens: dict[str, str], patients: dict[str, Any], engine: Engine
) -> None:
    row = next(
        r for r in patients.values() if may_see(CLIENTS["school"], r) and r.source == "civil_status"
    )
    answer = service.get(f"/fhir/R4/Patient/{row.id}", headers=bearing(tokens["school"]))
    assert answer.status_code == 200
    with transaction(engine) as session:
        last = [
            e for e in audit.events(session, action=Action.PATIENT_READ) if e.caller.who == "school"
        ][-1]
    assert "extension" in last.withheld
    assert last.policy == load_policy().sha256
    assert last.caller.purpose == "EDUC"
