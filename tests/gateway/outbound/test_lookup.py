"""A look-up: logged before it leaves, asked once, and nothing of the answer is kept."""

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from audit.event import Action, Caller, Outcome
from gateway.database import transaction
from gateway.errors import NotFoundError
from gateway.outbound.failures import RestingError
from gateway.outbound.lookup import (
    CannotAskError,
    Looked,
    Result,
    candidates_for_lookup,
    look_up,
)
from gateway.outbound.platform import Platform
from gateway.sandbox.population import Behaviour, Sandbox
from tests.gateway.outbound.conftest import (
    OTHER_NUMBER,
    child_with_number,
    identity_of,
    merge,
    results,
    written,
)
from tests.journeys.steps import as_owner


@pytest.fixture
def record(engine: Engine) -> str:
    return child_with_number(engine)


def test_a_record_and_its_child_can_be_asked_about(
    engine: Engine, platform: Platform, record: str, caller: Caller
) -> None:
    for id_ in (record, identity_of(engine, record)):
        found = look_up(engine, platform, id_, caller)
        assert (found.subject, found.result, found.asked) == (id_, Result.CONFIRMED, True)


def test_what_is_not_in_the_register_is_not_confirmed(
    engine: Engine, platform: Platform, caller: Caller
) -> None:
    record = child_with_number(engine, number=OTHER_NUMBER)
    assert look_up(engine, platform, record, caller).result is Result.NOT_CONFIRMED


def test_the_question_is_in_the_log_before_it_leaves(
    engine: Engine, platform: Platform, behaviour: Behaviour, record: str, caller: Caller
) -> None:
    seen: list[int] = []

    def answer(_: bytes) -> tuple[int, str, bytes]:
        seen.append(len(written(engine, Action.LOOKUP_ASK)))
        return 503, "text/xml", b""

    behaviour.answer = answer
    found = look_up(engine, platform, record, caller)
    assert seen == [1, 1, 1]
    asked, answered = written(engine, Action.LOOKUP_ASK, Action.LOOKUP_ANSWER)
    assert asked.record == answered.record == record
    assert asked.detail["transaction"] == found.transaction_id
    assert answered.detail == {"transaction": found.transaction_id, "result": "not-reachable"}
    assert (asked.outcome, answered.outcome) == (Outcome.SUCCESS, Outcome.FAILURE)


@pytest.mark.parametrize("table", ["audit_event", "outbound_lookup"])
def test_without_event_and_row_nothing_leaves(
    table: str, engine: Engine, platform: Platform, sandbox: Sandbox, record: str, caller: Caller
) -> None:
    as_owner(engine.url, f"REVOKE INSERT ON {table} FROM motem_app")
    with pytest.raises(DBAPIError, match="InsufficientPrivilege"):
        look_up(engine, platform, record, caller)
    assert not sandbox.transactions


def test_what_was_answered_is_not_asked_again_unless_wanted(
    engine: Engine, platform: Platform, sandbox: Sandbox, record: str, caller: Caller
) -> None:
    first = look_up(engine, platform, record, caller)
    second = look_up(engine, platform, record, caller)
    assert (second.asked, second.transaction_id) == (False, first.transaction_id)
    assert len(sandbox.transactions) == 1
    assert len(written(engine, Action.LOOKUP_READ)) == 1
    third = look_up(engine, platform, record, caller, again=True)
    assert third.asked
    assert third.transaction_id != first.transaction_id


def test_a_patient_that_has_changed_is_asked_about_anew(
    engine: Engine, platform: Platform, record: str, caller: Caller
) -> None:
    first = look_up(engine, platform, record, caller)
    assert child_with_number(engine, number=OTHER_NUMBER) == record
    second = look_up(engine, platform, record, caller)
    assert (first.result, second.result) == (Result.CONFIRMED, Result.NOT_CONFIRMED)
    assert first.transaction_id != second.transaction_id


