"""The same request under the same key is answered once, whatever happens in between."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

import audit
from audit.event import Action, Seen
from gateway.database import retried, transaction
from gateway.errors import InProgressError, OtherRequestError
from gateway.idempotency import KEPT, Answer, forget, once
from gateway.registry import tables
from tests.conftest import TESTER

TOLD = '{"records": [{"record": "r1", "identity": "te-1"}]}'
DONE = Answer(status=201, body=TOLD, location="/messages/1")


def ask(
    session: Session, work: Callable[[], Answer], key: str = "k", digest: str = "d", who: str = "a"
) -> Answer:
    return once(session, replace(TESTER, who=who), key, digest, work)


def never() -> Answer:
    raise AssertionError("the work is done already")


def test_the_same_request_gets_the_kept_answer_and_no_work_is_done(session: Session) -> None:
    assert ask(session, lambda: DONE) == DONE
    assert ask(session, never) == DONE
    (event,) = audit.events(session, action=Action.MESSAGE_READ)
    assert event.detail == {"what": "answer"}
    assert event.seen == (Seen(record="r1", identity="te-1"),)


def test_another_request_under_the_key_is_refused(session: Session) -> None:
    ask(session, lambda: DONE)
    with pytest.raises(OtherRequestError):
        ask(session, never, digest="other")


@pytest.mark.parametrize("other", [{"key": "k2"}, {"who": "b"}])
def test_keys_belong_to_their_sender(session: Session, other: dict[str, str]) -> None:
    ask(session, lambda: DONE)
    second = Answer(status=200, body="{}")
    assert ask(session, lambda: second, **other) == second


def test_after_a_crash_nothing_is_kept_and_the_work_is_done_anew(engine: Engine) -> None:
    def crash() -> Answer:
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction(engine) as session:
        ask(session, crash)
    with transaction(engine) as session:
        assert ask(session, lambda: DONE) == DONE


def test_while_one_is_at_it_others_are_told_and_the_work_is_done_once(engine: Engine) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), Counter[str]()

    def work() -> Answer:
        done["work"] += 1
        begun.set()
        assert go_on.wait(30)
        return DONE

    def one(_: int) -> str:
        try:
            return retried(engine, lambda session: ask(session, work)).body
        except InProgressError:
            return "in progress"

    with ThreadPoolExecutor(16) as pool:
        first = pool.submit(one, 0)
        assert begun.wait(30)
        others = list(pool.map(one, range(6)))
        go_on.set()
        assert first.result() == DONE.body
        later = list(pool.map(one, range(16)))
    assert others == ["in progress"] * 6
    # Those that come at one moment may still meet each other, but the work is not done again.
    assert set(later) <= {DONE.body, "in progress"}
    assert done["work"] == 1


def test_answers_are_forgotten_after_thirty_days_and_not_before(session: Session) -> None:
    ask(session, lambda: DONE)
    forget(session)
    assert ask(session, never) == DONE
    created = datetime.now(UTC) - KEPT - timedelta(minutes=1)
    session.execute(update(tables.request).values(created=created))
    forget(session)
    again = Answer(status=200, body="{}")
    assert ask(session, lambda: again) == again
