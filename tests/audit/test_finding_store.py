"""Findings in the database: each once, with every state; nothing of it is changed later."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

import audit
from audit import finding_store as store
from audit.event import Action, AuditEvent, Caller, Seen
from audit.finding_store import Conclusion, State, Step
from audit.noticing import Noticed

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def noticed(key: str = "lan/1", rule: str = "volume") -> Noticed:
    return Noticed(
        rule=rule, key=key, who="lan", child="te-1", occurred=NOW, events=("E1", "E2"), count=7
    )


def closed(session: Session, id_: str, outcome: Conclusion) -> None:
    step = Step(
        state=State.CLOSED, who="minh", owner="minh", outcome=outcome, occurred=NOW, reason="seen"
    )
    store.add_step(session, id_, step)


def test_what_was_noticed_before_is_not_noticed_again(session: Session) -> None:
    (first,) = store.add(session, [noticed()], "system", NOW)
    assert store.add(session, [noticed()], "system", NOW) == []
    (second,) = store.add(session, [noticed(), noticed("lan/2")], "system", NOW)
    assert [one.id for one in store.listed(session)] == [second, first]
    assert store.add(session, [], "system", NOW) == []


def test_a_finding_comes_back_as_it_was_with_all_its_states(session: Session) -> None:
    (id_,) = store.add(session, [noticed()], "system", NOW)
    store.add_step(session, id_, Step(state=State.TAKEN, who="a", owner="minh", occurred=NOW))
    closed(session, id_, Conclusion.FALSE_ALARM)
    found = store.one(session, id_)
    assert found is not None
    assert found.noticed == noticed()
    assert (found.last.state, found.last.outcome) == (State.CLOSED, Conclusion.FALSE_ALARM)
    states = [step.state for step in store.history(session, id_)]
    assert states == [State.OPEN, State.TAKEN, State.CLOSED]
    assert store.listed(session, state=State.OPEN) == []
    assert store.listed(session, state=State.CLOSED, rule="volume") == [found]
    assert store.listed(session, rule="kin") == []
    assert store.one(session, "none") is None


def test_rates_count_what_came_out_one_way_or_the_other(session: Session) -> None:
    ids = store.add(session, [noticed(str(n)) for n in range(5)], "system", NOW)
    for id_, outcome in zip(ids, [*Conclusion, Conclusion.FALSE_ALARM], strict=False):
        closed(session, id_, outcome)
    volume, kin = store.rates(session, ["volume", "kin"])
    assert (volume.found, volume.closed, volume.confirmed, volume.false_alarms) == (5, 4, 1, 2)
    assert volume.false_share == pytest.approx(2 / 3)
    assert (kin.found, kin.false_share) == (0, None)


@pytest.mark.parametrize("table", ["audit_finding", "audit_finding_state"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET occurred = 0"])
def test_no_state_is_ever_changed_or_removed(session: Session, table: str, change: str) -> None:
    store.add(session, [noticed()], "system", NOW)
    session.execute(text("RESET ROLE"))
    with pytest.raises(ProgrammingError, match="never changed"), session.begin_nested():
        session.execute(text(change.format(table)))
    session.execute(text("SET ROLE motem_app"))


def test_the_past_of_an_actor_is_counted_by_day(session: Session) -> None:
    caller = Caller(who="busy", system="s", purpose="HOPERAT")
    seen = (Seen(identity="te-1"), Seen(identity="te-2"))
    events = [
        AuditEvent(action=Action.PATIENT_READ, caller=caller, occurred=NOW),
        AuditEvent(action=Action.MATCH_SEARCH, caller=caller, occurred=NOW, seen=seen),
        AuditEvent(action=Action.PATIENT_READ, caller=caller, occurred=NOW + timedelta(days=1)),
    ]
    audit.append_many(session, events)
    days = store.shown_by_day(session, NOW, NOW + timedelta(days=2))
    assert sorted(days["busy"]) == [1, 3]
    last = store.last_before(session, ["busy", "nobody"], NOW + timedelta(hours=1))
    assert last == {"busy": NOW}
