"""A Subscription is told once more since a moment: in order, beside what is new, and to its end."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action, Caller
from gateway.admission import Entrance
from gateway.changes import Place, read_changes
from gateway.database import printable, transaction
from gateway.delivery import deliver_due, given_up, stop_receiver
from gateway.registry import receivers
from gateway.registry.receivers import Again
from gateway.resending import NotKeptSoLongError, NotToldError, NotYetError, replay_for
from gateway.settings import Settings
from gateway.telling import PAUSES
from gateway.webhook import Reply
from tests.gateway.test_delivery import LONG_AGO, Headers, at, reports, subscribed

ONCE_MORE = "X-Motem-Replay"


@pytest.fixture
def entrance(engine: Engine, database_url: URL) -> Entrance:
    return Entrance(Settings.model_validate({"DATABASE_URL": printable(database_url)}), engine)


class Told:
    """A Subscription and what its address was sent: the entry's id, and whether it was once more."""

    def __init__(self, engine: Engine, caller: Caller, entrance: Entrance) -> None:
        self.engine, self.caller, self.entrance = engine, caller, entrance
        self.sent: list[tuple[str, bool]] = []
        self.moment = datetime.now(UTC) + timedelta(seconds=5)
        self.refuses: Callable[[str, bool], bool] = lambda _id, _again: False
        self.id = subscribed(engine, caller, "http://localhost:9/")
        self.turns(1)  # Its address is verified.
        self.sent.clear()

    def send(self, _url: str, _secret: str, _id: str, body: bytes, further: Headers) -> Reply:
        told = (json.loads(body).get("id", ""), further.get(ONCE_MORE) == "true")
        self.sent.append(told)
        return Reply(status=503 if self.refuses(*told) else 204)

    def turns(self, most: int = 30) -> None:
        """Until nothing is due at this moment."""
        for _ in range(most):
            if not deliver_due(self.engine, self.caller, self.send, at(self.moment), self.entrance):
                return

    def later(self, pause: timedelta = timedelta(seconds=5)) -> None:
        self.moment += pause

    def replay(self, since: datetime) -> None:
        with transaction(self.engine) as session:
            replay_for(session, self.caller, self.id, since)

    def again(self) -> Again | None:
        with transaction(self.engine) as session:
            found = receivers.subscription_of_any(session, self.id)
        assert found is not None
        return found.again

    def lane(self, *, again: bool) -> list[str]:
        return [id_ for id_, was_again in self.sent if was_again is again]


@pytest.fixture
def one(engine: Engine, caller: Caller, entrance: Entrance) -> Told:
    return Told(engine, caller, entrance)


def kept(engine: Engine, caller: Caller) -> list[str]:
    """The ids of all entries, in their order."""
    with transaction(engine) as session:
        return [str(entry.place) for entry in read_changes(session, caller, Place(), 100).entries]


def first_moment(engine: Engine) -> datetime:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT min(occurred) FROM registry_change")
        moment: datetime = found.scalar_one()
    return moment


def test_what_is_new_goes_out_beside_and_what_is_told_once_more_ends_with_it(
    one: Told, engine: Engine, caller: Caller
) -> None:
    reports(engine, 12, 13)
    one.turns()
    assert one.lane(again=False) == kept(engine, caller)
    one.replay(first_moment(engine))
    reports(engine, 14)
    one.later()
    one.turns()
    everything = kept(engine, caller)
    assert len(everything) == 3
    assert one.lane(again=False) == one.lane(again=True) == everything
    assert one.sent[2:4] == [(everything[2], False), (everything[0], True)]  # What is new first.
    assert one.sent[-1] == (everything[2], True)
    assert one.again() is None
    with transaction(engine) as session:
        changed = [event.detail for event in audit.events(session, action=Action.RECEIVER_CHANGE)]
        sendings = [event.detail for event in audit.events(session, action=Action.CHANGES_SEND)]
    assert [told["what"] for told in changed] == ["subscribe", "verified", "replay", "replayed"]
    assert sum(told.get("replay") is True for told in sendings) == 3


