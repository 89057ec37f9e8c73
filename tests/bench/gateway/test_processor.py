"""What a request costs in processor time: one process, no socket, no client's work, one at a time.

By itself: python -m pytest -m bench --capture=no tests/bench/gateway/test_processor.py
Milliseconds are those of this process, without PostgreSQL's; other work on the machine does not
count. MOTEM_BENCH_CHILDREN (default here 2,000) are held; MOTEM_BENCH_PROFILE=40 shows for each
kind the 40 functions that take most.
"""

import asyncio
import cProfile
import os
import pstats
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import anyio.to_thread
import httpx
import pytest
from sqlalchemy import URL

from gateway.app import create_app
from gateway.database import printable
from gateway.settings import Settings
from tests.bench.gateway.children import asked, fill, patient_of
from tests.bench.gateway.load import Ask
from tests.bench.gateway.test_gateway import ALL, MADE, SCOPES
from tests.bench.measure import report
from tests.conftest import fresh_database
from tests.gateway.access.machines import bearing, form_for, registered
from tests.ledger import engine_for

CHILDREN = int(os.environ.get("MOTEM_BENCH_CHILDREN", "2000"))
SHOWN = int(os.environ.get("MOTEM_BENCH_PROFILE", "0"))
WARM, ROUNDS, OF = 20, 7, 40
"""Requests before it counts; rounds, of which the median counts, and requests of each."""
URL_OF_SERVICE = "http://127.0.0.1:8000"
pytestmark = pytest.mark.bench


@dataclass(frozen=True, kw_only=True)
class Within:
    """The service as its ASGI app, in the thread and loop of whoever asks."""

    app: Any
    loop: asyncio.AbstractEventLoop
    token: dict[str, str]

    def send(self, ask: Ask) -> int:
        return self.loop.run_until_complete(_answer(self.app, ask))


async def _answer(app: Any, ask: Ask) -> int:
    status, body, sent = 0, ask.data or b"", False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    headers = {"host": "127.0.0.1:8000", "content-length": str(len(body))} | dict(ask.headers)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": ask.method,
        "scheme": "http",
        "path": ask.path,
        "raw_path": ask.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    await app(scope, receive, send)
    return status


async def _here(work: Callable[..., Any], *told: Any, **_options: Any) -> Any:
    """Instead of in a thread of the pool: a profile sees one thread."""
    return work(*told)


@pytest.fixture(scope="module")
def within(server_url: URL, template_url: URL) -> Iterator[Within]:
    with (
        fresh_database(server_url, template_url.database) as url,
        pytest.MonkeyPatch.context() as m,
    ):
        engine = engine_for(url)
        fill(engine, CHILDREN)
        registered(engine, ALL)
        told = {"DATABASE_URL": printable(url), "MOTEM_ACCESS": "required"}
        app = create_app(
            Settings.model_validate(
                told | {"MOTEM_BUDGET_MATCH": 10**6, "MOTEM_BUDGET_CLIENT": 10**6}
            )
        )
        loop = asyncio.new_event_loop()
        transport = httpx.ASGITransport(app=app)

        async def token() -> str:
            async with httpx.AsyncClient(transport=transport, base_url=URL_OF_SERVICE) as client:
                named = httpx.Client(base_url=URL_OF_SERVICE)
                answer = await client.post("/token", data=form_for(named, ALL.id, SCOPES))
                text: str = answer.json()["access_token"]
                return text

        bearer = bearing(loop.run_until_complete(token()))
        if SHOWN:
            m.setattr(anyio.to_thread, "run_sync", _here)
        yield Within(app=app, loop=loop, token=bearer)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        app.state.services.engine.dispose()
        engine.dispose()


@pytest.mark.parametrize("kind", MADE)
def test_what_a_request_costs(within: Within, kind: str) -> None:
    known = asked(CHILDREN, range(0, CHILDREN, max(1, CHILDREN // 500)))
    asks = [
        MADE[kind](within.token, number, patient_of(number, child), f"{kind}-{turn}")
        for turn, (number, child) in enumerate(known)
    ]
    turns = iter(asks)
    statuses = {within.send(next(turns)) for _ in range(WARM)}
    profile, took = cProfile.Profile(time.thread_time), []
    for _ in range(ROUNDS):
        part = [next(turns) for _ in range(OF)]
        begun = time.process_time()
        if SHOWN:
            profile.enable()
        statuses |= {within.send(one) for one in part}
        profile.disable()
        took.append((time.process_time() - begun) / OF * 1000)
    if SHOWN:
        pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)
        pstats.Stats(profile).sort_stats("cumtime").print_stats(SHOWN)
    report(f"gateway_processor_{kind}", kind=kind, milliseconds=round(median(took), 2))
    assert statuses <= {200, 201}, statuses
