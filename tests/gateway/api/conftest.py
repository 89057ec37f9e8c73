"""A real server on a loopback port, and a client that speaks HTTP with it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import URL, Engine
from starlette.types import ASGIApp

from audit.event import Caller
from gateway.app import create_app
from gateway.database import printable
from gateway.ingest import RecordResult, deliver
from gateway.sandbox.population import Behaviour, Sandbox, site
from gateway.settings import Settings
from tests.fake_source import ADAPTER, fake_message
from tests.gateway.outbound.conftest import running


class Server(uvicorn.Server):
    """Looks more often whether it shall end: a thousand tests start one each."""

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            await asyncio.sleep(0.01)


@contextmanager
def served(app: ASGIApp) -> Iterator[httpx.Client]:
    """A client of the app, which runs behind uvicorn in a thread."""
    server = Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        # A machine that stalls for a moment is no fault of what is tested.
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
        ) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def client(database_url: URL) -> Iterator[httpx.Client]:
    settings = Settings.model_validate({"DATABASE_URL": printable(database_url)})
    with served(create_app(settings)) as client:
        yield client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A stand-in for the exchange platform."""
    with running(Behaviour()) as sandbox:
        yield sandbox


@pytest.fixture
def client_at_platform(
    database_url: URL, sandbox: Sandbox, tmp_path: Path
) -> Iterator[httpx.Client]:
    """A client of a service whose site's file leads to the sandbox."""
    file = tmp_path / "site.toml"
    file.write_text(site(sandbox.address), encoding="utf-8")
    settings = Settings.model_validate(
        {
            "DATABASE_URL": printable(database_url),
            "MOTEM_SITE": file,
            "MOTEM_PLATFORM_SECRET": "s",
            "MOTEM_PLATFORM_KEY": "k",
        }
    )
    with served(create_app(settings)) as client:
        yield client


@pytest.fixture
def child(engine: Engine, caller: Caller) -> RecordResult:
    """A child in the registry, with a name that must not leak."""
    message = fake_message({"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"})
    return deliver(engine, message, ADAPTER, caller).records[0]