def test_only_what_happened_since_is_told(one: Told, engine: Engine, caller: Caller) -> None:
    reports(engine, 12)
    between = datetime.now(UTC)
    reports(engine, 13)
    one.turns()
    one.replay(between)
    one.later()
    one.turns()
    assert one.lane(again=True) == kept(engine, caller)[1:]
    one.replay(datetime.now(UTC))
    one.later()
    one.turns()
    assert (len(one.lane(again=True)), one.again()) == (1, None)


def test_what_is_not_taken_once_more_holds_up_nothing_new_and_is_given_up_like_it(
    one: Told, engine: Engine, caller: Caller
) -> None:
    reports(engine, 12, 13)
    one.turns()
    everything = kept(engine, caller)
    one.refuses = lambda id_, again: again and id_ == everything[0]
    for number in (14, 15):  # Twice: the same may be given up once more.
        one.replay(first_moment(engine))
        for pause in PAUSES:
            one.later()
            one.turns()
            assert one.lane(again=True)[-1] == everything[0]
            if pause is PAUSES[3]:
                reports(engine, number)
            one.later(pause * 1.3)
        assert one.lane(again=False) == kept(engine, caller)
        one.turns()
        assert one.lane(again=True)[-len(kept(engine, caller)) :] == kept(engine, caller)
        assert one.again() is None
    assert one.lane(again=True).count(everything[0]) == 2 * (len(PAUSES) + 1)
    with transaction(engine) as session:
        (lost,) = given_up(session, caller)
    assert str(lost.place) == everything[0]


def test_a_changed_subscription_goes_on_at_once_with_what_is_told_once_more(
    one: Told, engine: Engine
) -> None:
    """An owner who corrects the address does not wait out the pauses of the wrong one."""
    reports(engine, 12)
    one.turns()
    one.refuses = lambda _id, again: again
    one.replay(first_moment(engine))
    one.later()
    one.turns()
    before = one.again()
    assert before is not None
    assert before.failures == 1
    with transaction(engine) as session:
        found = receivers.subscription_of_any(session, one.id)
        assert found is not None
        receivers.revise(session, found, one.moment)
    after = one.again()
    assert after == Again(place=before.place, failures=0, due=one.moment)


def test_asked_for_twice_nothing_is_left_out(one: Told, engine: Engine, caller: Caller) -> None:
    reports(engine, 12)
    between = datetime.now(UTC)
    reports(engine, 13)
    one.turns()
    one.replay(first_moment(engine))
    one.replay(between)
    one.later()
    one.turns()
    assert one.lane(again=True) == kept(engine, caller)


def test_asked_for_amid_a_turn_it_begins_where_it_was_asked_for(
    one: Told, engine: Engine, caller: Caller
) -> None:
    reports(engine, 12, 13, 14)
    one.turns()
    everything = kept(engine, caller)

    def asks(id_: str, again: bool) -> bool:
        if again and id_ == everything[1]:
            one.refuses = lambda _id, _again: False
            one.replay(first_moment(engine))
        return False

    one.refuses = asks
    one.replay(first_moment(engine))
    one.later()
    one.turns()
    assert one.lane(again=True) == [*everything[:2], *everything]


def test_what_cannot_be_told_once_more_is_refused(
    one: Told, engine: Engine, caller: Caller
) -> None:
    reports(engine, 12)
    for error, since in (
        (NotYetError, datetime.now(UTC) + timedelta(minutes=1)),
        (NotKeptSoLongError, LONG_AGO),
    ):
        with pytest.raises(error):
            one.replay(since)
    with transaction(engine) as session:
        stop_receiver(session, caller, one.id)
    with pytest.raises(NotToldError):
        one.replay(first_moment(engine))
    assert one.again() is None
