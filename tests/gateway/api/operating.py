"""One service on one database for a whole module of tests, and children to ask it about."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import URL, Engine

from gateway.app import create_app
from gateway.database import printable
from gateway.settings import Settings
from tests.conftest import fresh_database
from tests.gateway.api.conftest import served
from tests.journeys.steps import connected

FHIR = {"content-type": "application/fhir+json"}
DISCOVERY = "urn:motem:extension:discovery"
CLINIC = "https://phong-kham-mau.example/benh-nhan"
HOSPITAL = "https://benh-vien-mau.example/mrn"
NATIONAL = "http://fhir.ehealth.gov.vn/core/sid/national_id"


AGREED = "".join(
    f'[[agreement]]\nsource = "fhir"\nsystem = "{who}"\nowner = "Mẫu"\ndomains = ["{domain}"]\n'
    for who, domain in (("clinic", CLINIC), ("hospital", HOSPITAL))
)
"""A site's file: a clinic and a hospital, each with a domain of its own."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A client of a running service, and the database behind it."""

    client: httpx.Client
    engine: Engine

    @property
    def base(self) -> str:
        return f"{str(self.client.base_url).rstrip('/')}/fhir/R4"

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(f"/fhir/R4/{path}", content=content, headers=FHIR | named)


@contextmanager
def operating(
    server: URL, template: URL, site: Path | None = None, pool: int | None = None
) -> Iterator[Service]:
    """A service on a database of its own."""
    with fresh_database(server, template.database) as url:
        told: dict[str, Any] = {"DATABASE_URL": printable(url)}
        told |= {"MOTEM_SITE": site} if site else {}
        with (
            served(create_app(Settings.model_validate(told))) as client,
            connected(url) as engine,
        ):
            client.timeout = httpx.Timeout(60)
            yield Service(client=client, engine=engine)


@contextmanager
def agreed(server: URL, template: URL, folder: Path) -> Iterator[Service]:
    """A service for a clinic and a hospital that write in their own domains."""
    site = folder / "site.toml"
    site.write_text(AGREED, encoding="utf-8")
    with operating(server, template, site) as service:
        yield service


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


def parameters(**values: Any) -> dict[str, Any]:
    """Texts, numbers, booleans and resources by the name of their parameter."""
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, **_value(value)} for name, value in values.items()],
    }


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"resource": value}
    if isinstance(value, bool):
        return {"valueBoolean": value}
    return {"valueInteger": value} if isinstance(value, int) else {"valueString": value}


def nameless(**changes: Any) -> dict[str, Any]:
    """A girl without a name, found at a pagoda at five in the morning of 2026-03-04."""
    found = {
        "url": DISCOVERY,
        "extension": [
            {"url": "time", "valueDateTime": "2026-03-04T05:10:00+07:00"},
            {"url": "commune-stated", "valueCode": "00199"},
            {"url": "commune", "valueCode": "00199"},
            {"url": "place-text", "valueString": "cổng chùa Láng"},
        ],
    }
    return patient(gender="female", extension=[found]) | changes


def problems(answer: httpx.Response) -> list[tuple[str, str, str]]:
    """Severity, code and diagnostics of an OperationOutcome."""
    told = answer.json()
    assert told["resourceType"] == "OperationOutcome"
    return [(one["severity"], one["code"], one.get("diagnostics", "")) for one in told["issue"]]
