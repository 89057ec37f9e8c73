"""Refused messages are read again, put aside or replaced; their bytes never change."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from adapters.catalog import load_adapters
from adapters.contract import Conversion, SourceAdapter, SourceMessage, Statement
from audit import log
from audit.event import Action, Caller
from gateway import inbox
from gateway.database import retried, transaction
from gateway.errors import ConflictError, CorrectsOtherError, NotFoundError, OtherSourceError
from gateway.ingest import IngestResult, draft, ingest, receive, take
from gateway.registry import tables
from gateway.registry.messages import DEADLINE, MessageState
from gateway.replay import AdaptersOf, Reason, Replay, refused_messages, replay, withdraw
from tests.fake_source import ADAPTER, SOURCE, FakeAdapter, fake_message

POLICE = load_adapters()["police"]
GIRL = {"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"}
BAD = {"id": "k2", "name": "Trần Thị Mẫu", "bad": "convert"}


class Repaired(FakeAdapter):
    """As the adapter is after an upgrade: what it could not express it can."""

    version = "2"

    def convert(self, statement: Statement) -> Conversion:
        content = {name: said for name, said in statement.content.items() if name != "bad"}
        return super().convert(replace(statement, content=content))


class Broken(FakeAdapter):
    """With a mistake that only shows while storing: a province of five letters."""

    def convert(self, statement: Statement) -> Conversion:
        return replace(super().convert(statement), province="12345")


def of(adapter: SourceAdapter) -> AdaptersOf:
    return lambda _system: {SOURCE: adapter}


def taken(session: Session, caller: Caller, *lines: dict[str, Any]) -> IngestResult:
    return ingest(session, fake_message(*lines), ADAPTER, caller)


def again(
    session: Session, message: str, caller: Caller, adapter: SourceAdapter, *, dry: bool = False
) -> Replay:
    return replay(session, message, of(adapter), caller, dry_run=dry)


def state(session: Session, message: str) -> MessageState:
    query = select(tables.message.c.state).where(tables.message.c.id == message)
    return MessageState(session.execute(query).scalar_one())


def rows(session: Session) -> list[int | None]:
    audited = {"audit_event"}
    return [
        session.scalar(select(func.count()).select_from(table))
        for table in tables.metadata.sorted_tables
        if table.name not in audited
    ]


def entry(session: Session, message: str, caller: Caller) -> inbox.Entry:
    found = inbox.one(session, message, caller)
    assert found is not None
    return found


def test_what_an_upgrade_can_read_is_taken_and_the_bytes_stay(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, GIRL, BAD)
    bytes_before = inbox.content(session, first.message, caller)
    found = again(session, first.message, caller, Repaired())
    assert (found.before, found.after) == (MessageState.PARTLY_ACCEPTED, MessageState.REPLAYED)
    assert found.counts == {"new": 1, "unchanged": 1, "left-out:adult": 1}
    kept = entry(session, first.message, caller)
    assert (kept.state, len(kept.answer)) == (MessageState.REPLAYED, 2)
    assert [refusal.settlement for refusal in kept.refusals] == ["replayed"]
    assert inbox.content(session, first.message, caller) == bytes_before


def test_a_dry_run_shows_the_same_and_changes_nothing_but_the_log(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, GIRL, BAD)
    before = rows(session)
    dry = again(session, first.message, caller, Repaired(), dry=True)
    assert rows(session) == before
    assert state(session, first.message) == MessageState.PARTLY_ACCEPTED
    real = again(session, first.message, caller, Repaired())
    assert (dry.after, dry.counts) == (real.after, real.counts)
    events = log.events(session, action=Action.MESSAGE_REPLAY)
    assert [event.detail["dry"] for event in events] == [True, False]


def test_what_is_still_refused_keeps_its_first_deadline(session: Session, caller: Caller) -> None:
    first = taken(session, caller, BAD)
    early = datetime(2026, 1, 1, tzinfo=UTC)
    session.execute(update(tables.rejection).values(due=early))
    found = again(session, first.message, caller, ADAPTER)
    assert found.after == MessageState.REJECTED
    old, new = entry(session, first.message, caller).refusals
    assert (old.settlement, new.settlement, new.due) == ("replayed", None, early)


def test_a_refused_report_about_a_child_has_twelve_hours(session: Session, caller: Caller) -> None:
    before = datetime.now(UTC)
    first = taken(session, caller, BAD)
    (refusal,) = entry(session, first.message, caller).refusals
    assert refusal.due is not None
    assert timedelta(0) <= refusal.due - before - DEADLINE < timedelta(minutes=1)


@pytest.mark.parametrize("lines", [[GIRL], [{"episode": "e1"}]])
def test_where_nothing_is_refused_nothing_is_read_again(
    session: Session, caller: Caller, lines: list[dict[str, Any]]
) -> None:
    first = taken(session, caller, *lines)
    with pytest.raises(ConflictError):
        again(session, first.message, caller, ADAPTER)
    with pytest.raises(ConflictError):
        withdraw(session, first.message, Reason.TEST, caller)


def test_a_message_that_does_not_exist_is_not_found(session: Session, caller: Caller) -> None:
    with pytest.raises(NotFoundError):
        again(session, "0" * 26, caller, ADAPTER)
    with pytest.raises(NotFoundError):
        withdraw(session, "0" * 26, Reason.TEST, caller)


def test_a_withdrawn_message_is_settled_for_good(session: Session, caller: Caller) -> None:
    first = taken(session, caller, BAD)
    withdraw(session, first.message, Reason.TEST, caller)
    assert state(session, first.message) == MessageState.WITHDRAWN
    assert refused_messages(session, caller, SOURCE, None, 10) == []
    with pytest.raises(ConflictError):
        withdraw(session, first.message, Reason.TEST, caller)
    with pytest.raises(ConflictError):
        again(session, first.message, caller, Repaired())
    (event,) = log.events(session, action=Action.MESSAGE_WITHDRAW)
    assert (event.message, event.detail) == (first.message, {"reason": "test"})


def test_withdrawing_what_was_refused_leaves_what_was_taken(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, GIRL, BAD)
    withdraw(session, first.message, Reason.SENT_BY_MISTAKE, caller)
    assert state(session, first.message) == MessageState.PARTLY_ACCEPTED
    assert len(entry(session, first.message, caller).answer) == 1


def test_parts_that_wait_are_still_waiting_when_their_message_is_read_again(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, {"episode": "e1", "grams": 2500}, BAD)
    found = again(session, first.message, caller, Repaired())
    assert (found.counts["waiting"], found.after) == (1, MessageState.REPLAYED)


def test_a_part_that_gets_its_record_by_the_replay_waits_no_more(
    session: Session, caller: Caller
) -> None:
    keyed = {"id": "k1", "episode": "e1", "name": "Nguyễn Thị Thử", "bad": "convert"}
    first = taken(session, caller, {"episode": "e1", "grams": 2500}, keyed)
    found = again(session, first.message, caller, Repaired())
    assert found.after == MessageState.REPLAYED
    assert "waiting" not in found.counts


def test_a_message_that_nobody_knew_gets_its_source(session: Session, caller: Caller) -> None:
    first = ingest(session, replace(fake_message(GIRL), source=""), None, caller)
    assert first.source == "unknown"
    found = again(session, first.message, caller, ADAPTER)
    assert (found.source, found.after) == (SOURCE, MessageState.REPLAYED)
    assert entry(session, first.message, caller).source == SOURCE


def test_a_message_that_nobody_knew_and_that_came_again_by_name_is_a_conflict(
    session: Session, caller: Caller
) -> None:
    first = ingest(session, replace(fake_message(GIRL), source=""), None, caller)
    taken(session, caller, GIRL)
    with pytest.raises(ConflictError):
        again(session, first.message, caller, ADAPTER)
    withdraw(session, first.message, Reason.SENT_AGAIN, caller)


def test_a_message_that_cannot_be_stored_is_refused_and_spoils_nothing(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, BAD | {"bad": "read"})
    message = fake_message(GIRL)
    waiting, _ = receive(session, message, caller)
    found = again(session, waiting, caller, Broken())
    assert found.after == MessageState.REJECTED
    assert found.rejections[0].problem.value == "internal-error"
    assert state(session, first.message) == MessageState.REJECTED
    repaired = again(session, waiting, caller, ADAPTER)
    assert repaired.after == MessageState.REPLAYED


def test_a_group_is_listed_by_source_and_code_the_oldest_first(
    session: Session, caller: Caller
) -> None:
    ids = [taken(session, caller, BAD | {"id": f"k{n}"}).message for n in range(3)]
    other = taken(session, caller, BAD | {"bad": "read"}).message
    found = refused_messages(session, caller, SOURCE, "not-convertible", 10)
    assert found == sorted(ids)
    assert refused_messages(session, caller, SOURCE, None, 10) == sorted([*ids, other])
    assert (
        refused_messages(session, caller, SOURCE, None, 10, after=sorted(ids)[0])[0]
        != sorted(ids)[0]
    )
    assert refused_messages(session, caller, "police", None, 10) == []


def test_replays_at_one_time_take_a_message_once(engine: Engine, caller: Caller) -> None:
    with transaction(engine) as session:
        first = taken(session, caller, GIRL, BAD)

    def one(_: int) -> str:
        try:
            found = retried(
                engine, lambda session: again(session, first.message, caller, Repaired())
            )
        except ConflictError:
            return "conflict"
        return found.after.value

    with ThreadPoolExecutor(8) as pool:
        ended = sorted(pool.map(one, range(8)))
    assert ended == ["conflict"] * 7 + ["replayed"]
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(tables.record)) == 2


def correction(
    session: Session, caller: Caller, corrects: str, **changes: Any
) -> tuple[IngestResult, Mapping[str, Any]]:
    one = draft(fake_message(BAD | {"bad": None} | changes), ADAPTER)
    result = take(session, one, caller, corrects=corrects)
    (refusal,) = entry(session, corrects, caller).refusals
    return result, {"corrects": entry(session, result.message, caller).corrects} | {
        "settlement": refusal.settlement
    }


def test_a_corrected_payload_is_a_new_message_and_settles_the_old_one(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, BAD)
    _, found = correction(session, caller, first.message)
    assert found == {"corrects": first.message, "settlement": "corrected"}


def test_a_correction_that_is_refused_itself_settles_nothing(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, BAD)
    second, found = correction(session, caller, first.message, bad="code")
    assert found == {"corrects": first.message, "settlement": None}
    again(session, second.message, caller, Repaired())
    (refusal,) = entry(session, first.message, caller).refusals
    assert refusal.settlement == "corrected", "as soon as the correction itself is taken"


def test_a_correction_that_is_read_later_settles_the_old_one_then(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, BAD)
    later, _ = receive(session, fake_message(GIRL), caller, corrects=first.message)
    assert entry(session, first.message, caller).refusals[0].settlement is None
    again(session, later, caller, ADAPTER)
    assert entry(session, first.message, caller).refusals[0].settlement == "corrected"


def test_what_nobody_recognises_may_be_about_a_child_and_has_a_deadline(
    session: Session, caller: Caller
) -> None:
    cut = SourceMessage(source="", content=b'{"loai":"BIEN_BAN_TRE_BI_BO_ROI"')
    found = ingest(session, cut, None, caller)
    (refusal,) = entry(session, found.message, caller).refusals
    assert refusal.about_child
    assert refusal.due is not None
    assert refusal.due - entry(session, found.message, caller).received == DEADLINE


def corrected(session: Session, caller: Caller, old: str, *lines: dict[str, Any]) -> IngestResult:
    return take(session, draft(fake_message(*lines), ADAPTER), caller, corrects=old)


def standing(session: Session, caller: Caller, message: str) -> int:
    return sum(one.settled is None for one in entry(session, message, caller).refusals)


REFUSED = tuple({"id": f"r{number}", "bad": "convert"} for number in range(3))
MENDED = tuple({"id": f"r{number}", "name": "Trần Thị Mẫu"} for number in range(3))


def test_a_correction_in_which_the_refused_record_is_left_out_settles_nothing(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, GIRL, BAD)
    found = corrected(session, caller, first.message, GIRL)
    assert (found.state, found.still_refused) == (MessageState.ACCEPTED, 1)
    assert standing(session, caller, first.message) == 1


def test_a_correction_that_holds_nothing_settles_nothing(session: Session, caller: Caller) -> None:
    first = ingest(session, SourceMessage(source="police", content=b"["), POLICE, caller)
    empty = draft(SourceMessage(source="police", content=b"[ ]"), POLICE)
    found = take(session, empty, caller, corrects=first.message)
    assert (found.state, found.still_refused) == (MessageState.ACCEPTED, 1)
    assert standing(session, caller, first.message) == 1


def test_what_was_known_before_does_not_stand_for_a_refused_record(
    session: Session, caller: Caller
) -> None:
    taken(session, caller, GIRL)
    first = taken(session, caller, BAD)
    again_she = {name: GIRL[name] for name in reversed(GIRL)}
    assert corrected(session, caller, first.message, again_she).still_refused == 1
    assert corrected(session, caller, first.message, GIRL).still_refused == 1


def test_corrections_settle_together_as_soon_as_as_many_came_as_were_refused(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, *REFUSED)
    told = [corrected(session, caller, first.message, one).still_refused for one in MENDED]
    assert told == [3, 3, 0]
    assert standing(session, caller, first.message) == 0


def test_what_came_before_a_replay_is_not_counted_for_what_that_still_refuses(
    session: Session, caller: Caller
) -> None:
    first = taken(session, caller, *REFUSED)
    corrected(session, caller, first.message, MENDED[0])
    assert again(session, first.message, caller, ADAPTER).after is MessageState.REJECTED
    assert corrected(session, caller, first.message, *MENDED[1:]).still_refused == 3


def test_two_corrections_at_once_settle_as_one_after_the_other(
    engine: Engine, caller: Caller
) -> None:
    with transaction(engine) as session:
        first = taken(session, caller, *REFUSED)

    def one(line: dict[str, Any]) -> None:
        retried(engine, lambda session: corrected(session, caller, first.message, line))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, MENDED))
    with transaction(engine) as session:
        assert standing(session, caller, first.message) == 0


def test_what_cannot_be_replaced_is_said(session: Session, caller: Caller) -> None:
    first = taken(session, caller, BAD)
    police = ingest(session, SourceMessage(source="police", content=b"{"), ADAPTER, caller)
    second = taken(session, caller, BAD | {"id": "k3"})
    with pytest.raises(NotFoundError):
        correction(session, caller, "0" * 26)
    for wrong, error in ((police.message, OtherSourceError), (first.message, CorrectsOtherError)):
        one = draft(fake_message(BAD), ADAPTER)
        with pytest.raises(error):
            take(session, one, caller, corrects=wrong)
    fixed = draft(fake_message(GIRL), ADAPTER)
    take(session, fixed, caller, corrects=first.message)
    take(session, fixed, caller, corrects=first.message)
    with pytest.raises(ConflictError):
        take(session, fixed, caller, corrects=second.message)


def test_no_event_of_a_replay_holds_what_was_sent(session: Session, caller: Caller) -> None:
    first = taken(session, caller, GIRL, BAD)
    again(session, first.message, caller, Repaired())
    details = json.dumps([dict(event.detail) for event in log.events(session)])
    assert "Mẫu" not in details
