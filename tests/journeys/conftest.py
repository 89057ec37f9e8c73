"""A made-up world, taken in and linked once; each test has a copy of its own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL, Engine

from gateway.app import create_app
from gateway.database import printable
from gateway.sample.world import World, write
from gateway.settings import Settings
from tests.conftest import fresh_database
from tests.gateway.api.conftest import served
from tests.journeys.steps import connected, files_of, ingest, link, minutes

NAME = "Nguyễn Thị Bí Mật"
"""Of a child that nobody may see unseen."""
WORLD = World(children=60, seed=5, all_sources=True)


@pytest.fixture(scope="session")
def world() -> Iterator[Path]:
    """The folder of a world of sixty children."""
    with tempfile.TemporaryDirectory() as folder:
        write(WORLD, Path(folder))
        yield Path(folder)


@pytest.fixture(scope="session")
def linked_template(server_url: URL, template_url: URL, world: Path) -> Iterator[URL]:
    """The world in a database, linked; nobody stays connected to it."""
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, files_of(world))
            link(engine)
        yield url


@pytest.fixture
def linked_url(server_url: URL, linked_template: URL) -> Iterator[URL]:
    """The linked world in a database of this test's own."""
    with fresh_database(server_url, linked_template.database) as url:
        yield url


@pytest.fixture
def linked(linked_url: URL) -> Iterator[Engine]:
    with connected(linked_url) as engine:
        yield engine


@pytest.fixture(scope="session")
def small_template(server_url: URL, template_url: URL) -> Iterator[URL]:
    """Two children in the registry, linked."""
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes({"hoTen": NAME, "gioiTinh": "NU"}, {"gioiTinh": "NAM"})])
            link(engine)
        yield url


@pytest.fixture
def small_url(server_url: URL, small_template: URL) -> Iterator[URL]:
    with fresh_database(server_url, small_template.database) as url:
        yield url


@pytest.fixture
def small(small_url: URL) -> Iterator[Engine]:
    with connected(small_url) as engine:
        yield engine


@contextmanager
def asking(url: URL) -> Iterator[httpx.Client]:
    """A client of the web service on a database."""
    settings = Settings.model_validate({"DATABASE_URL": printable(url)})
    with served(create_app(settings)) as client:
        yield client


@pytest.fixture
def client(linked_url: URL) -> Iterator[httpx.Client]:
    with asking(linked_url) as client:
        yield client
