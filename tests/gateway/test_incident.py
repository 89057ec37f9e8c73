"""What a breach touched: each child with its fields, and what the log cannot say of whom it is."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

import audit
from audit.event import Action, AuditEvent, Caller, Outcome, Seen
from gateway.database import transaction
from gateway.incident import incident
from gateway.ingest import deliver
from tests.fake_source import ADAPTER, fake_message

START = datetime(2026, 11, 20, tzinfo=UTC)
THIEF = Caller(who="thief", system="ward-7", purpose="HOPERAT")
ONE, TWO = "te-01jd0000000000000000000001", "te-01jd0000000000000000000002"


def test_the_bodies_are_named_whose_records_were_touched(engine: Engine, caller: Caller) -> None:
    """By the record that was read; by all of the child's where only the child is named."""
    told = [{"id": "k1", "name": "Thử", "custodian": "hospital:22103"}, {"id": "k2", "name": "An"}]
    one, two = (deliver(engine, fake_message(it), ADAPTER, caller).records[0] for it in told)
    with transaction(engine) as session:
        audit.append(session, AuditEvent(action=Action.LINKAGE_RUN, caller=caller))
        move = text("UPDATE linkage_record SET identity_id = :one WHERE record_id = :two")
        session.execute(move, {"one": one.identity, "two": two.record})

    def bodies(who: str, **named: str | None) -> list[set[str]]:
        thief = Caller(who=who, system="ward-7", purpose="HOPERAT")
        read = AuditEvent(action=Action.PATIENT_READ, caller=thief, occurred=START, **named)  # type: ignore[arg-type]
        with transaction(engine) as session:
            audit.append(session, read)
        with transaction(engine) as session:
            found = incident(session, START, START + timedelta(days=1), caller, who=who)
        return [child.bodies for child in found.children]

    assert bodies("a", record=one.record) == [{"hospital:22103"}]
    assert bodies("b", identity=one.identity) == [{"hospital:22103", "home:HN01"}]
    assert bodies("c", record="unknown") == [set()]


def test_children_bodies_and_fields_are_named_and_what_names_no_child_is_counted(
    engine: Engine, caller: Caller
) -> None:
    def event(action: Action, hour: int = 1, who: Caller = THIEF, **told: object) -> AuditEvent:
        at = START + timedelta(hours=hour)
        return AuditEvent(action=action, caller=who, occurred=at, **told)  # type: ignore[arg-type]

    events = [
        event(Action.RECORD_CREATE, 0, caller, record="r1", identity=ONE),
        event(Action.RECORD_CREATE, 0, caller, record="r2", identity=TWO),
        event(Action.IDENTITY_LINK, 0, caller, record="r2", identity=ONE, detail={"from": TWO}),
        event(Action.PATIENT_READ, 1, record="r2", detail={"version": 3}, withheld=("name", "sex")),
        event(Action.MATCH_SEARCH, 2, seen=(Seen(identity=ONE),), withheld=("name",)),
        event(Action.RECORD_UPDATE, 3, record="r1"),
        event(Action.PATIENT_READ, 4, record="unknown"),
        event(Action.PATIENT_READ, 4, record="r1", outcome=Outcome.REFUSED),
        event(Action.MESSAGE_READ, 4, message="M1"),
        event(Action.LINKS_EXPORT, 4),
        event(Action.PATIENT_READ, 30, record="r1"),
    ]
    for one in events:
        with transaction(engine) as session:
            audit.append(session, one)
    with transaction(engine) as session:
        found = incident(session, START, START + timedelta(days=1), caller, who="thief")
        told = list(audit.events(session, action=Action.AUDIT_READ))[-1]
    child, unknown = found.children
    assert (child.child, child.shown, child.changed) == (ONE, 2, 1)
    assert (child.records, child.versions) == ({"r1", "r2"}, {"r2/3"})
    assert child.withheld == {"name"}
    assert (child.first, child.last) == (START + timedelta(hours=1), START + timedelta(hours=3))
    assert (unknown.child, unknown.withheld) == ("unknown", set())
    assert (found.messages, dict(found.bulk)) == (["M1"], {"links:export": 1})
    assert (found.events, found.refused) == (7, 1)
    assert told.seen == (Seen(identity=ONE), Seen(record="unknown"))
