"""A linked world for tests of what is read: one database for a module, and a service before it."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import URL, Engine

from gateway.app import create_app
from gateway.database import printable
from gateway.settings import Settings
from tests.conftest import fresh_database
from tests.gateway.api.conftest import served
from tests.journeys.conftest import linked_template, world
from tests.journeys.steps import as_owner
from tests.ledger import engine_for

__all__ = ["kept", "kept_url", "linked_template", "service", "world"]


@pytest.fixture(scope="module")
def kept_url(server_url: URL, linked_template: URL) -> Iterator[URL]:
    """Sixty children of all nine sources, linked."""
    with fresh_database(server_url, linked_template.database) as url:
        # Else the planner guesses at random: nobody has counted the rows yet.
        as_owner(url, "ANALYZE registry_search")
        yield url


@pytest.fixture(scope="module")
def kept(kept_url: URL) -> Iterator[Engine]:
    engine = engine_for(kept_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def service(kept_url: URL) -> Iterator[httpx.Client]:
    settings = Settings.model_validate({"DATABASE_URL": printable(kept_url)})
    with served(create_app(settings)) as client:
        yield client
