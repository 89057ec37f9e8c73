"""What a steward says of two records: kept, obeyed at once, withdrawn, refused where it contradicts."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from audit import log
from audit.event import Action, Caller
from gateway import deciding, linking
from gateway.deciding import (
    ContradictionError,
    OneRecordError,
    OppositeError,
    OtherModelError,
    UnknownDecisionError,
    UnknownRecordError,
    Verdict,
    WithdrawalStandsError,
)
from gateway.errors import GatewayError
from gateway.explaining import why
from gateway.ingest import ingest
from gateway.report import report
from gateway.signature import NoReasonError
from linkage.assertions import find
from linkage.clustering import Reason
from linkage.fate import Fate
from linkage.model import untrained
from linkage.records import Labels, Move
from linkage.store import IdentityStore
from linkage.tables import scored_pair
from tests.fake_source import ADAPTER, fake_message
from tests.linkage.people import TODAY, person, two_parts

MODEL = untrained()
NUMBERS = ("998326000001", "998220000002", "998421000003", "998522000004")
NAMES = ("Nguyễn Thị Thử", "Trần Văn Khác", "Lê Hoa", "Phạm Mai")


@pytest.fixture
def four(session: Session, caller: Caller) -> Session:
    """Four children who have nothing in common, `fake:1` to `fake:4`."""
    lines = [
        {
            "id": str(number),
            "name": name,
            "sex": "female",
            "born": f"20{18 + number}-03-0{number}",
            "numbers": [id_],
        }
        for number, (name, id_) in enumerate(zip(NAMES, NUMBERS, strict=True), start=1)
    ]
    ingest(session, fake_message(*lines), ADAPTER, caller)
    return session


Say = Callable[[int, int, Verdict], str]


@pytest.fixture
def say(four: Session, caller: Caller) -> Say:
    """Decide about two of the four; the decision's id."""

    def decide(left: int, right: int, verdict: Verdict) -> str:
        names = (f"fake:{left}", f"fake:{right}")
        return deciding.decide(four, names, verdict, "made up", MODEL, caller).id

    return decide


@pytest.fixture
def take_back(four: Session, caller: Caller) -> Callable[[str], str]:
    def undecide(decision: str) -> str:
        return deciding.undecide(four, decision, "made up", MODEL, caller).id

    return undecide


def homes(session: Session) -> dict[str, str]:
    return {m.key: m.identity_id for m in IdentityStore(session).memberships()}


def id_of(session: Session, key: str) -> str:
    known = find(session, key)
    assert known is not None
    return known.record_id


def rows(session: Session) -> int:
    return int(session.scalar(text("SELECT count(*) FROM linkage_decision")) or 0)


def test_identities_follow_at_once_and_come_back_with_their_ids(
    four: Session, say: Say, take_back: Callable[[str], str]
) -> None:
    before = homes(four)
    decision = say(1, 2, "same")
    after = homes(four)
    assert after["fake:1"] == after["fake:2"] == min(before["fake:1"], before["fake:2"])
    assert {m.decision for m in IdentityStore(four).members(after["fake:1"])} == {"manual"}
    take_back(decision)
    assert homes(four) == before


def test_records_are_named_by_key_or_by_id_but_no_identity_is(
    four: Session, caller: Caller
) -> None:
    ids = (id_of(four, "fake:1"), id_of(four, "fake:2"))
    made = deciding.decide(four, ids, "same", "made up", MODEL, caller)
    again = deciding.decide(four, ("fake:2", "fake:1"), "same", "made up", MODEL, caller)
    assert (again.id, again.is_new, again.linking) == (made.id, False, None)
    with pytest.raises(UnknownRecordError):
        deciding.decide(four, (homes(four)["fake:3"], "fake:4"), "same", "made up", MODEL, caller)


@pytest.mark.parametrize("verdict", ["same", "not-same"])
def test_saying_it_again_changes_nothing(four: Session, say: Say, verdict: Verdict) -> None:
    first = say(1, 2, verdict)
    assert say(2, 1, verdict) == first
    assert rows(four) == 1
    assert len(list(log.events(four, action=Action.DECISION_MAKE))) == 2


