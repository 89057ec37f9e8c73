"""Sending and asking again: one request for each child, whatever fails in between."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from audit.event import Action, Caller
from gateway.database import transaction
from gateway.errors import GatewayError, NotFoundError
from gateway.outbound.failures import (
    RefusedError,
    UnreachableError,
    UnwelcomeError,
    WrongAnswerError,
)
from gateway.outbound.obstacles import AlreadyRequestedError, HasNumberError
from gateway.outbound.platform import Platform
from gateway.outbound.registration import Registration, State, draft, unfinished
from gateway.outbound.sending import NOT_NEEDED, refresh, send
from gateway.registry import registrations
from gateway.registry.registration_states import IllegalTransitionError
from gateway.sandbox.population import Behaviour, Sandbox
from tests.gateway.outbound.conftest import (
    NAME,
    NUMBER,
    Clock,
    child_with_number,
    found_child,
    identity_of,
    merge,
    written,
)
from tests.journeys.steps import as_owner

JSON = "application/json"
DRAFTED, SENT, ACKNOWLEDGED, ANSWERED, REFUSED, _ = State


@pytest.fixture
def request_id(engine: Engine, caller: Caller) -> str:
    return draft(engine, found_child(engine), caller).id


def kept(engine: Engine, request_id: str) -> Registration:
    with transaction(engine) as session:
        return registrations.read(session, [request_id])[0]


def states(one: Registration) -> list[State]:
    return [step.state for step in one.steps]


def said(**told: Any) -> Callable[[bytes], tuple[int, str, bytes]]:
    """Every answer is this reply; without any words, an empty one."""
    content = json.dumps(told, ensure_ascii=False).encode() if told else b""
    return lambda _: (202, JSON, content)


def reply(request_id: str, **told: Any) -> dict[str, Any]:
    head = {"maYeuCau": request_id, "thoiGian": "2026-03-12T08:00:00+07:00"}
    return head | {"trangThai": "DA_CAP_SO", "soDinhDanh": NUMBER} | told


def test_a_request_is_sent_acknowledged_and_answered_with_a_number(
    engine: Engine, platform: Platform, request_id: str, caller: Caller
) -> None:
    sent = send(engine, platform, request_id, caller).request
    assert states(sent) == [DRAFTED, DRAFTED, SENT, ACKNOWLEDGED]
    answered = refresh(engine, platform, request_id, caller)
    assert answered == kept(engine, request_id)
    told = answered.steps[-1].told
    assert answered.state is ANSWERED
    assert answered.has_number
    assert (told.entry or "").startswith("00199/01/2026/")
    assert [e.action for e in written(engine, *Action) if "request" in e.detail] == [
        Action.REGISTRATION_DRAFT,
        Action.REGISTRATION_SEND,
        Action.REGISTRATION_CHANGE,
        Action.REGISTRATION_CHANGE,
        Action.REGISTRATION_ASK,
        Action.REGISTRATION_CHANGE,
    ]


def test_what_is_sent_is_the_draft_byte_for_byte(
    engine: Engine, platform: Platform, sandbox: Sandbox, request_id: str, caller: Caller
) -> None:
    send(engine, platform, request_id, caller)
    assert sandbox.requests[request_id].decode() == kept(engine, request_id).draft.content


def test_what_was_sent_is_not_sent_again(
    engine: Engine, platform: Platform, sandbox: Sandbox, request_id: str, caller: Caller
) -> None:
    first = send(engine, platform, request_id, caller).request
    assert send(engine, platform, request_id, caller).request == first
    assert sandbox.handed_in == {request_id: 1}


def test_an_office_that_says_nothing_yet_leaves_it_sent(
    engine: Engine, platform: Platform, behaviour: Behaviour, request_id: str, caller: Caller
) -> None:
    behaviour.answer = said()
    assert send(engine, platform, request_id, caller).request.state is SENT
    assert refresh(engine, platform, request_id, caller).state is SENT


def test_a_draft_whose_arrival_is_not_known_goes_again_as_it_is(
    engine: Engine,
    platform: Platform,
    sandbox: Sandbox,
    behaviour: Behaviour,
    request_id: str,
    caller: Caller,
) -> None:
    behaviour.fail = 3
    with pytest.raises(UnreachableError):
        send(engine, platform, request_id, caller)
    leaving = kept(engine, request_id)
    assert (leaving.state, leaving.left) == (DRAFTED, True)
    with pytest.raises(AlreadyRequestedError):
        draft(engine, leaving.identity_id, caller, renew=True)
    assert send(engine, platform, request_id, caller).request.state is ACKNOWLEDGED
    assert sandbox.handed_in == {request_id: 4}
    assert len(sandbox.requests) == 1


def test_without_an_event_nothing_leaves(
    engine: Engine, platform: Platform, sandbox: Sandbox, request_id: str, caller: Caller
) -> None:
    as_owner(engine.url, "REVOKE INSERT ON audit_event FROM motem_app")
    with pytest.raises(DBAPIError, match="InsufficientPrivilege"):
        send(engine, platform, request_id, caller)
    assert not sandbox.handed_in


def test_a_message_that_the_platform_refuses_is_refused_for_good(
    engine: Engine, platform: Platform, behaviour: Behaviour, request_id: str, caller: Caller
) -> None:
    behaviour.answer = lambda _: (422, JSON, b"{}")
    with pytest.raises(RefusedError):
        send(engine, platform, request_id, caller)
    refused = kept(engine, request_id)
    assert (refused.state, refused.steps[-1].told.reason_code) == (REFUSED, "HTTP 422")
    behaviour.answer = None
    again = draft(engine, refused.identity_id, caller)
    assert again.id != request_id


def test_a_platform_that_does_not_know_us_costs_no_request(
    engine: Engine, platform: Platform, behaviour: Behaviour, request_id: str, caller: Caller
) -> None:
    behaviour.answer = lambda _: (401, JSON, b"{}")
    with pytest.raises(UnwelcomeError):
        send(engine, platform, request_id, caller)
    behaviour.answer = None
    assert send(engine, platform, request_id, caller).request.state is ACKNOWLEDGED


def test_a_refusal_of_the_office_is_told_and_opens_the_way_for_another(
    engine: Engine, platform: Platform, behaviour: Behaviour, request_id: str, caller: Caller
) -> None:
    send(engine, platform, request_id, caller)
    behaviour.refuse = True
    refused = refresh(engine, platform, request_id, caller)
    assert (refused.state, refused.steps[-1].told.reason_code) == (REFUSED, "THIEU_BIEN_BAN")
    assert draft(engine, refused.identity_id, caller).state is DRAFTED


def test_a_child_that_got_a_number_meanwhile_needs_no_request(
    engine: Engine, platform: Platform, sandbox: Sandbox, request_id: str, caller: Caller
) -> None:
    identity = kept(engine, request_id).identity_id
    merge(engine, identity, identity_of(engine, child_with_number(engine)))
    sent = send(engine, platform, request_id, caller)
    assert isinstance(sent.obstacle, HasNumberError)
    assert sent.request.state is REFUSED
    assert sent.request.steps[-1].told.reason_code == NOT_NEEDED
    assert not sandbox.handed_in


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_drafts_for_children_who_became_one_only_one_leaves(
    first: int, engine: Engine, platform: Platform, sandbox: Sandbox, caller: Caller
) -> None:
    children = [found_child(engine, number) for number in (12, 13)]
    ids = [draft(engine, child, caller).id for child in children]
    merge(engine, *children)
    for request_id in (ids[first], ids[1 - first]):
        send(engine, platform, request_id, caller)
    assert sandbox.handed_in == {ids[0]: 1}
    assert (kept(engine, ids[0]).state, kept(engine, ids[1]).state) == (ACKNOWLEDGED, REFUSED)


def test_what_has_left_before_children_became_one_is_the_one(
    engine: Engine, platform: Platform, sandbox: Sandbox, caller: Caller
) -> None:
    children = [found_child(engine, number) for number in (12, 13)]
    ids = [draft(engine, child, caller).id for child in children]
    send(engine, platform, ids[1], caller)
    merge(engine, *children)
    assert isinstance(send(engine, platform, ids[0], caller).obstacle, AlreadyRequestedError)
    assert list(sandbox.requests) == [ids[1]]


def test_the_same_news_again_changes_nothing(
    engine: Engine, platform: Platform, behaviour: Behaviour, request_id: str, caller: Caller
) -> None:
    received = {"trangThai": "DA_TIEP_NHAN", "maTiepNhan": "H1", "soDinhDanh": None}
    behaviour.answer = said(**reply(request_id, **received))
    before = send(engine, platform, request_id, caller).request
    for _ in range(2):
        assert refresh(engine, platform, request_id, caller) == before


def test_a_number_may_come_after_the_registration(
    engine: Engine, platform: Platform, behaviour: Behaviour, request_id: str, caller: Caller
) -> None:
    entry = {"noiDangKy": {"maXa": "00199"}, "quyenSo": "01/2026", "so": 7}
    behaviour.answer = said(**reply(request_id, trangThai="DA_DANG_KY", soDinhDanh=None, **entry))
    send(engine, platform, request_id, caller)
    with transaction(engine) as session:
        assert unfinished(session, caller, [ANSWERED]) == [request_id]
    behaviour.answer = said(**reply(request_id))
    assert states(refresh(engine, platform, request_id, caller))[-3:] == [SENT, ANSWERED, ANSWERED]
    with transaction(engine) as session:
        assert unfinished(session, caller, [ANSWERED]) == []


def test_nobody_is_asked_about_what_is_over(
    engine: Engine, platform: Platform, sandbox: Sandbox, request_id: str, caller: Caller
) -> None:
    assert refresh(engine, platform, request_id, caller).state is DRAFTED
    send(engine, platform, request_id, caller)
    for _ in range(3):
        refresh(engine, platform, request_id, caller)
    assert sandbox.asked_for == {request_id: 1}


def test_a_step_back_is_an_error_and_changes_nothing(
    engine: Engine, platform: Platform, behaviour: Behaviour, request_id: str, caller: Caller
) -> None:
    entry = {"noiDangKy": {"maXa": "00199"}, "quyenSo": "01/2026", "so": 7}
    behaviour.answer = said(**reply(request_id, trangThai="DA_DANG_KY", soDinhDanh=None, **entry))
    before = send(engine, platform, request_id, caller).request
    behaviour.answer = said(**reply(request_id, trangThai="DA_TIEP_NHAN", maTiepNhan="H1"))
    with pytest.raises(IllegalTransitionError):
        refresh(engine, platform, request_id, caller)
    assert kept(engine, request_id) == before


def test_a_number_that_another_child_was_given_is_not_taken(
    engine: Engine, platform: Platform, behaviour: Behaviour, caller: Caller
) -> None:
    ids = [draft(engine, found_child(engine, n), caller).id for n in (12, 13)]
    behaviour.answer = said(**reply(ids[0]))
    send(engine, platform, ids[0], caller)
    behaviour.answer = said(**reply(ids[1]))
    with pytest.raises(WrongAnswerError, match="soDinhDanh"):
        send(engine, platform, ids[1], caller)
    assert kept(engine, ids[1]).state is SENT
    merge(engine, kept(engine, ids[0]).identity_id, kept(engine, ids[1]).identity_id)
    assert refresh(engine, platform, ids[1], caller).state is ANSWERED


@pytest.mark.parametrize(
    "told",
    [
        {"maYeuCau": "another"},
        {"trangThai": "GI_DO"},
        {"soDinhDanh": "12345"},
        {"trangThai": "TU_CHOI", "lyDo": {}},
        {"soDinhDanh": NAME},
    ],
)
def test_a_reply_that_cannot_be_read_changes_nothing(
    told: dict[str, Any],
    engine: Engine,
    platform: Platform,
    behaviour: Behaviour,
    request_id: str,
    caller: Caller,
) -> None:
    before = send(engine, platform, request_id, caller).request
    behaviour.answer = said(**(reply(request_id) | told))
    with pytest.raises(WrongAnswerError) as caught:
        refresh(engine, platform, request_id, caller)
    assert NAME not in str(caught.value)
    assert kept(engine, request_id) == before


REPLIES = st.fixed_dictionaries(
    {"trangThai": st.sampled_from(["DA_TIEP_NHAN", "DA_DANG_KY", "DA_CAP_SO", "TU_CHOI", "x"])},
    optional={
        "maTiepNhan": st.text(max_size=5),
        "soDinhDanh": st.sampled_from([NUMBER, "0" * 12, "\x00"]) | st.text(max_size=5),
        "thoiGian": st.text(max_size=5),
        "lyDo": st.fixed_dictionaries({"ma": st.text(max_size=5), "noiDung": st.text(max_size=5)}),
        "quyenSo": st.text(max_size=5),
    },
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(REPLIES, max_size=3), st.binary(max_size=40))
def test_whatever_an_office_replies_the_history_stays_legal(
    engine: Engine,
    platform: Platform,
    behaviour: Behaviour,
    clock: Clock,
    request_id: str,
    caller: Caller,
    replies: list[dict[str, Any]],
    noise: bytes,
) -> None:
    behaviour.answer = None
    clock.now += 1000  # The breaker lets one trial pass.
    send(engine, platform, request_id, caller)
    answers = [said(**(reply(request_id) | told)) for told in replies]
    for behaviour.answer in (*answers, lambda _: (200, JSON, noise)):
        before = kept(engine, request_id)
        clock.now += 1000
        try:
            after = refresh(engine, platform, request_id, caller)
        except GatewayError:
            after = kept(engine, request_id)
            assert after == before
        assert after.steps[: len(before.steps)] == before.steps


def test_nobody_sends_what_is_not_there(engine: Engine, platform: Platform, caller: Caller) -> None:
    for work in (send, refresh):
        with pytest.raises(NotFoundError):
            work(engine, platform, "nothing", caller)
