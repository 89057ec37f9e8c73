"""One search parameter, read: escapes, modifiers, chains, and whose values are veiled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.conditions import criterion, split, unescaped, veils
from gateway.fhir.criteria import (
    Chain,
    Comparison,
    Has,
    Mode,
    ReferenceWanted,
    StringWanted,
    TokenWanted,
)
from gateway.fhir.errors import UnknownParameterError, WrongValueError
from gateway.fhir.parameters import ADMINISTRATIVE_GENDER

TEXTS = st.lists(st.text(min_size=1), min_size=1)


def escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\,|$" else c for c in text)


@given(parts=TEXTS)
def test_what_is_escaped_and_joined_is_split_into_the_same(parts: list[str]) -> None:
    joined = ",".join(escaped(part) for part in parts)
    assert [unescaped(part) for part in split(joined, ",")] == parts


@given(text=st.text(alphabet="\\,|$ab"))
def test_a_backslash_before_anything_else_is_refused_and_nothing_else(text: str) -> None:
    rest = text
    for pair in ("\\\\", "\\,", "\\|", "\\$"):
        rest = rest.replace(pair, "") if pair == "\\\\" else rest
    sound = text.replace("\\\\", "").replace("\\,", "").replace("\\|", "").replace("\\$", "")
    if "\\" in sound:
        with pytest.raises(WrongValueError):
            unescaped(text)
    else:
        unescaped(text)


@pytest.mark.parametrize(
    ("value", "code", "system"),
    [
        ("male", "male", None),
        ("urn:x|1", "1", "urn:x"),
        ("|1", "1", ""),
        ("urn:x|", None, "urn:x"),
        ("a\\|b", "a|b", None),
        ("urn:x|a\\,b", "a,b", "urn:x"),
    ],
)
def test_a_token_is_a_code_of_a_system(value: str, code: str | None, system: str | None) -> None:
    found = criterion("Patient", "identifier", value)
    assert isinstance(found, Comparison)
    assert found.wanted == (TokenWanted(code=code, system=system),)


@pytest.mark.parametrize(
    ("value", "system"),
    [
        ("female", None),
        ("|female", None),
        (f"{ADMINISTRATIVE_GENDER}|female", ADMINISTRATIVE_GENDER),
    ],
)
def test_a_code_is_found_with_the_system_that_it_implies_and_without(
    value: str, system: str | None
) -> None:
    found = criterion("Patient", "gender", value)
    assert isinstance(found, Comparison)
    assert found.wanted == (TokenWanted(code="female", system=system),)


def test_a_string_is_compared_without_case_and_marks() -> None:
    found = criterion("Patient", "family:exact", "Đặng")
    assert isinstance(found, Comparison)
    assert (found.mode, found.wanted) == (Mode.EXACT, (StringWanted(folded="dang", exact="Đặng"),))


@pytest.mark.parametrize(
    ("name", "value", "types"),
    [
        ("sender", "x", ("RelatedPerson", "Organization", "Patient")),
        ("sender", "Patient/x", ("Patient",)),
        ("sender:Patient", "x", ("Patient",)),
        ("sender", "https://example.org/fhir/Organization/x", ("Organization",)),
    ],
)
def test_a_reference_may_be_of_each_type_that_is_not_excluded(
    name: str, value: str, types: tuple[str, ...]
) -> None:
    found = criterion("Communication", name, value)
    assert isinstance(found, Comparison)
    assert found.wanted == (ReferenceWanted(id="x", types=types),)


def test_a_chain_goes_to_every_type_that_has_the_parameter() -> None:
    found = criterion("Communication", "sender.name", "x")
    assert isinstance(found, Chain)
    assert [kind for kind, _ in found.links] == ["RelatedPerson", "Organization", "Patient"]
    nested = criterion("Patient", "_has:Encounter:patient:_has:Condition:encounter:code", "x")
    assert isinstance(nested, Has)
    assert isinstance(nested.inner, Has)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Patient", "nothing"),
        ("Patient", "family:not"),
        ("Patient", "birthdate:exact"),
        ("Patient", "family:"),
        ("Patient", "_has"),
        ("Patient", "_has:Task"),
        ("Patient", "_has:Task:code:status"),
        ("Patient", "_has:Medication:patient:code"),
        ("Patient", "family.given"),
        ("Observation", "subject:Group.name"),
        ("Observation", "patient.link.link.family"),
        ("Patient", "_has:Condition:patient:patient.link.family"),
    ],
)
def test_what_there_is_not_is_refused(kind: str, name: str) -> None:
    if name == "family:":  # An empty modifier is none.
        criterion(kind, name, "x")
        return
    with pytest.raises(UnknownParameterError):
        criterion(kind, name, "x")


@pytest.mark.parametrize(
    ("name", "veiled"),
    [
        ("identifier", True),
        ("identifier:not", True),
        ("family:exact", True),
        ("birthdate", True),
        ("phone", True),
        ("gender", False),
        ("_id", False),
        ("link:identifier", True),
        ("link:Patient.family", True),
        ("link.gender", False),
        ("_has:RelatedPerson:patient:identifier", True),
        ("_has:RelatedPerson:patient:patient.name", True),
        ("_has:Condition:patient:code", False),
    ],
)
def test_what_may_be_data_of_a_child_is_veiled_at_any_depth(name: str, veiled: bool) -> None:
    assert veils("Patient", name) is veiled