def test_a_question_without_outcome_keeps_its_transaction(
    engine: Engine, platform: Platform, behaviour: Behaviour, record: str, caller: Caller
) -> None:
    behaviour.fail = 3
    first = look_up(engine, platform, record, caller)
    assert first.result is Result.NOT_REACHABLE
    assert first.failure is not None
    second = look_up(engine, platform, record, caller)
    assert (second.result, second.transaction_id) == (Result.CONFIRMED, first.transaction_id)
    assert [result for _, result in results(engine)] == [
        "asked",
        "not-reachable",
        "asked",
        "confirmed",
    ]
    assert len(written(engine, Action.LOOKUP_ASK)) == 2


def test_a_refused_question_is_not_reachable_and_says_why(
    engine: Engine, platform: Platform, behaviour: Behaviour, record: str, caller: Caller
) -> None:
    behaviour.refuse = True
    found = look_up(engine, platform, record, caller)
    assert found.result is Result.NOT_REACHABLE
    assert "Client.NotAllowed" in str(found.failure)


def test_while_the_breaker_is_open_nothing_is_asked_and_nothing_written(
    engine: Engine, platform: Platform, behaviour: Behaviour, record: str, caller: Caller
) -> None:
    behaviour.fail = 100
    for _ in range(2):
        look_up(engine, platform, record, caller)
    before = results(engine)
    with pytest.raises(RestingError):
        look_up(engine, platform, record, caller)
    assert results(engine) == before
    assert len(written(engine, Action.LOOKUP_ASK)) == 2


@pytest.mark.parametrize("said", [{"numbers": []}, {"name": None}, {"born": None}])
def test_who_lacks_number_name_or_birth_is_not_asked_about(
    said: dict[str, Any], engine: Engine, platform: Platform, sandbox: Sandbox, caller: Caller
) -> None:
    record = child_with_number(engine, **said)
    with pytest.raises(CannotAskError):
        look_up(engine, platform, record, caller)
    assert not sandbox.transactions
    assert not results(engine)
    (tried,) = written(engine, Action.LOOKUP_ASK)
    assert tried.outcome is Outcome.REFUSED


@pytest.mark.parametrize("id_", ["te-00000000000000000000000000", "999326000100", "x'y", ""])
def test_nobody_is_not_found_and_what_was_typed_is_not_repeated(
    id_: str, engine: Engine, platform: Platform, caller: Caller
) -> None:
    with pytest.raises(NotFoundError) as caught:
        look_up(engine, platform, id_, caller)
    assert str(caught.value) == "There is nothing here."


def test_a_retired_identity_leads_to_its_successor(
    engine: Engine, platform: Platform, record: str, caller: Caller
) -> None:
    retired, kept = (identity_of(engine, one) for one in (record, child_with_number(engine, "k2")))
    merge(engine, kept, retired)
    assert look_up(engine, platform, retired, caller).subject == kept


def test_next_are_those_with_a_number_whom_nobody_asked_about(
    engine: Engine, platform: Platform, record: str, caller: Caller
) -> None:
    others = [
        child_with_number(engine, f"n{number}", f"9993260002{number:02}") for number in range(3)
    ]
    child_with_number(engine, "without", numbers=[])
    look_up(engine, platform, identity_of(engine, others[1]), caller)
    with transaction(engine) as session:
        found = candidates_for_lookup(session, caller, 10)
        assert candidates_for_lookup(session, caller, 1) == found[:1]
    assert found == sorted(identity_of(engine, one) for one in (record, others[0], others[2]))


def test_the_table_has_no_room_for_an_answer(engine: Engine) -> None:
    with engine.connect() as connection:
        columns = connection.scalars(
            text(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'outbound_lookup'"
            )
        )
        assert set(columns) == {
            *("number", "transaction_id", "subject", "patient_version", "identity_id"),
            *("at", "result", "custodian", "province", "sensitivity", "event"),
        }


def test_two_who_ask_at_once_ask_the_same_question(
    engine: Engine, platform: Platform, behaviour: Behaviour, record: str, caller: Caller
) -> None:
    inner: list[Looked] = []

    def answer(content: bytes) -> tuple[int, str, bytes]:
        behaviour.answer = None
        inner.append(look_up(engine, platform, record, caller))
        return 503, "text/xml", b""

    behaviour.answer = answer
    outer = look_up(engine, platform, record, caller)
    assert outer.transaction_id == inner[0].transaction_id
    assert {transaction_id for transaction_id, _ in results(engine)} == {outer.transaction_id}