@pytest.mark.parametrize("verdicts", [("same", "not-same"), ("not-same", "same")])
def test_the_opposite_is_refused_until_the_first_is_withdrawn(
    four: Session, say: Say, take_back: Callable[[str], str], verdicts: tuple[Verdict, Verdict]
) -> None:
    first = say(1, 2, verdicts[0])
    with pytest.raises(OppositeError, match=first):
        say(2, 1, verdicts[1])
    take_back(first)
    assert say(2, 1, verdicts[1]) != first


def test_not_same_is_refused_inside_a_chain_of_same(four: Session, say: Say) -> None:
    made = [say(left, right, "same") for left, right in pairwise((1, 2, 3))]
    with pytest.raises(ContradictionError) as refused:
        say(3, 1, "not-same")
    three, two, one = (id_of(four, f"fake:{number}") for number in (3, 2, 1))
    assert f"{three} = {two} = {one}." in str(refused.value)
    assert all(decision in str(refused.value) for decision in made)


def test_same_is_refused_where_it_would_join_two_who_are_parted(four: Session, say: Say) -> None:
    said = [say(1, 2, "same"), say(3, 4, "same"), say(2, 3, "not-same")]
    with pytest.raises(ContradictionError) as refused:
        say(1, 4, "same")
    one, two, three, four_ = (id_of(four, f"fake:{number}") for number in (1, 2, 3, 4))
    assert f"{one} = {two} ≠ {three} = {four_}." in str(refused.value)
    assert all(decision in str(refused.value) for decision in said)
    assert rows(four) == 3


def test_what_is_refused_names_no_child(four: Session, say: Say) -> None:
    say(1, 2, "same")
    with pytest.raises(GatewayError) as refused:
        say(1, 2, "not-same")
    told = f"{refused.value} {refused.value.vietnamese}"
    for secret in ("fake:1", *NUMBERS, *NAMES):
        assert secret not in told


def test_a_third_record_may_still_be_either(four: Session, say: Say) -> None:
    say(1, 2, "not-same")
    say(1, 3, "same")
    say(4, 2, "same")
    groups = homes(four)
    assert groups["fake:1"] == groups["fake:3"] != groups["fake:2"] == groups["fake:4"]


def test_both_records_have_the_decision_in_the_log(
    four: Session, say: Say, take_back: Callable[[str], str], caller: Caller
) -> None:
    decision = say(1, 2, "same")
    take_back(decision)
    one, two = id_of(four, "fake:1"), id_of(four, "fake:2")
    for action, verdict in (
        (Action.DECISION_MAKE, "same"),
        (Action.DECISION_WITHDRAW, "withdrawn"),
    ):
        told = {e.record: e.detail for e in log.events(four, action=action)}
        common = {"decision": decision, "verdict": verdict}
        assert told == {one: {"other": two, **common}, two: {"other": one, **common}}
    deciding.decisions(four, caller)
    (listed,) = log.events(four, action=Action.DECISION_EXPORT)
    assert listed.detail == {"decisions": 2}


def test_withdrawing_twice_is_once_and_a_withdrawal_stands(
    four: Session, say: Say, take_back: Callable[[str], str], caller: Caller
) -> None:
    decision = say(1, 2, "same")
    withdrawal = take_back(decision)
    assert take_back(decision) == withdrawal
    with pytest.raises(WithdrawalStandsError):
        take_back(withdrawal)
    with pytest.raises(UnknownDecisionError):
        take_back("0" * 26)
    made, ended = deciding.decisions(four, caller)
    assert (made.id, made.stands, ended.withdraws, ended.stands) == (
        decision,
        False,
        decision,
        False,
    )
    assert (made.said.author, made.said.reason) == (caller.who, "made up")


def test_what_was_withdrawn_can_be_said_again(
    four: Session, say: Say, take_back: Callable[[str], str]
) -> None:
    first = say(1, 2, "same")
    take_back(first)
    second = say(1, 2, "same")
    assert second != first
    assert homes(four)["fake:1"] == homes(four)["fake:2"]


