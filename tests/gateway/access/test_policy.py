"""The policy's table: every combination, against the rules said again in other words."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.policy import (
    Asking,
    Right,
    Subject,
    Thing,
    WrongPolicyError,
    decide,
    load_policy,
    rows_of,
)
from linkage.records import Labels

ROLES = (
    *("hospital", "child-protection", "adoption", "police", "civil-status", "facility"),
    *("school", "operator", "auditor", "steward", "subscriber", "administrator", "nobody"),
)
BODIES = ("", "hospital:1", "home:1", "school:1", "commune:1")
PURPOSES = ("TREAT", "ETREAT", "CHILDPROT", "ADOPT", "COURT", "EDUC", "HOPERAT", "HRESCH")
SOURCES = (
    *("casework", "civil_status", "education", "facility", "fhir"),
    *("hospital", "hotline", "police", "population"),
)
LABELS = ("HIV", "informant", "sealed-adoption", "R")
PROVINCES = ("01", "22", None)
TYPES = ("Patient", "Observation")
READING = (Right.READ, Right.SEARCH, Right.MATCH)

PAPER = frozenset({"civil_status", "population"})
FOUND = PAPER | {"police", "hotline", "facility"}
GRID: dict[str, list[tuple[set[str], str | None, frozenset[str], bool, set[str]]]] = {
    "hospital": [
        ({"TREAT", "ETREAT"}, "hospital", frozenset(SOURCES) - {"casework", "education", "hotline"}, True, {"HIV"})
    ],
    "child-protection": [({"CHILDPROT"}, None, frozenset(SOURCES), False, {"informant"})],
    "adoption": [({"ADOPT"}, None, frozenset(SOURCES), False, {"sealed-adoption"})],
    "police": [
        ({"CHILDPROT"}, None, FOUND | {"casework"}, False, set()),
        ({"COURT"}, None, FOUND | {"casework", "hospital"}, True, {"informant"}),
    ],
    "civil-status": [({"CHILDPROT"}, None, FOUND | {"hospital"}, False, set())],
    "facility": [
        ({"CHILDPROT", "TREAT"}, "home", (FOUND - {"hotline"}) | {"hospital"}, True, set())
    ],
    "school": [({"EDUC"}, "school", PAPER | {"education"}, True, set())],
}  # fmt: skip
"""Role → purposes, kind of body, sources, from everywhere, labels: as people would say it."""


def expected(subject: Subject, right: Right, purpose: str, thing: Thing) -> bool:
    if right not in READING:
        return False
    if subject.role == "school" and (right is not Right.READ or thing.type != "Patient"):
        return False
    for purposes, kind, sources, everywhere, labels in GRID.get(subject.role, ()):
        if purpose not in purposes or (kind and not subject.body.startswith(f"{kind}:")):
            continue
        if subject.body and subject.body == thing.labels.custodian:
            return True
        if subject.role in ("school", "facility") and not thing.is_own_child:
            return False
        near = everywhere or (thing.labels.province or "unknown") in subject.provinces
        return near and thing.source in sources and set(thing.labels.sensitivity) <= labels
    return False


def things(body: str) -> Iterator[Thing]:
    sets = chain.from_iterable(combinations(LABELS, size) for size in (0, 1, 2))
    for source, province, labels, type_ in product(SOURCES, PROVINCES, tuple(sets), TYPES):
        for custodian in dict.fromkeys(("commune:9", body or "commune:9")):
            for is_own_child in (False, True):
                yield Thing(
                    type=type_,
                    source=source,
                    labels=Labels(custodian=custodian, province=province, sensitivity=labels),
                    is_own_child=is_own_child,
                )


@pytest.mark.parametrize("role", ROLES)
def test_every_combination_is_decided_as_it_was_meant(role: str) -> None:
    policy, compared = load_policy(), 0
    for body, purpose, right in product(BODIES, PURPOSES, (Right.READ, Right.MATCH)):
        subject = Subject(client="c", role=role, body=body, provinces=frozenset({"22"}))
        asking = Asking(policy=policy, subject=subject, right=right, purpose=purpose)
        if not decide(asking).allowed:
            for one in things(body):
                assert not expected(subject, right, purpose, one), one
            assert not decide(asking, one).allowed
            compared += 1
            continue
        for thing in things(body):
            assert decide(asking, thing).allowed == expected(subject, right, purpose, thing), thing
            compared += 1
    assert compared >= 80


EVERYBODY = set(product(ROLES, set(PURPOSES) - {"COURT", "HRESCH"}))
OFFICES = {
    Right.OPERATE: {("operator", "HOPERAT")},
    Right.REGISTER: {("operator", "HOPERAT")},
    Right.LOOK_UP: {("operator", "HOPERAT")},
    Right.ADMINISTER: {("administrator", "HOPERAT")},
    Right.STEWARD: {("steward", "HOPERAT"), ("steward", "CHILDPROT")},
    Right.FOLLOW: {("subscriber", "HOPERAT"), ("subscriber", "CHILDPROT")},
    Right.AUDIT: {("auditor", "HOPERAT"), ("auditor", "COURT")},
    Right.SEND: EVERYBODY,
    Right.WRITE: EVERYBODY,
}


@pytest.mark.parametrize("right", OFFICES)
def test_what_is_about_the_whole_service_is_for_those_whose_office_it_is(right: Right) -> None:
    for role, purpose in product(ROLES, PURPOSES):
        asking = Asking(
            policy=load_policy(),
            subject=Subject(client="c", role=role),
            right=right,
            purpose=purpose,
        )
        assert decide(asking).allowed == ((role, purpose) in OFFICES[right])


@given(
    st.sampled_from(ROLES),
    st.sampled_from(BODIES),
    st.sampled_from(PURPOSES),
    st.sampled_from(SOURCES),
    st.sampled_from(PROVINCES),
    st.sets(st.sampled_from(LABELS)),
    st.booleans(),
)
def test_what_the_database_is_told_is_what_the_rule_says(
    role: str,
    body: str,
    purpose: str,
    source: str,
    province: str | None,
    labels: set[str],
    is_own_child: bool,
) -> None:
    """Said as the conditions in row_security.py say it."""
    subject = Subject(client="c", role=role, body=body, provinces=frozenset({"22", "unknown"}))
    asking = Asking(policy=load_policy(), subject=subject, right=Right.READ, purpose=purpose)
    rows, place = rows_of(asking), province or "unknown"

    def told(*atoms: str) -> bool:
        return bool(set(atoms) & set(rows.sees))

    near = told(f"{source}@{place}", f"{source}@*", f"*@{place}", "*@*")
    known = all(told(f"{source}+{x}", f"{source}+*", f"*+{x}", "*+*") for x in labels)
    kept = Labels(custodian="commune:9", province=province, sensitivity=tuple(sorted(labels)))
    thing = Thing(type="Patient", source=source, labels=kept, is_own_child=is_own_child)
    child = is_own_child or not rows.own_children
    assert decide(asking, thing).allowed == (near and known and child)


EMERGENCIES = {("hospital", "hospital:1"), *(("child-protection", body) for body in BODIES)}


@pytest.mark.parametrize("role", ROLES)
def test_in_an_emergency_one_child_without_sealed_adoptions(role: str) -> None:
    """Every role, body and purpose; then every thing: of the child that is open, and of another."""
    for body, purpose in product(BODIES, (*PURPOSES, "BTG")):
        asking = Asking(
            policy=load_policy(),
            subject=Subject(client="c", role=role, body=body, provinces=frozenset({"22"})),
            right=Right.BREAK_GLASS,
            purpose=purpose,
            child="te-1",
        )
        allowed = purpose == "BTG" and (role, body) in EMERGENCIES
        assert decide(asking).allowed == allowed, (body, purpose)
        for right in set(Right) - {Right.BREAK_GLASS}:
            if purpose == "BTG":
                assert not decide(replace(asking, right=right)).allowed, right
        if not allowed:
            continue
        assert rows_of(asking).child == "te-1"
        for thing in things(body):
            labels = set(thing.labels.sensitivity) <= {"HIV", "informant"}
            assert decide(asking, replace(thing, child="te-1")).allowed == labels, thing
            assert not decide(asking, replace(thing, child="te-2")).allowed, thing
            assert not decide(asking, thing).allowed, thing


MIXED = {
    "reads for it": ('["BTG"]', '["read"]'),
    "for another purpose too": ('["BTG", "TREAT"]', '["break-glass"]'),
    "with another action": ('["BTG"]', '["break-glass", "read"]'),
    "for another purpose": ('["TREAT"]', '["break-glass"]'),
    "sends for it": ('["BTG"]', '["send"]'),
}


@pytest.mark.parametrize("kind", MIXED)
def test_an_emergency_is_in_no_rule_with_anything_else(tmp_path: Path, kind: str) -> None:
    purposes, actions = MIXED[kind]
    rows = "" if "send" in actions else 'sources = ["*"]'
    file = tmp_path / "policy.toml"
    file.write_text(
        'version = "1"\n[[rule]]\nname = "x"\nrole = "y"\n'
        f"purposes = {purposes}\nactions = {actions}\n{rows}\n"
    )
    with pytest.raises(WrongPolicyError, match="BTG"):
        load_policy(file)


def test_a_school_sees_four_elements_and_two_kinds_of_numbers() -> None:
    subject = Subject(client="c", role="school", body="school:1", provinces=frozenset({"22"}))
    asking = Asking(policy=load_policy(), subject=subject, right=Right.READ, purpose="EDUC")
    assert decide(asking).only == {"identifier", "name", "gender", "birthDate"}
    assert len(decide(asking).identifiers) == 2


def test_a_file_that_is_no_policy_is_refused() -> None:
    with pytest.raises(WrongPolicyError):
        load_policy(Path("/nowhere/policy.toml"))
