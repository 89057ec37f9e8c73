"""Candidates are all that share a key; a block too wide to score is said, never cut in silence."""

from typing import Any

import pytest
from sqlalchemy import ARRAY, Text, bindparam, text, update
from sqlalchemy.orm import Session

from linkage import compared, tables
from linkage.blocking import block_keys, looked_into
from linkage.candidates import GUARDED, OPEN, Found, Wide, candidates
from linkage.features import COLUMNS
from linkage.records import Labels, PersonRecord
from linkage.store import IdentityStore
from tests.linkage.people import TODAY, made_people, person

LABELS = Labels(custodian="home:HN01")
BORN: dict[str, Any] = {
    "birth_low": TODAY,
    "birth_high": TODAY,
    "birth_firm": True,
    "sex": "female",
}
NAME = ("tống khánh vy",)


def keep(session: Session, *records: PersonRecord) -> None:
    IdentityStore(session).register(records, {r.record_id: LABELS for r in records})


def keys(found: Found) -> list[str]:
    return sorted(candidate.key for candidate in found.candidates)


QUESTION = person("?", names=NAME, cards=("9900000001",), **BORN)


@pytest.fixture
def town(session: Session) -> Session:
    """Twenty born on one day, of whom two have the name, and one has the card alone."""
    records = [person(f"hospital:{number:02}", **BORN) for number in range(18)]
    records += [person(f"facility:{number}", names=NAME, **BORN) for number in range(2)]
    records += [person("police:1", cards=("9900000001",)), person("police:2", names=("lê hoa",))]
    keep(session, *records)
    return session


def test_all_that_share_a_key_are_found_with_their_columns(town: Session) -> None:
    found = candidates(town, QUESTION)
    assert len(found.candidates) == 21
    assert "police:2" not in keys(found)
    assert found.wide == ()
    (one,) = [c for c in found.candidates if c.key == "police:1"]
    assert one.values == compared.values_of(person("police:1", cards=("9900000001",)))
    assert one.identity_id == f"te-{one.record_id}"
    ids = [candidate.record_id for candidate in found.candidates]
    assert ids == sorted(ids)


def test_nobody_who_shares_a_key_is_left_out_and_nobody_else_is_found(session: Session) -> None:
    """Some of them with columns that are kept, some without."""
    held, asking = made_people(80, 5), made_people(30, 6)
    keep(session, *held)
    some = [one.record_id for one in held[::3]]
    c = tables.record.c
    session.execute(update(tables.record).where(c.record_id.in_(some)).values(compared=None))
    for question in asking:
        shared = [one for one in held if set(block_keys(one)) & looked_into(question)]
        found = {one.key: one.values for one in candidates(session, question).candidates}
        assert found == {one.key: compared.values_of(one) for one in shared}


def test_beside_a_known_birth_only_estimates_are_looked_for_in_its_weeks(session: Session) -> None:
    """Known ones are so many: a day apart, and with nothing else in common, they are no candidates."""
    about: dict[str, Any] = {"sex": "female", "provinces": ("01",)}
    known = {**about, "birth_low": TODAY, "birth_high": TODAY, "birth_firm": True}
    near = {**about, "birth_low": TODAY - 3, "birth_high": TODAY + 1, "birth_firm": False}
    next_day = {**known, "birth_low": TODAY + 1, "birth_high": TODAY + 1}
    keep(session, person("hospital:1", **near), person("hospital:2", **next_day))
    assert keys(candidates(session, person("police:3", **known))) == ["hospital:1"]
    assert keys(candidates(session, person("police:3", **near))) == ["hospital:1", "hospital:2"]


@pytest.mark.parametrize("kept", [None, '["00000000",null]'], ids=["none", "of another version"])
def test_columns_that_are_not_kept_are_computed(town: Session, kept: str | None) -> None:
    before = candidates(town, QUESTION)
    town.execute(update(tables.record).values(compared=kept))
    assert candidates(town, QUESTION) == before


def test_a_wide_block_is_named_and_gives_only_who_shares_a_second_key(town: Session) -> None:
    found = candidates(town, QUESTION, most=12)
    kinds = {key.partition(":")[0] for key in block_keys(QUESTION)}
    assert kinds == {"card", "n", "ny", "gb", "b"}
    assert keys(found) == ["facility:0", "facility:1", "police:1"]
    assert found.wide == (Wide(kind="b", at_least=13),)


def test_records_that_share_two_wide_keys_are_scored(session: Session) -> None:
    both = [person(f"hospital:{number}", names=NAME, **BORN) for number in range(3)]
    born = [person(f"facility:{number}", **BORN) for number in range(9)]
    named = [person(f"police:{number}", names=NAME) for number in range(9)]
    keep(session, *both, *born, *named)
    found = candidates(session, person("?", names=NAME, **BORN), most=8)
    assert keys(found) == ["hospital:0", "hospital:1", "hospital:2"]
    assert {wide.kind for wide in found.wide} >= {"b", "n"}
    assert all(wide.at_least > 3 for wide in found.wide)