def test_the_evidence_is_kept_as_the_steward_saw_it(
    session: Session, caller: Caller, four: Session
) -> None:
    """Of a pair that was asked about the question's; of any other what the two weigh."""
    twin = {"id": "5", "name": "Lê Hoa", "born": "2021-03-03"}
    ingest(session, fake_message(twin), ADAPTER, caller)
    linking.link(session, MODEL, caller)
    deciding.decide(session, ("fake:3", "fake:5"), "not-same", "made up", MODEL, caller)
    deciding.decide(session, ("fake:1", "fake:2"), "not-same", "made up", MODEL, caller)
    likely, strangers = deciding.decisions(session, caller)
    for said in (likely, strangers):
        assert said.snapshot is not None
        assert said.snapshot.model == MODEL.version
        bits = sum(line["bits"] for line in json.loads(said.snapshot.evidence))
        assert bits == pytest.approx(said.snapshot.weight, abs=1e-4)


def test_the_evidence_is_that_of_the_linking_also_where_a_third_record_tells_it(
    session: Session, caller: Caller
) -> None:
    """Whose hospital is only named is compared by the code that others state."""
    came: dict[str, Any] = {"direction": "in", "day": TODAY, "hour": TODAY * 24 + 9}
    named, coded = "name:benh vien nhi", "hospital:01234"
    told: dict[str, Any] = {
        "names": ("lê hoa",),
        "birth_low": TODAY,
        "birth_high": TODAY,
        "birth_firm": True,
    }
    teacher = person("fake:3", names_of_places=((coded, "benh vien nhi"),))
    records = [
        person("fake:1", moves=(Move(place=named, **came),), **told),
        person("fake:2", moves=(Move(place=coded, **came),), **told),
        teacher,
    ]
    labels = {record.record_id: Labels(custodian="shared") for record in records}
    IdentityStore(session).register(records, labels)
    deciding.decide(session, ("fake:1", "fake:2"), "not-same", "made up", MODEL, caller)
    (kept,) = deciding.decisions(session, caller)
    (weight,) = session.scalars(select(scored_pair.c.weight))
    assert kept.snapshot is not None
    assert kept.snapshot.weight == weight


def test_an_answer_closes_its_question_and_its_withdrawal_opens_it(
    session: Session, caller: Caller
) -> None:
    told = [{"id": n, "name": "Lê Hoa", "born": "2026-03-03"} for n in ("1", "2")]
    ingest(session, fake_message(*told), ADAPTER, caller)
    reluctant = replace(MODEL, thresholds=replace(MODEL.thresholds, alone=99, link=99, certain=99))
    linking.link(session, reluctant, caller)
    asked = linking.reviews(session, caller)
    (question,) = asked
    keys = (question.left_key, question.right_key)
    made = deciding.decide(session, keys, "not-same", "made up", reluctant, caller)
    assert linking.reviews(session, caller) == []
    (kept,) = deciding.decisions(session, caller)
    assert kept.snapshot is not None
    assert kept.snapshot.evidence == question.evidence
    deciding.undecide(session, made.id, "made up", reluctant, caller)
    assert linking.reviews(session, caller) == asked


BRIDGE = ("facility:2", "police:4")


@pytest.mark.parametrize(("verdict", "identities"), [("same", 1), ("not-same", 2)])
def test_a_weak_link_inside_an_identity_is_asked_about_until_it_is_answered(
    session: Session, caller: Caller, verdict: Verdict, identities: int
) -> None:
    records = two_parts()
    labels = {one.record_id: Labels(custodian="shared") for one in records}
    IdentityStore(session).register(records, labels)
    linking.link(session, MODEL, caller)
    (question,) = linking.reviews(session, caller)
    assert (question.left_key, question.right_key) == BRIDGE
    assert report(session, caller).questions == {"bridge": 1}
    told = why(session, BRIDGE, MODEL, caller)
    assert told is not None
    assert (told.question, told.fate) == (Reason.BRIDGE, Fate.JOINED_THROUGH_OTHERS)
    deciding.decide(session, BRIDGE, verdict, "made up", MODEL, caller)
    assert linking.reviews(session, caller) == []
    assert len(set(homes(session).values())) == identities


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001, "nul \0"])
def test_a_decision_needs_a_reason(four: Session, caller: Caller, reason: str) -> None:
    with pytest.raises(NoReasonError):
        deciding.decide(four, ("fake:1", "fake:2"), "same", reason, MODEL, caller)
    assert rows(four) == 0


