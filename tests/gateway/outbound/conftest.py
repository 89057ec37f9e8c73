"""A sandbox that answers, a platform that leads to it, and a clock that nobody waits for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, select

import audit
from audit.event import Action, AuditEvent
from gateway import golden
from gateway.database import transaction
from gateway.exchange import Exchange
from gateway.ingest import deliver
from gateway.outbound.platform import Platform
from gateway.outbound.transport import open_transport
from gateway.registry.outbound_tables import lookup
from gateway.sandbox.population import LOOKUP, REGISTRATIONS, Behaviour, Sandbox
from linkage.store import IdentityStore
from linkage.tables import record
from tests.conftest import TESTER
from tests.fake_source import ADAPTER, fake_message
from tests.journeys.steps import ingest, minutes

NAME, NUMBER, OTHER_NUMBER = "Quách Thị Thử", "999326000100", "999326000101"
"""The sandbox knows the first number, and not the second."""


@dataclass
class Clock:
    """Whoever sleeps by it moves it on; nobody waits."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@contextmanager
def running(behaviour: Behaviour) -> Iterator[Sandbox]:
    """A sandbox on a free port, in a thread."""
    with Sandbox(behaviour) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def exchange_to(address: str, **changes: Any) -> Exchange:
    """The site's [platform], leading to an address."""
    told = {
        "lookup": f"{address}{LOOKUP}",
        "registrations": f"{address}{REGISTRATIONS}",
        "client": "TEST/MOTEM",
        "user": "motem",
        "service_code": "DVC",
        "officer": "CB",
        "unit": "DV",
        "account": "TK",
        "timeout": 5,
    }
    return Exchange.model_validate(told | changes)


@contextmanager
def platform_to(address: str, clock: Clock, **changes: Any) -> Iterator[Platform]:
    """A platform whose pauses pass at once and are as long as they can be."""
    exchange = exchange_to(address, **changes)
    with open_transport(exchange) as transport:
        yield Platform(
            exchange,
            transport,
            secret="s",
            api_key="k",
            clock=clock,
            sleep=clock.sleep,
            chance=lambda low, high: high,
        )


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def sandbox(behaviour: Behaviour) -> Iterator[Sandbox]:
    with running(behaviour) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(sandbox: Sandbox, clock: Clock) -> Iterator[Platform]:
    with platform_to(sandbox.address, clock) as platform:
        yield platform


def child_with_number(engine: Engine, id_: str = "k1", number: str = NUMBER, **said: Any) -> str:
    """The record of a child of whom all is known that a question needs."""
    told = {"id": id_, "name": NAME, "born": "2026-01-15", "numbers": [number], "sex": "female"}
    return deliver(engine, fake_message(told | said), ADAPTER, TESTER).records[0].record


def found_child(engine: Engine, number: int = 12, **changes: Any) -> str:
    """The identity of a child with minutes of its own, of whom all is known but a number."""
    told = minutes({"hoTen": NAME, "gioiTinh": "NU"}, soBienBan=f"{number}/BB-CAX", **changes)
    (result,) = ingest(engine, [told])
    return identity_of(engine, result.records[0].record)


def identity_of(engine: Engine, record_id: str) -> str:
    query = select(record.c.identity_id).where(record.c.record_id == record_id)
    with engine.connect() as connection:
        return str(connection.execute(query).scalar_one())


def merge(engine: Engine, kept: str, retired: str) -> None:
    """All records of one identity go to another, as linking would move them."""
    with transaction(engine) as session:
        store = IdentityStore(session)
        moves = {m.record_id: (kept, "manual") for m in store.members(retired)}
        store.assign(moves)
        golden.project(session, [kept, retired])
        audit.append(session, AuditEvent(action=Action.LINKAGE_RUN, caller=TESTER))


def written(engine: Engine, *actions: Action) -> list[AuditEvent]:
    """Events of these actions, in their order."""
    with transaction(engine) as session:
        return [event for event in audit.events(session) if event.action in actions]


def results(engine: Engine) -> list[tuple[str, str]]:
    """Transaction and result of each step of each look-up."""
    c = lookup.c
    with engine.connect() as connection:
        rows = connection.execute(select(c.transaction_id, c.result).order_by(c.number))
        return [(row.transaction_id, row.result) for row in rows]