def test_who_shares_two_wide_keys_does_not_stand_back_for_who_shares_a_narrow_one(
    session: Session,
) -> None:
    """A mother's number that a ward gave to all must not hide the child with both name and card."""
    card, mother = ("9900000001",), ("999190000001",)
    both = [person(f"hospital:{number}", names=NAME, cards=card) for number in range(3)]
    named = [person(f"police:{number}", names=NAME) for number in range(9)]
    carded = [person(f"facility:{number}", cards=card) for number in range(9)]
    given = [person(f"casework:{number}", mother_ids=mother) for number in range(7)]
    keep(session, *both, *named, *carded, *given)
    asked = person("?", names=NAME, cards=card, mother_ids=mother)
    found = candidates(session, asked, most=8)
    assert keys(found) == sorted(record.key for record in (*both, *given))


def test_where_even_those_are_too_many_nobody_is_made_up(session: Session) -> None:
    keep(session, *(person(f"hospital:{number}", names=NAME, **BORN) for number in range(9)))
    found = candidates(session, person("?", names=NAME, **BORN), most=4)
    assert found.candidates == ()
    assert {wide.at_least for wide in found.wide} == {5}


@pytest.mark.parametrize("named", ["motem_ids", "copied"])
def test_who_founded_the_identity_that_a_question_names_is_found_with_its_id(
    town: Session, named: str
) -> None:
    """Nothing else need agree: a report may name a child by the id that Motem gave out alone."""
    (one,) = candidates(town, person("?", names=("lê hoa",))).candidates
    token = f"motem:te-{one.record_id}" if named == "copied" else f"te-{one.record_id}"
    (found,) = candidates(town, person("?", **{named: (token,)})).candidates
    assert found.record_id == one.record_id
    known = dict(zip(COLUMNS, found.values, strict=True))
    assert f"motem:te-{one.record_id}" in known["numbers"]
    asked = person("?", names=(*NAME, "lê hoa"), **{named: (token,)}, **BORN)
    assert one.record_id in {c.record_id for c in candidates(town, asked, most=2).candidates}


def test_who_says_nothing_has_no_candidates(town: Session) -> None:
    assert candidates(town, person("?")) == Found(candidates=(), wide=())


def test_neither_a_candidate_nor_a_wide_block_shows_a_value(town: Session) -> None:
    told = repr(candidates(town, QUESTION, most=12))
    assert not [value for value in ("tống", "9900000001", str(TODAY)) if value in told]


def test_keys_are_looked_up_in_the_index(session: Session) -> None:
    """The index keeps no list of pending entries, which every look-up would read through."""
    kept = "SELECT reloptions FROM pg_class WHERE relname = 'ix_linkage_record_block_keys'"
    assert session.scalar(text(kept)) == ["fastupdate=off"]
    session.execute(text("SELECT set_config('enable_seqscan', 'off', true)"))
    values = {"keys": ["n:a"], "most": 9, "beginning": compared.beginning()}
    for statement in (OPEN.sharing, OPEN.sharing_both):
        explain = text(f"EXPLAIN {statement.text}").bindparams(bindparam("keys", type_=ARRAY(Text)))
        plan = session.scalars(explain, values)
        assert any("ix_linkage_record_block_keys" in line for line in plan)


def test_where_rows_are_hidden_they_are_not_all_read(session: Session) -> None:
    """A caller of the service finds what it sees among the records that share a key, by the index."""
    keep(session, *made_people(60, 5))
    everything = "SELECT set_config('motem.sees', '*@* *+*', true), set_config('role', :role, true)"
    session.execute(text("SELECT set_config('enable_seqscan', 'off', true)"))
    session.execute(text(everything), {"role": "motem_caller"})
    values = {"keys": ["n:a"], "most": 9, "beginning": compared.beginning()}
    for statement in (GUARDED.sharing, GUARDED.sharing_both, GUARDED.sizes):
        explain = text(f"EXPLAIN {statement.text}").bindparams(bindparam("keys", type_=ARRAY(Text)))
        plan = "\n".join(session.scalars(explain, values))
        assert "Seq Scan" not in plan
        assert "pk_linkage_record" in plan


@pytest.mark.parametrize("most", [3, 12, 2000])
def test_by_either_way_the_same_is_found(session: Session, most: int) -> None:
    keep(session, *made_people(80, 5))
    for question in made_people(20, 6):
        found = candidates(session, question, most)
        assert candidates(session, question, most, guarded=True) == found
