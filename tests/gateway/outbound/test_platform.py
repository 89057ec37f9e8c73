"""The platform against the sandbox: answers, faults, repeats, a breaker for each service."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.outbound import population_standin as standin
from adapters.outbound.population_lookup import Question
from gateway.outbound.breaker import State
from gateway.outbound.failures import (
    NotConfiguredError,
    OutboundError,
    RefusedError,
    RestingError,
    UnreachableError,
    WrongAnswerError,
)
from gateway.outbound.platform import Platform, open_platform
from gateway.sandbox.population import Behaviour, Sandbox
from gateway.settings import Settings
from tests.gateway.outbound.conftest import (
    NAME,
    NUMBER,
    OTHER_NUMBER,
    Clock,
    exchange_to,
    platform_to,
    running,
)

XML = "text/xml"


def question(number: str = NUMBER, transaction: str = "t-1") -> Question:
    return Question(transaction_id=transaction, number=number, name=NAME, birth_date="2026-01-15")


def request(id_: str) -> bytes:
    return json.dumps({"maYeuCau": id_}).encode()


def test_a_citizen_is_confirmed_or_not(platform: Platform) -> None:
    assert platform.ask(question()) is True
    assert platform.ask(question(OTHER_NUMBER)) is False


def test_a_question_is_repeated_under_its_transaction_until_it_is_answered(
    platform: Platform, sandbox: Sandbox, behaviour: Behaviour
) -> None:
    behaviour.fail = 2
    assert platform.ask(question()) is True
    assert sandbox.transactions == {"t-1": 3}


def test_a_platform_that_goes_on_failing_is_unreachable(
    platform: Platform, sandbox: Sandbox, behaviour: Behaviour, clock: Clock
) -> None:
    behaviour.fail = 100
    with pytest.raises(UnreachableError, match="HTTP 503"):
        platform.ask(question())
    assert (sandbox.transactions["t-1"], clock.slept) == (3, [0.5, 1.0])


def test_a_slow_platform_is_unreachable(
    sandbox: Sandbox, behaviour: Behaviour, clock: Clock
) -> None:
    behaviour.slow = 60
    with (
        platform_to(sandbox.address, clock, timeout=0.2, attempts=2) as platform,
        pytest.raises(UnreachableError),
    ):
        platform.ask(question())
    assert sandbox.transactions == {"t-1": 2}


def test_after_failures_in_a_row_nothing_is_sent_until_one_trial_works(
    platform: Platform, sandbox: Sandbox, behaviour: Behaviour, clock: Clock
) -> None:
    behaviour.fail = 6
    for transaction in ("t-1", "t-2"):
        with pytest.raises(UnreachableError):
            platform.ask(question(transaction=transaction))
    assert platform.lookups.state() is State.OPEN
    assert sandbox.transactions == {"t-1": 3, "t-2": 2}
    with pytest.raises(RestingError):
        platform.ask(question(transaction="t-3"))
    assert "t-3" not in sandbox.transactions
    clock.now += 30
    with pytest.raises(RestingError):
        platform.ask(question(transaction="t-4"))
    assert sandbox.transactions["t-4"] == 1, "one trial, which failed"
    clock.now += 30
    assert platform.lookups.state() is State.HALF_OPEN
    assert platform.ask(question(transaction="t-5"))
    assert platform.lookups.state() is State.CLOSED


def test_one_service_that_fails_leaves_the_other_alone(
    platform: Platform, behaviour: Behaviour
) -> None:
    behaviour.fail = 5
    for _ in range(2):
        with pytest.raises(UnreachableError):
            platform.ask(question())
    assert platform.lookups.state() is State.OPEN
    assert platform.registrations.state() is State.CLOSED
    assert platform.hand_in("r-1", request("r-1"))


def test_a_refusal_is_told_with_its_code_and_not_repeated(
    platform: Platform, sandbox: Sandbox, behaviour: Behaviour
) -> None:
    behaviour.refuse = True
    with pytest.raises(RefusedError, match=r"Client\.NotAllowed"):
        platform.ask(question())
    assert sandbox.transactions == {"t-1": 1}


def test_a_fault_of_the_service_is_worth_a_repeat(platform: Platform, behaviour: Behaviour) -> None:
    behaviour.answer = lambda _: (500, XML, standin.fault("Server.Busy"))
    with pytest.raises(UnreachableError, match=r"Server\.Busy"):
        platform.ask(question())


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        (XML, b"<html/>", "unknown-structure"),
        (XML, b"", "empty-payload"),
        (XML, NAME.encode(), "malformed-syntax"),
        (XML, standin.nobody(question(transaction="t-2")), "wrong-identifier"),
        (XML, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "doctype-refused"),
        ("text/html", standin.found(question()), "Content-Type"),
        (XML, b" " * 1_100_000, "size"),
    ],
)
def test_what_is_no_answer_to_the_question_proves_nothing(
    kind: str, content: bytes, words: str, platform: Platform, behaviour: Behaviour
) -> None:
    behaviour.answer = lambda _: (200, kind, content)
    with pytest.raises(WrongAnswerError, match=words) as caught:
        platform.ask(question())
    assert NAME not in str(caught.value)


@dataclass
class Hostile:
    """One platform for many answers: opening one reads all authorities of the machine."""

    behaviour: Behaviour
    platform: Platform
    clock: Clock


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    behaviour, clock = Behaviour(), Clock()
    with (
        running(behaviour) as server,
        platform_to(server.address, clock, attempts=1) as platform,
    ):
        yield Hostile(behaviour, platform, clock)


@settings(max_examples=80)
@given(
    status=st.sampled_from([200, 201, 204, 300, 400, 404, 429, 500, 503]),
    kind=st.sampled_from([XML, "application/json", "text/plain", ""]),
    content=st.binary(max_size=300)
    | st.text(max_size=50).map(lambda t: standin.fault("Server").replace(b"made", t.encode())),
)
def test_no_answer_whatever_it_is_confirms_or_breaks_anything(
    status: int, kind: str, content: bytes, hostile: Hostile
) -> None:
    hostile.behaviour.answer = lambda _: (status, kind, content if status != 204 else b"")
    hostile.clock.now += 1000  # The breakers let one trial pass.
    with pytest.raises(OutboundError):
        hostile.platform.ask(question())
    try:
        reply = hostile.platform.hand_in("r-1", request("r-1"))
    except OutboundError:
        return
    assert reply is None or reply == content


def test_a_request_is_one_however_often_it_is_handed_in(
    platform: Platform, sandbox: Sandbox, behaviour: Behaviour
) -> None:
    behaviour.fail = 2
    first = platform.hand_in("r-1", request("r-1"))
    assert first == platform.hand_in("r-1", request("r-1"))
    assert sandbox.handed_in == {"r-1": 4}
    assert list(sandbox.requests) == ["r-1"]


def test_another_content_under_the_same_id_is_refused(platform: Platform) -> None:
    platform.hand_in("r-1", request("r-1"))
    with pytest.raises(RefusedError, match="HTTP 409"):
        platform.hand_in("r-1", request("r-1") + b" ")


def test_without_a_platform_or_its_secrets_nothing_is_opened() -> None:
    settings = Settings.model_validate({"MOTEM_PLATFORM_SECRET": "x"})
    for exchange in (None, exchange_to("http://127.0.0.1:1")):
        with pytest.raises(NotConfiguredError), open_platform(exchange, settings):
            pass
