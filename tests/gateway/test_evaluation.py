"""How right the identities are: whole, by stratum, after the reviews, and of siblings merged."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from audit.event import Action, Caller
from audit.tables import audit_event
from gateway.evaluation import Evaluation, TruthFileError, evaluate
from linkage.records import Labels
from linkage.store import IdentityStore, OpenReview, founding_identity
from linkage.tables import record as linkage_record
from tests.linkage.people import person

LABELS = Labels(custodian="tester")


def hold(session: Session, *groups: str) -> None:
    """Keep records, each group ("police:1 facility:2") as one identity."""
    store = IdentityStore(session)
    for group in groups:
        records = [person(key) for key in group.split()]
        store.register(records, {record.record_id: LABELS for record in records})
        first = founding_identity(records[0].record_id)
        c = linkage_record.c
        session.execute(
            update(linkage_record)
            .where(c.record_id.in_([record.record_id for record in records]))
            .values(identity_id=first)
        )


def ask(session: Session, *pairs: tuple[str, str]) -> None:
    reviews = [
        OpenReview(
            left_key=left,
            right_key=right,
            weight=1.0,
            probability=0.6,
            reason="uncertain",
            evidence="[]",
        )
        for left, right in pairs
    ]
    labels = {key: LABELS for pair in pairs for key in pair}
    IdentityStore(session).replace_reviews(reviews, labels, "model")


def truth_file(folder: Path, truth: Mapping[str, str], strata: str | None = None) -> Path:
    """truth.csv of record key → child, and strata.csv with this text."""
    lines = [",".join((*key.split(":", 1), child)) for key, child in truth.items()]
    path = folder / "truth.csv"
    path.write_text("\n".join(["source,record,child", *lines]) + "\n", encoding="utf-8")
    if strata is not None:
        (folder / "strata.csv").write_text(strata, encoding="utf-8")
    return path


TWO_CHILDREN = {"police:1": "an", "facility:1": "an", "police:2": "binh", "facility:2": "binh"}


def test_what_the_engine_joined_is_compared_with_the_truth(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    hold(session, "police:1 facility:1", "police:2", "facility:2")
    made = evaluate(session, truth_file(tmp_path, TWO_CHILDREN), caller)
    assert (made.engine.records, made.engine.children, made.engine.identities) == (4, 2, 3)
    assert (made.engine.precision, made.engine.recall) == (1.0, 0.5)
    assert (made.missing, made.unknown) == (0, 0)
    assert (made.reviews, made.reviews_per_100, made.true_share) == (0, 0.0, 0.0)
    assert made.strata == {}


def test_reviews_count_as_answered_rightly(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    hold(session, "police:1 facility:1", "police:2", "facility:2")
    ask(session, ("facility:2", "police:2"), ("facility:1", "police:2"))
    made = evaluate(session, truth_file(tmp_path, TWO_CHILDREN), caller)
    assert made.answered.recall == 1.0
    assert made.answered.precision == 1.0
    assert (made.reviews, made.true_reviews) == (2, 1)
    assert made.reviews_per_100 == pytest.approx(100.0)
    assert made.true_share == pytest.approx(0.5)


def test_records_that_only_one_side_knows_are_counted_and_left_out(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    hold(session, "police:1 facility:1", "police:2", "hospital:9", "hospital:8")
    made = evaluate(session, truth_file(tmp_path, TWO_CHILDREN), caller)
    assert (made.missing, made.unknown) == (1, 2)
    assert made.engine.records == 3


def test_each_stratum_is_measured_alone(session: Session, caller: Caller, tmp_path: Path) -> None:
    hold(session, "police:1 facility:1", "police:2", "facility:2")
    strata = "child,stratum\nan,found\nbinh,moved\n"
    made = evaluate(session, truth_file(tmp_path, TWO_CHILDREN, strata), caller)
    recalls = {name: (part.children, part.recall) for name, (part, _) in made.strata.items()}
    assert recalls == {"found": (1, 1.0), "moved": (1, 0.0)}


# Twins and siblings -----------------------------------------------------------------------------


def siblings(made: Evaluation) -> tuple[int, int]:
    return made.siblings_merged, made.siblings


def test_children_of_one_report_are_siblings(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    truth = {"police:7#1": "an", "police:7#2": "binh", "police:8#1": "chi", "facility:2": "binh"}
    hold(session, "police:7#1 facility:2", "police:7#2", "police:8#1")
    assert siblings(evaluate(session, truth_file(tmp_path, truth), caller)) == (1, 1)


@pytest.mark.parametrize(
    ("groups", "merged"),
    [(("hospital:1 hospital:2",), 1), (("hospital:1", "hospital:2"), 0)],
    ids=["merged", "apart"],
)
def test_children_of_one_family_are_siblings_without_any_report(
    session: Session, caller: Caller, tmp_path: Path, groups: tuple[str, ...], merged: int
) -> None:
    truth = {"hospital:1": "an", "hospital:2": "binh", "hospital:3": "chi"}
    strata = "child,stratum,family\nan,twins,f1\nbinh,twins,f1\nchi,named,\n"
    hold(session, *groups, "hospital:3")
    made = evaluate(session, truth_file(tmp_path, truth, strata), caller)
    assert siblings(made) == (merged, 1)


def test_children_without_a_family_are_nobodys_siblings(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    truth = {"hospital:1": "an", "hospital:2": "binh"}
    strata = "child,stratum,family\nan,look-alike,\nbinh,look-alike,\n"
    hold(session, "hospital:1 hospital:2")
    assert siblings(evaluate(session, truth_file(tmp_path, truth, strata), caller)) == (0, 0)


def test_a_pair_that_report_and_family_name_counts_once(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    truth = {"police:7#1": "an", "police:7#2": "binh"}
    strata = "child,stratum,family\nan,twins,f1\nbinh,twins,f1\n"
    hold(session, "police:7#1", "police:7#2")
    assert siblings(evaluate(session, truth_file(tmp_path, truth, strata), caller)) == (0, 1)


def test_a_sibling_who_left_no_record_makes_no_pair(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    strata = "child,stratum,family\nan,twins,f1\nbinh,twins,f1\n"
    hold(session, "hospital:1")
    made = evaluate(session, truth_file(tmp_path, {"hospital:1": "an"}, strata), caller)
    assert siblings(made) == (0, 0)


# The file and the log ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"source,record\npolice,1\n", b"\xff\xfe\x00", b"quelle,satz,kind\n"],
    ids=["empty", "a column is missing", "no text", "other columns"],
)
def test_what_is_no_truth_file_is_refused(
    session: Session, caller: Caller, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes(content)
    with pytest.raises(TruthFileError):
        evaluate(session, path, caller)


def test_a_file_that_is_not_there_is_refused(
    session: Session, caller: Caller, tmp_path: Path
) -> None:
    with pytest.raises(TruthFileError):
        evaluate(session, tmp_path / "none.csv", caller)


def test_an_evaluation_is_logged(session: Session, caller: Caller, tmp_path: Path) -> None:
    def logged() -> int:
        counted = select(func.count()).where(audit_event.c.action == Action.EVALUATION_RUN)
        return session.scalar(counted) or 0

    before = logged()
    evaluate(session, truth_file(tmp_path, TWO_CHILDREN), caller)
    assert logged() == before + 1
