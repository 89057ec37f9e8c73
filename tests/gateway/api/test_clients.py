"""Clients administered over HTTP: as by command, each act an event, and nobody makes an equal."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action
from gateway.database import transaction
from tests.conftest import fresh_database
from tests.gateway.access.machines import (
    KEY,
    bearing,
    client_of,
    form_for,
    guarded,
    registered,
    token_of,
)
from tests.gateway.access.signing import elliptic
from tests.journeys.steps import connected

OTHER = elliptic("another-key")
PATIENT = "/fhir/R4/Patient/01m82pkf1pq2gyy0q6jsr5wq5h"


@pytest.fixture(scope="module")
def own_engine(server_url: URL, template_url: URL) -> Iterator[Engine]:
    with fresh_database(server_url, template_url.database) as url, connected(url) as engine:
        registered(
            engine,
            client_of("chief", "administrator", "HOPERAT", scopes=("motem/clients",)),
            client_of("equal", "administrator", "HOPERAT", scopes=("motem/clients",)),
            client_of("runs", "operator", "HOPERAT", scopes=("motem/clients", "motem/messages")),
        )
        yield engine


@pytest.fixture(scope="module")
def service(own_engine: Engine) -> Iterator[httpx.Client]:
    with guarded(own_engine.url) as client:
        yield client


@pytest.fixture(scope="module")
def chief(service: httpx.Client) -> dict[str, str]:
    return bearing(token_of(service, "chief", "motem/clients"))


def asked(id_: str, **changes: Any) -> dict[str, Any]:
    told = {
        "id": id_,
        "name": "Sở Y tế",
        "role": "child-protection",
        "provinces": ["01"],
        "purposes": ["CHILDPROT"],
        "scopes": ["system/Patient.rs"],
        "keys": dict(KEY.public),
    }
    return told | changes


def test_a_client_from_its_registration_to_its_end(
    service: httpx.Client, chief: dict[str, str], own_engine: Engine
) -> None:
    made = service.post("/clients", json=asked("so-01"), headers=chief)
    assert (made.status_code, made.headers["location"]) == (201, "/clients/so-01")
    token = bearing(token_of(service, "so-01"))
    assert service.get(PATIENT, headers=token).status_code == 404

    keys = {"keys": {"keys": [dict(OTHER.public)]}}
    changed = service.post("/clients/so-01/keys", json=keys, headers=chief)
    assert changed.json()["keys"] == [OTHER.public["kid"]]
    assert service.get(PATIENT, headers=token).status_code == 401
    form = form_for(service, "so-01", "system/Patient.rs", OTHER)
    token = bearing(service.post("/token", data=form).json()["access_token"])
    assert service.get(PATIENT, headers=token).status_code == 404

    assert service.post("/clients/so-01/disable", json={}, headers=chief).json()["enabled"] is False
    assert service.get(PATIENT, headers=token).status_code == 401
    assert service.post("/clients/so-01/enable", json={}, headers=chief).json()["enabled"] is True
    with transaction(own_engine) as session:
        acts = [
            one.action
            for action in (Action.CLIENT_ADD, Action.CLIENT_CHANGE)
            for one in audit.events(session, action=action)
            if one.detail["client"] == "so-01" and one.caller.who == "chief"
        ]
    assert acts == [Action.CLIENT_ADD, *[Action.CLIENT_CHANGE] * 3]


def test_no_answer_holds_a_key(service: httpx.Client, chief: dict[str, str]) -> None:
    listed = service.get("/clients", headers=chief)
    assert [one["id"] for one in listed.json()["clients"]][:2] == ["chief", "equal"]
    shown = service.get("/clients/runs", headers=chief)
    assert shown.json()["keys"] == [KEY.public["kid"]]
    for answer in (listed, shown):
        assert KEY.public["x"] not in answer.text


WRONG = {
    "known": (asked("runs"), 409),
    "another administrator": (asked("more", role="administrator"), 403),
    "unknown scope": (asked("more", scopes=["system/*.everything"]), 400),
    "unknown purpose": (asked("more", purposes=["WHATEVER"]), 400),
    "no keys": (asked("more", keys=None), 400),
    "a secret key": (asked("more", keys=dict(KEY.public) | {"d": "AAAA"}), 400),
    "more than is known": (asked("more", enabled=True), 400),
    "no id": (asked(""), 400),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_not_registered(service: httpx.Client, chief: dict[str, str], kind: str) -> None:
    body, status = WRONG[kind]
    answer = service.post("/clients", json=body, headers=chief)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert service.get("/clients/more", headers=chief).status_code == 404


@pytest.mark.parametrize(
    ("act", "body"),
    [("disable", {}), ("enable", {}), ("keys", {"keys": dict(OTHER.public)})],
)
@pytest.mark.parametrize("whose", ["chief", "equal"])
def test_an_administrator_changes_none(
    service: httpx.Client, chief: dict[str, str], whose: str, act: str, body: dict[str, Any]
) -> None:
    assert service.post(f"/clients/{whose}/{act}", json=body, headers=chief).status_code == 403
    shown = service.get(f"/clients/{whose}", headers=chief).json()
    assert (shown["enabled"], shown["keys"]) == (True, [KEY.public["kid"]])


def test_others_administer_nothing(service: httpx.Client) -> None:
    runs = bearing(token_of(service, "runs", "motem/clients"))
    assert service.get("/clients", headers=runs).status_code == 403
    assert service.post("/clients", json=asked("more"), headers=runs).status_code == 403
    assert service.get("/clients").status_code == 401
