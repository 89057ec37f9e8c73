"""A mistake of ours costs no payload, by whatever door it came: it is kept, told and read again."""

import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import URL, Engine, select
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from adapters.catalog import load_adapters
from adapters.contract import Conversion, Reading, SourceAdapter, SourceMessage, Statement
from adapters.errors import Problem
from audit.event import Caller
from gateway import acceptance, app, ingest
from gateway.app import create_app
from gateway.database import Role, printable, transaction
from gateway.errors import ConflictError, DatabaseUnavailableError
from gateway.ingest import IngestResult, MessageState, deliver, deliver_many
from gateway.mistakes import is_mistake
from gateway.registry import messages
from gateway.registry.tables import message, record, rejection
from gateway.services import Services, open_services
from gateway.settings import Settings
from tests.fake_source import ADAPTER, FakeAdapter, fake_message
from tests.gateway.api.conftest import served
from tests.gateway.api.payloads import NAME, girl, post
from tests.gateway.hl7_sender import admission, send
from tests.gateway.test_mllp import listening

SECRET = "Nguyễn Thị Bí Mật"
GIRL = {"id": "k1", "name": SECRET, "sex": "female"}


class Unstorable(FakeAdapter):
    """Its conversions cannot be stored: a province of five characters."""

    def convert(self, statement: Statement) -> Conversion:
        return replace(super().convert(statement), province="12345")


class Unreadable(FakeAdapter):
    def read(self, message: SourceMessage) -> Reading:
        raise KeyError(SECRET)


def kept(engine: Engine) -> list[tuple[str, str, str | None, Any]]:
    """State, code, element and settlement of every refusal."""
    r = rejection.c
    query = select(message.c.state, r.code, r.element, r.settlement).join(message)
    with transaction(engine) as session:
        return [tuple(row) for row in session.execute(query.order_by(r.id))]


def assert_kept_unread(result: IngestResult) -> None:
    assert result.state is MessageState.RECEIVED
    assert [one.problem for one in result.rejections] == [Problem.INTERNAL]
    assert result.counts == {"rejected": 1}


def test_a_message_that_cannot_be_stored_is_kept_and_told_with_the_type_alone(
    engine: Engine, caller: Caller
) -> None:
    result = deliver(engine, fake_message(GIRL), Unstorable(), caller)
    assert_kept_unread(result)
    assert kept(engine) == [("received", "internal-error", "DataError", None)]
    assert SECRET not in repr(result)


def test_the_same_bytes_again_are_answered_alike_until_they_are_read(
    engine: Engine, caller: Caller
) -> None:
    first = deliver(engine, fake_message(GIRL), Unstorable(), caller)
    again = deliver(engine, fake_message(GIRL), ADAPTER, caller)
    assert again == replace(first, repeated=True)
    assert len(kept(engine)) == 1


def test_one_of_many_costs_the_others_nothing_and_the_order_stays(
    engine: Engine, caller: Caller
) -> None:
    adapters: list[SourceAdapter] = [ADAPTER, Unstorable(), ADAPTER]
    deliveries = [
        (fake_message(GIRL | {"id": f"k{number}"}), adapter)
        for number, adapter in enumerate(adapters)
    ]
    states = [result.state.value for result in deliver_many(engine, deliveries, caller)]
    assert states == ["accepted", "received", "accepted"]
    with transaction(engine) as session:
        assert session.scalars(select(record.c.key).order_by(record.c.key)).all() == [
            "fake:k0",
            "fake:k2",
        ]


def test_a_reader_with_a_mistake_costs_no_payload(engine: Engine, caller: Caller) -> None:
    result = deliver(engine, fake_message(GIRL), Unreadable(), caller)
    assert (result.state, result.rejections[0].problem) == ("rejected", Problem.INTERNAL)
    assert kept(engine) == [("rejected", "internal-error", "KeyError", None)]


def error(kind: type[Any], sqlstate: str) -> Exception:
    cause = Exception()
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    made: Exception = kind("", None, cause)
    return made


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (KeyError(), True),
        (MemoryError(), True),
        (error(DataError, "22001"), True),
        (error(IntegrityError, "23505"), True),
        (error(OperationalError, "54000"), True),
        (error(OperationalError, "53100"), False),
        (error(OperationalError, "40P01"), False),
        (PoolTimeoutError(), False),
        (DatabaseUnavailableError(), False),
        (ConflictError(), False),
    ],
    ids=lambda value: (
        f"{type(value).__name__}-{getattr(value, 'orig', '') and value.orig.sqlstate}"
    ),
)
def test_what_may_pass_is_no_mistake(wrong: Exception, expected: bool) -> None:
    assert is_mistake(wrong) is expected


