"""People administered over HTTP: as by command, each act an event, and nobody makes an equal."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action
from gateway.access import users
from gateway.access.users import User
from gateway.database import transaction
from tests.conftest import TESTER, fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.gateway.access.provider_double import CLIENT, SECRET, Browser, Double, providing
from tests.journeys.steps import connected


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    double = Double()
    with providing(double):
        yield double


@pytest.fixture(scope="module")
def own_engine(server_url: URL, template_url: URL, double: Double) -> Iterator[Engine]:
    with fresh_database(server_url, template_url.database) as url, connected(url) as engine:
        registered(
            engine,
            client_of("chief", "administrator", "HOPERAT", scopes=("motem/users",)),
            client_of("keys", "administrator", "HOPERAT", scopes=("motem/clients",)),
            client_of("runs", "operator", "HOPERAT", scopes=("motem/users",)),
        )
        chi = User(
            id="chi",
            name="Lê Thị Chi",
            role="administrator",
            purposes=("HOPERAT",),
            issuer=double.issuer,
            subject="sub-of-chi",
        )
        with transaction(engine) as session:
            users.add(session, chi, TESTER)
        yield engine


@pytest.fixture(scope="module")
def service(own_engine: Engine, double: Double) -> Iterator[httpx.Client]:
    told = {
        "MOTEM_OIDC_ISSUER": double.issuer,
        "MOTEM_OIDC_CLIENT": CLIENT,
        "MOTEM_OIDC_SECRET": SECRET,
    }
    with guarded(own_engine.url, **told) as client:
        yield client


@pytest.fixture(scope="module")
def chief(service: httpx.Client) -> dict[str, str]:
    return bearing(token_of(service, "chief", "motem/users"))


def asked(id_: str, **changes: Any) -> dict[str, Any]:
    told = {
        "id": id_,
        "name": "Trần Văn An",
        "role": "child-protection",
        "provinces": ["01"],
        "purposes": ["CHILDPROT"],
        "subject": f"sub-of-{id_}",
    }
    return told | changes


def test_a_person_from_the_first_login_to_the_last(
    service: httpx.Client, chief: dict[str, str], own_engine: Engine, double: Double
) -> None:
    made = service.post("/users", json=asked("an"), headers=chief)
    assert (made.status_code, made.headers["location"]) == (201, "/users/an")
    assert service.get("/users/an", headers=chief).json() == made.json()
    double.subject = "sub-of-an"
    acts: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("role", {"role": "hospital"}, {"role": "hospital"}),
        ("disable", {}, {"enabled": False}),
    )
    for act, body, changed in acts:
        person = Browser(service, double).session()
        assert service.get("/session", headers=person).status_code == 200
        answer = service.post(f"/users/an/{act}", json=body, headers=chief)
        assert (answer.status_code, answer.json() | changed) == (200, answer.json())
        assert service.get("/session", headers=person).status_code == 401, act
    assert Browser(service, double).login().status_code == 403, "switched off"
    assert service.post("/users/an/enable", json={}, headers=chief).json()["enabled"] is True
    assert Browser(service, double).login().status_code == 303
    with transaction(own_engine) as session:
        told = [
            one.action
            for action in (Action.USER_ADD, Action.USER_CHANGE)
            for one in audit.events(session, action=action)
            if one.detail["user"] == "an" and one.caller.who == "chief"
        ]
    assert told == [Action.USER_ADD, *[Action.USER_CHANGE] * 3]


WRONG = {
    "known": (asked("chi"), 409),
    "another's subject": (asked("more", subject="sub-of-chi"), 409),
    "another administrator": (asked("more", role="administrator"), 403),
    "unknown purpose": (asked("more", purposes=["WHATEVER"]), 400),
    "no purpose": (asked("more", purposes=[]), 400),
    "no subject": ({k: v for k, v in asked("more").items() if k != "subject"}, 400),
    "more than is known": (asked("more", enabled=True), 400),
    "no id": (asked(""), 400),
}


@pytest.mark.parametrize("kind", WRONG)
def test_who_is_not_added(service: httpx.Client, chief: dict[str, str], kind: str) -> None:
    body, status = WRONG[kind]
    answer = service.post("/users", json=body, headers=chief)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert service.get("/users/more", headers=chief).status_code == 404


@pytest.mark.parametrize(
    ("act", "body"), [("disable", {}), ("enable", {}), ("role", {"role": "hospital"})]
)
def test_an_administrator_is_changed_by_command_only(
    service: httpx.Client, chief: dict[str, str], act: str, body: dict[str, Any]
) -> None:
    assert service.post(f"/users/chi/{act}", json=body, headers=chief).status_code == 403
    shown = service.get("/users/chi", headers=chief).json()
    assert (shown["enabled"], shown["role"]) == (True, "administrator")
    assert service.post(f"/users/nobody/{act}", json=body, headers=chief).status_code == 404


def test_nobody_is_made_an_administrator(service: httpx.Client, chief: dict[str, str]) -> None:
    assert service.post("/users", json=asked("bo"), headers=chief).status_code == 201
    answer = service.post("/users/bo/role", json={"role": "administrator"}, headers=chief)
    assert answer.status_code == 403
    assert service.get("/users/bo", headers=chief).json()["role"] == "child-protection"
    assert [one["id"] for one in service.get("/users", headers=chief).json()["users"]][-1] == "chi"


@pytest.mark.parametrize(("client", "scope"), [("runs", "motem/users"), ("keys", "motem/clients")])
def test_others_administer_nobody(service: httpx.Client, client: str, scope: str) -> None:
    token = bearing(token_of(service, client, scope))
    assert service.get("/users", headers=token).status_code == 403
    assert service.post("/users", json=asked("more"), headers=token).status_code == 403
    assert service.post("/users/chi/disable", json={}, headers=token).status_code == 403
    assert service.get("/users").status_code == 401


def test_a_person_must_have_proved_just_now_who_it_is(
    service: httpx.Client, double: Double
) -> None:
    double.subject = "sub-of-chi"
    person = Browser(service, double).session() | {"X-Purpose-Of-Use": "HOPERAT"}
    csrf = {"X-CSRF-Token": service.get("/session", headers=person).json()["csrf"]}
    assert service.post("/users", json=asked("dan"), headers=person).status_code == 403, "no csrf"
    assert service.post("/users", json=asked("dan"), headers=person | csrf).status_code == 201
    double.authenticated = int(time.time()) - 600
    person = Browser(service, double).session() | {"X-Purpose-Of-Use": "HOPERAT"}
    csrf = {"X-CSRF-Token": service.get("/session", headers=person).json()["csrf"]}
    late = service.post("/users/dan/disable", json={}, headers=person | csrf)
    assert late.status_code == 401
    assert "step-up" in late.text
    assert service.get("/users/dan", headers=person).json()["enabled"] is True
