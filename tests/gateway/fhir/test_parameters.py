"""The table of parameters: every path leads to elements that FHIR R4 has."""

import pytest

from adapters.formats.shapes import shapes
from gateway.fhir.conditions import criterion, veils
from gateway.fhir.extraction import STEPS, is_listed, terms_of
from gateway.fhir.parameters import META, TYPES, Kind, kept_once
from gateway.fhir.parts import MANDATORY, SUMMARY

PATHS = [
    (kind, one.name, path)
    for kind, known in TYPES.items()
    for one in known.values()
    for path in one.path.split(" | ")
    if not one.through
]
STEPPED = {"telecom[phone]": "ContactPoint", "telecom[email]": "ContactPoint"}
FORMS = {
    Kind.TOKEN: "CodeableConcept Coding Identifier ContactPoint code boolean id",
    Kind.STRING: "string",
    Kind.DATE: "date dateTime instant Period",
    Kind.REFERENCE: "Reference",
    Kind.URI: "uri",
}


@pytest.mark.parametrize(("kind", "name", "path"), PATHS)
def test_a_path_leads_to_an_element_of_the_right_type(kind: str, name: str, path: str) -> None:
    at = kind
    for step in path.split("."):
        if step == "mother[x]":
            continue  # The same resource, if it is a mother's.
        at = STEPPED.get(step, "boolean") if step in STEPS else shapes(at)[step].type
    assert at in FORMS[TYPES[kind][name].kind].split()


def test_another_name_for_a_criterion_reads_as_that() -> None:
    also = [(kind, one) for kind, known in TYPES.items() for one in known.values() if one.through]
    assert also
    for kind, one in also:
        assert criterion(kind, one.name, "x") == criterion(kind, one.through, "x")
        assert veils(kind, one.name)


@pytest.mark.parametrize("kind", TYPES)
def test_rows_that_a_parameter_reads_are_written(kind: str) -> None:
    written = {one.kept for one in kept_once(kind)} | {META}
    assert {name for one in TYPES[kind].values() for name in one.names} <= written
    assert all(target in TYPES for one in TYPES[kind].values() for target in one.targets)


@pytest.mark.parametrize("kind", TYPES)
def test_elements_of_a_summary_are_of_the_type(kind: str) -> None:
    names = list(shapes(kind))
    for told in (*MANDATORY[kind].split(), *SUMMARY[kind].split()):
        assert any(name == told or name.startswith(told) for name in names), told


def test_a_type_that_cannot_be_searched_has_no_terms() -> None:
    assert terms_of({"resourceType": "Medication", "meta": {}}) == []


@pytest.mark.parametrize(
    ("tags", "active", "listed"),
    [
        (["golden"], True, True),
        (["golden"], False, False),
        (["unkeyed"], True, False),
        ([], True, False),
    ],
)
def test_one_patient_for_each_child_is_listed(tags: list[str], active: bool, listed: bool) -> None:
    tag = [{"system": "urn:motem:tag", "code": code} for code in tags]
    patient = {"resourceType": "Patient", "active": active, "meta": {"tag": tag}}
    assert is_listed(patient) is listed
