"""Which children one may be: the same weights as the engine's, nothing kept, each look logged."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from adapters.contract import SourceAdapter, SourceMessage
from audit import log
from audit.event import Action, Caller
from gateway import linking, matching
from gateway.ingest import ingest
from gateway.matching import Answer, SeveralChildrenError, UnreadableQuestionError, match, question
from linkage import candidates
from linkage.blocking import block_keys, looked_into
from linkage.model import untrained
from linkage.parity import scorer_for
from linkage.records import Labels
from linkage.store import IdentityStore
from tests.fake_source import ADAPTER, SOURCE, fake_message
from tests.linkage.people import made_people

MODEL = untrained()
ADAPTERS: dict[str, SourceAdapter] = {SOURCE: ADAPTER}
SAME: dict[str, Any] = {
    "name": "Nguyễn Thị Thử",
    "sex": "female",
    "born": "2026-03-04",
    "numbers": ["998326000001"],
}
NAMESAKE = {"name": SAME["name"], "sex": "female"}
OTHER = {"name": "Trần Văn Khác", "sex": "male", "born": "2020-07-08", "numbers": ["998220000002"]}


@pytest.fixture
def linked(session: Session, caller: Caller) -> Session:
    """fake:1 and fake:2 are one child, fake:3 has her name, fake:4 is somebody else."""
    lines = [
        {"id": "1", **SAME},
        {"id": "2", **SAME},
        {"id": "3", **NAMESAKE},
        {"id": "4", **OTHER},
    ]
    ingest(session, fake_message(*lines), ADAPTER, caller)
    linking.link(session, MODEL, caller)
    return session


def asked(session: Session, caller: Caller, count: int = 10, **said: Any) -> Answer:
    return match(
        session, question(fake_message({"id": "9", **said}), ADAPTERS), MODEL, caller, count
    )


def identity(session: Session, key: str) -> str:
    return {m.key: m.identity_id for m in IdentityStore(session).memberships()}[key]


def test_an_identity_comes_once_with_its_strongest_record(linked: Session, caller: Caller) -> None:
    answer = asked(linked, caller, **SAME)
    assert [one.identity for one in answer.matches] == [
        identity(linked, "fake:1"),
        identity(linked, "fake:3"),
    ]
    assert (answer.compared, answer.more, answer.wide) == (3, 0, ())
    best, second = answer.matches
    assert best.probability > 0.999
    assert best.weight > second.weight


def test_weights_are_those_of_the_engine_and_the_bits_add_up(
    linked: Session, caller: Caller
) -> None:
    asking = question(fake_message({"id": "9", **SAME}), ADAPTERS)
    scorer = scorer_for(MODEL)
    held = {record.record_id: record for record in IdentityStore(linked).records()}
    for one in match(linked, asking, MODEL, caller, 10).matches:
        pair = scorer.pair(asking, held[one.record])
        assert one.weight == pair.weight
        assert tuple(line.bits for line in one.lines[1:]) == pair.bits
        assert one.lines[-1].total == pytest.approx(one.weight, abs=1e-5)


def test_the_answer_is_that_of_scoring_every_record_that_shares_a_key(
    session: Session, caller: Caller
) -> None:
    """Each record an identity of its own; what is read and scored for an answer leaves none out."""
    held, scorer = made_people(70, 11), scorer_for(MODEL)
    IdentityStore(session).register(
        held, {one.record_id: Labels(custodian="shared") for one in held}
    )
    named = 0
    for one in made_people(15, 12):
        question = replace(one, record_id=matching.QUESTION, key=matching.QUESTION)
        answer = match(session, question, MODEL, caller, matching.MOST_ASKED)
        keys = looked_into(question)
        pairs = [scorer.pair(question, other) for other in held if keys & set(block_keys(other))]
        enough = [pair for pair in pairs if pair.weight >= MODEL.thresholds.review]
        told = [(found.weight, [line.bits for line in found.lines[1:]]) for found in answer.matches]
        assert sorted(told) == sorted((pair.weight, list(pair.bits)) for pair in enough)
        assert (answer.compared, answer.more) == (len(pairs), 0)
        named += len(told)
    assert named > 15


def test_no_more_than_asked_for_are_named_and_how_many_more_there_are_is_told(
    linked: Session, caller: Caller
) -> None:
    answer = asked(linked, caller, count=1, **SAME)
    assert [one.identity for one in answer.matches] == [identity(linked, "fake:1")]
    assert answer.more == 1


def test_a_stranger_is_nobody(linked: Session, caller: Caller) -> None:
    answer = asked(linked, caller, name="Lê Hoa", sex="male", born="2019-01-02")
    assert (answer.matches, answer.compared) == ((), 0)


def test_each_child_that_is_named_is_in_the_log_and_so_is_the_question(
    linked: Session, caller: Caller
) -> None:
    answer = asked(linked, caller, count=1, **SAME)
    (searched,) = log.events(linked, action=Action.MATCH_SEARCH)
    near = str(searched.detail["near"]).split()  # The number's hundred and itself, as keyed hashes.
    assert dict(searched.detail) == {
        "near": near[0],
        "compared": 3,
        "found": 1,
        "wide": 0,
        "model": MODEL.version,
    }
    (read,) = log.events(linked, action=Action.MATCH_READ)
    assert (read.identity, read.record) == (answer.matches[0].identity, answer.matches[0].record)


def test_nothing_of_the_question_is_kept(linked: Session, caller: Caller) -> None:
    counts = text(
        "SELECT (SELECT count(*) FROM registry_message), (SELECT count(*) FROM registry_record),"
        " (SELECT count(*) FROM linkage_record)"
    )
    before = linked.execute(counts).one()
    answer = asked(linked, caller, **SAME)
    assert linked.execute(counts).one() == before
    written = " ".join(str(event.detail) for event in log.events(linked))
    assert "998326000001" not in written
    assert "998326000001" not in repr(asdict(answer))


def test_a_block_too_wide_is_named(
    linked: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = candidates.candidates
    monkeypatch.setattr(
        matching, "candidates", lambda session, one, **more: narrow(session, one, most=2, **more)
    )
    answer = asked(linked, caller, **SAME)
    assert "n" in {wide.kind for wide in answer.wide}
    assert answer.matches[0].identity == identity(linked, "fake:1")


@pytest.mark.parametrize(
    "content",
    [b"", b"not of any source", json.dumps({"fake": True, "bad": "convert"}).encode()],
    ids=["empty", "unknown", "refused"],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes) -> None:
    with pytest.raises(UnreadableQuestionError, match=r"\(.+\)"):
        question(SourceMessage(source="", content=content), ADAPTERS)


def test_several_children_are_asked_about_one_at_a_time() -> None:
    with pytest.raises(SeveralChildrenError):
        question(fake_message({"id": "1", **SAME}, {"id": "2", **OTHER}), ADAPTERS)


def test_two_statements_of_one_child_are_one_question() -> None:
    asking = question(fake_message({"id": "1", **SAME}, {"id": "1", "grams": 2900}), ADAPTERS)
    assert (asking.key, asking.grams) == ("", 2900)
    assert asking.personal_ids == ("998326000001",)
