"""The use cases of models: kept for ever, compared without change, in use only when signed."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from audit import log
from audit.event import Action, Caller
from gateway import linking, modelling
from gateway.deciding import decide, undecide
from gateway.ingest import ingest
from gateway.linking import OversizedError
from gateway.modelling import TooFewRecordsError, UnfitModelError, UnknownModelError
from gateway.signature import NoReasonError
from linkage import labels
from linkage.matcher import TooManyPairsError
from linkage.model import load, untrained
from tests.fake_source import ADAPTER, fake_message

SAME = {
    "name": "Nguyễn Thị Thử",
    "sex": "female",
    "born": "2026-03-04",
    "numbers": ["998326000001"],
}
OPEN = {"sex": "female", "born": "2026-03-04"}
EAGER = replace(untrained(), name="eager")
RELUCTANT = replace(
    EAGER,
    name="reluctant",
    thresholds=replace(EAGER.thresholds, alone=99, link=99, certain=99),
)


@pytest.fixture
def pair(session: Session, caller: Caller) -> Session:
    """Two records of one child, linked with the shipped model, and two models that were added."""
    ingest(session, fake_message({"id": "1", **SAME}, {"id": "2", **SAME}), ADAPTER, caller)
    for model in (EAGER, RELUCTANT):
        modelling.add(session, model, caller)
    return session


def test_the_shipped_model_is_in_use_until_another_is_activated(
    pair: Session, caller: Caller
) -> None:
    assert modelling.in_use(pair) == load()
    version = modelling.activate(pair, RELUCTANT.version, "thử nghiệm", caller)
    assert version == RELUCTANT.version
    assert modelling.in_use(pair) == RELUCTANT
    assert linking.link(pair, modelling.in_use(pair), caller).identities == 2
    assert modelling.activate(pair, "shipped", "quay lại", caller) == load().version
    assert modelling.in_use(pair) == load()


def test_the_newest_activation_counts_and_each_is_signed(pair: Session, caller: Caller) -> None:
    for reason, model in (("một", EAGER), ("hai", RELUCTANT), ("ba", EAGER)):
        modelling.activate(pair, model.version, reason, caller)
    used, kept = modelling.known(pair, caller)
    assert used == EAGER.version
    signed = {one.version: one.activation for one in kept}
    assert [one.version for one in kept if one.in_use] == [EAGER.version]
    newest = signed[EAGER.version]
    assert newest is not None
    assert (newest.reason, newest.author) == ("ba", caller.who)
    activated = list(log.events(pair, action=Action.MODEL_ACTIVATE))
    assert len(activated) == 3


def test_a_difference_names_the_links_that_change_and_changes_none(
    pair: Session, caller: Caller
) -> None:
    linking.link(pair, EAGER, caller)
    before = linking.links(pair, caller)
    found = modelling.difference(pair, EAGER.version, RELUCTANT.version, caller)
    assert (found.old.identities, found.new.identities) == (1, 2)
    (change,) = found.changes
    assert (change.left, change.right, change.joined) == ("fake:1", "fake:2", False)
    (back,) = modelling.difference(pair, RELUCTANT.version, EAGER.version, caller).changes
    assert back.joined
    assert linking.links(pair, caller) == before
    assert modelling.difference(pair, EAGER.version, EAGER.version, caller).changes == ()


@pytest.mark.parametrize("reason", ["", "  ", "a\0b", "x" * 2001])
def test_without_a_reason_nothing_comes_into_use(
    pair: Session, caller: Caller, reason: str
) -> None:
    with pytest.raises(NoReasonError):
        modelling.activate(pair, EAGER.version, reason, caller)
    assert modelling.in_use(pair) == load()


def test_an_unknown_version_is_refused(pair: Session, caller: Caller) -> None:
    with pytest.raises(UnknownModelError):
        modelling.activate(pair, "eager-000000000000", "x", caller)


@pytest.mark.parametrize("change", ["UPDATE {} SET author = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["linkage_model", "linkage_model_activation"])
def test_what_is_kept_is_never_changed(
    pair: Session, caller: Caller, table: str, change: str
) -> None:
    modelling.activate(pair, EAGER.version, "x", caller)
    with pytest.raises(DBAPIError, match="never changed"), pair.begin_nested():
        pair.execute(text(change.format(table)))


def test_a_model_that_is_not_what_its_version_says_is_not_used(
    pair: Session, caller: Caller
) -> None:
    forged = json.loads(EAGER.as_json()) | {"prior": 0.5}
    insert = "INSERT INTO linkage_model (version, content, author) VALUES (:version, :content, 'x')"
    pair.execute(text(insert), {"version": "forged-000000000000", "content": json.dumps(forged)})
    with pytest.raises(UnfitModelError):
        modelling.activate(pair, "forged-000000000000", "x", caller)


@pytest.fixture
def left_open(session: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Two who share a birth and a sex, which the rules leave open, and are enough to learn from."""
    monkeypatch.setattr(modelling, "LEAST_TO_LEARN_FROM", 2)
    monkeypatch.setattr(modelling, "train", lambda records, name, thresholds, progress: untrained())
    ingest(session, fake_message({"id": "1", **OPEN}, {"id": "2", **OPEN}), ADAPTER, caller)
    return session


