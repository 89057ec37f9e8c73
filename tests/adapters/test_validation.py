"""What is FHIR R4 passes, what is not is refused without quoting it."""

from typing import Any

import pytest
from fhir.resources.R4B.patient import Patient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters import profile
from adapters.errors import PayloadError, Problem
from adapters.profile import IdentifierKind, Place, PlaceKind
from adapters.validation import REQUIRED_CODES, UNCHANGED_SINCE_R4, validated

ISSUES = {
    *("Patient", "RelatedPerson", "Encounter", "Observation", "Condition", "Flag"),
    *("EpisodeOfCare", "Organization", "Location", "Provenance"),
    *("Communication", "Task", "CareTeam"),
}
"""The resource types that issue 2 names, and those of hotline and casework."""
SECRET = "Nguyễn Thị Bí Mật"


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "patient", **elements}


def refusal(resource: dict[str, Any]) -> str:
    with pytest.raises(PayloadError) as caught:
        validated(resource)
    assert caught.value.rejection.problem is Problem.NOT_CONVERTIBLE
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value.rejection.position


def test_the_types_are_those_of_the_issues() -> None:
    assert set(UNCHANGED_SINCE_R4) == ISSUES


def test_what_the_profile_builds_is_valid() -> None:
    place = Place(kind=PlaceKind.HOSPITAL, code="01234")
    validated(
        patient(
            meta=profile.meta("hospital", tags=["unkeyed"], labels=["HIV"]),
            extension=[
                profile.discovery(
                    time="2026-03-04",
                    commune="00199",
                    candidates=["00199"],
                    finder="related-finder",
                ),
                profile.handover("given", places=[place], time="2026-03-04T09:15:00+07:00"),
            ],
            identifier=[
                profile.identifier(IdentifierKind.FILE, "7", issuer=place, start="2026-03-04")
            ],
            name=[profile.human_name(SECRET), profile.human_name("BV", "temp", "hospital-name")],
            gender="female",
            birthDate="2026-03",
            address=[profile.address(text="x", commune="00199", candidates=["00199"])],
        )
    )
    validated(profile.organization(place, None))
    validated(profile.related_person("police", "finder", name=SECRET, birth_date="1990"))
    validated(profile.weight("police", 2900, at="2026-03-04", birth=False))
    validated(profile.group_flag("facility", "HIV", start="2026-03-04"))
    for remark in profile.remark("police", "belonging", ["khăn"]):
        validated(remark)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (patient(gender=SECRET), "Patient.gender"),
        (patient(name=[{"use": SECRET}]), "Patient.name.use"),
        (patient(identifier=[{"value": "1"}, {"use": SECRET}]), "Patient.identifier.use"),
        (patient(address=[{"use": SECRET}]), "Patient.address.use"),
        (patient(birthDate=SECRET), "Patient.birthDate"),
        (patient(birthDate="2026-13-01"), "Patient.birthDate"),
        (patient(**{SECRET: 1}), "Patient"),
        (patient(name=SECRET), "Patient.name"),
        ({"resourceType": SECRET}, "/resourceType"),
        ({"resourceType": "Claim"}, "/resourceType"),
        ({"resourceType": "Flag", "status": "active"}, "Flag"),
        (profile.weight("x", 1, at=None, birth=True) | {"status": SECRET}, "Observation.status"),
    ],
)
def test_what_is_wrong_is_refused_at_its_path(wrong: dict[str, Any], path: str) -> None:
    assert refusal(wrong).startswith(path)


@pytest.mark.parametrize("path", sorted(REQUIRED_CODES))
def test_every_row_of_the_code_table_is_checked(path: str) -> None:
    """Each row is reached by a resource that has a wrong code in that place."""
    first, *rest = path.split(".")
    kind, steps = ("Patient", [first, *rest]) if first.islower() else (first, rest)
    value: Any = SECRET
    for step in reversed(steps):
        value = {step: value} if step == steps[0] else [{step: value}]
    assert refusal(MINIMAL[kind] | value).startswith(kind)


REFERENCE = {"reference": "Patient/patient"}
MINIMAL: dict[str, dict[str, Any]] = {
    "Patient": patient(),
    "RelatedPerson": {"resourceType": "RelatedPerson", "patient": REFERENCE},
    "Encounter": {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}},
    "Observation": profile.weight("x", 1, at=None, birth=True),
    "Flag": profile.group_flag("x", "HIV", start=None),
    "EpisodeOfCare": {"resourceType": "EpisodeOfCare", "status": "active", "patient": REFERENCE},
    "Location": {"resourceType": "Location"},
    "Provenance": {
        "resourceType": "Provenance",
        "target": [REFERENCE],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"display": "x"}}],
    },
    "Communication": {"resourceType": "Communication", "status": "completed"},
    "Task": {"resourceType": "Task", "status": "completed", "intent": "order"},
    "CareTeam": {"resourceType": "CareTeam"},
}


@pytest.mark.parametrize("kind", sorted(MINIMAL))
def test_the_minimal_resources_of_these_tests_are_valid(kind: str) -> None:
    validated(MINIMAL[kind])


DATES = ("2026", "2026-13", "2026-02-28", "2026-02-30", "2026-02-28T10:00:00+07:00")
NEARLY = ("2026-02-28T25:00:00+07:00", "2026-02-28T10:00:00", "2026-02-28T10:00:00.5Z")
PLAIN = (
    "",
    "x",
    "a b",
    " a",
    "9" * 70,
    "urn:x",
    "0",
    "-1",
    "1.50",
    "10:00:00",
    "Nguyễn\nThị",
    "on",
)
TEXTS = st.sampled_from([*DATES, *NEARLY, *PLAIN])
VALUES: st.SearchStrategy[Any] = st.one_of(
    TEXTS, st.integers(-2, 2), st.booleans(), st.just({"x": "y"}), st.just([])
)
ELEMENTS = st.sampled_from(["id", "birthDate", "active", "language", "deceasedDateTime"])


@settings(max_examples=500)
@given(st.lists(st.tuples(ELEMENTS, VALUES), max_size=3), st.lists(TEXTS, max_size=2))
def test_a_known_form_passes_exactly_what_the_model_passes(
    elements: list[tuple[str, Any]], texts: list[str]
) -> None:
    resource = patient(
        identifier=[{"system": text, "value": text, "period": {"start": text}} for text in texts]
    ) | dict(elements)
    assert _passes(resource) == _model_passes(resource)


def _passes(resource: dict[str, Any]) -> bool:
    try:
        validated(resource)
    except PayloadError:
        return False
    return True


def _model_passes(resource: dict[str, Any]) -> bool:
    try:
        Patient.model_validate(resource)
    except ValidationError:
        return False
    return True


def test_a_number_too_large_for_fhir_is_refused_after_a_smaller_one_has_passed() -> None:
    patient = {"resourceType": "Patient", "multipleBirthInteger": 2}
    validated(patient)
    with pytest.raises(PayloadError):
        validated(patient | {"multipleBirthInteger": 2**40})
