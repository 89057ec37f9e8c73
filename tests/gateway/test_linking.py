"""The use cases of linking, with a source of the tests' own."""

import json
import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from audit import log
from audit.event import Action, Caller
from gateway import linking
from gateway.database import transaction
from gateway.deciding import decide
from gateway.ingest import ingest
from gateway.linking import LinkReport, OversizedError
from gateway.registry import tables
from linkage import blocking, few, matcher
from linkage.model import MatchModel, untrained
from linkage.store import IdentityStore
from linkage.tables import record, review
from tests.fake_source import ADAPTER, fake_message

MODEL = untrained()
SAME = {
    "name": "Nguyễn Thị Thử",
    "sex": "female",
    "born": "2026-03-04",
    "numbers": ["998326000001"],
}
OTHER = {"name": "Trần Văn Khác", "sex": "male", "born": "2020-07-08", "numbers": ["998220000002"]}


def take(session: Session, caller: Caller, *lines: dict[str, object]) -> None:
    ingest(session, fake_message(*lines), ADAPTER, caller)


def run(session: Session, caller: Caller, model: MatchModel = MODEL) -> LinkReport:
    return linking.link(session, model, caller)


def test_an_empty_registry_is_linked_to_nothing(session: Session, caller: Caller) -> None:
    report = run(session, caller)
    assert (report.records, report.pairs, report.identities, report.moved) == (0, 0, 0, 0)
    assert linking.links(session, caller) == []
    assert linking.reviews(session, caller) == []


def test_oversized_blocks_are_reported_by_kind_and_size(
    session: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME}, {"id": "3", **OTHER})
    assert run(session, caller).oversized == ""
    monkeypatch.setattr(blocking, "OVERSIZED", 1)
    told = run(session, caller).oversized
    assert "id 1 × 2" in told
    assert SAME["numbers"][0] not in told


def test_more_pairs_than_fit_in_memory_are_a_foreseeable_error_and_link_nothing(
    session: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few, "RECORDS", 0)
    monkeypatch.setattr(matcher, "MOST_SCORED", 0)
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME})
    with pytest.raises(OversizedError, match="nothing was linked"):
        run(session, caller)
    assert {m.decision for m in IdentityStore(session).memberships()} == {"pending"}


def test_what_was_scored_before_with_this_model_is_not_scored_again(
    session: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME}, {"id": "3", **OTHER})
    first = run(session, caller)
    with monkeypatch.context() as nothing_is_scored:
        nothing_is_scored.setattr(few, "RECORDS", 0)
        nothing_is_scored.setattr(matcher, "MOST_SCORED", 0)
        assert replace(run(session, caller), moved=first.moved) == first
        with pytest.raises(OversizedError):
            linking.link(session, MODEL, caller, full=True)
        with pytest.raises(OversizedError):
            run(session, caller, replace(MODEL, prior=MODEL.prior / 2))
    take(session, caller, {"id": "4", **SAME})
    later = run(session, caller)
    assert later.pairs > first.pairs
    full = linking.link(session, MODEL, caller, full=True)
    assert (replace(full, moved=later.moved), full.moved) == (later, 0)


def test_records_of_one_child_become_the_identity_of_the_earliest(
    session: Session, caller: Caller
) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME}, {"id": "3", **OTHER})
    report = run(session, caller)
    assert (report.records, report.identities, report.moved) == (3, 2, 1)
    one, two, three = linking.links(session, caller)
    founding = {m.key: m.founding_id for m in IdentityStore(session).memberships()}
    assert one.identity == two.identity == min(founding["fake:1"], founding["fake:2"])
    assert (one.decision, two.decision, three.decision) == ("auto", "auto", "single")
    assert three.identity == founding["fake:3"]


def test_an_id_that_was_retired_before_leads_where_its_child_is_now(
    session: Session, caller: Caller
) -> None:
    """The third leads to the second; then the second leads to the first, and the third does too."""
    for number, told in (("1", OTHER), ("2", SAME), ("3", SAME)):
        take(session, caller, {"id": number, **told})
    run(session, caller)
    founding = {m.key: m.founding_id for m in IdentityStore(session).memberships()}
    first, second, third = (founding[f"fake:{number}"] for number in "123")
    assert first < second < third
    assert IdentityStore(session).successor(third) == second
    decide(session, ("fake:1", "fake:2"), "same", "một trẻ", MODEL, caller)
    assert IdentityStore(session).successor(third) == first
    c = tables.resource.c
    query = select(c.body).where(c.type == "Patient", c.id == third, c.is_current)
    retired = json.loads(session.execute(query).scalar_one())
    assert retired["link"][0]["other"]["reference"] == f"Patient/{first}"


def test_what_was_not_linked_yet_stands_alone(session: Session, caller: Caller) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME})
    one, two = linking.links(session, caller)
    assert (one.source, one.record, one.decision) == ("fake", "1", "single")
    assert one.identity != two.identity


def test_each_move_is_in_the_log_and_again_nothing_moves(session: Session, caller: Caller) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME})
    run(session, caller)
    (moved,) = log.events(session, action=Action.IDENTITY_LINK)
    assert moved.detail["from"] == f"te-{moved.record}"
    assert moved.identity != moved.detail["from"]
    assert run(session, caller).moved == 0
    assert len(list(log.events(session, action=Action.IDENTITY_LINK))) == 1
    assert len(list(log.events(session, action=Action.LINKAGE_RUN))) == 2


