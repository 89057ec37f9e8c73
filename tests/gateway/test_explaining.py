"""Why two are together or apart, and how an identity grew; each look leaves its trace."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session
from ulid import ULID

from audit import log
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway import explaining, linking, weighing
from gateway.explained import How, Why
from gateway.explaining import TooLargeError, how, why
from gateway.ingest import ingest
from gateway.weighing import NoScorerError
from linkage import tables
from linkage.clustering import Reason
from linkage.fate import Fate
from linkage.learning import BASE
from linkage.model import untrained
from linkage.odds import probability
from linkage.parity import ParityError
from linkage.store import IdentityStore
from tests.fake_source import ADAPTER, fake_message

MODEL = untrained()
SAME: dict[str, Any] = {
    "name": "Nguyễn Thị Thử",
    "sex": "female",
    "born": "2026-03-04",
    "numbers": ["998326000001"],
}
OTHER = {"name": "Trần Văn Khác", "sex": "male", "born": "2020-07-08", "numbers": ["998220000002"]}
NAMESAKE = {**SAME, "numbers": ["999111222333"], "sex": "male"}


@pytest.fixture
def linked(session: Session, caller: Caller) -> Session:
    """fake:1, fake:2 and fake:5 are one child, fake:3 is another, fake:4 may be either's namesake."""
    lines = [
        {"id": "1", **SAME},
        {"id": "2", **SAME},
        {"id": "3", **OTHER},
        {"id": "4", **NAMESAKE},
        {"id": "5", **SAME, "mother": "Trần Thị Lan"},
    ]
    ingest(session, fake_message(*lines), ADAPTER, caller)
    linking.link(session, MODEL, caller)
    return session


def asked(session: Session, caller: Caller, left: str, right: str) -> Why:
    found = why(session, (left, right), MODEL, caller)
    assert found is not None
    return found


def grown(session: Session, caller: Caller, name: str) -> How:
    found = how(session, name, MODEL, caller)
    assert found is not None
    return found


def ids(session: Session) -> dict[str, str]:
    """Key → record id."""
    return {member.key: member.record_id for member in IdentityStore(session).memberships()}


def identity(session: Session, key: str) -> str:
    return {m.key: m.identity_id for m in IdentityStore(session).memberships()}[key]


def decide(session: Session, left: str, right: str, verdict: str) -> None:
    row = {"left_key": left, "right_key": right, "verdict": verdict, "author": "steward"}
    known = ids(session)
    row |= {"left_id": known[left], "right_id": known[right]}
    row |= {"id": str(ULID()), "reason": "made up", "custodian": "shared"}
    names = tables.decision.c.keys()
    session.execute(insert(tables.decision), [{k: v for k, v in row.items() if k in names}])


def assert_adds_up(found: Why) -> None:
    for weighed in found.weighed:
        totals = [line.total for line in weighed.lines]
        bits = [line.bits for line in weighed.lines]
        assert totals[-1] == pytest.approx(weighed.weight, abs=1e-5)
        for before, line, total in zip([0.0, *totals], bits, totals, strict=False):
            assert total == pytest.approx(before + line, abs=1e-5)
        likely = MODEL.calibration.probability(weighed.weight)
        assert weighed.probability == pytest.approx(likely, abs=1e-6)
    for looked in found.looked:
        assert looked.lines[-1].total == pytest.approx(looked.bits, abs=1e-5)
        assert looked.probability == pytest.approx(probability(looked.bits), abs=1e-6)


def test_two_records_of_one_child_are_joined_and_the_bits_add_up(
    linked: Session, caller: Caller
) -> None:
    found = asked(linked, caller, "fake:1", "fake:2")
    assert found.fate is Fate.JOINED
    assert_adds_up(found)
    (weighed,) = found.weighed
    assert not weighed.groups
    lines = {line.feature: line for line in weighed.lines}
    assert lines["personal_id"].english == "same personal ID number"
    assert lines["mother"].vietnamese == "thiếu ở một bên"
    assert "id" in found.shared_keys
    assert found.doubts == ()


