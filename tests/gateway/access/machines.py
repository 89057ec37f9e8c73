"""Machines that ask a running service for tokens, as a ministry's program would."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import URL, Engine

from gateway.access import clients
from gateway.access.clients import Client, as_set
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.settings import Settings
from tests.conftest import TESTER
from tests.gateway.access.signing import Signer, claims_at, elliptic, header_of
from tests.gateway.api.conftest import served

KEY = elliptic("machine-key")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def client_of(id_: str, role: str, *purposes: str, **changes: Any) -> Client:
    """A client that reads Patients, unless it is said otherwise."""
    told: dict[str, Any] = {
        "id": id_,
        "name": id_,
        "role": role,
        "purposes": purposes,
        "scopes": ("system/Patient.rs",),
        "keys": None if "keys_url" in changes else as_set(_json(KEY.public)),
    }
    return Client(**told | changes)


def _json(key: Mapping[str, Any]) -> bytes:
    return httpx.Response(200, json=dict(key)).content


def registered(engine: Engine, *made: Client) -> None:
    with transaction(engine) as session:
        for one in made:
            clients.add(session, one, TESTER)


@contextmanager
def guarded(url: URL, **settings: Any) -> Iterator[httpx.Client]:
    """A client of a service that asks for tokens."""
    told = {"DATABASE_URL": printable(url), "MOTEM_ACCESS": "required"} | settings
    with served(create_app(Settings.model_validate(told))) as client:
        yield client


def form_for(
    service: httpx.Client, client: str, scope: str, signer: Signer = KEY, **claims: Any
) -> dict[str, str]:
    """The form of a token request; `claims` changes what the assertion says."""
    now = int(time.time())
    own = {
        "iss": client,
        "sub": client,
        "aud": f"{service.base_url}/token".replace("//token", "/token"),
    }
    told = claims_at(now, **own | {"jti": f"{uuid4()}"} | claims)
    return {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": TYPE,
        "client_assertion": signer.token(header_of(signer), told),
    }


def token_of(service: httpx.Client, client: str, scope: str = "system/Patient.rs") -> str:
    answer = service.post("/token", data=form_for(service, client, scope))
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def bearing(token: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | headers