def test_a_record_that_says_something_else_goes_back_to_its_own_identity(
    session: Session, caller: Caller
) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", "at": "2026-01-01T00:00:00Z", **SAME})
    run(session, caller)
    reluctant = replace(MODEL, thresholds=replace(MODEL.thresholds, alone=99, link=99, certain=99))
    assert run(session, caller, reluctant).moved == 1
    (back,) = log.events(session, action=Action.IDENTITY_SPLIT)
    assert back.identity == f"te-{back.record}"


def test_reviews_are_replaced_by_each_linking_and_name_the_model(
    session: Session, caller: Caller
) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME})
    reluctant = replace(MODEL, thresholds=replace(MODEL.thresholds, alone=99, link=99, certain=99))
    run(session, caller, reluctant)
    (asked,) = linking.reviews(session, caller)
    assert (asked.left_key, asked.right_key, asked.reason) == ("fake:1", "fake:2", "uncertain")
    assert 0 < asked.probability <= 1
    assert json.loads(asked.evidence)[0]["feature"] == "prior"
    assert session.scalar(text("SELECT model FROM linkage_review")) == reluctant.version
    run(session, caller)
    assert session.query(review).count() == 0


def test_exports_are_in_the_log_with_how_many(session: Session, caller: Caller) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **OTHER})
    linking.links(session, caller)
    linking.reviews(session, caller)
    (links,) = log.events(session, action=Action.LINKS_EXPORT)
    (reviews,) = log.events(session, action=Action.REVIEW_EXPORT)
    assert (links.detail["records"], reviews.detail["reviews"]) == (2, 0)


def test_a_link_and_a_membership_do_not_show_the_record_key(
    session: Session, caller: Caller
) -> None:
    take(session, caller, {"id": "998326000001", **SAME})
    assert "998326000001" not in repr(linking.links(session, caller))


def test_linking_waits_for_payloads_that_change_the_same_child(
    engine: Engine, caller: Caller
) -> None:
    """Both write the child's golden Patient; neither may fail because of the other."""
    with transaction(engine) as session:
        take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME})
    with transaction(engine) as session:
        run(session, caller)
    with transaction(engine) as session:
        take(session, caller, {"id": "3", **SAME})
    failures: list[Exception] = []

    def link() -> None:
        try:
            with transaction(engine) as session:
                run(session, caller)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=link)
    with transaction(engine) as session:
        take(session, caller, {"id": "1", **SAME, "name": "Nguyễn Thị Thử Lại"})
        thread.start()
        _wait_until_blocked(engine, thread)
        assert thread.is_alive(), "the linking did not wait"
    thread.join()
    assert failures == []
    with transaction(engine) as session:
        assert len({link.identity for link in linking.links(session, caller)}) == 1
        assert len(list(log.events(session, action=Action.LINKAGE_RUN))) == 2


def test_a_key_that_turns_out_to_be_reused_while_a_linking_runs_does_not_stop_it(
    engine: Engine, caller: Caller
) -> None:
    """What was read under the old key is written by its id; the next linking sees the new ones."""
    with transaction(engine) as session:
        take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME, "numbers": []})

    def meanwhile(step: str) -> None:
        if step == "identities":
            with transaction(engine) as other:
                take(other, caller, {"id": "1", **OTHER})

    reluctant = replace(MODEL, thresholds=replace(MODEL.thresholds, alone=99, link=99, certain=99))
    with transaction(engine) as session:
        report = linking.link(session, reluctant, caller, meanwhile)
    assert (report.records, report.reviews) == (2, 1)
    with transaction(engine) as session:
        again = linking.link(session, reluctant, caller)
        full = linking.link(session, reluctant, caller, full=True)
        assert (again.records, again) == (3, full)


def _wait_until_blocked(engine: Engine, thread: threading.Thread) -> None:
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while thread.is_alive():
        with engine.connect() as connection:
            if connection.scalar(query):
                return
        time.sleep(0.02)


def test_after_an_upgrade_records_are_found_by_the_keys_of_this_version(
    session: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **OTHER})
    run(session, caller)
    indexed = select(record.c.block_keys, record.c.compared).order_by(record.c.record_id)
    before = session.execute(indexed).all()
    session.execute(update(record).values(block_keys=["old"], compared="{}"))
    run(session, caller)
    assert set(session.scalars(select(record.c.compared))) == {"{}"}, "nothing is new"
    monkeypatch.setattr(linking, "code", lambda: "of a later version")
    run(session, caller)
    assert session.execute(indexed).all() == before


def test_only_a_small_registry_is_linked_at_once_and_with_the_model_that_it_rests_on(
    session: Session, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(session, caller, {"id": "1", **SAME}, {"id": "2", **SAME})
    monkeypatch.setattr(linking, "AT_ONCE", 1)
    assert linking.link_if_small(session, MODEL, caller) is None
    monkeypatch.setattr(linking, "AT_ONCE", 2)
    done = linking.link_if_small(session, MODEL, caller)
    assert done is not None
    assert (done.records, done.identities) == (2, 1)
    assert linking.link_if_small(session, replace(MODEL, name="other"), caller) is None
    assert run(session, caller).moved == 0