def test_what_stewards_said_teaches_the_second_look(left_open: Session, caller: Caller) -> None:
    """After an answer such pairs are likelier; once it is withdrawn they are not."""
    unasked = modelling.learn(left_open, "one", caller)
    assert unasked.clues == load().clues
    assert unasked.trained_on["labels"] == 0
    linking.link(left_open, untrained(), caller)
    said = decide(left_open, ("fake:1", "fake:2"), "same", "nói vậy", untrained(), caller)
    told = modelling.learn(left_open, "two", caller)
    assert told.trained_on["labels"] == 1
    assert told.clues["base"] > unasked.clues["base"]
    undecide(left_open, said.id, "nói nhầm", untrained(), caller)
    assert modelling.learn(left_open, "three", caller).clues == unasked.clues


def test_known_truth_teaches_and_is_no_decision(left_open: Session, caller: Caller) -> None:
    truth = {"fake:1": "one", "fake:2": "two"}
    told = modelling.learn(left_open, "two", caller, truth=truth)
    assert told.trained_on["labels"] == 1
    assert told.clues["base"] < load().clues["base"]


def test_a_truth_of_nobody_teaches_nothing_whatever_stewards_said(
    left_open: Session, caller: Caller
) -> None:
    linking.link(left_open, untrained(), caller)
    decide(left_open, ("fake:1", "fake:2"), "same", "nói vậy", untrained(), caller)
    for truth in ({}, {"fake:9": "nine"}):
        assert modelling.learn(left_open, "two", caller, truth=truth).clues == load().clues


def test_too_many_pairs_for_the_labels_are_told(
    left_open: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many(*about: object) -> None:
        raise TooManyPairsError

    monkeypatch.setattr(labels, "examples", too_many)
    with pytest.raises(OversizedError):
        modelling.learn(left_open, "two", caller, truth={"fake:1": "one"})


def test_a_model_for_other_features_is_refused_and_never_replaced_in_silence(
    pair: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = json.loads(EAGER.as_json())
    del values["weights"]["sex"]
    insert = "INSERT INTO linkage_model (version, content, author) VALUES ('old', :content, 'x')"
    pair.execute(text(insert), {"content": json.dumps(values)})
    pair.execute(
        text(
            "INSERT INTO linkage_model_activation (id, version, author, reason)"
            " VALUES ('1', 'old', 'x', 'x')"
        )
    )
    with pytest.raises(UnfitModelError):
        modelling.in_use(pair)
    assert modelling.known(pair, caller)[0] == "old", "who looks must see what is wrong"
    monkeypatch.setattr(modelling, "LEAST_TO_LEARN_FROM", 2)
    monkeypatch.setattr(modelling, "train", lambda records, name, thresholds, progress: untrained())
    assert modelling.learn(pair, "new", caller).clues == load().clues, "training is the way out"
    modelling.activate(pair, "shipped", "phiên bản mới", caller)
    assert modelling.in_use(pair) == load()


def test_a_model_is_not_learned_from_a_handful_and_nothing_is_logged(
    pair: Session, caller: Caller
) -> None:
    with pytest.raises(TooFewRecordsError):
        modelling.learn(pair, "small", caller)
    assert list(log.events(pair, action=Action.MODEL_TRAIN)) == []


def test_kinds_of_block_keys_are_told_with_their_pairs(pair: Session, caller: Caller) -> None:
    model, found = modelling.block_kinds(pair, caller)
    kinds = {kind.kind: kind for kind in found}
    assert model == load()
    assert (kinds["id"].keys, kinds["id"].pairs, kinds["id"].largest) == (1, 1, 2)
    assert all(kind.shared <= kind.keys for kind in kinds.values())
    assert not any(kind.oversized for kind in kinds.values())
