"""From a message to records, versions and identities, on a real PostgreSQL."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest
from fhir.resources.R4B.provenance import Provenance
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from adapters.contract import SourceMessage
from adapters.errors import Problem
from audit import log
from audit.event import Action, Caller
from gateway.database import transaction
from gateway.ingest import IngestResult, deliver, deliver_many, ingest
from gateway.registry import tables
from gateway.registry.messages import MessageState
from tests.fake_source import ADAPTER, SOURCE, fake_message

GIRL = {"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female", "born": "2026-01-02"}
BOY = {"id": "k1", "name": "Trần Văn Mẫu", "sex": "male", "born": "2025-03-04"}


def take(session: Session, caller: Caller, *lines: dict[str, Any]) -> IngestResult:
    return ingest(session, fake_message(*lines), ADAPTER, caller)


def body(session: Session, id_: str, kind: str = "Patient") -> dict[str, Any]:
    c = tables.resource.c
    query = select(c.body).where(c.type == kind, c.id == id_, c.is_current)
    stored: dict[str, Any] = json.loads(session.execute(query).scalar_one())
    return stored


def count(session: Session, table: Any) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_new_record_is_a_patient_with_an_identity_of_its_own(
    session: Session, caller: Caller
) -> None:
    result = take(session, caller, GIRL)
    (record,) = result.records
    assert (result.state, record.change) == (MessageState.ACCEPTED, "new")
    assert body(session, record.record)["name"][0]["text"] == "Nguyễn Thị Thử"
    assert record.identity == f"te-{record.record}"
    golden = body(session, record.identity)
    assert golden["link"][0]["other"]["reference"] == record.reference


def test_the_same_bytes_again_change_nothing_and_are_answered_as_before(
    session: Session, caller: Caller
) -> None:
    first = take(session, caller, GIRL, GIRL | {"id": "k2", "bad": "convert"})
    rows = [count(session, table) for table in tables.metadata.sorted_tables]
    again = take(session, caller, GIRL, GIRL | {"id": "k2", "bad": "convert"})
    assert again.repeated
    assert (again.message, again.records, again.counts) == (
        first.message,
        first.records,
        first.counts,
    )
    assert [(r.problem, r.position) for r in again.rejections] == [
        (r.problem, r.position) for r in first.rejections
    ]
    assert rows == [count(session, table) for table in tables.metadata.sorted_tables]


def test_the_same_record_in_another_file_makes_no_new_version(
    session: Session, caller: Caller
) -> None:
    take(session, caller, GIRL)
    result = take(session, caller, GIRL, GIRL | {"id": "k2"})
    assert sorted(r.change for r in result.records) == ["new", "unchanged"]
    assert count(session, tables.statement) == 2


def test_a_new_version_replaces_what_it_states_and_keeps_the_rest_as_old(
    session: Session, caller: Caller
) -> None:
    (first,) = take(session, caller, GIRL | {"at": "2026-01-03T00:00:00+07:00"}).records
    renamed = GIRL | {"name": "Lê Thị Mới", "at": "2026-02-03T00:00:00+07:00"}
    (second,) = take(session, caller, renamed).records
    assert (second.record, second.change) == (first.record, "updated")
    patient = body(session, first.record)
    assert [(n["text"], n["use"]) for n in patient["name"]] == [
        ("Lê Thị Mới", "official"),
        ("Nguyễn Thị Thử", "old"),
    ]
    assert patient["meta"]["versionId"] == "2"
    assert body(session, first.identity)["name"][0]["text"] == "Lê Thị Mới"


def test_a_late_older_version_enters_the_history_only(session: Session, caller: Caller) -> None:
    newer = GIRL | {"name": "Lê Thị Mới", "at": "2026-02-03T00:00:00+07:00"}
    (first,) = take(session, caller, newer).records
    older = newer | {"at": "2026-01-03T00:00:00+07:00"}
    assert take(session, caller, older).records[0].change == "unchanged"
    assert count(session, tables.statement) == 2
    assert body(session, first.record)["meta"]["versionId"] == "1"


def test_each_version_of_a_record_says_where_it_comes_from(
    session: Session, caller: Caller
) -> None:
    result = take(session, caller, GIRL | {"id": "k0"}, GIRL)
    record = result.records[1].record
    provenance = body(session, f"{record}-provenance-1", "Provenance")
    Provenance.model_validate(provenance)
    assert provenance["target"] == [{"reference": f"Patient/{record}"}]
    assert provenance["agent"][0]["who"]["identifier"]["value"] == f"motem-adapter-{SOURCE}/1"
    assert provenance["entity"][0]["what"]["identifier"]["value"] == result.message
    assert provenance["entity"][0]["extension"][0]["valueString"] == "line 2"


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("read", Problem.WRONG_DATE),
        ("convert", Problem.NOT_CONVERTIBLE),
        ("mistake", Problem.INTERNAL),
        ("code", Problem.NOT_CONVERTIBLE),
    ],
)
def test_a_bad_record_is_refused_alone_with_its_position(
    session: Session, caller: Caller, bad: str, problem: Problem
) -> None:
    result = take(session, caller, GIRL, GIRL | {"id": "k2", "bad": bad}, GIRL | {"id": "k3"})
    assert result.state == MessageState.PARTLY_ACCEPTED
    assert [r.change for r in result.records] == ["new", "new"]
    (rejection,) = result.rejections
    assert (rejection.problem, rejection.position) == (problem, "line 2")
    assert rejection.vietnamese
    assert rejection.english
    assert count(session, tables.rejection) == 1


def test_a_bad_new_version_leaves_the_record_as_it_was(session: Session, caller: Caller) -> None:
    (first,) = take(session, caller, GIRL).records
    result = take(session, caller, GIRL | {"bad": "code"})
    assert result.state == MessageState.REJECTED
    assert body(session, first.record)["meta"]["versionId"] == "1"
    assert take(session, caller, GIRL | {"mother": "Phạm Thị B"}).records[0].change == "updated"


def test_an_unreadable_payload_is_kept_as_rejected(session: Session, caller: Caller) -> None:
    result = ingest(session, SourceMessage(source=SOURCE, content=b"\x00\xff"), ADAPTER, caller)
    assert result.state == MessageState.REJECTED
    kept = session.execute(select(tables.message.c.content, tables.message.c.state)).one()
    assert tuple(kept) == (b"\x00\xff", "rejected")
    (event,) = log.events(session, action=Action.MESSAGE_REJECT)
    assert event.message == result.message


@pytest.mark.parametrize("key", ["k" * 256, "a\x00b", "a\ud800b", "a\nb"])
def test_a_key_that_cannot_be_stored_is_refused(session: Session, caller: Caller, key: str) -> None:
    content = fake_message(GIRL | {"id": "KEY"}).content.replace(b'"KEY"', json.dumps(key).encode())
    result = ingest(session, SourceMessage(source=SOURCE, content=content), ADAPTER, caller)
    assert [r.problem for r in result.rejections] == [Problem.WRONG_IDENTIFIER]


def test_a_part_waits_until_its_key_is_known(session: Session, caller: Caller) -> None:
    part = {"episode": "e1", "kind": "part", "mother": "Phạm Thị B"}
    waiting = take(session, caller, part)
    assert (waiting.state, waiting.counts["waiting"]) == (MessageState.WAITING, 1)
    result = take(session, caller, GIRL | {"episode": "e1"})
    record = result.records[0].record
    mother = body(session, f"{record}-related-mother", "RelatedPerson")
    assert mother["patient"]["reference"] == f"Patient/{record}"
    states = session.scalars(select(tables.message.c.state)).all()
    assert set(states) == {"accepted"}


def test_parts_end_the_same_in_whatever_order_they_come(session: Session, caller: Caller) -> None:
    lines = (
        GIRL | {"episode": "e1", "at": "2026-01-03T00:00:00+07:00"},
        {"episode": "e1", "kind": "part", "mother": "Phạm Thị B", "at": "2026-01-04T00:00:00Z"},
        GIRL | {"name": "Lê Thị Mới", "episode": "e2", "at": "2026-02-03T00:00:00+07:00"},
        {"episode": "e2", "kind": "part", "mother": "Đỗ Thị C", "at": "2026-02-04T00:00:00Z"},
    )
    ends = set()
    for number, order in enumerate(permutations(lines)):
        key = {"id": f"k{number}"}
        for line in order:
            renamed = line | {"episode": f"{line['episode']}-{number}"}
            result = take(session, caller, renamed | (key if "id" in line else {}))
        ends.add(_without_ids(session, result.records[0].record))
    assert len(ends) == 1


def _without_ids(session: Session, record: str) -> str:
    """All that stands of a record, without what differs from record to record."""
    c = tables.resource.c
    query = select(c.body).where(c.record_id == record, c.is_current, c.type != "Provenance")
    kept = [json.loads(text.replace(record, "R")) for text in session.scalars(query)]
    for resource in kept:
        del resource["meta"]["versionId"], resource["meta"]["lastUpdated"]
    return json.dumps(sorted(kept, key=lambda r: str(r["id"])), ensure_ascii=False, sort_keys=True)


@pytest.mark.parametrize("order", [(GIRL, BOY), (BOY, GIRL)])
def test_a_reused_key_makes_two_records_whichever_came_first(
    session: Session, caller: Caller, order: Sequence[dict[str, Any]]
) -> None:
    (first,) = take(session, caller, order[0]).records
    take(session, caller, order[1])
    rows = session.execute(select(tables.record).order_by(tables.record.c.id)).all()
    contents = session.execute(
        select(tables.statement.c.content_hash, tables.statement.c.record_id)
    )
    assert {(row.key, row.id) for row in rows} == {
        (f"{SOURCE}:k1~{digest[:12]}", record) for digest, record in contents
    }
    assert rows[0].id == first.record
    assert {flag for row in rows for flag in row.flags} == {"reused-key"}
    assert body(session, first.record)["name"][0]["text"] == order[0]["name"]


def test_unkeyed_records_are_flagged(session: Session, caller: Caller) -> None:
    (record,) = take(session, caller, GIRL | {"id": "~abc"}).records
    assert body(session, record.record)["meta"]["tag"][0]["code"] == "unkeyed"


def test_bodies_are_kept_once_and_rows_carry_their_labels(session: Session, caller: Caller) -> None:
    take(session, caller, GIRL | {"stay": "1", "hiv": True}, GIRL | {"id": "k2", "stay": "2"})
    c = tables.resource.c
    bodies = session.scalars(select(c.id).where(c.type == "Organization")).all()
    assert bodies == ["org-home-HN01"]
    labels = session.execute(
        select(c.custodian, c.province, c.sensitivity).where(c.type == "Patient")
    )
    assert {(r.custodian, r.province, tuple(r.sensitivity)) for r in labels} == {
        ("home:HN01", "01", ("HIV",)),
        ("home:HN01", "01", ()),
    }


def test_every_change_of_a_record_is_in_the_log(session: Session, caller: Caller) -> None:
    (record,) = take(session, caller, GIRL).records
    take(session, caller, GIRL | {"mother": "Phạm Thị B"})
    take(session, caller, GIRL, GIRL | {"mother": "Phạm Thị B"})
    events = [e for e in log.events(session) if e.record]
    assert [e.action for e in events] == [Action.RECORD_CREATE, Action.RECORD_UPDATE]
    assert {(e.record, e.identity) for e in events} == {(record.record, record.identity)}


def test_sixteen_threads_with_the_same_record_make_one(engine: Engine, caller: Caller) -> None:
    with transaction(engine) as session:
        assert count(session, tables.record) == 0

    def one(number: int) -> IngestResult:
        # Different bytes each time, and keys in another order, so that nothing but locks helps.
        lines = [GIRL | {"id": f"k{k}", "note": number} for k in range(3)]
        return deliver(engine, fake_message(*lines[:: -1 if number % 2 else 1]), ADAPTER, caller)

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(one, range(16)))
    assert {r.state for r in results} == {MessageState.ACCEPTED}
    assert len({record.record for r in results for record in r.records}) == 3
    with transaction(engine) as session:
        assert count(session, tables.record) == 3
        assert count(session, tables.statement) == 48
        current = select(func.count()).where(
            tables.resource.c.type == "Patient", tables.resource.c.is_current
        )
        assert session.scalar(current) == 6


def test_sixteen_threads_with_the_same_bytes_make_one_message(
    engine: Engine, caller: Caller
) -> None:
    message = fake_message(GIRL)
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: deliver(engine, message, ADAPTER, caller), range(16)))
    assert len({r.message for r in results}) == 1
    assert len({record.record for r in results for record in r.records}) == 1
    assert sum(not r.repeated for r in results) == 1


def test_a_message_that_no_source_claims_is_kept(engine: Engine, caller: Caller) -> None:
    message = SourceMessage(source="anything", content=b"hello")
    result = deliver(engine, message, None, caller)
    assert [r.problem for r in result.rejections] == [Problem.UNKNOWN_STRUCTURE]
    assert deliver(engine, message, None, caller).repeated


def test_many_messages_end_as_one_after_the_other(engine: Engine, caller: Caller) -> None:
    versions = [fake_message(GIRL | {"mother": name}) for name in ("Lê Thị A", "Lê Thị Á B")]
    others = [fake_message(GIRL | {"id": f"o{number}"}) for number in range(3)]
    unread = SourceMessage(source=SOURCE, content=b"?")
    sent = [versions[0], *others, unread, versions[1], versions[0]]
    results = list(deliver_many(engine, [(message, ADAPTER) for message in sent], caller))
    assert [[r.change for r in one.records] for one in results] == [
        *([["new"]] * 4),
        [],
        ["updated"],
        ["new"],
    ]
    assert [one.repeated for one in results] == [False] * 6 + [True]
    with transaction(engine) as session:
        record = results[0].records[0].record
        mother = body(session, f"{record}-related-mother", "RelatedPerson")
        assert mother["name"][0]["text"] == "Lê Thị Á B"
        assert (
            session.scalar(select(tables.record.c.version).where(tables.record.c.id == record)) == 2
        )