def test_a_record_is_not_decided_about_itself(four: Session, caller: Caller) -> None:
    names = ("fake:1", id_of(four, "fake:1"))
    with pytest.raises(OneRecordError):
        deciding.decide(four, names, "same", "made up", MODEL, caller)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE linkage_decision SET verdict = 'not-same'",
        "DELETE FROM linkage_decision",
    ],
)
def test_no_row_is_ever_changed_or_removed(four: Session, say: Say, statement: str) -> None:
    say(1, 2, "same")
    with pytest.raises(DBAPIError, match="never changed or removed"), four.begin_nested():
        four.execute(text(statement))
    assert rows(four) == 1


def test_a_decision_is_of_the_record_whatever_becomes_of_its_key(
    four: Session, say: Say, caller: Caller
) -> None:
    """Another content under the key: both get a key of their own, and the first keeps its id."""
    say(1, 2, "same")
    first = id_of(four, "fake:1")
    other = {"id": "1", "name": "Võ Minh", "sex": "male", "born": "2010-01-01", "numbers": ["9981"]}
    ingest(four, fake_message(other), ADAPTER, caller)
    linking.link(four, MODEL, caller)
    members = {m.record_id: m for m in IdentityStore(four).memberships()}
    assert members[first].key.startswith("fake:1~")
    (second,) = [
        m for m in members.values() if m.key.startswith("fake:1~") and m.record_id != first
    ]
    groups = homes(four)
    assert groups[members[first].key] == groups["fake:2"] != groups[second.key]
    made = deciding.decide(four, (first, second.record_id), "same", "made up", MODEL, caller)
    groups = homes(four)
    assert groups[members[first].key] == groups["fake:2"] == groups[second.key]
    deciding.undecide(four, made.id, "made up", MODEL, caller)
    assert homes(four)[second.key] == second.founding_id


def test_a_decision_waits_for_a_record_that_is_gone_until_it_comes_again(
    four: Session, say: Say, caller: Caller
) -> None:
    say(1, 2, "same")
    say(2, 3, "same")
    four.execute(text("DELETE FROM linkage_record WHERE key = 'fake:2'"))
    linking.link(four, MODEL, caller)
    assert homes(four)["fake:1"] != homes(four)["fake:3"]
    with pytest.raises(ContradictionError):
        say(1, 3, "not-same")
    again = person("fake:2", names=("trần văn khác",))
    labels = {again.record_id: Labels(custodian="shared")}
    IdentityStore(four).register([again], labels)
    linking.link(four, MODEL, caller)
    groups = homes(four)
    assert groups["fake:1"] == groups["fake:2"] == groups["fake:3"]


def test_a_decision_never_changes_the_model_of_all(
    four: Session, say: Say, take_back: Callable[[str], str], caller: Caller
) -> None:
    decision = say(1, 2, "same")
    linking.link(four, replace(MODEL, name="another"), caller)
    before = homes(four)
    with pytest.raises(OtherModelError):
        say(3, 4, "same")
    with pytest.raises(OtherModelError):
        take_back(decision)
    assert (homes(four), rows(four)) == (before, 1)
    linking.link(four, MODEL, caller)
    take_back(decision)


def test_undo_withdraws_the_whole_act_and_nothing_older(
    four: Session, say: Say, caller: Caller
) -> None:
    """Before the ledger all rows had the event of one migration: their times tell them apart."""
    first, _ = say(1, 2, "same"), say(3, 4, "same")
    columns = "left_id, right_id, left_key, right_key, author, reason, custodian"
    older = (
        f"INSERT INTO linkage_decision (id, verdict, made_at, {columns})"
        f" SELECT 'older', 'not-same', made_at - interval '1 day', {columns}"
        " FROM linkage_decision WHERE id = :first"
    )
    four.execute(text(older), {"first": first})
    deciding.undo(four, first, "made up", MODEL, caller)
    assert IdentityStore(four).standing() == [("fake:1", "fake:2", "not-same")]
    assert homes(four)["fake:3"] != homes(four)["fake:4"]