def broken(inner: SourceAdapter) -> SourceAdapter:
    """A shipped adapter whose conversions cannot be stored."""

    class Broken:
        version = inner.version
        recognises = inner.recognises
        read = inner.read

        def convert(self, statement: Statement) -> Conversion:
            return replace(inner.convert(statement), province="12345")

    return Broken()


@pytest.fixture
def shipped() -> dict[str, SourceAdapter]:
    """The adapters of the service; tests break and repair them."""
    return dict(load_adapters())


@pytest.fixture
def client(
    database_url: URL, shipped: Mapping[str, SourceAdapter], monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    def opened(settings: Settings, role: Role) -> Services:
        return replace(open_services(settings, role), adapters=shipped)

    monkeypatch.setattr(app, "open_services", opened)
    settings = Settings.model_validate({"DATABASE_URL": printable(database_url)})
    with served(create_app(settings)) as client:
        yield client


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker finds nothing."""
    monkeypatch.setattr("gateway.worker.take_next", lambda *_: None)


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize("key", ["", "k1"])
def test_over_http_it_is_202_kept_and_can_be_read_again(
    client: httpx.Client, engine: Engine, shipped: dict[str, SourceAdapter], key: str
) -> None:
    sound = shipped["police"]
    shipped["police"] = broken(sound)
    answer = post(client, girl(), idempotency_key=key)
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    (outcome,) = answer.json()["rejections"]
    OperationOutcome.model_validate(outcome)
    assert outcome["issue"][0]["code"] == "exception"
    assert NAME not in answer.text
    assert 'motem_internal_errors_unsettled{source="police"} 1.0' in client.get("/metrics").text
    shipped["police"] = sound
    status = answer.headers["content-location"]
    assert client.post(f"{status}/replay").json()["after"] == "accepted"
    assert client.get(status).json()["state"] == "accepted"
    assert 'motem_internal_errors_unsettled{source="police"} 0.0' in client.get("/metrics").text
    again = post(client, girl(), idempotency_key=key)
    assert again.status_code == (202 if key else 200), "a key keeps its answer"
    assert kept(engine) == [("accepted", "internal-error", "DataError", "replayed")]


@pytest.mark.parametrize(
    ("where", "state"), [((ingest, "accept"), "accepted"), ((acceptance, "project"), "rejected")]
)
def test_whatever_is_raised_while_storing_is_no_500_and_is_tried_once_more(
    client: httpx.Client,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    where: tuple[object, str],
    state: str,
) -> None:
    """The worker behind the request either can store it, or refuses it for an operator."""

    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as patched:
        patched.setattr(*where, fail)
        answer = post(client, girl())
        until_read(client, answer.headers["content-location"])
    assert answer.status_code == 202
    assert SECRET not in answer.text
    assert {row[:3] for row in kept(engine)} == {(state, "internal-error", "RuntimeError")}
    found = client.post("/messages/replay", json={"source": "police", "code": "internal-error"})
    assert [one["after"] for one in found.json()["messages"]] == ["replayed"] * (
        state == "rejected"
    )


def until_read(client: httpx.Client, status: str) -> None:
    until = time.monotonic() + 30
    while client.get(status).json()["state"] == "received":
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_cannot_even_be_kept_is_503_and_may_be_sent_again(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as patched:
        patched.setattr(messages, "keep", fail)
        answer = post(client, girl(), idempotency_key="k1")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    OperationOutcome.model_validate(answer.json())
    assert post(client, girl(), idempotency_key="k1").status_code == 201


def test_over_mllp_it_is_ae_and_kept(engine: Engine, caller: Caller) -> None:
    with (
        listening(engine, caller, adapter=broken(load_adapters()["hospital"])) as address,
        socket.create_connection(address, timeout=10) as connection,
    ):
        answers: list[list[str]] = [send(connection, admission(n)) for n in (1, 1, 2)]
    assert [lines[1] for lines in answers] == ["MSA|AE|C1", "MSA|AE|C1", "MSA|AE|C2"]
    assert all("internal-error" in lines[2] for lines in answers)
    assert "Mật" not in "".join(map("".join, answers))
    assert kept(engine) == 2 * [("received", "internal-error", "DataError", None)]
