"""The service looks at its own log: when it is due, by one process of several, and nothing twice."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import URL, Engine, func, select
from structlog.testing import capture_logs

import audit
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway import findings
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.lookout import FURTHEST, LOCK, Lookout, looking
from gateway.settings import Settings
from tests.gateway.api.conftest import served
from tests.ledger import engine_for

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERVICE = Caller(who="worker", system="motem-serve", purpose="HOPERAT")
NOSY = Caller(who="nosy", system="ward-7", purpose="HOPERAT")


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


def read(engine: Engine, *moments: datetime) -> None:
    with transaction(engine) as session:
        for at in moments:
            event = AuditEvent(
                action=Action.PATIENT_READ, caller=NOSY, identity="te-1", occurred=at
            )
            audit.append(session, event)


def looks(engine: Engine) -> list[AuditEvent]:
    with transaction(engine) as session:
        return list(audit.events(session, action=Action.FINDING_OPEN))


def noticed(engine: Engine) -> list[str]:
    with transaction(engine) as session:
        return sorted(one.noticed.rule for one in findings.listed(session, SERVICE))


def lookout(engine: Engine, clock: Callable[[], datetime], **more: int) -> Lookout:
    return Lookout(engine, SERVICE, HOUR, clock=clock, **more)


def test_it_looks_when_that_is_due_and_notices_nothing_twice(engine: Engine) -> None:
    clock = Clock(NIGHT)
    one = lookout(engine, clock)
    read(engine, NIGHT)
    assert not one.go_on()
    for passed, new in ((HOUR, 1), (HOUR, 0), (timedelta(minutes=59), None)):
        clock.moment += passed
        assert one.go_on() is (new is not None)
        if new is not None:
            assert looks(engine)[-1].detail["findings"] == new
    assert noticed(engine) == ["off-hours"]
    assert {one.caller for one in looks(engine)} == {SERVICE}


def test_of_several_processes_one_looks(engine: Engine, database_url: URL) -> None:
    clock = Clock(NIGHT)
    engines = [engine, engine_for(database_url), engine_for(database_url)]
    each = [lookout(one, clock) for one in engines]
    read(engine, NIGHT)
    clock.moment += HOUR
    begin, done = Barrier(len(each)), list[bool]()

    def go_on(one: Lookout) -> None:
        begin.wait()
        done.append(one.go_on())

    threads = [Thread(target=go_on, args=(one,)) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Who came while another looked comes again, and finds that it was done.
    assert [one.go_on() for one in each] == [False] * 3
    assert sum(done) == 1
    assert len(looks(engine)) == 1
    for one in engines[1:]:
        one.dispose()


def test_while_another_process_looks_nobody_waits_for_it(engine: Engine) -> None:
    clock = Clock(NIGHT)
    one = lookout(engine, clock)
    clock.moment += HOUR
    with transaction(engine) as session:
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
        assert not one.go_on()
    assert one.go_on()


@pytest.mark.parametrize(
    ("pause", "since"),
    [
        (HOUR, "2026-11-22T00:00:00+07:00"),
        (timedelta(hours=30), "2026-11-22T00:00:00+07:00"),
        (10 * FURTHEST, "2026-12-19T00:00:00+07:00"),
    ],
)
def test_it_looks_from_the_midnight_before_the_last_look_on(
    engine: Engine, pause: timedelta, since: str
) -> None:
    clock = Clock(NIGHT - 2 * HOUR)
    one = lookout(engine, clock)
    clock.moment = NIGHT
    assert one.go_on()
    assert looks(engine)[0].detail["since"] == "2026-11-21T00:00:00+07:00"
    clock.moment += pause
    assert one.go_on()
    assert looks(engine)[1].detail["since"] == since


def test_a_look_of_somebody_else_is_not_taken_for_its_own(engine: Engine) -> None:
    with transaction(engine) as session:
        findings.look(session, NIGHT - HOUR, NIGHT + 20 * HOUR, NOSY)
    clock = Clock(NIGHT)
    one = lookout(engine, clock)
    clock.moment += HOUR
    assert one.go_on()


def test_too_many_events_are_said_to_be_and_not_looked_at(engine: Engine) -> None:
    clock = Clock(NIGHT)
    one = lookout(engine, clock, most=2)
    read(engine, *[NIGHT] * 3)
    clock.moment += HOUR
    with capture_logs() as lines:
        assert one.go_on()
    assert [line["events"] for line in lines if line["log_level"] == "warning"] == [3]
    (event,) = looks(engine)
    assert (event.outcome, event.detail["events"]) == (Outcome.FAILURE, 3)
    assert noticed(engine) == []


def test_with_0_nobody_looks(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[str]()
    monkeypatch.setattr("gateway.lookout.repeated", lambda name, *_: begun.append(name))
    with looking(engine, SERVICE, 0):
        assert begun == []


def test_the_service_looks_by_itself(
    engine: Engine, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.lookout.PAUSE", 0.05)
    monkeypatch.setattr("gateway.lookout.FIRST_AFTER", timedelta())
    settings = Settings.model_validate({"DATABASE_URL": printable(database_url)})
    read(engine, datetime.now(UTC))
    with served(create_app(settings)):
        until = time.monotonic() + 60
        while not looks(engine) and time.monotonic() < until:
            time.sleep(0.05)
    (event,) = looks(engine)
    assert (event.caller.who, event.outcome) == ("worker", Outcome.SUCCESS)
