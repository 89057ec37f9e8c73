"""Probes over HTTP."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import URL

from gateway.app import create_app
from gateway.database import printable
from gateway.settings import Settings
from tests.gateway.api.conftest import served


@pytest.fixture
def unmigrated(empty_database_url: URL, template_url: URL) -> Iterator[httpx.Client]:
    """A service whose database has no tables; the roles exist (`template_url`)."""
    settings = Settings.model_validate({"DATABASE_URL": printable(empty_database_url)})
    with served(create_app(settings)) as client:
        yield client


def test_a_service_with_its_tables_is_ready(client: httpx.Client) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_a_service_without_tables_lives_but_is_not_ready(unmigrated: httpx.Client) -> None:
    assert unmigrated.get("/livez").status_code == 200
    answer = unmigrated.get("/readyz")
    assert answer.status_code == 503
    assert "motem migrate" in answer.json()["issue"][0]["diagnostics"]


def test_a_read_without_tables_is_503_and_not_500(unmigrated: httpx.Client) -> None:
    assert unmigrated.get("/fhir/R4/Patient/x").status_code == 503