def test_the_order_of_names_makes_no_difference_to_the_evidence(
    linked: Session, caller: Caller
) -> None:
    one, other = (
        asked(linked, caller, *names) for names in (("fake:1", "fake:4"), ("fake:4", "fake:1"))
    )
    assert one.weighed == other.weighed
    assert one.fate is other.fate
    assert (one.left, one.right) == (other.right, other.left)


def test_strangers_share_no_key(linked: Session, caller: Caller) -> None:
    found = asked(linked, caller, "fake:1", "fake:3")
    assert found.fate is Fate.NEVER_COMPARED
    assert found.shared_keys == ()
    assert_adds_up(found)
    assert len(found.weighed) == 2, "fake:1 is one of three records of an identity"
    assert found.weighed[1].groups
    assert {found.weighed[1].left, found.weighed[1].right} == {
        identity(linked, "fake:1"),
        identity(linked, "fake:3"),
    }


def test_what_waits_for_a_steward_says_why_with_the_weight_of_the_question(
    linked: Session, caller: Caller
) -> None:
    (review,) = linking.reviews(linked, caller)
    found = asked(linked, caller, "fake:4", "fake:1")
    assert found.fate is Fate.ASKED
    assert found.question == Reason(review.reason)
    assert found.question_model == found.model == MODEL.version
    assert found.weighed[-1].weight == review.weight
    assert "is_another_number" in found.doubts or found.question is not Reason.DOUBT


def test_what_the_second_look_joined_is_told_with_every_clue(
    linked: Session, caller: Caller
) -> None:
    believing = replace(MODEL, clues={BASE: 30.0, "sex=2": -2.0})
    linking.link(linked, believing, caller)
    found = why(linked, ("fake:1", "fake:4"), believing, caller)
    assert found is not None
    assert found.fate is Fate.JOINED_BY_SECOND_LOOK
    assert_adds_up(found)
    (looked,) = found.looked
    assert looked.joined
    assert {line.feature: line.bits for line in looked.lines} == {BASE: 30.0, "sex=2": -2.0}
    assert all(line.vietnamese and line.english for line in looked.lines)
    parted = asked(linked, caller, "fake:3", "fake:4")
    assert not parted.looked


def test_a_question_is_as_likely_as_the_second_look_finds_it(
    linked: Session, caller: Caller
) -> None:
    linking.link(linked, replace(MODEL, clues={BASE: 1.0}), caller)
    found = asked(linked, caller, "fake:1", "fake:4")
    assert found.fate is Fate.ASKED
    assert_adds_up(found)
    (looked,) = found.looked
    assert not looked.joined
    (review,) = linking.reviews(linked, caller)
    assert review.probability == looked.probability == pytest.approx(2 / 3, abs=1e-6)


def test_a_stewards_word_is_told(linked: Session, caller: Caller) -> None:
    decide(linked, "fake:1", "fake:3", "same")
    decide(linked, "fake:2", "fake:4", "not-same")
    linking.link(linked, MODEL, caller)
    assert asked(linked, caller, "fake:3", "fake:1").fate is Fate.JOINED_BY_STEWARD
    through = asked(linked, caller, "fake:3", "fake:2")
    assert (through.fate, through.verdicts) == (Fate.JOINED_THROUGH_OTHERS, ())
    apart = asked(linked, caller, "fake:4", "fake:1")
    assert (apart.fate, apart.verdicts) == (Fate.APART_BY_STEWARD, ("not-same",))


def test_before_a_linking_nothing_is_judged(session: Session, caller: Caller) -> None:
    ingest(session, fake_message({"id": "1", **SAME}, {"id": "2", **SAME}), ADAPTER, caller)
    found = asked(session, caller, "fake:1", "fake:2")
    assert found.fate is Fate.NOT_LINKED_YET
    assert found.weighed[0].weight > 20


def test_a_name_may_be_a_key_an_id_or_an_identity(linked: Session, caller: Caller) -> None:
    by_key = asked(linked, caller, "fake:3", "fake:4")
    known = ids(linked)
    assert asked(linked, caller, known["fake:3"], known["fake:4"]) == by_key
    assert asked(linked, caller, f"te-{known['fake:3']}", f"te-{known['fake:4']}") == by_key


