"""Changes are brought at least once and in order, signed; what fails comes later, or is given up."""

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import URL, Engine
from standardwebhooks import Webhook

import audit
from audit.event import Action, Caller
from gateway import delivery, subscribing
from gateway.admission import Entrance
from gateway.background import repeated
from gateway.changes import Place, read_changes
from gateway.database import printable, transaction
from gateway.delivery import (
    WrongAddressError,
    add_receiver,
    begin_again,
    deliver_due,
    given_up,
    stop_receiver,
)
from gateway.registry.receivers import Receiver, State
from gateway.settings import Settings
from gateway.telling import PAUSES
from gateway.webhook import Reply, sender
from tests.journeys.steps import ingest, minutes

NAME = "Nguyễn Thị Bí Mật"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SEND = sender(inside=True)
Headers = Mapping[str, str]


class Receiving(HTTPServer):
    """A receiver: what it got, and the statuses that it will answer with before all is well."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: deque[int] = deque()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}/hook"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


class Handler(BaseHTTPRequestHandler):
    server: Receiving

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.answers.popleft() if self.server.answers else 204)
        self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(kind: type[Receiving] = Receiving) -> Iterator[Receiving]:
    with kind() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def hook() -> Iterator[Receiving]:
    with receiving() as server:
        yield server


def reports(engine: Engine, *numbers: int) -> None:
    ingest(engine, [minutes({"hoTen": NAME}, soBienBan=f"{n}/BB-CAX") for n in numbers])


def added(engine: Engine, caller: Caller, url: str, since: datetime = LONG_AGO) -> tuple[str, str]:
    with transaction(engine) as session:
        return add_receiver(session, caller, "a partner", url, since, inside=True)


def one(engine: Engine, caller: Caller) -> Receiver:
    with transaction(engine) as session:
        (found,) = delivery.receivers_of(session, caller)
    return found


def at(moment: datetime) -> Any:
    return lambda: moment


def soon() -> datetime:
    """When everything that waits a second is due again."""
    return datetime.now(UTC) + timedelta(seconds=5)


def test_each_change_arrives_in_order_with_a_signature_that_others_verify(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12, 13)
    _, secret = added(engine, caller, hook.url)
    assert deliver_due(engine, caller, SEND)
    with transaction(engine) as session:
        told = read_changes(session, caller, Place(), 100)
    assert [json.loads(body)["id"] for _, body in hook.got] == [str(e.place) for e in told.entries]
    assert len(hook.got) == 2
    for headers, body in hook.got:
        assert Webhook(secret).verify(body.decode(), headers)["type"] == "record.created"
        assert NAME not in body.decode()
    assert not deliver_due(engine, caller, SEND)
    reports(engine, 14)
    assert deliver_due(engine, caller, SEND, soon)
    assert len(hook.got) == 3


def test_what_is_sent_is_in_the_log_before_it_is_sent(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12)
    id_, _ = added(engine, caller, hook.url)
    seen: list[set[str | None]] = []

    def send(*_: object) -> Reply:
        with transaction(engine) as session:
            events = list(audit.events(session, action=Action.CHANGES_SEND))
        assert events[-1].detail["receiver"] == id_
        seen.append({record.record for record in events[-1].seen})
        return Reply(status=204)

    assert deliver_due(engine, caller, send)
    assert len(seen) == 1
    assert None not in seen[0]


def test_what_fails_comes_again_in_its_order_after_longer_and_longer_pauses(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12, 13)
    added(engine, caller, hook.url)
    hook.answers.extend([204, 500, 302, 429])
    moment = datetime.now(UTC)
    for pause in PAUSES[:3]:
        assert deliver_due(engine, caller, SEND, at(moment))
        assert not deliver_due(engine, caller, SEND, at(moment + pause * 0.7))
        moment += pause * 1.3
    assert deliver_due(engine, caller, SEND, at(moment))
    first, second = dict.fromkeys(hook.ids)
    assert hook.ids == [first, second, second, second, second]
    assert one(engine, caller).failures == 0


def test_after_three_days_an_entry_is_given_up_and_the_next_goes_out(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12, 13)
    id_, _ = added(engine, caller, hook.url)
    hook.answers.extend([503] * (len(PAUSES) + 1))
    moment = datetime.now(UTC)
    for pause in (*PAUSES, timedelta()):
        assert deliver_due(engine, caller, SEND, at(moment))
        moment += pause * 1.3
    assert deliver_due(engine, caller, SEND, at(moment))
    first, second = dict.fromkeys(hook.ids)
    assert hook.ids == [first] * (len(PAUSES) + 1) + [second]
    with transaction(engine) as session:
        (lost,) = given_up(session, caller)
    assert (lost.receiver, lost.why) == (id_, "HTTP 503")
    assert first == f"msg_{lost.place.leaf}_{lost.place.number}"
    assert one(engine, caller).undelivered == 1


def test_who_wants_no_more_is_asked_no_more_until_it_is_begun_again(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12)
    id_, _ = added(engine, caller, hook.url)
    hook.answers.append(410)
    assert deliver_due(engine, caller, SEND)
    assert one(engine, caller).state is State.GONE
    assert not deliver_due(engine, caller, SEND, soon)
    with transaction(engine) as session:
        begin_again(session, caller, id_, LONG_AGO)
    assert deliver_due(engine, caller, SEND)
    assert len(hook.got) == 2
    assert len(set(hook.ids)) == 1


def test_from_a_moment_on_once_more(engine: Engine, caller: Caller, hook: Receiving) -> None:
    reports(engine, 12)
    between = datetime.now(UTC)
    reports(engine, 13)
    id_, _ = added(engine, caller, hook.url)
    assert deliver_due(engine, caller, SEND)
    with transaction(engine) as session:
        begin_again(session, caller, id_, between)
    assert deliver_due(engine, caller, SEND)
    first, second = dict.fromkeys(hook.ids)
    assert hook.ids == [first, second, second]


def test_stopped_amid_a_delivery_nothing_more_is_sent(engine: Engine, caller: Caller) -> None:
    reports(engine, 12, 13)
    id_, _ = added(engine, caller, "http://localhost:9/")
    sent: list[str] = []

    def send(_url: str, _secret: str, message: str, _body: bytes, _: Headers) -> Reply:
        sent.append(message)
        with transaction(engine) as session:
            stop_receiver(session, caller, id_)
        return Reply(status=200)

    assert deliver_due(engine, caller, send)
    assert len(sent) == 1
    assert one(engine, caller).state is State.STOPPED


def test_a_process_that_ends_amid_a_delivery_leaves_it_to_the_next(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12, 13)
    added(engine, caller, hook.url)

    def killed(url: str, secret: str, message: str, body: bytes, further: Headers) -> Reply:
        if len(hook.got) == 1:
            raise KeyboardInterrupt
        return SEND(url, secret, message, body, further)

    with pytest.raises(KeyboardInterrupt):
        deliver_due(engine, caller, killed)
    assert not deliver_due(engine, caller, SEND)  # As long as it may still be at it.
    assert deliver_due(engine, caller, SEND, at(datetime.now(UTC) + timedelta(hours=1)))
    assert len(hook.got) == len(set(hook.ids)) == 2


def test_two_processes_do_not_bring_the_same(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12)
    added(engine, caller, hook.url)

    def send(url: str, secret: str, message: str, body: bytes, further: Headers) -> Reply:
        assert not deliver_due(engine, caller, SEND)
        return SEND(url, secret, message, body, further)

    assert deliver_due(engine, caller, send)
    assert len(hook.got) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "https://localhost/",
        "https://127.0.0.1:8443/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://user@127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://[",
        "",
    ],
)
def test_nothing_is_sent_into_a_private_network(url: str) -> None:
    reply = sender(inside=False)(url, "whsec_AAAA", "msg_1_1", b"{}", {})
    assert reply.status is None


@pytest.mark.parametrize(
    "url", ["http://partner.example/", "https://127.0.0.1/", "https://x@1.1.1.1/", "x", ""]
)
def test_what_can_never_be_reached_is_refused_at_once(
    engine: Engine, caller: Caller, url: str
) -> None:
    with pytest.raises(WrongAddressError), transaction(engine) as session:
        add_receiver(session, caller, "a partner", url, LONG_AGO)


def test_where_a_receiver_points_on_nobody_goes(hook: Receiving) -> None:
    hook.answers.append(307)
    assert SEND(hook.url, "whsec_AAAA", "msg_1_1", b"{}", {}) == Reply(status=307)
    assert len(hook.got) == 1


@pytest.fixture
def entrance(engine: Engine, database_url: URL) -> Entrance:
    """Of a service that asks nobody who it is: the database is an embedded one."""
    return Entrance(Settings.model_validate({"DATABASE_URL": printable(database_url)}), engine)


def subscribed(engine: Engine, caller: Caller, url: str, **channel: Any) -> str:
    """The id of a subscription of somebody who has no need to say who it is."""
    told = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "x",
        "criteria": "Patient",
        "channel": {"type": "rest-hook", "endpoint": url, "payload": "application/json"} | channel,
    }
    with transaction(engine) as session:
        kept = subscribing.subscribe(session, caller, told, inside=True)
    id_: str = kept.resource["id"]
    return id_


def fares(engine: Engine, caller: Caller, id_: str) -> tuple[str, str | None]:
    with transaction(engine) as session:
        found = subscribing.read(session, caller, id_).resource
    return found["status"], found.get("error")


def test_a_subscription_gives_an_entry_up_after_three_days_and_says_so(
    engine: Engine, caller: Caller, entrance: Entrance, hook: Receiving
) -> None:
    id_ = subscribed(engine, caller, hook.url)
    reports(engine, 12)
    moment = datetime.now(UTC) + timedelta(seconds=5)

    def brings() -> bool:
        return deliver_due(engine, caller, SEND, at(moment), entrance)

    assert brings()
    assert fares(engine, caller, id_) == ("active", None)
    hook.answers.extend([503] * (len(PAUSES) + 1))
    for pause in (*PAUSES, timedelta()):
        assert brings()
        assert fares(engine, caller, id_) == ("error", "HTTP 503")
        moment += pause * 1.3
    with transaction(engine) as session:
        (lost,) = given_up(session, caller)
    assert lost.receiver == id_
    assert brings()  # There is no more; that it failed is still to be seen.
    assert fares(engine, caller, id_) == ("error", "HTTP 503")
    reports(engine, 13)
    moment += timedelta(seconds=5)
    assert brings()
    assert fares(engine, caller, id_) == ("active", None)
    assert len(set(hook.ids)) == 3


def test_an_address_that_never_takes_the_first_message_is_told_nothing(
    engine: Engine, caller: Caller, entrance: Entrance, hook: Receiving
) -> None:
    id_ = subscribed(engine, caller, hook.url)
    reports(engine, 12)
    hook.answers.extend([500] * (len(PAUSES) + 1))
    moment = datetime.now(UTC) + timedelta(seconds=5)
    for pause in (*PAUSES, timedelta()):
        assert deliver_due(engine, caller, SEND, at(moment), entrance)
        moment += pause * 1.3
    assert fares(engine, caller, id_) == ("off", "HTTP 500")
    assert not deliver_due(engine, caller, SEND, at(moment), entrance)
    assert {json.loads(body)["type"] for _, body in hook.got} == {"subscription.verified"}


def test_where_nobody_says_what_its_client_may_see_a_subscription_is_told_nothing(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    id_ = subscribed(engine, caller, hook.url)
    reports(engine, 12)
    assert deliver_due(engine, caller, SEND, soon)
    assert fares(engine, caller, id_) == ("off", "forbidden")
    assert hook.got == []


def test_one_that_hangs_delays_nobody_and_each_keeps_its_order(
    engine: Engine, caller: Caller, hook: Receiving
) -> None:
    reports(engine, 12, 13, 14)
    added(engine, caller, "http://localhost:9/hangs")
    added(engine, caller, hook.url)
    hangs, is_over = threading.Event(), threading.Event()

    def send(url: str, secret: str, message: str, body: bytes, further: Headers) -> Reply:
        if url.endswith("/hangs"):
            hangs.set()
            assert is_over.wait(30)
            return Reply(status=None, why="ReadTimeout")
        assert hangs.wait(30)
        assert not is_over.is_set()
        reply = SEND(url, secret, message, body, further)
        quick.release()
        return reply

    quick = threading.Semaphore(0)
    with repeated("telling", lambda: deliver_due(engine, caller, send), 0.05, times=2):
        came = all(quick.acquire(timeout=30) for _ in range(3))
        is_over.set()
    assert came
    assert hook.ids == sorted(hook.ids, key=lambda id_: [int(n) for n in id_.split("_")[1:]])
    assert len(hook.ids) == len(set(hook.ids)) == 3
