"""Who saw a child: the database answers as the stand-alone verifier does, and by indexes only."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

import audit
from audit import verifier
from audit.body import body_of
from audit.event import Action, AuditEvent, Caller, Seen
from audit.queries import tree_size
from audit.tables import leaf
from audit.who_saw import who_saw
from tests.audit.exports import LOG_KEY, log, saved

CALLER = Caller(who="a", system="b", purpose="HOPERAT")
RECORDS = ("r0", "r1", "r2", "r3")
FOUNDED = {record: f"i{record[1:]}" for record in RECORDS}


def append(session: Session, events: list[AuditEvent]) -> list[AuditEvent]:
    """Written, and in the tree in their order, as the sequencer would do after the commit."""
    before = len(list(audit.events(session)))
    audit.append_many(session, events)
    start = tree_size(session)
    written = list(audit.events(session))[before:]
    rows = [{"seq": seq, "event_id": one.id, "hash": b""} for seq, one in enumerate(written, start)]
    if rows:
        session.execute(text("RESET ROLE"))
        session.execute(insert(leaf), rows)
        session.execute(text("SET ROLE motem_app"))
    return written


def verified(
    capsys: pytest.CaptureFixture[str], folder: Path, events: list[AuditEvent], child: str
) -> dict[int, list[str]]:
    """Place in the log → reasons, as the stand-alone verifier finds them in an export."""
    path = saved(folder, log([body_of(one) for one in events]).export())
    arguments = [str(path), "--key", str(LOG_KEY), "--who-saw", child, "--json"]
    assert verifier.main(arguments) == 0
    told = map(json.loads, capsys.readouterr().out.splitlines())
    return {one["event"]["seq"]: one["event"]["because"] for one in told if "event" in one}


seen = st.lists(
    st.builds(
        Seen,
        record=st.none() | st.sampled_from(RECORDS),
        identity=st.none() | st.sampled_from(sorted(FOUNDED.values())),
    ),
    max_size=2,
).map(tuple)
looks = st.builds(
    AuditEvent,
    action=st.sampled_from([Action.PATIENT_READ, Action.MATCH_SEARCH, Action.RECORD_UPDATE]),
    caller=st.just(CALLER),
    record=st.none() | st.sampled_from(RECORDS),
    identity=st.none() | st.sampled_from(sorted(FOUNDED.values())),
    seen=seen,
)
steps = st.one_of(looks, st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)))


@st.composite
def histories(draw: st.DrawFn) -> list[AuditEvent]:
    """Records are made, come together, part again, and are looked at in between."""
    events: list[AuditEvent] = []
    of: dict[str, str] = {}
    for step in draw(st.lists(steps, max_size=25)):
        if isinstance(step, AuditEvent):
            events.append(step)
            continue
        record, other = step
        if record not in of:
            action, identity = Action.RECORD_CREATE, FOUNDED[record]
        else:
            action, identity = Action.IDENTITY_LINK, FOUNDED[other if other in of else record]
        before = {"from": of[record]} if record in of else {}
        of[record] = identity
        events.append(
            AuditEvent(
                action=action, caller=CALLER, record=record, identity=identity, detail=before
            )
        )
    return events


@given(histories())
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_answer_is_that_of_the_stand_alone_verifier(
    session: Session,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    events: list[AuditEvent],
) -> None:
    with session.begin_nested() as part:
        start = tree_size(session)
        written = append(session, events)
        known = {one.record for one in events if one.action is Action.RECORD_CREATE}
        for id_ in (*RECORDS, *FOUNDED.values()):
            found = who_saw(session, id_)
            assert (found is not None) == (id_ in known or "r" + id_[1:] in known)
            if found is not None:
                told = {one.seq - start: list(one.because) for one in found.looks}
                assert told == verified(capsys, tmp_path, written, found.child), id_
                # Of a retired id it also tells what this named while it was one.
                more = verified(capsys, tmp_path, written, id_)
                assert all(set(why) <= set(more.get(seq, ())) for seq, why in told.items()), id_
        part.rollback()


def child(record: str = "r0") -> AuditEvent:
    return AuditEvent(
        action=Action.RECORD_CREATE, caller=CALLER, record=record, identity=FOUNDED[record]
    )


def test_each_look_says_by_which_id_it_leads_to_the_child(session: Session) -> None:
    read = AuditEvent(
        action=Action.MATCH_SEARCH,
        caller=CALLER,
        seen=(Seen(record="r0", identity="i0"), Seen(identity="i1")),
    )
    start = tree_size(session)
    append(session, [child("r0"), child("r1"), read])
    found = who_saw(session, "i0")
    assert found is not None
    assert (found.child, found.records, found.size) == ("i0", ("r0",), start + 3)
    assert [(one.seq - start, one.via) for one in found.looks] == [
        (0, ("i0", "r0")),
        (2, ("i0", "r0")),
    ]


def test_what_the_log_does_not_know_has_no_answer(session: Session) -> None:
    append(session, [AuditEvent(action=Action.PATIENT_READ, caller=CALLER, identity="i0")])
    assert who_saw(session, "i0") is None


def test_what_is_not_in_the_tree_yet_was_disclosed_to_nobody(session: Session) -> None:
    start = tree_size(session)
    append(session, [child()])
    audit.append(session, replace(child(), action=Action.RECORD_READ, id="unsigned"))
    found = who_saw(session, "r0")
    assert found is not None
    assert [one.seq for one in found.looks] == [start]


@pytest.mark.parametrize("named", ["record", "identity", "seen"])
def test_no_question_reads_the_whole_log(session: Session, named: str) -> None:
    """Even if other plans were forbidden, none of its statements would have to read all."""
    look = AuditEvent(action=Action.PATIENT_READ, caller=CALLER)
    about = {"record": {"record": "r0"}, "identity": {"identity": "i0"}}
    look = replace(look, **about.get(named, {"seen": (Seen(identity="i0"),)}))
    append(session, [child(), look])
    asked: list[tuple[str, object]] = []
    connection = session.connection()

    def note(*told: object) -> None:
        asked.append((str(told[2]), told[3]))

    sqlalchemy_event.listen(connection, "before_cursor_execute", note)
    found = who_saw(session, "r0")
    sqlalchemy_event.remove(connection, "before_cursor_execute", note)
    assert found is not None
    assert len(found.looks) == 2
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    for statement, values in asked:
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values)  # type: ignore[arg-type]
        assert "Seq Scan on audit_event" not in "\n".join(row[0] for row in plan)
