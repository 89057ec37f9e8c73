"""Promise 7, for what the service does by itself: each of its threads leaves an event, or says nothing."""

import ast
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, text

import audit
import gateway
from audit.event import Action, AuditEvent, Caller
from gateway import app, background, configured, exporting, lookout, worker
from gateway.access import refusals
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.delivery import add_receiver
from gateway.ingest import receive
from gateway.settings import Settings
from tests.fake_source import fake_message
from tests.gateway.api.conftest import served
from tests.gateway.test_delivery import Receiving, receiving
from tests.journeys.conftest import NAME
from tests.journeys.steps import homes
from tests.journeys.test_no_way_out_without_a_receipt import every_fault

CALLER = Caller(who="tester", system="pytest", purpose="HOPERAT")
NOSY = Caller(who="nosy", system="pytest", purpose="HOPERAT")
TELLS = {
    "reading": Action.MESSAGE_INGEST,
    "telling": Action.CHANGES_SEND,
    "keeping": Action.ACCESS_REFUSE,
    "listing": Action.EXPORT_LIST,
    "looking": Action.FINDING_OPEN,
    "configured": Action.CONFIGURATION_CHANGE,
}
"""Every thing that the service does again and again → the event that it leaves."""
OTHER_THREADS = {
    "gateway/background.py": "runs what stands above",
    "gateway/registry/drafts.py": "reads a body into memory for the request that waits for it",
    "gateway/outbound/transport.py": "a clock: it ends a request to the platform that takes too long",
    "gateway/renewal.py": "makes the next state of a sandbox, of made-up children",
    "gateway/serving.py": "waits for the end of the first of several processes, and ends its own",
    "gateway/parallel.py": "processes of `motem ingest`, which only store; and their end",
}
"""Whatever else begins a thread or a process, and why nothing leaves by it."""
BEGINNING = {"Thread", "Timer", "ThreadPoolExecutor", "ProcessPoolExecutor", "Process", "Popen"}
ROOT = Path(gateway.__file__).parents[1]


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """File, call and name of what is called."""
    for file in sorted((ROOT / "gateway").rglob("*.py")):
        written = file.read_text(encoding="utf-8")
        if not any(f"{name}(" in written for name in (*BEGINNING, "repeated")):
            continue
        for node in ast.walk(ast.parse(written)):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                yield str(file.relative_to(ROOT)), node, name


def test_every_thread_of_the_service_is_known() -> None:
    repeated = {ast.literal_eval(call.args[0]) for _, call, name in calls() if name == "repeated"}
    assert repeated == TELLS.keys()
    others = {file for file, _, name in calls() if name in BEGINNING}
    assert others == OTHER_THREADS.keys()


def prepared(engine: Engine, hook: Receiving) -> None:
    """Work for each of them: a message, a receiver, a refusal, an export, a look by night."""
    night = datetime.now(UTC).replace(hour=17, minute=30)
    with transaction(engine) as session:
        receive(session, fake_message({"id": "k1", "name": NAME, "sex": "female"}), CALLER)
        add_receiver(session, CALLER, "a partner", hook.url, night.replace(year=2020), inside=True)
        refusals.refuse(session, Action.ACCESS_REFUSE, "nobody", "why")
        exporting.begin(session, CALLER, [], address="http://here", only_children=True)
        read = AuditEvent(action=Action.PATIENT_READ, caller=NOSY, identity="te-1", occurred=night)
        audit.append(session, read)


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Counter[str], list[str]]]:
    """How often each came to an end of a step, however; and which of them went to the network."""
    steps: Counter[str] = Counter()
    went: list[str] = []

    def repeated(
        name: str, step: Callable[[], bool], pause: float, **more: int
    ) -> AbstractContextManager[None]:
        def counted() -> bool:
            try:
                return step()
            finally:
                steps[name] += 1

        return background.repeated(name, counted, min(pause, 0.2), **more)

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and threading.current_thread().name in TELLS:
            went.append(threading.current_thread().name)
        original(self, address)

    original = socket.socket.connect
    for module in (app, configured, lookout, worker):
        monkeypatch.setattr(module, "repeated", repeated)
    monkeypatch.setattr(background, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(worker, "TELL_EVERY", 0.0)
    monkeypatch.setattr(socket.socket, "connect", connect)
    yield steps, went


def service(url: URL) -> Any:
    settings = {
        "DATABASE_URL": printable(url),
        "MOTEM_RECEIVERS_INSIDE": True,
        "MOTEM_FINDINGS_EVERY": 1,
    }
    return create_app(Settings.model_validate(settings))


def eventually(check: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


def signed(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        query = "SELECT body FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id ORDER BY seq"
        return [json.loads(body) for body in connection.scalars(text(query))]


def test_each_of_them_leaves_an_event_and_none_but_one_leaves_the_machine(
    monkeypatch: pytest.MonkeyPatch, small_url: URL, small: Engine
) -> None:
    told: list[bool] = []

    class Knowing(Receiving):
        """At the moment when it is told, each record that it is told of stands in the signed log."""

        def finish_request(self, request: Any, client_address: Any) -> None:
            super().finish_request(request, client_address)
            body = json.loads(self.got[-1][1])["data"]
            named = {
                seen["record"]
                for one in signed(small)
                if one["action"] == Action.CHANGES_SEND
                for seen in one["seen"]
            }
            records = {body["record"]} if "record" in body else set()
            records |= {id_ for ids in body.get("after", {}).values() for id_ in ids}
            told.append(bool(records) and records <= named)

    with receiving(Knowing) as hook, watched(monkeypatch) as (_, went):
        prepared(small, hook)
        with served(service(small_url)):
            eventually(lambda: {*TELLS.values()} <= {one["action"] for one in signed(small)})
            eventually(lambda: len(told) >= len(homes(small)))
    assert all(told)
    assert set(went) == {"telling"}
    assert NAME not in b"".join(body for _, body in hook.got).decode()


@every_fault
def test_none_of_them_says_anything_once_the_log_cannot_be_signed(
    broken: Callable[[URL], None],
    monkeypatch: pytest.MonkeyPatch,
    small_url: URL,
    small: Engine,
) -> None:
    with receiving() as hook, watched(monkeypatch) as (steps, went):
        prepared(small, hook)
        broken(small_url)
        before = signed(small)
        with served(service(small_url)):
            eventually(lambda: all(steps[name] >= 2 for name in TELLS))
            time.sleep(0.5)
        assert signed(small) == before
    assert (hook.got, went) == ([], [])
