"""Records are found by name and identity, and know what only others tell."""

from dataclasses import replace

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from linkage import index, tables
from linkage.records import Labels, Move, PersonRecord
from linkage.store import IdentityStore
from tests.linkage.people import HOSPITAL, TODAY, person

LABELS = Labels(custodian="home:HN01")
NAMED = "name:benh vien nhi"


def keep(session: Session, *records: PersonRecord) -> None:
    IdentityStore(session).register(records, {r.record_id: LABELS for r in records})


def joined(session: Session, identity: str, *records: PersonRecord) -> None:
    c = tables.record.c
    ids = [record.record_id for record in records]
    session.execute(update(tables.record).where(c.record_id.in_(ids)).values(identity_id=identity))


ONE, OTHER = person("hospital:1", names=("an",)), person("facility:2", sex="male")


def test_a_record_is_found_by_its_id_and_by_its_key(session: Session) -> None:
    keep(session, ONE, OTHER)
    by_id, by_key = index.by_name(session, ONE.record_id), index.by_name(session, "hospital:1")
    assert by_id is not None
    assert by_id == by_key
    assert by_id.record == ONE
    assert (by_id.identity_id, by_id.founding_id) == (f"te-{ONE.record_id}",) * 2
    assert index.by_name(session, "hospital:9") is None


def test_an_identity_has_its_records_and_a_retired_one_only_its_founder(session: Session) -> None:
    keep(session, ONE, OTHER)
    joined(session, f"te-{ONE.record_id}", ONE, OTHER)
    retired = f"te-{OTHER.record_id}"
    assert [held.record for held in index.by_identity(session, f"te-{ONE.record_id}")] == [
        OTHER,
        ONE,
    ]
    assert index.by_identity(session, retired) == []
    founder = index.founder(session, retired)
    assert founder is not None
    assert (founder.record, founder.identity_id) == (OTHER, f"te-{ONE.record_id}")


def test_a_hospital_that_is_only_named_has_the_code_that_others_state(session: Session) -> None:
    moved = person("facility:3", moves=(Move(direction="in", place=NAMED, day=TODAY),))
    teacher = person("police:4", names_of_places=((HOSPITAL, "benh vien nhi"),))
    keep(session, moved, ONE)
    assert index.resolved(session, [moved]) == [moved]
    keep(session, teacher)
    (told,) = index.resolved(session, [moved])
    assert [move.place for move in told.moves] == [HOSPITAL]


def test_an_identity_that_is_named_again_is_told_to_its_founding_record(session: Session) -> None:
    own = f"te-{ONE.record_id}"
    keep(session, ONE)
    assert index.resolved(session, [ONE, OTHER]) == [ONE, OTHER]
    keep(session, person("casework:5", copied=(f"motem:{own}",)))
    assert index.resolved(session, [ONE, OTHER]) == [replace(ONE, motem_ids=(own,)), OTHER]


def ask(session: Session, left: str, right: str, weight: float) -> None:
    row = {"left_key": left, "right_key": right, "weight": weight, "probability": 0.5}
    row |= {"reason": "rival", "evidence": "[]", "model": "m-1", "custodian": "shared"}
    session.execute(insert(tables.review), [row])


def test_the_strongest_question_about_one_of_the_pairs_is_found(session: Session) -> None:
    for left, right, weight in (("a:1", "b:1", 1.0), ("a:1", "b:2", 2.0), ("a:2", "b:1", 9.0)):
        ask(session, left, right, weight)
    found = index.question(session, {("a:1", "b:1"), ("a:1", "b:2"), ("a:2", "b:2")})
    assert found is not None
    review, model = found
    assert (review.left_key, review.right_key, review.weight, model) == ("a:1", "b:2", 2.0, "m-1")
    assert index.question(session, {("a:2", "b:2")}) is None