def test_a_retired_identity_means_the_record_that_it_came_with(
    linked: Session, caller: Caller
) -> None:
    known, home = ids(linked), identity(linked, "fake:1")
    (retired,) = [key for key in ("fake:1", "fake:2") if f"te-{known[key]}" != home][:1]
    found = asked(linked, caller, f"te-{known[retired]}", home)
    assert [shown.record for shown in found.left] == [known[retired]]
    assert {shown.record for shown in found.right} == {
        known[key] for key in ("fake:1", "fake:2", "fake:5") if key != retired
    }
    assert found.fate is Fate.JOINED
    assert grown(linked, caller, f"te-{known[retired]}").identity == home


@pytest.mark.parametrize("names", [("fake:1", "fake:1"), ("identity", "identity")])
def test_two_names_of_one_thing_are_said_to_be_that(
    linked: Session, caller: Caller, names: tuple[str, str]
) -> None:
    left, right = (identity(linked, "fake:1") if n == "identity" else n for n in names)
    found = asked(linked, caller, left, right)
    assert (found.fate, found.weighed) == (Fate.ONE_THING, ())


def looks(session: Session) -> list[AuditEvent]:
    return list(log.events(session, action=Action.EXPLANATION_READ))


def test_each_record_that_is_shown_is_in_the_log(linked: Session, caller: Caller) -> None:
    asked(linked, caller, "fake:1", "fake:3")
    known = ids(linked)
    events = looks(linked)
    assert {(e.record, e.identity) for e in events} == {
        (known[key], identity(linked, key)) for key in ("fake:1", "fake:2", "fake:5", "fake:3")
    }
    assert all(e.detail == {"what": "why", "model": MODEL.version} for e in events)
    grown(linked, caller, "fake:2")
    assert {e.record for e in looks(linked)[len(events) :]} == {
        known[key] for key in ("fake:1", "fake:2", "fake:5")
    }


def test_asking_in_vain_is_in_the_log_without_what_may_be_a_number(
    linked: Session, caller: Caller
) -> None:
    assert why(linked, ("fake:1", "998326000001"), MODEL, caller) is None
    assert how(linked, f"te-{'0' * 26}", MODEL, caller) is None
    one, other = looks(linked)
    assert (one.outcome, dict(one.detail), one.record) == (Outcome.FAILURE, {}, None)
    assert dict(other.detail) == {"asked": f"te-{'0' * 26}"}


def test_an_answer_names_no_value_and_no_key_of_a_child(linked: Session, caller: Caller) -> None:
    for found in (asked(linked, caller, "fake:1", "fake:4"), grown(linked, caller, "fake:1")):
        told = repr(asdict(found)).lower()
        assert not [v for v in ("998326000001", "thử", "2026-03-04", "fake:1") if v in told]


def test_an_identity_is_told_by_its_links(linked: Session, caller: Caller) -> None:
    found = grown(linked, caller, "fake:1")
    known = ids(linked)
    assert found.identity == identity(linked, "fake:1")
    assert [shown.record for shown in found.records] == [known[f"fake:{n}"] for n in (1, 2, 5)]
    assert [link.together for link in found.links] == [2, 3]
    assert found.bridges == 0
    assert found.weakest is not None
    assert all(0 < len(link.strongest) <= 3 for link in found.links)
    assert found.links[0].strongest[0].english == "same personal ID number"


def test_a_record_alone_has_no_links(linked: Session, caller: Caller) -> None:
    found = grown(linked, caller, "fake:3")
    assert (len(found.records), found.links, found.weakest, found.bridges) == (1, (), None, 0)


def test_too_many_records_are_said_to_be_too_many(
    linked: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "MOST_PAIRS", 2)
    for ask in (
        lambda: why(linked, ("fake:1", "fake:3"), MODEL, caller),
        lambda: how(linked, "fake:1", MODEL, caller),
    ):
        with pytest.raises(TooLargeError):
            ask()


def test_without_a_scorer_that_agrees_with_splink_nothing_is_told(
    linked: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(model: object) -> None:
        raise ParityError

    monkeypatch.setattr(weighing, "scorer_for", fails)
    with pytest.raises(NoScorerError):
        why(linked, ("fake:1", "fake:3"), MODEL, caller)
