"""A payload of any size: in parts that are each committed, told as one, and never twice."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

import audit
from adapters.catalog import load_adapters
from adapters.contract import SourceAdapter, SourceMessage
from adapters.errors import Problem
from adapters.formats import parts as cutting
from audit.event import Action, Caller
from gateway import inbox, large
from gateway.database import retried, transaction
from gateway.errors import ConflictError, NoRoomError
from gateway.inbox import Entry
from gateway.ingest import IngestResult, MessageState, deliver_many, receive
from gateway.large import CannotCutError, Large, opened, receive_large, replay_message
from gateway.registry import tables, wholes
from gateway.replay import Reason, withdraw
from gateway.spool import Spooled, spooled
from gateway.worker import take_next
from tests.gateway.cut_small import array, bad, cut_small, girl

ADAPTERS: Mapping[str, SourceAdapter] = load_adapters()
GIRLS = array(*(girl(number) for number in range(12)))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)


def payload(content: bytes) -> Spooled:
    digest = hashlib.sha256(content).hexdigest()
    return Spooled(stream=io.BytesIO(content), size=len(content), sha256=digest)


def cuttable(content: bytes) -> Large:
    found = opened(payload(content), None, ADAPTERS)
    assert isinstance(found, Large)
    return found


def taken(
    engine: Engine, caller: Caller, content: bytes, most: int | None = None
) -> tuple[str, list[IngestResult]]:
    """The whole and what came of the parts; of `most` parts only, as if killed then."""
    found = cuttable(content)
    whole = large.begin(engine, found, caller)
    deliveries = islice(large.deliveries(engine, found, whole), most)
    return whole, list(deliver_many(engine, deliveries, caller))


def received(engine: Engine, caller: Caller, content: bytes, corrects: str | None = None) -> str:
    found = cuttable(content)
    return retried(engine, lambda s: receive_large(s, found, caller, corrects=corrects))[0]


def adapters_of(_system: str) -> Mapping[str, SourceAdapter]:
    return ADAPTERS


def read_next(engine: Engine, caller: Caller) -> str | None:
    return take_next(engine, adapters_of, caller)


def entry(engine: Engine, caller: Caller, message_id: str) -> Entry:
    with transaction(engine) as session:
        found = inbox.one(session, message_id, caller)
    assert found is not None
    return found


def parts_of(engine: Engine, caller: Caller, whole: str) -> list[Entry]:
    with transaction(engine) as session:
        found = inbox.listed(session, caller, part_of=whole, most=200)
    return sorted(found, key=lambda one: one.part or 0)


def content(engine: Engine, caller: Caller, whole: str) -> bytes:
    found = inbox.content_in_parts(engine, whole, caller)
    assert found is not None
    return b"".join(found[1])


def count(engine: Engine, table: Any) -> int:
    with transaction(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_part_is_a_message_that_points_to_the_whole(engine: Engine, caller: Caller) -> None:
    whole, results = taken(engine, caller, GIRLS)
    told, parts = entry(engine, caller, whole), parts_of(engine, caller, whole)
    assert (told.size, told.sha256) == (len(GIRLS), hashlib.sha256(GIRLS).hexdigest())
    assert (told.state, told.parts, told.counts) == (MessageState.ACCEPTED, 6, {"new": 12})
    assert [one.message for one in results] == [one.id for one in parts]
    assert [(one.part_of, one.part) for one in parts] == [(whole, n) for n in range(1, 7)]
    assert [GIRLS[one.begins or 0 :][:1] for one in parts] == [b"["] + [b","] * 5
    assert count(engine, tables.record) == 12


def test_the_bytes_are_kept_once_and_come_back_as_sent(engine: Engine, caller: Caller) -> None:
    whole, _ = taken(engine, caller, GIRLS)
    assert content(engine, caller, whole) == GIRLS
    with transaction(engine) as session:
        kept = session.scalar(select(func.sum(func.length(tables.message.c.content))))
        looks = [e.message for e in audit.events(session) if e.action is Action.MESSAGE_READ]
    assert kept is not None
    assert kept <= len(GIRLS) + 2 * 6
    assert looks == [whole]


def test_places_are_told_as_in_the_whole(engine: Engine, caller: Caller) -> None:
    girls = [girl(number) for number in range(12)]
    girls[7] = bad(7)
    whole, _ = taken(engine, caller, array(*girls))
    told = entry(engine, caller, whole)
    assert told.state is MessageState.PARTLY_ACCEPTED
    assert [one.position for one in told.refusals] == ["/7/ngayLap"]
    c = tables.resource.c
    with transaction(engine) as session:
        bodies = session.scalars(select(c.body).where(c.type == "Provenance")).all()
    assert any('"/11"' in body or '"/11/' in body for body in bodies)


@pytest.mark.parametrize("most", range(7))
def test_killed_in_the_middle_and_sent_again_each_record_is_there_once(
    engine: Engine, caller: Caller, most: int
) -> None:
    first, before = taken(engine, caller, GIRLS, most)
    assert entry(engine, caller, first).state is MessageState.RECEIVED
    again, after = taken(engine, caller, GIRLS)
    assert again == first
    assert len(before) + len(after) == 6
    told = entry(engine, caller, first)
    assert (told.state, told.counts) == (MessageState.ACCEPTED, {"new": 12})
    assert count(engine, tables.record) == 12
    assert count(engine, tables.message) == 7


def test_sent_a_third_time_nothing_is_read(engine: Engine, caller: Caller) -> None:
    taken(engine, caller, GIRLS)
    assert taken(engine, caller, GIRLS)[1] == []


def test_a_file_that_grew_is_a_message_of_its_own(engine: Engine, caller: Caller) -> None:
    first, _ = taken(engine, caller, GIRLS)
    more = array(*(girl(number) for number in range(20)))
    second, _ = taken(engine, caller, more)
    assert second != first
    assert entry(engine, caller, second).counts == {"new": 8, "unchanged": 12}
    assert (content(engine, caller, first), content(engine, caller, second)) == (GIRLS, more)


def test_parts_with_the_same_bytes_are_all_kept(engine: Engine, caller: Caller) -> None:
    same = array(*[girl(1)] * 8)
    whole, results = taken(engine, caller, same)
    assert len(results) == entry(engine, caller, whole).parts == 4
    assert content(engine, caller, whole) == same
    assert count(engine, tables.record) == 1


def test_cut_otherwise_since_it_was_sent_first_nothing_is_lost(
    engine: Engine, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = taken(engine, caller, GIRLS, 3)
    monkeypatch.setattr(large, "RECORDS", 1)
    assert taken(engine, caller, GIRLS)[0] == whole
    assert entry(engine, caller, whole).state is MessageState.ACCEPTED
    assert count(engine, tables.record) == 12


BROKEN = array(*(girl(number) for number in range(7)))[:-2] + b"},{" + b"x" * 3_000


def test_what_comes_behind_a_break_is_kept_in_pieces_and_refused(
    engine: Engine, caller: Caller
) -> None:
    whole, _ = taken(engine, caller, BROKEN)
    told, parts = entry(engine, caller, whole), parts_of(engine, caller, whole)
    assert told.state is MessageState.PARTLY_ACCEPTED
    assert told.counts["new"] == count(engine, tables.record) >= 6
    refused = [one for one in parts if one.state is MessageState.REJECTED]
    assert len(refused) > 1
    assert all(one.size <= large.REST for one in refused)
    assert {(r.code, r.about_child, r.position) for r in told.refusals} == {
        ("malformed-syntax", True, told.refusals[0].position)
    }
    assert content(engine, caller, whole) == BROKEN


def test_what_nobody_can_read_is_not_read_again_as_something_else(
    engine: Engine, caller: Caller
) -> None:
    whole, _ = taken(engine, caller, BROKEN)
    found = replay_message(engine, whole, adapters_of, caller, dry_run=False)
    assert {one.problem for one in found.rejections} == {"malformed-syntax"}
    assert (found.before, found.after) == (MessageState.PARTLY_ACCEPTED,) * 2


def test_a_flood_of_next_to_nothing_is_refused_without_being_read(
    engine: Engine, caller: Caller
) -> None:
    flood = b"[" + b"{}," * 1_000 + b"{}]"
    found = opened(payload(flood), "police", ADAPTERS)
    assert isinstance(found, Large)
    whole = large.begin(engine, found, caller)
    results = list(deliver_many(engine, large.deliveries(engine, found, whole), caller))
    refused = [one.problem for result in results for one in result.rejections]
    assert refused == [Problem.TOO_LARGE] * len(results)
    assert len(results) < 10
    assert content(engine, caller, whole) == flood


def test_a_short_record_before_a_huge_one_is_no_flood(
    engine: Engine, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "RECORDS", 160)
    huge = girl(2, ghiChu="x" * 5_000)
    _, results = taken(engine, caller, array(girl(1), huge, girl(3)))
    assert sum(result.counts.get("new", 0) for result in results) == 3


def test_empty_rows_of_a_table_are_no_flood() -> None:
    table = "Mã cơ sở,Số hồ sơ,Họ và tên\nHN01,1,An\n".encode() + b",,\n" * 1_000
    found = opened(payload(table), "facility", ADAPTERS)
    assert isinstance(found, Large)
    assert {piece.unreadable for piece in found.pieces("whole")} == {None}


def test_of_no_known_source_it_is_kept_as_unknown(engine: Engine, caller: Caller) -> None:
    strange = array(*[b'{"a": "%s"}' % (b"x" * 400)] * 9)
    whole, _ = taken(engine, caller, strange)
    told = entry(engine, caller, whole)
    assert (told.source, told.state) == ("unknown", MessageState.REJECTED)
    assert content(engine, caller, whole) == strange


def test_a_table_is_found_and_cut_by_the_columns_of_its_source() -> None:
    head = "Mã cơ sở,Số hồ sơ,Họ và tên,Ngày sinh\n"
    rows = "".join(f"HN01,{number},Nguyễn Thị Thử {number},2020-01-02\n" for number in range(99))
    found = cuttable((head + rows).encode())
    assert found.source == "facility"
    pieces = list(found.pieces("whole"))
    assert len(pieces) > 3
    assert all(piece.content.startswith(head.encode()) for piece in pieces)


def test_what_cannot_be_cut_is_one_message_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = b'{"resourceType": "Bundle", "entry": [' + b" " * 5_000 + b"]}"
    found = opened(payload(bundle), "fhir", ADAPTERS)
    assert not isinstance(found, Large)
    assert found.content == bundle
    monkeypatch.setattr(cutting, "WHOLE", 4_000)
    with pytest.raises(CannotCutError):
        opened(payload(bundle), "fhir", ADAPTERS)


def test_what_is_received_is_read_by_the_worker_and_says_how_far_it_is(
    engine: Engine, caller: Caller
) -> None:
    whole = received(engine, caller, GIRLS)
    assert count(engine, tables.record) == 0
    seen = []
    while read_next(engine, caller):
        told = entry(engine, caller, whole)
        assert told.progress is not None
        seen.append((told.state.value, told.progress.parts_read))
    assert seen == [*(("received", n) for n in range(1, 6)), ("accepted", 6)]
    told = entry(engine, caller, whole)
    assert told.progress is not None
    assert told.progress.bytes_read == told.size
    assert received(engine, caller, GIRLS) == whole


def test_of_what_breaks_while_it_is_received_nothing_is_left(
    engine: Engine, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Large.pieces

    def breaking(self: Large, whole: str) -> Iterator[Any]:
        yield from islice(real(self, whole), 3)
        raise ConnectionError

    monkeypatch.setattr(Large, "pieces", breaking)
    with pytest.raises(ConnectionError):
        received(engine, caller, GIRLS)
    assert count(engine, tables.message) == 0


def test_begun_by_one_door_it_is_ended_by_the_other(engine: Engine, caller: Caller) -> None:
    whole, _ = taken(engine, caller, GIRLS, 2)
    assert received(engine, caller, GIRLS) == whole
    while read_next(engine, caller):
        pass
    assert entry(engine, caller, whole).state is MessageState.ACCEPTED
    assert count(engine, tables.record) == 12


def test_a_replay_of_the_whole_reads_its_refused_parts(
    engine: Engine, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = taken(
        engine, caller, array(*(bad(n) if n in (3, 9) else girl(n) for n in range(12)))
    )
    found = replay_message(engine, whole, adapters_of, caller, dry_run=True)
    assert [one.position for one in found.rejections] == ["/3/ngayLap", "/9/ngayLap"]
    assert (found.source, found.after) == ("police", MessageState.PARTLY_ACCEPTED)
    with transaction(engine) as session:
        assert len(wholes.refused_parts(session, whole)) == 2


def test_a_replay_of_a_whole_in_which_nothing_is_refused_is_a_conflict(
    engine: Engine, caller: Caller
) -> None:
    whole, _ = taken(engine, caller, GIRLS)
    with pytest.raises(ConflictError):
        replay_message(engine, whole, adapters_of, caller, dry_run=False)


def test_a_withdrawal_of_the_whole_settles_all_its_refusals(engine: Engine, caller: Caller) -> None:
    whole, _ = taken(engine, caller, array(*(bad(number) for number in range(6))))
    assert entry(engine, caller, whole).state is MessageState.REJECTED
    retried(engine, lambda session: withdraw(session, whole, Reason.TEST, caller))
    told = entry(engine, caller, whole)
    assert told.state is MessageState.WITHDRAWN
    assert {one.settlement for one in told.refusals} == {"withdrawn"}


def test_a_correction_settles_the_whole_when_its_last_part_is_taken(
    engine: Engine, caller: Caller
) -> None:
    old, _ = taken(engine, caller, array(*(bad(number) for number in range(6))))
    received(engine, caller, array(*(girl(number) for number in range(6))), corrects=old)
    settled = []
    while read_next(engine, caller):
        settled.append({one.settlement for one in entry(engine, caller, old).refusals})
    assert settled == [{None}, {None}, {"corrected"}]


def test_small_messages_correct_a_whole_together(engine: Engine, caller: Caller) -> None:
    old, _ = taken(engine, caller, array(*(bad(number) for number in range(6))))
    settled = []
    for number in range(6):
        small = opened(payload(girl(number)), "police", ADAPTERS)
        assert isinstance(small, SourceMessage)
        retried(engine, partial(receive, message=small, caller=caller, corrects=old))
        read_next(engine, caller)
        settled.append({one.settlement for one in entry(engine, caller, old).refusals})
    assert settled == [{None}] * 5 + [{"corrected"}], "six refusals, six children"


def test_parts_stand_in_the_list_of_their_whole_only(engine: Engine, caller: Caller) -> None:
    whole, _ = taken(engine, caller, array(*(bad(number) for number in range(6))))
    with transaction(engine) as session:
        assert [one.id for one in inbox.listed(session, caller)] == [whole]
        assert [one.id for one in inbox.listed(session, caller, state="rejected")] == [whole]
        assert inbox.listed(session, caller, state="received") == []
        (cause,) = inbox.causes(session, caller)
    assert (cause.count, cause.messages, cause.position) == (6, 3, "/*/ngayLap")


def test_where_there_is_no_room_nothing_is_half_kept(tmp_path: Path) -> None:
    with (
        pytest.raises(NoRoomError),
        spooled(io.BytesIO(GIRLS), tmp_path / "gone"),
    ):
        pass


def test_a_pipe_is_spooled_with_its_length_and_hash() -> None:
    with spooled(io.BytesIO(GIRLS)) as found:
        assert (found.size, found.sha256) == (len(GIRLS), hashlib.sha256(GIRLS).hexdigest())
        assert found.rewound().read() == GIRLS
        assert "Thử" not in repr(found)
