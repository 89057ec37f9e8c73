"""What rules ask about accounts and children: out of registrations, a staff list, and the records."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from audit.event import Action, AuditEvent, Caller, Seen
from gateway.access import clients
from gateway.ingest import deliver
from gateway.surroundings import Actor, WrongStaffError, staff_of, surroundings
from tests.fake_source import ADAPTER, fake_message
from tests.gateway.access.machines import client_of

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
LAN = Caller(who="lan", system="ward-7", purpose="HOPERAT")
LINES = ("account,family_name,commune,province,purposes\n",)


def seen(*ids: str) -> list[AuditEvent]:
    some = tuple(Seen(identity=id_) for id_ in ids)
    return [AuditEvent(action=Action.PATIENT_SEARCH, caller=LAN, seen=some, occurred=NOW)]


@pytest.fixture
def child(engine: Engine, caller: Caller) -> dict[str, str]:
    message = fake_message({"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"})
    (record,) = deliver(engine, message, ADAPTER, caller).records
    assert record.identity
    return {"record": record.record, "identity": record.identity}


@pytest.mark.parametrize("by", ["record", "identity"])
def test_of_a_child_it_knows_province_seal_and_kin_by_any_id(
    child: dict[str, str], engine: Engine, by: str
) -> None:
    staff = staff_of((*LINES, "lan,Nguyễn,,01 79,\n", "minh,Trần,00199,,TREAT HOPERAT\n"))
    with Session(engine) as session:
        id_ = child[by]
        found = surroundings(session, seen(id_, "te-unknown"), staff)
        assert found.provinces_of_child(id_) == frozenset({"01"})
        assert (found.is_kin("lan", id_), found.is_kin("minh", id_)) == (True, False)
        assert not found.is_kin("nobody", id_)
        assert not found.is_sealed(id_)
        assert found.provinces_of_child("te-unknown") == frozenset()
        assert not found.is_kin("lan", "te-unknown")
        assert found.provinces_of_actor("lan") == frozenset({"01", "79"})
        assert found.purposes_of_actor("lan") is None
        assert found.purposes_of_actor("minh") == frozenset({"TREAT", "HOPERAT"})
        change = (
            "UPDATE linkage_record SET sensitivity = '{sealed-adoption}',"
            """ content = jsonb_set(content::jsonb, '{communes}', '["00199"]')::text"""
        )
        session.execute(text(change))
        found = surroundings(session, seen(id_), staff)
        assert found.is_sealed(id_)
        assert found.is_kin("minh", id_)


def test_a_machine_works_where_it_is_registered(session: Session, caller: Caller) -> None:
    clients.add(
        session, client_of("so-01", "child-protection", "CHILDPROT", provinces=("01",)), caller
    )
    clients.add(session, client_of("any", "auditor", "HOPERAT"), caller)
    found = surroundings(session, [])
    assert found.provinces_of_actor("so-01") == frozenset({"01"})
    assert found.purposes_of_actor("so-01") == frozenset({"CHILDPROT"})
    assert found.provinces_of_actor("any") is None
    assert not found.is_kin("so-01", "te-1")
    own = surroundings(session, [], [Actor(account="so-01", provinces=frozenset("*"))])
    assert own.provinces_of_actor("so-01") == frozenset({"*"})


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("account,name\n", "lan,Nguyễn\n"),
        (*LINES, ",Nguyễn,,,\n"),
        (*LINES, "lan,Nguyễn,,,,more\n"),
        (*LINES, '"lan\n'),
    ],
)
def test_a_staff_list_of_another_form_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(WrongStaffError):
        staff_of(lines)
